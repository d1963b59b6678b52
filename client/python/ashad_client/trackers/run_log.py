"""The trackers of one trial. What they are told never changes what is reported."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Union

from ashad_client.decision import Decision
from ashad_client.trackers.line import Line, Patience
from ashad_client.trackers.run import TrackedTrial, Tracker, state_of, tracker_of

log = logging.getLogger("ashad_client")

Destination = Union[str, Tracker]


class TrackerSet:
    """Those that `log_to` names, the same for all trials of a loop."""

    def __init__(self, destinations: Sequence[Destination]) -> None:
        """Find them. Raises `Error` for a word that means none, or one that is not installed."""
        named = [destinations] if isinstance(destinations, str) else destinations
        self._trackers = [
            (tracker_of(one), Patience(one.partition(":")[0]))
            if isinstance(one, str)
            else (one, Patience(type(one).__name__))
            for one in named
        ]

    def begin(self, attempt: Any) -> RunLog | None:
        """Begin to log an attempt; None where there is nowhere to."""
        if not self._trackers:
            return None
        trial = TrackedTrial(
            study=attempt.study,
            number=attempt.number,
            attempt=attempt.attempt,
            params=attempt.params,
            seed=attempt.seed,
            start_resource=attempt.start_resource,
            metric=attempt.metric,
        )
        return RunLog([Line(tracker, trial, patience) for tracker, patience in self._trackers])


class RunLog:
    """One attempt, in all of them."""

    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines

    def report(self, resource: int, metrics: Mapping[str, Any]) -> None:
        """Pass on a report."""
        numbers = {name: float(value) for name, value in metrics.items()}
        for line in self._lines:
            line.report(int(resource), numbers)

    def end(self, decision: Decision) -> None:
        """Pass on the end, once."""
        lines, self._lines = self._lines, []
        for line in lines:
            line.end(state_of(decision))
