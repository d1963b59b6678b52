"""Synchronous rounds and the brackets of Hyperband: what the papers print; nobody is stuck."""

from fractions import Fraction

import pytest
from ashad.core.brackets.plan import expected_sizes, plan
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment, Finished, Wait
from ashad.core.errors import RefusalError
from ashad.core.kinds import AsyncHyperband, Grid, Hyperband, SuccessiveHalving
from ashad.core.spec import Limits, StudySpec

from tests.support import oracle
from tests.support.search import SPACE, Search


def spec(algorithm, top=81, max_trials=None, **rest):
    return StudySpec(
        "loss", False, top, SPACE, algorithm, limits=Limits(max_trials=max_trials), **rest
    )


def sizes(study):
    return [expected_sizes(b, study.eta, promotion=True) for b in plan(study)]


HYPERBAND = [  # the table of the paper, R = 81, eta = 3
    (81, 27, 9, 3, 1), (34, 11, 3, 1), (15, 5, 1), (8, 2), (5,)
]  # fmt: skip


def test_the_table_of_the_hyperband_paper():
    study = spec(Hyperband())
    assert sizes(study) == HYPERBAND
    assert [b.levels[0] for b in plan(study)] == [1, 3, 9, 27, 81]
    assert [n for _, n in oracle.hyperband_of(1, 81, 3)] == [81, 34, 15, 8, 5]


def test_no_rung_is_lost_to_a_float_logarithm():
    assert [b.trials for b in plan(spec(Hyperband(), 243))] == [243, 98, 41, 18, 9, 6]


def test_hyperband_as_it_runs():
    """One worker does it all: the rungs fill as the paper says, and then it is finished."""
    search = Search(spec(Hyperband()))
    list(search.jobs(lambda trial, level: (trial * 7919 % 1009) / 1009 + 1 / level))
    assert search.sizes() == [list(rungs) for rungs in HYPERBAND]
    assert search.suggest() == Finished("BRACKETS_EXHAUSTED")
    assert search.study.status(search.now) == ("FINISHED", "BRACKETS_EXHAUSTED")


@pytest.mark.parametrize(
    ("algorithm", "most", "expected"),
    [
        (SuccessiveHalving(), None, [(81, 27, 9, 3, 1)]),
        (SuccessiveHalving(), 100, [(100, 33, 11, 3, 1)]),
        (SuccessiveHalving(trials=90), None, [(90, 30, 10, 3, 1)]),
        (SuccessiveHalving(trials=90), 200, [(90, 30, 10, 3, 1)]),
        (SuccessiveHalving(min_resource=9), None, [(9, 3, 1)]),
        (SuccessiveHalving(max_rungs=2, repeat=True), 10, [(3, 1)]),
        (Hyperband(), 130, [*HYPERBAND[:3], ()]),
        (Hyperband(), 120, [HYPERBAND[0], HYPERBAND[1], (5, 1, 0)]),
        (SuccessiveHalving(eta=2.5), 40, [(40, 16, 6, 2, 1)]),  # 2.5^4 = 39.06...
    ],
)
def test_planned_trials(algorithm, most, expected):
    found = sizes(spec(algorithm, max_trials=most))
    for got, rungs in zip(found, expected, strict=False):
        if rungs:
            assert got == rungs
    total = sum(rungs[0] for rungs in found)
    assert most is None or total <= most


@pytest.mark.parametrize(
    ("algorithm", "most", "field"),
    [
        (SuccessiveHalving(trials=80), None, "spec.algorithm.trials"),
        (SuccessiveHalving(), 80, "spec.limits.max_trials"),
        (Hyperband(), 80, "spec.limits.max_trials"),
        (Hyperband(eta=10), None, None),
        (Hyperband(eta=1), None, "spec.algorithm.eta"),
        (AsyncHyperband(brackets=65), None, "spec.algorithm.brackets"),
    ],
)
def test_what_would_train_nothing_in_full_is_refused(algorithm, most, field):
    if field is None:
        Search(spec(algorithm, max_trials=most))
        return
    with pytest.raises(RefusalError) as refusal:
        Study.create("s", "u", spec(algorithm, max_trials=most), 0, 0, None)
    assert refusal.value.fields["field"] == field


def test_a_bracket_of_billions_is_refused():
    with pytest.raises(RefusalError, match="1000000000000 trials"):
        Study.create("s", "u", spec(Hyperband(eta=10), 10**12), 0, 0, None)


