"""A rung of points: ranks, quotas and fates against a naive sort; the pointless come behind."""

import random
from array import array
from fractions import Fraction
from math import inf

import pytest
from ashad.core.brackets.entry import DIVERGED, PROMOTED
from ashad.core.brackets.points.pareto_rung import ParetoRung

from tests.support import oracle

WORST = 2.0**1000


def standing(point, score):
    group = 0 if point else 2 if score == DIVERGED else 1
    return oracle.Standing(group, Fraction(0), score, point)


def draw(rng, coordinates):
    """A point with its score; one in six has none, infeasible or diverged."""
    if rng.random() < 1 / 6:
        return (), rng.choice([DIVERGED, WORST, WORST * 2])
    point = tuple(float(rng.randrange(6)) for _ in range(coordinates))
    return point, point[0]


@pytest.mark.parametrize("coordinates", [2, 3])
@pytest.mark.parametrize("least", [0, 1])
def test_it_ranks_as_the_naive_one(coordinates, least):
    rng = random.Random(coordinates + 10 * least)
    for _ in range(10):
        rung, slow = ParetoRung(Fraction(3), least, None, coordinates), oracle.Rung(1)
        waiting, came = set(), {}
        for trial in range(36):
            came[trial] = point, score = draw(rng, coordinates)
            slow.entries.append((standing(point, score), trial))
            placement = rung.enter(score, trial, None, point)
            size, quota = trial + 1, max(least, (trial + 1) // 3)
            assert placement == (slow.rank(trial), size, quota, None)
            if not least and score != DIVERGED:
                waiting.add(trial)
            if least and score != DIVERGED:
                fates = {t: fate for _, t, fate in rung.entries()}
                assert (fates[trial] == PROMOTED) == (placement.rank <= quota)
            top = [t for _, t in slow.ranked()][:quota]
            due = next((t for t in top if t in waiting), None)
            found = rung.best_waiting()
            assert (found and found[0]) == due
            assert rung.best_waiting() == found
            if due is not None and rng.random() < 0.7:
                assert found[1].rank == slow.rank(due)
                rung.promote()
                waiting.remove(due)
        assert [t for _, t, _ in rung.entries()] == [t for _, t in slow.ranked()]
        again = ParetoRung(Fraction(3), least, None, coordinates)
        fates = {trial: fate for _, trial, fate in rung.entries()}
        again.fill(
            array("d", (score for _, score in came.values())), array("I", came),
            bytearray(fates[trial] for trial in came), [point for point, _ in came.values()],
        )  # fmt: skip
        assert [*again.entries()] == [*rung.entries()]
        assert (again.waiting, again.promoted) == (rung.waiting, rung.promoted)
        assert again.best_waiting() == rung.best_waiting()


def test_an_entry_that_is_removed_has_never_been():
    rng = random.Random(2)
    rung, without = (ParetoRung(Fraction(2), 0, None, 2) for _ in range(2))
    for trial in range(30):
        point, score = draw(rng, 2)
        rung.enter(score, trial, None, point)
        if trial % 3:
            without.enter(score, trial, None, point)
    for trial in range(0, 30, 3):
        assert rung.remove(trial)
        assert not rung.remove(trial)
    assert [*rung.entries()] == [*without.entries()]
    assert rung.best_waiting() == without.best_waiting()
    point, score = draw(rng, 2)
    assert rung.enter(score, 99, None, point) == without.enter(score, 99, None, point)


def test_what_was_withdrawn_counts_and_is_not_promoted():
    rung = ParetoRung(Fraction(2), 0, None, 2)
    for trial, point in enumerate([(1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (4.0, 4.0)]):
        rung.enter(point[0], trial, None, point)
    rung.withdraw(0)
    found = rung.best_waiting()
    assert (found[0], found[1].rank, found[1].quota) == (1, 2, 2)
    rung.promote()
    assert rung.best_waiting() is None
    assert (rung.size, rung.waiting, rung.promoted) == (4, 2, 1)
    rung.fix_quota(3)
    assert rung.best_waiting()[0] == 2


def test_why_an_entry_has_its_rank():
    rung = ParetoRung(Fraction(3), 1, None, 2)
    points = [(0.0, 10.0), (4.0, 4.0), (10.0, 0.0), (5.0, 4.0), (1.0, 8.0), (5.0, 5.0), ()]
    for trial, point in enumerate(points):
        rung.enter(point[0] if point else DIVERGED, trial, None, point)
    assert [t for _, t, _ in rung.entries()] == [0, 2, 1, 4, 3, 5, 6]
    assert rung.standing(4) == (1, 3, 4, 4, [])
    assert rung.standing(3) == (2, 3, 1, 1, [1])
    assert rung.standing(5) == (3, 3, 1, 1, [1, 3])
    assert rung.standing(6) is None
    assert rung.front_numbers() == {0: 1, 1: 1, 2: 1, 4: 1, 3: 2, 5: 3}


def test_what_is_read_by_score():
    rung = ParetoRung(Fraction(3), 1, None, 2)
    for trial, point in enumerate([(2.0, 1.0), (), (1.0, 2.0)]):
        rung.enter(point[0] if point else inf, trial, None, point)
    scores, trials = rung.columns()
    assert (scores.tolist(), trials.tolist()) == ([1.0, 2.0, inf], [2, 0, 1])
    assert rung.cutoff() is None
