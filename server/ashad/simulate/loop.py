"""An event loop without a clock: time leaps to the next event. Nothing sleeps, nothing races."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class StalledError(Exception):
    """Everybody waits and nothing will ever happen."""


class VirtualLoop(asyncio.BaseEventLoop):
    """The event loop of asyncio over a selector that passes the time instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._clock_resolution = 1e-9
        self._selector = self

    def time(self) -> float:
        """Return seconds since the loop was made."""
        return self.now

    def select(self, timeout: float | None) -> list[Any]:
        """Let `timeout` seconds pass; this is what the loop takes its selector to be."""
        if timeout is None:
            raise StalledError
        self.now += timeout
        return []

    def _process_events(self, events: list[Any]) -> None:
        assert not events

    def _write_to_self(self) -> None:
        """Nobody has to be woken: there is one thread."""


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine on a loop of its own; whatever it left behind is cancelled."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        left = sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name())
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left))
        loop.close()
