"""Decisions depend on ranks only, and on nothing outside the arguments."""

import math
import os
import random
import subprocess
import sys

import pytest
from ashad.core.engine.suggest import Assignment
from ashad.core.history.records import Report
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import ROOT
from tests.support.search import Search, asha

TRANSFORMS = {
    "affine": lambda x: 3 * x - 7,
    "cube": lambda x: float(x) ** 3,
    "exponential": lambda x: 2.0**x,
    "arcus tangent": math.atan,
    "tiny": lambda x: x * 5e-324,
    "huge": lambda x: x * 1e306,
}
EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-50, 50), st.sampled_from(["report"] * 6 + ["fail"])),
    max_size=80,
)


def history(events, value, **spec):
    """Let four workers train in this order; return what was handed out and decided."""
    search = Search(asha(9, **spec))
    jobs, told = {}, []
    for worker, number, what in events:
        job, level = jobs.get(worker, (None, 0))
        if job is None:
            job = search.suggest(f"w{worker}")
            told.append(job[:2])
            level = job.next_resource
        elif what == "fail":
            search.end("fail", job, infeasible=number > 25, message="")
            job = None
        else:
            decision = search.report(job, level, value(number))
            told.append(decision._replace(cutoff=None))
            level = decision.next_resource
            job = job if decision.action == "CONTINUE" else None
        jobs[worker] = job, level
    return told, search.state.best and search.state.best.trial


@pytest.mark.parametrize("promotion", [False, True])
@pytest.mark.parametrize("name", TRANSFORMS)
@settings(max_examples=25, deadline=None)
@given(events=EVENTS, eta=st.sampled_from([2, 2.5, 3, 4]))
def test_strictly_monotone_transforms_change_nothing(name, promotion, events, eta):
    plain = history(events, float, eta=eta, promotion=promotion)
    assert history(events, TRANSFORMS[name], eta=eta, promotion=promotion) == plain


@pytest.mark.parametrize("promotion", [False, True])
@settings(max_examples=60, deadline=None)
@given(events=EVENTS, eta=st.sampled_from([2, 2.5, 3, 4]))
def test_negation_with_the_other_goal_changes_nothing(promotion, events, eta):
    plain = history(events, float, eta=eta, promotion=promotion)
    turned = history(events, lambda x: -float(x), eta=eta, promotion=promotion, maximize=True)
    assert turned == plain


def test_the_two_zeros_are_equal():
    """-0.0 is no better than the 0.0 that came before it."""
    for maximize in (False, True):
        search = Search(asha(9, 3, promotion=False, maximize=maximize))
        told = [
            search.report(search.suggest(f"w{i}"), 1, v) for i, v in enumerate([0.0, -0.0, 0.0])
        ]
        assert [decision.rank for decision in told] == [1, 2, 3]
        assert all(math.copysign(1, r.value) == 1 for r in search.records if isinstance(r, Report))


@pytest.mark.parametrize("promotion", [False, True])
@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_diverged_value_ranks_last_and_counts(bad, maximize, promotion):
    search = Search(asha(9, 3, promotion=promotion, maximize=maximize))
    decision = search.report(search.suggest("a"), 1, bad)
    assert (decision.action, decision.reason, decision.rank, decision.cutoff) == (
        "STOP", "DIVERGED", 1, None,
    )  # fmt: skip
    worst = -1e308 if maximize else 1e308
    after = search.report(search.suggest("b"), 1, worst)
    assert (after.rank, after.size) == (1, 2)
    assert after.action == ("PAUSE" if promotion else "CONTINUE")
    assert search.state.best.value == worst
    assert search.state.diverged == 1


def test_a_rung_of_nothing_but_nan_promotes_nobody():
    search = Search(asha(9, 2, promotion=True, max_trials=8))
    for n in range(8):
        search.report(search.suggest(f"w{n}"), 1, math.nan)
    assert search.suggest().reason == "MAX_TRIALS"


@pytest.mark.parametrize("promotion", [False, True])
def test_equal_values_the_oldest_go_on(promotion):
    search = Search(asha(3, 3, promotion=promotion, max_trials=9))
    jobs = [search.suggest(f"w{n}") for n in range(9)]
    told = [search.report(job, 1, 0.5) for job in jobs]
    if promotion:
        assert [search.suggest(f"x{n}").trial for n in range(3)] == [0, 1, 2]
    else:
        assert "".join(decision.action[0] for decision in told) == "CSSSSSSSS"


def digest():
    """Run a busy search and return its records as text."""
    dice = random.Random(3)
    search = Search(asha(27, 2.5, promotion=True, max_trials=40, seed=5), seed=5)
    for step in range(200):
        job = search.suggest(f"w{step % 7}")
        if isinstance(job, Assignment):
            if dice.random() < 0.1:
                search.end("fail", job, infeasible=dice.random() < 0.5, message="x")
            elif dice.random() < 0.9:
                search.report(job, job.target, dice.choice([dice.random(), math.nan, 0.5]))
    return repr(search.records)


def test_nothing_depends_on_the_hash_seed():
    program = (
        "import hashlib, tests.unit.core.test_invariance as t; "
        "print(hashlib.sha256(t.digest().encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "4294967295")
    }  # fmt: skip
    assert len(found) == 1
