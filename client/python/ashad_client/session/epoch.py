"""The epoch of the daemon, and what was said lately: for a standby that takes over without it.

A daemon that may be taken over names its epoch beside each answer, and is shown the one that this
client knows. A standby that took over refuses who shows an earlier one: its file may lack the last
moments of the other. So what was answered lately is said again, in its order, before anything else.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from ashad_client.errors import Error

if TYPE_CHECKING:
    from ashad_client.session.attempt import PendingCall

REMEMBERED_S = 600.0  # a replica that is further behind than this loses what was said before
_MOST = 1000


class Epoch:
    """The epoch that this client knows; 0: no daemon has named one."""

    def __init__(self) -> None:
        self.number = 0
        self.worker = ""
        self._said: deque[tuple[float, PendingCall]] = deque(maxlen=_MOST)

    def heard(self, number: int) -> None:
        """Note the epoch beside an answer; a later one than is known comes with a refusal only."""
        if not self.number:
            self.number = number

    def remember(self, item: PendingCall) -> None:
        """Keep what was answered, for a while."""
        if self.number:
            now = time.monotonic()
            while self._said and now - self._said[0][0] > REMEMBERED_S:
                self._said.popleft()
            self._said.append((now, item))

    def change(self, error: Error) -> list[PendingCall]:
        """Go on in the epoch that a refusal names; return what is to be said again, in order."""
        if error.epoch <= self.number:
            return []  # another call was told as well
        self.number = error.epoch
        again = [item for _, item in self._said]
        self._said.clear()
        return again
