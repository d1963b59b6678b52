"""The curves that a study recorded, for asking what another setting would have made of them.

A curve is known from its first report up to where its trial was told to stop. What lies beyond is
not guessed: the nearest value is held, and where that decides something, the trial is counted among
those whose curve begins too late or ends too early to know. A trial beyond the last has no curve.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable
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
        self.levels: Collection[int] = ()  # where a value decides
        self.unknown: set[int] = set()  # those that were asked for what they do not know
        self.missing: set[int] = set()  # those that were asked for and have no curve

    def begin(self, trial: int, params: Params) -> None:
        """There is nothing to find: the curve of a trial does not depend on what is drawn."""

    def value(self, trial: int, resource: int) -> float:
        """Return the latest value at or before a resource, else the first; NaN without a curve."""
        if trial >= len(self._curves):
            self.missing.add(trial)
            return nan
        curve = self._curves[trial]
        if resource > curve[-1][0] or (resource < curve[0][0] and resource in self.levels):
            self.unknown.add(self.trials[trial])
        at = bisect_right(curve, resource, key=lambda point: point[0])
        return curve[max(at - 1, 0)][1]

    def seconds(self, trial: int, resource: int) -> float:
        """Return how long a unit took on average; none where there is no curve."""
        del resource
        return self._seconds[trial] if trial < len(self._seconds) else 0.0
