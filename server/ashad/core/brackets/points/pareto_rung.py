"""A rung of points: entries ranked by front, then by spread, then by age. It has no cut-off.

Of two entries the one in the lower front is the better; within a front the one with the larger
crowding distance, which has more room around it; of equal ones the older. Behind all fronts come
entries without a point: infeasible ones by their score, then what diverged or failed. An insert
keeps the fronts up to date; the distances of a front are computed where an entry of it is asked
for.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ashad.core.brackets import rule
from ashad.core.brackets.entry import DIVERGED, OUT, PROMOTED, WAITING, Placement
from ashad.core.brackets.points.fronts import Point, dominates, fronts_of


class FrontStanding(NamedTuple):
    """Why an entry has its rank; fronts and places count from 1."""

    front: int
    fronts: int
    place: int  # in its front
    size: int  # of its front
    dominators: list[int]  # trials, the oldest entry first


class ParetoRung:
    """Entries of one level, of which points have so many coordinates; methods as in `Rung`."""

    def __init__(
        self, eta: Fraction, min_quota: int, fixed_quota: int | None, coordinates: int
    ) -> None:
        self.eta, self.min_quota, self._fixed_quota = eta, min_quota, fixed_quota
        self._coordinates = coordinates
        self._clear()

    def _clear(self) -> None:
        self.size = self.promoted = self.waiting = 0
        self._scores, self._trials, self._fates = array("d"), array("I"), bytearray()
        self._points = np.empty((64, self._coordinates))
        self._pointed = array("q")  # the entry of each point, by age
        self._fronts = fronts_of(self._coordinates)
        self._rest: list[tuple[float, int]] = []  # score and entry of those without a point
        self._none_waits = False  # within the quota, as was found since the last change

    def quota(self) -> int:
        """Return how many may continue."""
        if self._fixed_quota is not None:
            return min(self._fixed_quota, self.size)
        return max(self.min_quota, rule.quota(self.size, self.eta))

    def cutoff(self) -> float | None:
        """Return None: no single number tells the first from the others."""
        return None

    def enter(
        self, score: float, trial: int, fate: int | None = None, point: Point = ()
    ) -> Placement:
        """Insert an entry and return its placement; one without a point is behind all with one."""
        entry, self.size = self.size, self.size + 1
        self._scores.append(score)
        self._trials.append(trial)
        self._fates.append(OUT)
        if point:
            number = self._add(entry, point)
            front = self._fronts.insert(number, point)
            rank = sum(self._fronts.sizes[:front]) + self._place(front, number)
        else:
            at = bisect_right(self._rest, (score, entry))
            self._rest.insert(at, (score, entry))
            rank = len(self._pointed) + at + 1
        quota = self.quota()
        if fate is None:
            if score == DIVERGED:
                fate = OUT
            elif self.min_quota:
                fate = PROMOTED if rank <= quota else OUT
            else:
                fate = WAITING
        self._set(entry, fate)
        return Placement(rank, self.size, quota, None)

    def fix_quota(self, quota: int) -> None:
        """Let so many continue, whatever the size."""
        self._fixed_quota, self._none_waits = quota, False

    def fill(
        self,
        scores: Sequence[float],
        trials: array[int],
        fates: bytearray,
        points: Sequence[Point] = (),
    ) -> None:
        """Take all entries at once, given in order of arrival, into a rung that is still empty."""
        assert not self.size
        assert len(points) == len(scores)
        self._scores, self._trials, self._fates = array("d", scores), array("I", trials), fates
        self.size = len(self._scores)
        self.waiting, self.promoted = fates.count(WAITING), fates.count(PROMOTED)
        self._rest = sorted((self._scores[e], e) for e, point in enumerate(points) if not point)
        self._pointed = array("q", (e for e, point in enumerate(points) if point))
        if self._pointed:
            self._points = np.array([points[entry] for entry in self._pointed])
            self._fronts.fill(self._points)
        self._none_waits = False

    def best_waiting(self) -> tuple[int, Placement] | None:
        """Return the best waiting trial and its placement, if it is within the quota."""
        if not self.waiting or self._none_waits:
            return None
        quota, before = self.quota(), 0
        fates = np.array(self._fates, np.uint8)
        pointed = np.array(self._pointed, np.int64)
        for front, size in enumerate(self._fronts.sizes):
            if before >= quota:
                break
            if (fates[pointed[self._fronts.members(front)]] == WAITING).any():
                return self._first_of(before, front, quota)
            before += size
        for rank, (_, entry) in enumerate(self._rest, len(self._pointed) + 1):
            if rank > quota:
                break
            if self._fates[entry] == WAITING:
                return self._trials[entry], Placement(rank, self.size, quota, None)
        self._none_waits = True
        return None

    def promote(self) -> None:
        """Send the best waiting trial on."""
        found = self.best_waiting()
        assert found is not None
        self._set(self._trials.index(found[0]), PROMOTED)

    def withdraw(self, trial: int) -> None:
        """Take a waiting trial out of the running; its entry still counts."""
        self._set(self._trials.index(trial), OUT)

    def remove(self, trial: int) -> bool:
        """Take the trial's entry out as if it had never been; return whether there was one."""
        if trial not in self._trials:
            return False
        gone = self._trials.index(trial)
        points = self._all_points()
        scores, trials, fates = self._scores, self._trials, self._fates
        del scores[gone], trials[gone], fates[gone], points[gone]
        self._clear()
        self.fill(scores, trials, fates, points)
        return True

    def entries(self) -> Iterator[tuple[float, int, int]]:
        """Yield (score, trial, fate) from best to worst."""
        for front in range(len(self._fronts.sizes)):
            for number in self._ordered(front):
                yield self._entry(self._pointed[number])
        for _, entry in self._rest:
            yield self._entry(entry)

    def blocks(self) -> Iterator[tuple[array[float], array[int], bytearray]]:
        """Return scores, trials and fates by rising score, as one block."""
        order = np.argsort(np.array(self._scores), kind="stable").tolist()
        scores = array("d", (self._scores[entry] for entry in order))
        trials = array("I", (self._trials[entry] for entry in order))
        yield scores, trials, bytearray(self._fates[entry] for entry in order)

    def columns(self) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """Return the scores and the trials by rising score."""
        [(scores, trials, _)] = self.blocks()
        return np.array(scores), np.array(trials, np.uint32)

    def front_numbers(self) -> dict[int, int]:
        """Return the front of each trial that has a point, from 1."""
        return {
            self._trials[self._pointed[number]]: front + 1
            for front in range(len(self._fronts.sizes))
            for number in self._fronts.members(front).tolist()
        }

    def standing(self, trial: int) -> FrontStanding | None:
        """Return why a trial has its rank; None for an entry without a point."""
        number = bisect_right(self._pointed, self._trials.index(trial)) - 1
        if number < 0 or self._trials[self._pointed[number]] != trial:
            return None
        sizes, mine = self._fronts.sizes, self._points[number]
        front = next(f for f in range(len(sizes)) if number in self._fronts.members(f))
        above = np.flatnonzero((self._points[: len(self._pointed)] <= mine).all(axis=1)).tolist()
        better = [n for n in above if dominates(self._points[n].tolist(), mine.tolist())]
        trials = [self._trials[self._pointed[n]] for n in better]
        place = self._place(front, number)
        return FrontStanding(front + 1, len(sizes), place, sizes[front], trials)

    def _add(self, entry: int, point: Point) -> int:
        number = len(self._pointed)
        self._pointed.append(entry)
        if number == len(self._points):
            self._points = np.concatenate([self._points, np.empty_like(self._points)])
        self._points[number] = point
        return number

    def _place(self, front: int, number: int) -> int:
        numbers, distances = self._fronts.spread(front, self._points)
        mine = distances[numbers == number]
        older = (distances == mine) & (numbers < number)
        return int((distances > mine).sum() + older.sum()) + 1

    def _ordered(self, front: int) -> list[int]:
        """Return the points of a front from best to worst."""
        numbers, distances = self._fronts.spread(front, self._points)
        ordered: list[int] = numbers[np.lexsort((numbers, -distances))].tolist()
        return ordered

    def _first_of(self, before: int, front: int, quota: int) -> tuple[int, Placement] | None:
        for rank, number in enumerate(self._ordered(front), before + 1):
            entry = self._pointed[number]
            if rank <= quota and self._fates[entry] == WAITING:
                return self._trials[entry], Placement(rank, self.size, quota, None)
        self._none_waits = True  # the fronts below are beyond the quota
        return None

    def _all_points(self) -> list[Point]:
        points: list[Point] = [()] * self.size
        for number, entry in enumerate(self._pointed):
            points[entry] = tuple(self._points[number].tolist())
        return points

    def _entry(self, entry: int) -> tuple[float, int, int]:
        return self._scores[entry], self._trials[entry], self._fates[entry]

    def _set(self, entry: int, fate: int) -> None:
        was, self._fates[entry] = self._fates[entry], fate
        self.promoted += (fate == PROMOTED) - (was == PROMOTED)
        self.waiting += (fate == WAITING) - (was == WAITING)
        self._none_waits = False
