"""Fronts of points that no other dominates, kept up to date as points come. Never ranks a front.

A point dominates another that it is no worse than in any coordinate and better than in one; smaller
is better. Front 0 is what nothing dominates, front 1 what only front 0 dominates, and so on: equal
points share one. A new point goes into the first front of which nothing dominates it; what it
dominates there moves one front down, and so on: no point moves further than by one.

In two coordinates a front is a staircase, of which a piece moves at each step (Buzdalov, Yakupov,
Stankevich, GECCO 2015): two bisections and three slices a front. In more, arrays are compared.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, ...]
Points = NDArray[np.float64]
Spread = tuple[NDArray[np.int64], NDArray[np.float64]]
_PART = 8  # points that others are compared with at first
_COMPARED = 100_000  # pairs at a time


class Staircases:
    """Fronts in two coordinates: each by rising first and falling second one."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self._firsts: list[array[float]] = []
        self._seconds: list[array[float]] = []  # negative, so that they rise as well
        self._numbers: list[array[int]] = []

    def insert(self, number: int, point: Point) -> int:
        """Insert a point that is younger than all; return its front."""
        first, second = point[0], -point[1]
        front = self._front_of(first, second)
        firsts, seconds, numbers = array("d", [first]), array("d", [second]), array("q", [number])
        for at in range(front, len(self.sizes)):
            mine, other = self._firsts[at], self._seconds[at]
            start, end = bisect_left(mine, firsts[0]), bisect_right(other, seconds[-1])
            if at == front and start < end and (mine[start], other[start]) == (first, second):
                start = end = bisect_right(mine, first)  # after its equals
            if end - start == len(mine):
                self._put(at, firsts, seconds, numbers)  # all below it is one further down
                return front
            moved = mine[start:end], other[start:end], self._numbers[at][start:end]
            mine[start:end], other[start:end] = firsts, seconds
            self._numbers[at][start:end] = numbers
            self.sizes[at] = len(mine)
            if start == end:
                return front
            firsts, seconds, numbers = moved
        self._put(len(self.sizes), firsts, seconds, numbers)
        return front

    def fill(self, points: Points) -> None:
        """Take all points at once, in order of age, into fronts that are still empty."""
        lasts: list[float] = []  # the least second coordinate of each front so far
        before, front = (np.nan, np.nan), 0
        firsts, seconds = points[:, 0].tolist(), points[:, 1].tolist()
        for number in np.lexsort((points[:, 1], points[:, 0])).tolist():  # stable
            first, second = firsts[number], seconds[number]
            if (first, second) != before:
                before, front = (first, second), bisect_right(lasts, second)
            if front == len(lasts):
                lasts.append(second)
                self._put(front, array("d"), array("d"), array("q"))
            lasts[front] = second
            self._firsts[front].append(first)
            self._seconds[front].append(-second)
            self._numbers[front].append(number)
        self.sizes = [len(one) for one in self._numbers]

    def members(self, front: int) -> NDArray[np.int64]:
        """Return the numbers of the points of a front."""
        return np.array(self._numbers[front], np.int64)

    def spread(self, front: int, points: Points) -> Spread:
        """Return the numbers of the points of a front, in whatever order, and their distances."""
        numbers, firsts = self.members(front), np.array(self._firsts[front])
        if not (firsts[1:] > firsts[:-1]).all():  # of equals their age decides
            return _by_age(numbers, points)
        distances = np.full(len(numbers), np.inf)
        if len(numbers) > 2:
            distances[1:-1] = 0
            for column in (firsts, np.array(self._seconds[front])):
                halves = column / 2
                span = halves[-1] - halves[0]
                if span > 0:
                    distances[1:-1] += (halves[2:] - halves[:-2]) / span
        return numbers, distances

    def _front_of(self, first: float, second: float) -> int:
        low, high = 0, len(self.sizes)
        while low < high:
            middle = (low + high) // 2
            mine = self._firsts[middle]
            at = bisect_right(mine, first) - 1  # the lowest of those that are not to the right
            other = self._seconds[middle][at] if at >= 0 else -np.inf
            if other >= second and (mine[at], other) != (first, second):
                low = middle + 1
            else:
                high = middle
        return low

    def _put(self, at: int, firsts: Any, seconds: Any, numbers: Any) -> None:
        self._firsts.insert(at, firsts)
        self._seconds.insert(at, seconds)
        self._numbers.insert(at, numbers)
        self.sizes.insert(at, len(firsts))


