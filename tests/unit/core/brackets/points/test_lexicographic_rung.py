"""A rung whose points are compared in order: ranks, quotas and fates against a naive sort."""

import random
from array import array
from fractions import Fraction
from math import inf

import pytest
from ashad.core.brackets import rung as blocks
from ashad.core.brackets.entry import DIVERGED, PROMOTED
from ashad.core.brackets.points.lexicographic_rung import LexicographicRung

from tests.support import oracle

WORST = 2.0**1000


def naive():
    return oracle.Rung(1, in_order=True)


def standing(point, score):
    group = 0 if point else 2 if score == DIVERGED else 1
    return oracle.Standing(group, Fraction(0), score, point)


def draw(rng):
    """A point with its score; one in six has none, infeasible or diverged."""
    if rng.random() < 1 / 6:
        return (), rng.choice([DIVERGED, WORST, WORST * 2])
    point = rng.randrange(-1, 2), rng.randrange(3), float(rng.randrange(3))
    return point, rng.random()


@pytest.mark.parametrize("least", [0, 1])
def test_it_ranks_as_the_naive_one(least, monkeypatch):
    monkeypatch.setattr(blocks, "_BLOCK", 6)
    rng = random.Random(least)
    for _ in range(10):
        rung, slow = LexicographicRung(Fraction(3), least), naive()
        waiting, came = set(), {}
        for trial in range(60):
            came[trial] = point, score = draw(rng)
            slow.entries.append((standing(point, score), trial))
            placement = rung.enter(score, trial, None, point)
            quota = max(least, (trial + 1) // 3)
            assert placement == (slow.rank(trial), trial + 1, quota, None)
            if not least and score != DIVERGED:
                waiting.add(trial)
            if least and score != DIVERGED:
                fates = {t: fate for _, t, fate in rung.entries()}
                assert (fates[trial] == PROMOTED) == (placement.rank <= quota)
            due = next((t for _, t in slow.ranked()[:quota] if t in waiting), None)
            found = rung.best_waiting()
            assert (found and found[0]) == due
            if due is not None and rng.random() < 0.7:
                assert found[1] == (slow.rank(due), trial + 1, quota, None)
                rung.promote()
                waiting.remove(due)
        entries = [(came[t][1], t) for _, t in slow.ranked()]
        assert [(score, t) for score, t, _ in rung.entries()] == entries
        again = LexicographicRung(Fraction(3), least)
        fates = {trial: fate for _, trial, fate in rung.entries()}
        again.fill(
            array("d", (score for _, score in came.values())), array("I", came),
            bytearray(fates[trial] for trial in came), [point for point, _ in came.values()],
        )  # fmt: skip
        assert [*again.entries()] == [*rung.entries()]
        assert (again.waiting, again.promoted) == (rung.waiting, rung.promoted)
        point, score = draw(rng)
        assert again.enter(score, 99, None, point) == rung.enter(score, 99, None, point)


def test_an_entry_that_is_removed_has_never_been(monkeypatch):
    monkeypatch.setattr(blocks, "_BLOCK", 6)
    rng = random.Random(2)
    rung, without = (LexicographicRung(Fraction(2), 0) for _ in range(2))
    for trial in range(40):
        point, score = draw(rng)
        rung.enter(score, trial, None, point)
        if trial % 3:
            without.enter(score, trial, None, point)
    for trial in range(0, 40, 3):
        assert rung.remove(trial)
        assert not rung.remove(trial)
    assert [*rung.entries()] == [*without.entries()]
    assert rung.best_waiting() == without.best_waiting()
    for _, trial, _ in [*rung.entries()]:  # to the last one
        assert rung.remove(trial)
    assert (rung.size, [*rung.entries()], rung.best_waiting()) == (0, [], None)
    assert rung.enter(1.0, 7, None, (0, 1.0)) == (1, 1, 0, None)


def test_what_is_read_by_score():
    rung = LexicographicRung(Fraction(3), 1)
    for trial, (score, point) in enumerate([(2.0, (0, 1.0)), (inf, ()), (1.0, (0, 2.0))]):
        rung.enter(score, trial, None, point)
    scores, trials = rung.columns()
    assert (scores.tolist(), trials.tolist()) == ([1.0, 2.0, inf], [2, 0, 1])
    assert [t for _, t, _ in rung.entries()] == [0, 2, 1]
    assert rung.cutoff() is None
    [(empty, _, _)] = LexicographicRung(Fraction(3), 1).blocks()
    assert not empty
