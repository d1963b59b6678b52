"""The curves that a study recorded, for asking what another setting would have made of them.

A curve is known up to where its trial was told to stop. What lies beyond is not guessed: the last
value is held, and the trial is counted among those whose curve ended too early to know.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from math import nan

from ashad.core.space import Params


class Recorded:
    """Curves by trial; trials are numbered anew, without those that never reported."""

    def __init__(
        self, reports: Iterable[tuple[int, int, float | None]], seconds: dict[int, float]
    ) -> None:
        """Take (trial, resource, value) in the order of commits, and seconds of a unit by trial."""
        curves: dict[int, dict[int, float]] = {}
        for trial, resource, value in reports:
            curves.setdefault(trial, {})[resource] = nan if value is None else value
        self.trials = sorted(curves)  # the number of each in the study
        self._curves = [sorted(curves[trial].items()) for trial in self.trials]
        self._seconds = [seconds.get(trial, 1.0) for trial in self.trials]
        self.unknown: set[int] = set()  # those that were asked for more than they knew

    def begin(self, trial: int, params: Params) -> None:
        """There is nothing to find: the curve of a trial does not depend on what is drawn."""

    def value(self, trial: int, resource: int) -> float:
        """Return the latest value at or before a resource, else the first."""
        curve = self._curves[trial]
        if resource > curve[-1][0]:
            self.unknown.add(self.trials[trial])
        at = bisect_right(curve, resource, key=lambda point: point[0])
        return curve[max(at - 1, 0)][1]

    def seconds(self, trial: int, resource: int) -> float:
        """Return how long a unit took on average."""
        del resource
        return self._seconds[trial]
