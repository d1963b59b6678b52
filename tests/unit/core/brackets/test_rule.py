"""The rule alone: what the papers print, and that quota and its inverse agree."""

from fractions import Fraction

import pytest
from ashad.core.brackets.rule import continue_, promote, quota, round_quotas, size_with
from hypothesis import given
from hypothesis import strategies as st

ETAS = st.sampled_from([Fraction(11, 10), Fraction(2), Fraction(5, 2), Fraction(3), Fraction(4)])


@given(st.integers(0, 10**6), ETAS)
def test_the_quota_is_the_floor_of_size_by_eta(size, eta):
    assert quota(size, eta) == size // eta


@given(st.integers(1, 10**6), ETAS)
def test_a_quota_is_reached_at_exactly_that_size(count, eta):
    size = size_with(count, eta)
    assert quota(size, eta) >= count > quota(size - 1, eta)


@pytest.mark.parametrize(
    ("size", "promoted", "continued"), [(1, 0, 1), (2, 0, 1), (3, 1, 1), (8, 2, 2), (9, 3, 3)]
)
def test_of_fewer_than_eta_the_best_continues_and_none_is_promoted(size, promoted, continued):
    ranks = range(1, size + 1)
    assert sum(promote(rank, size, Fraction(3)) for rank in ranks) == promoted
    assert sum(continue_(rank, size, Fraction(3)) for rank in ranks) == continued


def test_a_round_keeps_what_hyperband_prints():
    """JMLR 18 (2018), table 1: 81 configurations, eta 3."""
    assert round_quotas(81, Fraction(3), 5) == (27, 9, 3, 1, 0)
    assert round_quotas(10, Fraction(5, 2), 3) == (4, 1, 0)
