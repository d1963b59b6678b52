"""Ranges measured out: both ways agree, grids are even, decimals are exact."""

import math
from itertools import pairwise

import pytest
from ashad.core.scale import between, decimals, position, spread, ticks
from hypothesis import given
from hypothesis import strategies as st

UNIT = st.floats(0, 1)


@given(UNIT)
def test_a_position_is_where_the_number_lies(u):
    for low, high, log in ((-3.0, 5.0, False), (1e-6, 1e3, True), (-1.7e308, 1.7e308, False)):
        found = between(low, high, u, log=log)
        assert low <= found <= high
        assert position(low, high, found, log=log) == pytest.approx(u, abs=1e-9)


def test_the_ends_are_exact():
    assert between(1e-5, 0.1, 0, log=True) == 1e-5
    assert between(1e-5, 0.1, 1, log=True) == 0.1
    assert between(math.e, math.e, 0.3, log=True) == pytest.approx(math.e)
    assert position(2.0, 2.0, 2.0, log=False) == 0.5


def test_ticks():
    assert ticks(1) == [0.5]
    assert ticks(3) == [0.0, 0.5, 1.0]


@given(st.integers(0, 50), st.integers(0, 200))
def test_a_spread_is_even_and_reaches_both_ends(count, steps):
    found = list(spread(count, steps))
    assert found == sorted(set(found))
    if count == 0 or count > steps:
        assert found == list(range(steps + 1))
    elif count > 1:
        assert (len(found), found[0], found[-1]) == (count, 0, steps)
        gaps = [b - a for a, b in pairwise(found)]
        assert max(gaps) - min(gaps) <= 2
    else:
        assert found == [round(steps / 2)]


def test_decimals_are_as_written():
    a, b, q = decimals(0.1, 0.2)
    assert (a + b) / q == 0.3  # 0.1 + 0.2 is not
    assert decimals(-1.0, 0.25) == (-4, 1, 4)
