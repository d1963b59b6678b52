"""What the scheduler is given by whoever starts it: the clocks of the world, and a log."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The two clocks of the world."""

    def wall(self) -> int:
        """Return microseconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        ...


class Log(Protocol):
    """Where events are logged: a stable snake_case name, and facts."""

    def __call__(self, event: str, **facts: object) -> object:
        """Log one event."""
        ...