class Layers:
    """Fronts in any number of coordinates, each an array with a row for each coordinate."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self._points: list[Points] = []
        self._numbers: list[NDArray[np.int64]] = []

    def insert(self, number: int, point: Point) -> int:
        """Insert a point that is younger than all; return its front."""
        new = np.array(point)
        front = self._front_of(new)
        points, numbers = new[:, None], np.array([number])
        for at in range(front, len(self.sizes)):
            mine = self._points[at]
            moves = _in_all(np.greater_equal, mine, new)
            some = np.flatnonzero(moves)
            if at == front:
                moves[some[(mine[:, some] == points).all(axis=0)]] = False
            else:
                moves[some[_left_alone(mine[:, some], points)]] = False
            moved = mine[:, moves], self._numbers[at][moves]
            if len(moved[1]) == self.sizes[at]:
                self._put(at, points, numbers)
                return front
            stays = ~moves
            self._points[at] = np.concatenate([mine[:, stays], points], axis=1)
            self._numbers[at] = np.concatenate([self._numbers[at][stays], numbers])
            self.sizes[at] = len(self._numbers[at])
            if not len(moved[1]):
                return front
            points, numbers = moved
        self._put(len(self.sizes), points, numbers)
        return front

    def fill(self, points: Points) -> None:
        """Take all points at once, in order of age, into fronts that are still empty."""
        members: list[list[int]] = []
        for number in np.lexsort(points.T[::-1]).tolist():  # none is dominated by a later one
            front = self._front_of(points[number])
            if front == len(members):
                members.append([])
                self._put(front, np.empty((points.shape[1], 64)), np.empty(0, np.int64))
                self.sizes[front] = 0
            size = self.sizes[front]
            if size == self._points[front].shape[1]:
                self._points[front] = np.concatenate([self._points[front]] * 2, axis=1)
            self._points[front][:, size] = points[number]
            self.sizes[front] = size + 1
            members[front].append(number)
        self._numbers = [np.array(one, np.int64) for one in members]
        self._points = [np.ascontiguousarray(points[one].T) for one in self._numbers]

    def members(self, front: int) -> NDArray[np.int64]:
        """Return the numbers of the points of a front."""
        return self._numbers[front]

    def spread(self, front: int, points: Points) -> Spread:
        """Return the numbers of the points of a front, in whatever order, and their distances."""
        return _by_age(self.members(front), points)

    def _front_of(self, point: Points) -> int:
        low, high = 0, len(self.sizes)
        while low < high:
            middle = (low + high) // 2
            mine = self._points[middle][:, : self.sizes[middle]]
            no_worse = np.flatnonzero(_in_all(np.less_equal, mine, point))
            if bool((mine[:, no_worse] != point[:, None]).any()):
                low = middle + 1
            else:
                high = middle
        return low

    def _put(self, at: int, points: Points, numbers: NDArray[np.int64]) -> None:
        self._points.insert(at, points)
        self._numbers.insert(at, numbers)
        self.sizes.insert(at, len(numbers))


def _in_all(compare: np.ufunc, points: Points, point: Points) -> NDArray[np.bool_]:
    """Return which points compare so with one in every coordinate."""
    found: NDArray[np.bool_] = compare(points[0], point[0])
    for row, own in zip(points[1:], point[1:], strict=True):
        found &= compare(row, own)
    return found


def _left_alone(points: Points, others: Points) -> NDArray[np.int64]:
    """Return which of some points none of the others is before or beside in all coordinates.

    The others are gone through in growing parts, the best in all first: after a few of them nearly
    all points are told, and the few that are left are compared with the rest.
    """
    left, many = np.arange(points.shape[1]), others.shape[1]
    if many > _PART:
        ranks = np.zeros(many, np.int64)
        for row in others:
            ranks[np.argsort(row)] += np.arange(many)
        others = others[:, np.argsort(ranks)]
    start, size = 0, _PART
    while start < many and len(left):
        part, mine = others[:, start : start + size], points[:, left]
        behind: NDArray[np.bool_] = mine[0][:, None] >= part[0]
        for row, other in zip(mine[1:], part[1:], strict=True):
            behind &= row[:, None] >= other
        left = left[~behind.any(axis=1)]
        start += size
        size = max(_PART, _COMPARED // max(1, len(left)))
    return left


def fronts_of(coordinates: int) -> Staircases | Layers:
    """Return fronts, still empty, of points of so many coordinates."""
    return Staircases() if coordinates == 2 else Layers()


def crowding(points: Points) -> Points:
    """Return the crowding distances of a front (Deb et al., IEEE TEC 6(2), 2002), by age.

    In each coordinate the distance between the neighbours on both sides, as a share of the range of
    the front; infinite at both ends, of equals that of the oldest and of the youngest. `points` are
    in order of age. Halves are subtracted, so that no range is beyond what a double holds.
    """
    found = np.zeros(len(points))
    for column in points.T:
        order = np.argsort(column, kind="stable")
        halves = column[order] / 2
        found[order[0]] = found[order[-1]] = np.inf
        span = halves[-1] - halves[0]
        if span > 0:
            found[order[1:-1]] += (halves[2:] - halves[:-2]) / span
    return found


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether one point dominates another."""
    return all(a <= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)


def _by_age(numbers: NDArray[np.int64], points: Points) -> Spread:
    numbers = np.sort(numbers)
    return numbers, crowding(points[numbers])
