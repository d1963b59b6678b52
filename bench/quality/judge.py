"""A peer in the simulator's world: hands out its trials and tells it of reports, decides nothing.

Who is told what is the same for all peers: every finite report goes to the peer; a training that
diverged (NaN or infinite) ends there, and the peer hears it by its own call for a failed trial. All
of them would take NaN for a number otherwise, or stop every later trial.
"""

from __future__ import annotations

import asyncio
from math import isfinite
from typing import Protocol

from ashad.core.engine.suggest import Assignment, Finished, Outcome
from ashad.core.history.records import AttemptKey, Decision, ReportContent
from ashad.core.space import Params


class Library(Protocol):
    """What an adapter makes of a library. Trials are numbered from 0 in order of their creation."""

    def ask(self) -> tuple[int, Params, int]:
        """Return a trial, its configuration, and the resource it goes on from."""
        ...

    def tell(self, trial: int, resource: int, value: float) -> bool:
        """Tell of a report; return whether the trial goes on."""
        ...

    def finished(self, trial: int, value: float | None) -> None:
        """Tell that a trial came to the maximal resource; with None that it failed."""
        ...


class Judge:
    """Stands where the scheduler does."""

    def __init__(self, library: Library, top: int, seconds: float) -> None:
        """Take the maximal resource and the time at which the study ends."""
        self._library = library
        self.top, self.seconds = top, seconds
        self.attempts: dict[int, int] = {}  # of each trial

    def suggest(self, _study: str, worker: str, _request: str, /) -> tuple[Outcome, int]:
        """Return the assignment of a free worker."""
        if self._over():
            return Finished("MAX_DURATION"), 0
        trial, params, start = self._library.ask()
        attempt = self.attempts[trial] = self.attempts.get(trial, 0) + 1
        return Assignment(
            trial, attempt, "", params, 0, start, self.top, self.top, None, 0, worker
        ), 0

    def report(
        self, _study: str, key: AttemptKey, content: ReportContent, /
    ) -> tuple[Decision, int]:
        """Return the decision of the peer."""
        trial, resource, value = key.trial, content.resource, content.value
        if not isfinite(value):
            self._library.finished(trial, None)
            return Decision("STOP", "DIVERGED"), 0
        continues = self._library.tell(trial, resource, value)
        if resource >= self.top:
            self._library.finished(trial, value)
            return Decision("STOP", "MAX_RESOURCE"), 0
        if self._over():
            return Decision("STOP", "MAX_DURATION"), 0
        if continues:
            return Decision("CONTINUE", "", next_resource=self.top), 0
        return Decision("STOP", "BELOW_CUTOFF"), 0

    def _over(self) -> bool:
        return asyncio.get_running_loop().time() >= self.seconds
