"""Plans: what a client does, written once for threads and for asyncio.

A plan is a generator that yields what it wants done, a `Call` or a `Pause`, and is resumed with
the answer. It never sends, sleeps or locks by itself: a runner (`client.py` under a lock, `aio.py`
on its loop) carries it out, so that the code between two yields is atomic in both worlds.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar, Union

from ashad_client.rpc import Rpc

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
    """Resume after so many seconds, or earlier when the bell rings."""

    seconds: float


Plan = Generator[Union[Call, Pause], Any, T]


class Bell:
    """Counts what other plans may be waiting for; a runner wakes them when the count moves."""

    def __init__(self) -> None:
        self.rung = 0

    def ring(self) -> None:
        """Say that something has changed."""
        self.rung += 1
