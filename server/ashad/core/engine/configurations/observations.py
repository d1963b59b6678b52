"""What a study knows of its configurations, for samplers that learn. Only reads.

Trials whose configurations are outside of the space as it is by now are left out.
"""

from __future__ import annotations

import numpy as np

from ashad.core.engine.state import State
from ashad.core.history.records import LIVE
from ashad.core.sampling.unit_cube import Points


class Observations:
    """The entries of rungs by level, over all brackets, and the trials under way."""

    def __init__(self, state: State) -> None:
        self._state = state

    @property
    def points(self) -> Points:
        """Return where the configurations lie."""
        assert self._state.known.points is not None
        return self._state.known.points

    def levels(self) -> list[int]:
        """Return all levels, highest first."""
        return self._state.brackets.levels()

    def size(self, level: int) -> int:
        """Return how many entries the rungs of this level have that the space holds."""
        if self.points.whole:
            return self._state.brackets.size(level)
        return len(self.ranked(level))

    def latest(self, level: int, most: int) -> list[tuple[int, float]]:
        """Return (trial, score) of the latest trials that entered this level, diverged ones not."""
        columns = self._state.brackets.columns(level)
        scores, trials = (np.concatenate(column) for column in zip(*columns, strict=True))
        order = np.argsort(trials)
        order = order[np.isfinite(scores[order])]
        if not self.points.whole:
            order = order[np.isin(trials[order], self.points.inside(trials[order].tolist()))]
        order = order[-most:]
        return list(zip(trials[order].tolist(), scores[order].tolist(), strict=True))

    def ranked(self, level: int) -> list[int]:
        """Return the trials that entered a rung of this level, best first, ties to the oldest."""
        columns = self._state.brackets.columns(level)
        if len(self._state.brackets) == 1:  # as its rung ranks them
            return self.points.inside(columns[0][1].tolist())
        scores, trials = (np.concatenate(column) for column in zip(*columns, strict=True))
        return self.points.inside(trials[np.lexsort((trials, scores))].tolist())

    def under_way(self, level: int) -> list[int]:
        """Return the trials under way that have not entered this level and may, oldest first."""
        brackets = self._state.brackets
        found = sorted(
            number
            for number, trial in self._state.live.items()
            if trial.state in LIVE and level in brackets[trial.bracket].levels[trial.rung :]
        )
        return self.points.inside(found)
