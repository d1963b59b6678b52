"""Levels, brackets and trial splits: the numbers that papers and Determined print, exactly."""

from fractions import Fraction

import pytest
from ashad.core.brackets.plan import (
    bracket_rungs,
    expected_sizes,
    levels,
    plan,
    rung_levels,
    split_trials,
    whole_log,
)
from ashad.core.kinds import AdaptiveAsha

from tests.support import oracle
from tests.support.search import adaptive


@pytest.mark.parametrize(
    ("rungs", "top", "eta", "expected"),
    [
        (3, 9, 3, (1, 3, 9)),
        (4, 10, 2, (1, 2, 5, 10)),
        (1, 9, 3, (9,)),
        (3, 900, 3, (100, 300, 900)),
        (3, 12, 3, (1, 4, 12)),
        (4, 100, "2.5", (6, 16, 40, 100)),
        (5, 100, 4, (1, 6, 25, 100)),  # Determined has the 1 twice
        (3, 9000, 3, (1000, 3000, 9000)),
        (3, 576000, 3, (64000, 192000, 576000)),
        (3, 3000, 4, (187, 750, 3000)),
    ],
)
def test_rung_levels_of_determined(rungs, top, eta, expected):
    assert rung_levels(rungs, top, Fraction(eta)) == expected


@pytest.mark.parametrize(
    ("eta", "top", "count"),
    [(3, 243, 6), (10, 1000, 4), (3, 59049, 11), (10, 10**6, 7), (2, 2**40, 41)],
)
def test_no_rung_is_lost_to_a_float_logarithm(eta, top, count):
    exact = Fraction(eta)
    assert levels(1, top, exact) == tuple(eta**k for k in range(count))
    assert whole_log(top, exact, 64) == count - 1
    assert whole_log(top - 1, exact, 64) == count - 2
    assert whole_log(top + 1, exact, 64) == count - 1
    assert whole_log(top, exact, 2) == 2
    adaptive = AdaptiveAsha(mode="aggressive", eta=eta, max_rungs=64)
    assert bracket_rungs(adaptive, top, 10**18) == (count,)


@pytest.mark.parametrize(
    ("least", "top", "eta", "most", "expected"),
    [
        (1, 27, 3, 0, (1, 3, 9, 27)),
        (1, 1, 3, 0, (1,)),
        (5, 5, 3, 0, (5,)),
        (1, 100, 3, 0, (1, 3, 11, 33, 100)),
        (2, 100, 3, 0, (3, 11, 33, 100)),
        (1, 100, 3, 2, (33, 100)),
        (1, 3, "1.5", 0, (1, 2, 3)),
        (1, 100, "2.5", 0, (1, 2, 6, 16, 40, 100)),
    ],
)
def test_levels_are_anchored_at_the_top(least, top, eta, most, expected):
    assert levels(least, top, Fraction(eta), most) == expected


@pytest.mark.parametrize(
    ("trials", "eta", "rungs", "expected"),
    [
        (20, 3, (3, 2, 1), (12, 5, 3)),
        (50, 3, (4, 3), (35, 15)),
        (50, 4, (3, 2), (37, 13)),
        (100, 4, (4, 3, 2), (70, 22, 8)),
        (500, 4, (5, 4, 3), (354, 110, 36)),
        (1000, 4, (5, 4, 3), (707, 220, 73)),
        (16, 4, (3, 2), (12, 4)),
        (500, 4, (5, 4, 3, 2, 1), (341, 105, 35, 13, 6)),
        (2, 4, (3, 2, 1), (1, 1, 1)),
        (10, 3, (3, 2, 1), (7, 2, 1)),
        (10, 4, (2, 1), (7, 3)),
    ],
)
def test_trials_per_bracket(trials, eta, rungs, expected):
    assert split_trials(trials, Fraction(eta), rungs) == expected
    assert tuple(oracle.split(trials, Fraction(eta), rungs)) == expected


@pytest.mark.parametrize(
    ("mode", "top", "eta", "trials", "most", "expected"),
    [
        ("standard", 100, 4, 10, 5, (2, 1)),
        ("conservative", 1000, 3, 10, 5, (3, 2, 1)),
        ("standard", 10**6, 4, 500, 5, (5, 4, 3)),
        ("standard", 10**6, 4, 16, 5, (3, 2)),
        ("conservative", 10**6, 4, 500, 5, (5, 4, 3, 2, 1)),
        ("aggressive", 256, 4, 256, 5, (5,)),
        ("standard", 900, 3, 10, 10, (3, 2)),
        ("standard", 900, 3, 5, 2, (2, 1)),
        ("standard", 90, 3, 9, 5, (3, 2)),
        ("aggressive", 1, 3, 9, 5, (1,)),
        ("aggressive", 243, 3, 10**4, 64, (6,)),
    ],
)
def test_rungs_of_the_brackets(mode, top, eta, trials, most, expected):
    adaptive = AdaptiveAsha(mode=mode, eta=eta, max_rungs=most)
    assert bracket_rungs(adaptive, top, trials) == expected
    assert tuple(oracle.brackets_of(mode, top, Fraction(eta), most, trials)) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (adaptive(900, 10, eta=3, max_rungs=10), {100: 5, 300: 3, 900: 2}),
        (adaptive(100000, 500), {390: 266, 1562: 149, 6250: 65, 25000: 16, 100000: 4}),
        (adaptive(256, 256, mode="aggressive"), {1: 192, 4: 48, 16: 12, 64: 3, 256: 1}),
    ],
)
def test_preview(spec, expected):
    """How many trials are planned to come to rest at each level: Determined's preview-search."""
    found = {}
    for bracket in plan(spec):
        sizes = (*expected_sizes(bracket, spec.eta, promotion=False), 0)
        for level, reached, on in zip(bracket.levels, sizes, sizes[1:], strict=False):
            found[level] = found.get(level, 0) + reached - on
    assert dict(sorted(found.items())) == expected


def test_given_bracket_rungs_are_not_clipped():
    brackets = plan(adaptive(100, 2, bracket_rungs=(1, 5, 2)))
    assert [b.levels for b in brackets] == [(1, 6, 25, 100), (25, 100), (100,)]
    assert [b.trials for b in brackets] == [1, 1, 1]
    assert [b.rungs for b in brackets] == [5, 2, 1]
