"""Fronts against their definition, as points come and all at once; crowding by hand."""

import math
import random

import numpy as np
import pytest
from ashad.core.brackets.points.fronts import crowding, dominates, fronts_of

KINDS = [(2, 3), (2, 8), (2, 1000), (3, 4), (3, 1000), (4, 3)]  # coordinates, and values of each


def naive(points):
    left, found = set(range(len(points))), []
    while left:
        best = {n for n in left if not any(dominates(points[m], points[n]) for m in left)}
        found.append(sorted(best))
        left -= best
    return found


def drawn(rng, coordinates, values, many):
    return [tuple(rng.randrange(values) - 1.0 for _ in range(coordinates)) for _ in range(many)]


def told(fronts):
    assert fronts.sizes == [len(fronts.members(f)) for f in range(len(fronts.sizes))]
    return [sorted(fronts.members(f).tolist()) for f in range(len(fronts.sizes))]


@pytest.mark.parametrize(("coordinates", "values"), KINDS)
def test_they_are_what_nothing_dominates_and_so_on(coordinates, values):
    rng = random.Random(coordinates * values)
    for _ in range(8):
        points = drawn(rng, coordinates, values, 30)
        fronts, layers = fronts_of(coordinates), {}
        for number, point in enumerate(points):
            before = dict(layers)
            front = fronts.insert(number, point)
            due = naive(points[: number + 1])
            assert told(fronts) == due
            layers = {n: f for f, members in enumerate(due) for n in members}
            assert front == layers[number]
            assert all(layers[n] - before[n] in (0, 1) for n in before)
        at_once = fronts_of(coordinates)
        at_once.fill(np.array(points))
        assert told(at_once) == told(fronts)


@pytest.mark.parametrize("coordinates", [2, 3])
def test_what_was_filled_goes_on_as_what_grew(coordinates):
    rng = random.Random(5)
    points = drawn(rng, coordinates, 30, 120)
    grown, filled = fronts_of(coordinates), fronts_of(coordinates)
    filled.fill(np.array(points[:60]))
    for number, point in enumerate(points):
        grown.insert(number, point)
        if number >= 60:
            filled.insert(number, point)
            assert told(filled) == told(grown)


@pytest.mark.parametrize(("coordinates", "values"), KINDS)
def test_the_spread_of_a_front_is_its_crowding(coordinates, values):
    rng = random.Random(coordinates + values)
    points = np.array(drawn(rng, coordinates, values, 80))
    fronts = fronts_of(coordinates)
    fronts.fill(points)
    for front in range(len(fronts.sizes)):
        numbers, distances = fronts.spread(front, points)
        members = sorted(fronts.members(front).tolist())
        due = dict(zip(members, crowding(points[members]).tolist(), strict=True))
        assert dict(zip(numbers.tolist(), distances.tolist(), strict=True)) == due


def test_crowding_by_hand():
    inf = math.inf
    points = np.array([(0, 10), (4, 4), (1, 8), (10, 0)], float)
    assert crowding(points).tolist() == [inf, 0.9 + 0.8, 0.4 + 0.6, inf]
    equal = np.array([(1, 1)] * 4, float)  # ends of both coordinates: the oldest, the youngest
    assert crowding(equal).tolist() == [inf, 0, 0, inf]
    assert crowding(np.array([(1.0, 2.0)])).tolist() == [inf]
    wide = np.array([(-1.7e308, 1), (0, 0.5), (1.7e308, 0)])  # the range is beyond a double
    assert crowding(wide).tolist() == [inf, 2, inf]


def test_a_point_that_moves_many_moves_those_that_it_should():
    """Hundreds of points go down at once, so that they are compared in parts."""
    rng = random.Random(6)
    points = [tuple(rng.random() for _ in range(3)) for _ in range(500)]
    fronts = fronts_of(3)
    fronts.fill(np.array(points))
    for reach in (0.5, 0.3, 0.1, 0.02):
        points.append(tuple(rng.random() * reach for _ in range(3)))
        front, whole = fronts.insert(len(points) - 1, points[-1]), fronts_of(3)
        whole.fill(np.array(points))
        assert told(fronts) == told(whole)
        assert len(points) - 1 in fronts.members(front)
