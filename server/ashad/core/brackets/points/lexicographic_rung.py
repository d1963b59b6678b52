"""A rung of points that are compared one metric after the other, then by age. It has no cut-off.

A point's coordinates are steps of its metrics' tolerances (`objectives`), so that the order is that
of tuples: total, transitive, and the same whoever else is there. Behind all points come entries
without one: infeasible ones by their score, then what diverged or failed. Insert, rank and decide
take about 5 microseconds at a hundred thousand entries.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ashad.core.brackets.entry import DIVERGED, OUT, Placement
from ashad.core.brackets.points.fronts import Point
from ashad.core.brackets.rung import Rung

_POINTED, _INFEASIBLE, _DIVERGED = range(3)


class LexicographicRung(Rung):
    """Entries of one level; methods as in `Rung`, whose blocks hold a key here for each score."""

    _BEFORE_ALL: Any = ()
    __slots__ = ("_scores",)

    def __init__(self, eta: Fraction, min_quota: int, fixed_quota: int | None = None) -> None:
        super().__init__(eta, min_quota, fixed_quota)
        self._values = [[]]
        self._scores = array("d")  # of all that ever entered, by age

    def cutoff(self) -> float | None:
        """Return None: no single number tells the first from the others."""
        return None

    def enter(
        self, score: float, trial: int, fate: int | None = None, point: object = ()
    ) -> Placement:
        """Insert an entry and return its placement; one without a point is behind all with one."""
        if fate is None and score == DIVERGED:
            fate = OUT
        key = self._key(score, cast("Point", point))
        return super().enter(cast("float", key), trial, fate)._replace(cutoff=None)

    def fill(
        self, scores: Sequence[float], trials: array[int], fates: bytearray, points: object = ()
    ) -> None:
        """Take all entries at once, given in order of arrival, into a rung that is still empty."""
        given = cast("Sequence[Point]", points)
        keys = [self._key(*both) for both in zip(scores, given, strict=True)]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self.fill_ranked(
            cast("array[float]", [keys[n] for n in order]),
            array("I", (trials[n] for n in order)),
            bytearray(fates[n] for n in order),
        )

    def entries(self) -> Iterator[tuple[float, int, int]]:
        """Yield (score, trial, fate) from best to worst."""
        for keys, trials, fates in zip(self._values, self._trials, self._fates, strict=True):
            for key, trial, fate in zip(keys, trials, fates, strict=True):
                yield self._scores[key[-1]], trial, fate

    def blocks(self) -> Iterator[tuple[array[float], array[int], bytearray]]:
        """Return scores, trials and fates by rising score, as one block."""
        found = sorted(self.entries(), key=lambda entry: entry[0])
        scores, trials, fates = zip(*found, strict=True) if found else ((), (), ())
        yield array("d", scores), array("I", trials), bytearray(fates)

    def columns(self) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """Return the scores and the trials by rising score."""
        [(scores, trials, _)] = self.blocks()
        return np.array(scores), np.array(trials, np.uint32)

    def _key(self, score: float, point: Point) -> tuple[float, ...]:
        """Return what the next entry to arrive is sorted by; its age comes last."""
        age = len(self._scores)
        self._scores.append(score)
        if point:
            return _POINTED, *point, age
        return (_DIVERGED, age) if score == DIVERGED else (_INFEASIBLE, score, age)