def test_workers_wait_while_a_round_is_open_and_the_last_report_ends_it():
    search = Search(spec(SuccessiveHalving(), 9))
    jobs = [search.suggest(f"w{i}") for i in range(9)]
    assert search.suggest("late") == Wait("ROUND_OPEN")
    for i, job in enumerate(jobs[:-1]):
        assert search.report(job, 1, i / 10).action == "PAUSE"
        assert search.suggest("late") == Wait("ROUND_OPEN")
    search.report(jobs[-1], 1, 0.05)
    went_on = [search.suggest(f"x{i}") for i in range(3)]
    assert [job.trial for job in went_on] == [0, 8, 1]  # 0.0, 0.05, 0.1
    assert search.suggest("late") == Wait("ROUND_OPEN")


@pytest.mark.parametrize("how", ["fail", "infeasible", "expire", "cancel", "complete", "release"])
def test_whatever_becomes_of_the_last_of_a_round_it_ends(how):
    search = Search(spec(SuccessiveHalving(), 9))
    jobs = [search.suggest(f"w{i}") for i in range(9)]
    for i, job in enumerate(jobs[:-1]):
        search.report(job, 1, i / 10)
    last = jobs[-1]
    if how in ("fail", "infeasible"):
        search.end("fail", last, infeasible=how == "infeasible", message="")
    elif how == "expire":
        search.do("expire", last.trial, last.attempt)
    elif how == "cancel":
        search.do("cancel", last.trial)
    else:
        search.end(how, last)
    left = list(search.jobs(lambda trial, level: trial / 10))
    assert search.sizes()[0][1:] == [3, 1], how
    assert search.study.status(search.now) == ("FINISHED", "BRACKETS_EXHAUSTED")
    assert left


def test_an_infeasible_trial_of_a_later_round_is_replaced():
    search = Search(spec(SuccessiveHalving(), 9))
    jobs = [search.suggest(f"w{i}") for i in range(9)]
    for i, job in enumerate(jobs):
        search.report(job, 1, i / 10)
    second = [search.suggest(f"x{i}") for i in range(3)]
    search.end("fail", second[0], infeasible=True, message="")
    replacement = search.suggest("y")
    assert replacement.trial == 9
    assert search.suggest("z") == Wait("ROUND_OPEN")
    search.report(replacement, 1, 0.95)
    assert search.suggest("z").trial == 3  # the next best of the first round


def test_idle_workers_go_to_the_next_bracket():
    search = Search(spec(Hyperband(), 9))
    jobs = [search.suggest(f"w{i}") for i in range(17)]
    assert [job.bracket for job in jobs] == [0] * 9 + [1] * 5 + [2] * 3
    assert [job.next_resource for job in jobs[8:15:3]] == [1, 3, 9]
    assert search.suggest("late") == Wait("ROUND_OPEN")


def test_a_repeated_search_never_waits_and_goes_on_to_its_limit():
    search = Search(spec(Hyperband(repeat=True), 9, max_trials=40))
    jobs = [search.suggest(f"w{i}") for i in range(40)]
    assert all(isinstance(job, Assignment) for job in jobs)
    assert [job.bracket for job in jobs[16:24]] == [2, 3, 3, 3, 3, 3, 3, 3]
    assert search.suggest("late") == Wait("ROUND_OPEN")
    assert [bracket.created for bracket in search.state.brackets] == [9, 5, 3, 9, 5, 3, 6]


def test_a_grid_is_no_reason_to_wait_for_ever():
    assert plan(spec(Grid()), 3)[0].trials is None
    assert [b.trials for b in plan(spec(Hyperband(), 9), 12)] == [9, 3, 0]


def test_the_distribution_of_brackets():
    """Printed by Syne Tune for 1, 3, 9, 27, 81 and 1, 4, 16, 64, 256."""
    printed = {
        (256, 4): [0.6778, 0.2118, 0.0706, 0.0265, 0.0132],
    }
    for (top, eta), expected in printed.items():
        weights = [b.weight for b in plan(spec(AsyncHyperband(eta=eta), top))]
        shares = [weight / sum(weights) for weight in weights]
        assert shares == pytest.approx(expected, abs=5e-5)
        exact = [Fraction(5, (5 - s) * eta**s) for s in range(5)]
        assert shares == pytest.approx([float(w / sum(exact)) for w in exact])


def test_new_trials_keep_to_the_distribution():
    search = Search(spec(AsyncHyperband(eta=4), 256))
    for i in range(1000):
        search.suggest(f"w{i}")
    shares = [bracket.created / 1000 for bracket in search.state.brackets]
    assert shares == pytest.approx([0.6778, 0.2118, 0.0706, 0.0265, 0.0132], abs=0.001)


def test_async_hyperband_splits_max_trials():
    trials = [b.trials for b in plan(spec(AsyncHyperband(eta=4), 256, max_trials=100))]
    assert trials == [69, 21, 7, 2, 1]
