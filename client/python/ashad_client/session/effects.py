"""Effects: what a client wants done, so that its logic is written once for threads and asyncio.

The logic is generators that yield an effect, a `Call` or a `Pause`, and go on with its answer.
They never send, sleep or lock: a runner (`thread_runner` under a lock, `loop_runner` on its loop)
carries effects out, so that the code between two yields is atomic in both worlds.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar, Union

from ashad_client.transport.rpc import Rpc

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """Make one try of one call; resume with the answer, or throw `Error`.

    `wait`: do not fail at once while there is no connection, but use all of `timeout_s`.
    """

    rpc: Rpc[Any, Any]
    request: Any
    timeout_s: float
    wait: bool = False


@dataclass(frozen=True)
class Pause:
    """Resume after so many seconds, or earlier when the signal is given."""

    seconds: float


Effect = Union[Call, Pause]
Effects = Generator[Effect, Any, T]


class Signal:
    """Counts what other generators may wait for; a runner wakes them when the count moves."""

    def __init__(self) -> None:
        self.count = 0

    def notify(self) -> None:
        """Say that something has changed."""
        self.count += 1
