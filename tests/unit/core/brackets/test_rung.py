"""A rung against a plain sorted list: ranks, quota, cut-off, who waits, what removal leaves."""

import random
from fractions import Fraction
from math import inf

import pytest
from ashad.core.brackets import rung
from ashad.core.brackets.entry import DIVERGED, OUT, PROMOTED, WAITING
from ashad.core.brackets.rung import Rung
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support import size

ETAS = [Fraction(2), Fraction(5, 2), Fraction(3), Fraction(4), Fraction(11, 10)]
SCORES = st.one_of(
    st.integers(-3, 3).map(float), st.floats(allow_nan=False, allow_infinity=False), st.just(inf)
)


class AgainstList(RuleBasedStateMachine):
    """The rung with blocks of four entries, and a list sorted by (score, arrival)."""

    @initialize(eta=st.sampled_from(ETAS), min_quota=st.sampled_from([0, 1]))
    def begin(self, eta, min_quota):
        rung._BLOCK, rung._GROUP = 4, 2
        self.eta, self.min_quota = eta, min_quota
        self.rung = Rung(eta, min_quota)
        self.list = []  # [score, arrival, fate]; the arrival is also the trial
        self.arrivals = 0

    def teardown(self):
        rung._BLOCK, rung._GROUP = 2048, 64

    def quota(self):
        return max(self.min_quota, int(len(self.list) / self.eta))

    def placement(self, rank):
        quota = self.quota()
        cutoff = self.list[quota - 1][0] if quota else None
        return rank, len(self.list), quota, None if cutoff == DIVERGED else cutoff

    @rule(score=SCORES)
    def enter(self, score):
        entry = [score, self.arrivals, OUT]
        self.arrivals += 1
        self.list = sorted([*self.list, entry])
        rank = self.list.index(entry) + 1
        if score != DIVERGED:
            entry[2] = WAITING if not self.min_quota else PROMOTED if rank <= self.quota() else OUT
        assert self.rung.enter(score, entry[1]) == self.placement(rank)

    @rule(score=SCORES, fate=st.sampled_from([OUT, WAITING, PROMOTED]))
    def enter_with_fate(self, score, fate):
        entry = [score, self.arrivals, fate]
        self.arrivals += 1
        self.list = sorted([*self.list, entry])
        found = self.rung.enter(score, entry[1], fate)
        assert found == self.placement(self.list.index(entry) + 1)

    @precondition(lambda self: any(e[2] == WAITING for e in self.list))
    @rule()
    def promote(self):
        next(e for e in self.list if e[2] == WAITING)[2] = PROMOTED
        self.rung.promote()

    @precondition(lambda self: any(e[2] == WAITING for e in self.list))
    @rule(data=st.data())
    def withdraw(self, data):
        entry = data.draw(st.sampled_from([e for e in self.list if e[2] == WAITING]))
        entry[2] = OUT
        self.rung.withdraw(entry[1])

    @precondition(lambda self: self.list)
    @rule(data=st.data())
    def remove(self, data):
        entry = data.draw(st.sampled_from(self.list))
        self.list.remove(entry)
        assert self.rung.remove(entry[1])
        assert not self.rung.remove(entry[1])

    @rule()
    def remove_unknown(self):
        assert not self.rung.remove(self.arrivals)

    @invariant()
    def equal(self):
        if not hasattr(self, "rung"):
            return
        assert list(self.rung.entries()) == [(s, trial, fate) for s, trial, fate in self.list]
        assert self.rung.size == len(self.list)
        assert self.rung.quota() == self.quota()
        assert self.rung.cutoff() == (self.placement(0)[3] if self.list else None)
        fates = [fate for _, _, fate in self.list]
        assert self.rung.promoted == fates.count(PROMOTED)
        assert self.rung.waiting == fates.count(WAITING)
        rank = fates.index(WAITING) + 1 if WAITING in fates else inf
        if rank <= self.quota():
            trial = self.list[rank - 1][1]
            assert self.rung.best_waiting() == (trial, self.placement(rank))
        else:
            assert self.rung.best_waiting() is None


MUCH = settings(max_examples=size(40, 1_000), stateful_step_count=60, deadline=None)
AgainstList.TestCase.settings = MUCH
TestAgainstList = AgainstList.TestCase


def in_order(kind, n):
    values = [random.Random(7).random() for _ in range(n)]
    return {
        "random": values,
        "sorted": sorted(values),
        "reversed": sorted(values, reverse=True),
        "equal": [0.5] * n,
        "diverged": [inf] * n,
    }[kind]


@pytest.mark.parametrize("min_quota", [0, 1])
@pytest.mark.parametrize("kind", ["random", "sorted", "reversed", "equal", "diverged"])
def test_blocks_of_full_size_in_every_order(kind, min_quota):
    n, eta = 10_000, Fraction(5, 2)
    values = in_order(kind, n)
    found = Rung(eta, min_quota)
    for trial, score in enumerate(values):
        placement = found.enter(score, trial)
        assert placement.size == trial + 1
        assert placement.quota == max(min_quota, 2 * (trial + 1) // 5)
    expected = sorted((score, trial) for trial, score in enumerate(values))
    assert [(score, trial) for score, trial, _ in found.entries()] == expected
    cutoff = expected[4000 - 1][0]
    assert found.cutoff() == (None if cutoff == inf else cutoff)


@given(st.lists(SCORES, max_size=60), st.sampled_from(ETAS), st.sampled_from([0, 1]))
def test_the_rank_of_an_entry_is_what_a_sort_says(scores, eta, min_quota):
    found = Rung(eta, min_quota)
    for trial, score in enumerate(scores):
        rank = sorted((s, t) for t, s in enumerate(scores[: trial + 1])).index((score, trial)) + 1
        assert found.enter(score, trial).rank == rank


def test_an_entry_takes_at_most_twenty_bytes():
    found = Rung(Fraction(3), 0)
    for trial, score in enumerate(in_order("random", 50_000)):
        found.enter(score, trial)
    blocks = [part for parts in (found._values, found._trials, found._fates) for part in parts]
    assert sum(block.__sizeof__() for block in blocks) <= 20 * 50_000
