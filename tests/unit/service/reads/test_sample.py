"""Which trials are shown: even shares, the same ones again, and of a curve what stands out."""

from __future__ import annotations

import random
from math import isnan, nan

import numpy as np
import pytest
from ashad.service.reads.curves import Ladder, choose, thin
from ashad.service.reads.sample import least, shares
from ashad.store.queries.columns import sample
from ashad.store.queries.curves import Point
from ashad_client.v1 import ashad_pb2 as pb


def test_the_least_by_hash_are_those_that_the_column_says():
    numbers = np.array(random.Random(1).sample(range(10**6), 5000), np.uint32)
    found = set(least(numbers, 300).tolist())
    assert found == set(sorted(numbers.tolist(), key=sample)[:300])
    assert len(least(numbers, 0)) == 0


def test_a_new_trial_takes_the_place_of_few():
    before = set(least(np.arange(100_000, dtype=np.uint32), 300).tolist())
    after = set(least(np.arange(101_000, dtype=np.uint32), 300).tolist())
    assert len(before - after) <= 6


@pytest.mark.parametrize(("sizes", "room", "given"), [
    ([5, 100, 100], 50, [5, 22, 23]), ([1, 2, 3], 50, [1, 2, 3]), ([], 9, []),
    ([0, 10], 4, [0, 4]), ([7, 7], 0, [0, 0]),
])  # fmt: skip
def test_shares_are_even_as_far_as_sizes_allow(sizes, room, given):
    assert shares(sizes, room) == given


def test_each_level_has_its_share_and_running_and_best_are_there():
    total = 10_000
    rungs = [np.arange(0, total, 3**k, dtype=np.uint32) for k in range(1, 6)]
    found = Ladder(
        total, np.array([1, 2, 4], np.uint32), [0, 243],
        [(3**k, k, numbers) for k, numbers in enumerate(rungs)],
    )  # fmt: skip
    chosen = choose(found, [7], 300)
    assert len(chosen) == 300
    assert (chosen[7], chosen[1], chosen[243]) == (
        pb.CURVE_CHOICE_ASKED, pb.CURVE_CHOICE_RUNNING, pb.CURVE_CHOICE_BEST,
    )  # fmt: skip
    top = [max((k for k, of in enumerate(rungs) if n in set(of.tolist())), default=-1)
           for n, why in chosen.items() if why == pb.CURVE_CHOICE_SAMPLED]  # fmt: skip
    counts = {level: top.count(level) for level in range(-1, 5)}
    assert min(counts.values()) >= 40, counts
    assert choose(found, [7], 300) == chosen


@pytest.mark.parametrize("most", [4, 7, 40, 200])
def test_a_thinned_curve_keeps_its_ends_and_extremes(most):
    chance = random.Random(most)
    points = [Point(n, chance.choice([nan, chance.random()])) for n in range(1, 900)]
    kept = thin(points, most)
    assert len(kept) <= most
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert [p.resource for p in kept] == sorted({p.resource for p in kept})
    valid = [p for p in points if not isnan(p.value)]
    for extreme in (min(valid, key=lambda p: p.value), max(valid, key=lambda p: p.value)):
        assert extreme in kept
    assert thin(points[:most], most) == points[:most]
