"""What a connection says beside its calls, counted from the bytes that the kernel saw.

A peer makes a daemon work without a call that comes through: settings, pings, calls that are reset.
Each such frame is answered, with about as many bytes. Nothing honest is like that: what uploads is
hardly answered, what watches hardly speaks, and what calls is given its call and the answer. So the
idle talk of a connection is the lesser of what it sent and what it was sent, neither accounted for.
Pure: no socket, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

# Of one call: headers, answer or refusal, frames, TLS; and its message, which may be echoed.
CALL_BYTES, ECHOES = 4096, 2
LIST_BYTES = 64 << 10  # of what is answered to a read; a page of a list may have more
FORGIVEN_PER_S = 4096  # keepalive, flow control, answers to calls that waited long
ANSWERED = 32  # who is sent so many bytes may send one, to say that they came
BANKED = 1 << 20  # at most so much is accounted for ahead


class Seen(NamedTuple):
    """What the kernel knows of a connection: whence, and bytes of it and to it so far."""

    host: str
    received: int
    sent: int  # and confirmed by the other side


@dataclass(slots=True)
class Talk:
    """Bytes of one connection that no call accounts for, until they are forgiven.

    `heard` came from it, `said` went to it; what was accounted for ahead makes `said` negative.
    """

    heard: float = 0.0
    said: float = 0.0
    _received: int = 0
    _sent: int = 0
    _calls: int = 0  # bytes of calls that came through since the last look

    def account(self, asked: int, answered: int) -> None:
        """Account for a call: bytes of its message, and of what it will be answered."""
        self._calls += CALL_BYTES + ECHOES * asked
        self.said = max(-BANKED, self.said - CALL_BYTES - answered)

    def told(self, size: int) -> None:
        """Account for a message that was sent without being asked for each time."""
        self.said = max(-BANKED, self.said - size)

    def look(self, seen: Seen, seconds: float) -> None:
        """Take in what the kernel counted since the last look, so many seconds ago."""
        received, sent = seen.received - self._received, seen.sent - self._sent
        self._received, self._sent = seen.received, seen.sent
        forgiven = FORGIVEN_PER_S * seconds
        self.heard = max(0.0, self.heard + received - sent / ANSWERED - self._calls - forgiven)
        self._calls = 0
        self.said += sent
        self.said = max(0.0, self.said - forgiven) if self.said > 0 else self.said

    @property
    def idle(self) -> float:
        """Bytes of frames that were no calls, and were answered."""
        return min(self.heard, self.said)
