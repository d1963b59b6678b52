"""The histogram of a rung, against one that looks at each entry."""

from __future__ import annotations

import random
from fractions import Fraction
from math import inf

import pytest
from ashad.core.brackets.entry import PROMOTED
from ashad.core.brackets.histogram import BINS, histogram
from ashad.core.brackets.rung import Rung

SCORES = {
    "even": lambda chance: chance.random(),
    "ties": lambda chance: float(chance.randrange(5)),
    "outliers": lambda chance: chance.choice([chance.random(), 10.0 ** chance.randrange(300)]),
    "wide": lambda chance: chance.uniform(-1.7e308, 1.7e308),
    "one value": lambda chance: 3.0,
    "diverged": lambda chance: chance.choice([inf, chance.random()]),
    "all diverged": lambda chance: inf,
}


@pytest.mark.parametrize("kind", SCORES)
@pytest.mark.parametrize("many", [1, 2, 5, 300, 5000])
@pytest.mark.parametrize("min_quota", [0, 1])
def test_each_entry_is_counted_where_it_belongs(kind, many, min_quota):
    chance = random.Random(f"{kind}/{many}")
    rung = Rung(Fraction(3), min_quota)
    for trial in range(many):
        rung.enter(SCORES[kind](chance), trial)
        while not min_quota and rung.best_waiting():
            rung.promote()
    found = histogram(rung)
    entries = list(rung.entries())
    valid = [(score, fate) for score, _, fate in entries if score < inf]
    assert found.diverged == many - len(valid)
    if not valid:
        assert (found.counts, found.promoted, found.worse) == ([], [], 0)
        return
    best, worst = valid[0][0], valid[-1][0]
    assert found.low == best
    assert found.high <= worst
    quarters = [valid[-(-len(valid) * share // 4) - 1][0] for share in (1, 3)]
    fence = quarters[1] + 3 * (quarters[1] - quarters[0])
    assert found.high == (fence if quarters[0] < quarters[1] and fence < worst else worst)
    edges = [found.low * (1 - n / BINS) + found.high * (n / BINS) for n in range(1, BINS)]
    counts, promoted = [0] * BINS, [0] * BINS
    inside = [(score, fate) for score, fate in valid if score <= found.high]
    for score, fate in inside:
        bin_ = sum(edge < score for edge in edges)
        counts[bin_] += 1
        promoted[bin_] += fate == PROMOTED
    assert (found.counts, found.promoted) == (counts, promoted)
    assert found.worse == len(valid) - len(inside)
