"""One bracket: which rungs a report enters, which of them decides, and who is promoted next."""

from fractions import Fraction

import pytest
from ashad.core.brackets.bracket import Bracket
from ashad.core.brackets.entry import DIVERGED
from ashad.core.brackets.plan import Plan

LEVELS = (1, 3, 9)


def bracket(*, promotion, trials=None):
    return Bracket(Plan(LEVELS, trials, 3), Fraction(3), promotion=promotion)


@pytest.mark.parametrize("promotion", [False, True])
def test_between_rungs_nothing_is_entered(promotion):
    made = bracket(promotion=promotion)
    assert made.enter(0, 1, 2, 0.5) is None
    assert made.enter(0, 3, 9, 0.5) is None  # above the top
    assert [rung.size for rung in made.rungs] == [0, 0, 0]


def test_stopping_enters_every_level_that_was_crossed():
    made = bracket(promotion=False)
    entered = made.enter(0, 0, 4, 0.5)
    assert (entered.first, entered.last, entered.continues) == (0, 1, True)
    assert [rung.size for rung in made.rungs] == [1, 1, 0]


def test_the_lowest_rung_that_stops_a_trial_is_the_one_that_decides():
    made = bracket(promotion=False)
    for trial in range(3):
        made.enter(trial, 0, 3, float(trial))
    worst = made.enter(3, 0, 3, 9.0)
    assert (worst.first, worst.last, worst.rung, worst.continues) == (0, 1, 0, False)
    assert worst.placement[:3] == (4, 4, 1)


def test_a_diverged_value_counts_and_never_continues():
    made = bracket(promotion=False)
    first = made.enter(0, 0, 1, DIVERGED)
    assert not first.continues
    assert made.rungs[0].size == 1


def test_promotion_enters_one_level_and_takes_the_highest_rung_first():
    made = bracket(promotion=True)
    for trial in range(3):
        assert made.enter(trial, 0, 1, 1.0 - trial / 10).last == 0
    rung, trial, placement = made.promotable()
    assert (rung, trial, placement.rank) == (0, 2, 1)
    made.rungs[0].promote()
    assert made.promotable() is None
    for trial in (10, 11, 12):
        made.enter(trial, 1, 3, float(trial))
    for trial in (20, 21, 22):
        made.enter(trial, 0, 1, 0.0)
    assert made.promotable()[:2] == (1, 10)


@pytest.mark.parametrize(("promotion", "targets"), [(False, (9, 9)), (True, (3, 6))])
def test_an_assignment_ends_at_its_rung_or_at_the_top(promotion, targets):
    made = bracket(promotion=promotion)
    assert (made.target(1, 0), made.target(1, 5)) == targets  # 5: it had overshot


def test_what_failed_or_was_infeasible():
    made = bracket(promotion=True)
    made.enter(0, 0, 1, 0.5)
    assert made.enter_worst(1, 0) == 0
    assert made.enter_worst(1, 3) is None
    assert [rung.size for rung in made.rungs] == [2, 0, 0]
    made.remove(0)
    assert made.rungs[0].size == 1


def test_it_is_full_when_what_was_planned_is_made():
    made = bracket(promotion=False, trials=2)
    made.created = 1
    assert not made.full
    made.created = 2
    assert made.full
    made.replan(Plan(LEVELS, 5, 3, weight=7))
    assert not made.full
    assert made.weight == 7
    assert not bracket(promotion=False).full
