"""What a run came to: time to a full trial, the best over time, utilization, what was spent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ashad.core.brackets.entry import PROMOTED
from ashad.core.engine.state import State


class Job(NamedTuple):
    """What one worker did for one trial without a break; times are virtual seconds."""

    worker: int
    trial: int
    start: float
    end: float
    began: int  # the resource it began at
    reached: int


@dataclass
class Result:
    """One run; times are virtual seconds since its start."""

    workers: int
    seconds: float = 0.0
    reason: str = ""  # why the study ended
    trials: int = 0
    in_full: int = 0
    failed: int = 0
    first_full: float | None = None
    best: list[tuple[float, float]] = field(default_factory=list)  # (time, value), improvements
    busy: float = 0.0  # seconds that workers trained, in sum
    spent: int = 0  # resource of all attempts
    repeated: int = 0  # of that, what had been trained before and was lost
    jobs: list[Job] = field(default_factory=list)  # in the order in which they ended
    dropped: int = 0  # jobs that broke off
    deaths: int = 0  # workers that died
    promoted: int = 0
    mispromoted: int = 0

    @property
    def utilization(self) -> float:
        """Return the share of their time in which workers trained."""
        return self.busy / (self.workers * self.seconds) if self.seconds else 0.0

    def at(self, seconds: float) -> float | None:
        """Return the best value found until then."""
        found = None
        for time, value in self.best:
            if time > seconds:
                break
            found = value
        return found

    def finish(self, state: State, seconds: float, reason: str) -> None:
        """Take from the study what it knows itself."""
        self.seconds, self.reason = seconds, reason
        self.trials, self.failed = state.trials, state.counts["FAILED"]
        self.spent = state.spent
        for bracket in state.brackets:
            for rung in bracket.rungs[:-1]:
                quota = rung.quota()
                went = [
                    rank for rank, (_, _, fate) in enumerate(rung.entries(), 1) if fate == PROMOTED
                ]
                self.promoted += len(went)
                self.mispromoted += sum(rank > quota for rank in went)
