"""Who stands where in a population."""

from __future__ import annotations

import pytest
from ashad.core.brackets.population import Pbt, Population


@pytest.mark.parametrize(
    ("quantile", "ends"),
    [(0.25, [0, 0, 1, 1, 1, 2, 2, 2, 2, 3]), (0.5, [0, 0, 1, 1, 2, 2]), (0.1, [0, 0, 1, 1])],
)
def test_the_quantiles_are_those_of_ray(quantile, ends):
    """Its `_quantiles`: ceil(n q), at most half, none of one."""
    assert [Pbt(quantile=quantile).ends(n) for n in range(len(ends))] == ends


def test_members_are_ranked_by_their_latest_level():
    population = Population(Pbt(quantile=0.25))
    for trial, score in enumerate([0.4, 0.2, 0.2, 0.9]):
        population.enter(trial, score)
    assert population.standing(3)[:3] == (4, 4, 3)
    assert population.standing(3).better == (1,)
    assert population.standing(2).rank == 2, "a tie goes to the older"
    population.enter(3, 0.1)
    assert population.standing(3) == (1, 4, 3, 0.2, ())
    population.moved(1, "PAUSED", 2)
    assert population.paused == {1: 2}
    population.moved(1, "RUNNING", 2)
    assert not population.paused
    population.moved(3, "COMPLETED", 9)
    assert [trial for trial, _ in population.entries()] == [0, 1, 2]


def test_none_is_better_than_its_equals():
    population = Population(Pbt(population=2))
    population.enter(0, 1.0)
    population.enter(1, 1.0)
    assert population.standing(1) == (2, 2, 1, 1.0, ())
