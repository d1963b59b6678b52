"""Numbers that the papers and other systems print, and those we recomputed from their formulas."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from ashad.core.brackets.plan import (
    plan,
)
from ashad.core.brackets.rung import Rung
from ashad.core.errors import RefusalError
from ashad.core.history.records import ReportContent, TrialRow
from ashad.core.kinds import Asha
from ashad.core.recovery.replay import replay
from ashad.core.recovery.restore import snapshot
from ashad.core.spec import Limits, StudySpec

from tests.support import oracle
from tests.support.search import SPACE, Search, adaptive, asha

ETAS = [Fraction(2), Fraction(5, 2), Fraction(3), Fraction(4)]
PRINTED = {  # the largest rank that continues, n = 1..13
    (3, "stopping"): "1 1 1 1 1 2 2 2 3 3 3 4 4",
    (3, "promotion"): "0 0 1 1 1 2 2 2 3 3 3 4 4",
    (4, "stopping"): "1 1 1 1 1 1 1 2 2 2 2 3 3",
    (4, "promotion"): "0 0 0 1 1 1 1 2 2 2 2 3 3",
    (2, "stopping"): "1 1 1 2 2 3 3 4 4 5 5 6 6",
    (2, "promotion"): "0 1 1 2 2 3 3 4 4 5 5 6 6",
}


@pytest.mark.parametrize(("eta", "variant"), PRINTED)
def test_the_printed_quotas(eta, variant):
    rung = Rung(Fraction(eta), int(variant == "stopping"))
    found = [rung.enter(float(n), n).quota for n in range(13)]
    assert found == [int(k) for k in PRINTED[eta, variant].split()]


@pytest.mark.parametrize("promotion", [False, True])
@pytest.mark.parametrize("eta", ETAS)
def test_rank_table_up_to_fifty_every_rank(eta, promotion):
    for n in range(1, 51):
        most = oracle.quota(n, eta, promotion=promotion)
        for rank in range(1, n + 1):
            rung = Rung(eta, int(not promotion))
            for other in range(1, n + 1):
                if other != rank:
                    rung.enter(float(other), other)
            placement = rung.enter(float(rank), rank)
            assert placement == (rank, n, most, float(most) if most else None)
            assert placement.within == (rank <= most)


D2 = [0.5, 0.4, 0.6, 0.45, 0.3, 0.3, 0.3, 0.7, 0.2]


@pytest.mark.parametrize("maximize", [False, True])
def test_stopping_vector(maximize):
    """D2: the older of two equal values wins; another system, where the newer wins, has C C C."""
    search = Search(asha(9, 3, promotion=False, maximize=maximize))
    told = [
        search.report(search.suggest(f"w{i}"), 1, -loss if maximize else loss).action[0]
        for i, loss in enumerate(D2)
    ]
    assert told == ["C", "C", "S", "S", "C", "C", "S", "S", "C"]


def test_promotion_stream_of_one_worker():
    """D3: the job stream of the paper's get-job."""
    head = [0.10, 0.11, 0.12, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09]
    search = Search(asha(27, 3, promotion=True))
    loss = lambda trial, level: head[trial] if trial < len(head) else 1.0 + trial / 100
    stream = " ".join(f"{trial}@{level}" for trial, level, _ in search.jobs(loss, 22))
    assert stream == (
        "0@1 1@1 2@1 0@3 3@1 3@3 4@1 5@1 4@3 3@9 6@1 7@1 8@1 5@3 9@1 10@1 11@1 6@3 12@1 13@1 "
        "14@1 7@3"
    )


def test_jobs_per_level_of_three_thousand():
    """D6, the deterministic half."""
    draw = random.Random(0)
    losses = [draw.random() for _ in range(3000)]
    search = Search(asha(27, 3, promotion=True))
    jobs = [level for _, level, _ in search.jobs(lambda trial, level: losses[trial], 3000)]
    assert [jobs.count(level) for level in (1, 3, 9, 27)] == [1955, 681, 252, 112]


def promoted(eta, scores):
    """Return how many of a rung go on when each arrival is followed by one promotion check."""
    rung = Rung(Fraction(eta), 0)
    for trial, score in enumerate(scores):
        rung.enter(score, trial)
        if rung.best_waiting() is not None:
            rung.promote()
    return rung.promoted


@pytest.mark.parametrize(
    ("eta", "n", "low", "high"), [(4, 1024, 12.5, 15), (4, 256, 6.0, 7.4), (3, 1024, 14.6, 17.6)]
)
def test_mispromotions_are_about_the_square_root(eta, n, low, high):
    """D6, the statistical half; promoted = floor(n / eta) + mispromoted."""
    draws = (random.Random(seed) for seed in range(200))
    wrong = [promoted(eta, [draw.random() for _ in range(n)]) - n // eta for draw in draws]
    assert low < sum(wrong) / len(wrong) < high


@pytest.mark.parametrize(("n", "paper", "drop_first"), [(27, 11, 25), (81, 29, 79), (243, 97, 241)])
def test_promoted_entries_count_in_the_quota(n, paper, drop_first):
    """A rule that first drops what was promoted lets nearly all go on."""
    draws = [random.Random(seed) for seed in range(30)]
    found = [promoted(3, [draw.random() for _ in range(n)]) for draw in draws]
    assert n // 3 <= min(found)
    assert max(found) < (paper + drop_first) / 2
    assert sum(found) / len(found) == pytest.approx(paper, rel=0.15)


# --- levels ------------------------------------------------------------------------------------


# --- brackets ----------------------------------------------------------------------------------


@pytest.mark.parametrize("trials", [1, 2, 9, 50])
def test_every_bracket_gets_exactly_its_trials(trials):
    spec = adaptive(27, trials, mode="conservative", eta=3)
    search = Search(spec)
    for _ in range(trials):
        search.report(search.suggest(), 27, 0.5)
    assert search.suggest().reason == "MAX_TRIALS"
    assert [bracket.created for bracket in search.state.brackets] == [b.trials for b in plan(spec)]


# --- Determined's own tests, where the rules agree ------------------------------------------------


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_determined_promotion_constant_or_worsening(slope):
    search = Search(asha(9000, 3, promotion=True, least=1000, max_trials=12))
    list(search.jobs(lambda trial, level: slope * trial))
    assert search.sizes() == [[12, 4, 1]]
    assert search.resting() == {1000: 8, 3000: 3, 9000: 1}


def test_determined_async_promotions():
    """.10 is promoted wrongly, before the better ones come; the third trial fails."""
    losses = [0.10, 0.11, None, *(n / 100 for n in range(1, 10))]
    search = Search(asha(9000, 3, promotion=True, least=1000, max_trials=12))
    while not hasattr(job := search.suggest(), "reason"):
        if losses[job.trial] is None:
            search.end("fail", job, infeasible=False, message="boom")
        else:
            search.report(job, job.target, losses[job.trial], "mem:")
    assert search.sizes() == [[12, 5, 1]]


def test_determined_single_rung():
    search = Search(adaptive(9000, 4, bracket_rungs=(1,)))
    list(search.jobs(lambda trial, level: trial))
    assert search.resting() == {9000: 4}


def test_determined_adaptive_promotion():
    spec = adaptive(900, 5, promotion=True, eta=3, max_rungs=2)
    search = Search(spec)
    list(search.jobs(lambda trial, level: trial))
    assert [b.levels for b in plan(spec)] == [(300, 900), (900,)]
    assert search.sizes() == [[3, 1], [2]]


def test_determined_stopping_worsening():
    search = Search(asha(900, 3, promotion=False, least=100, max_trials=10))
    list(search.jobs(lambda trial, level: trial))
    assert search.resting() == {100: 9, 900: 1}


def test_determined_stopping_improving():
    search = Search(asha(9000, 3, promotion=False, least=1000, max_trials=12))
    list(search.jobs(lambda trial, level: -trial))
    assert search.resting() == {9000: 12}


def test_determined_adaptive_stopping():
    spec = adaptive(90, 9, eta=3)
    search = Search(spec)
    list(search.jobs(lambda trial, level: trial))
    assert [(b.levels, b.trials) for b in plan(spec)] == [((10, 30, 90), 6), ((30, 90), 3)]
    assert search.resting() == {10: 5, 30: 2, 90: 2}


def test_determined_ties_but_the_oldest_wins():
    """.01 .02 .03 .04 three times over: with the newest winning, all three .01 get to the top."""
    search = Search(asha(9000, 3, promotion=False, least=1000, max_trials=12))
    list(search.jobs(lambda trial, level: (trial % 4 + 1) / 100))
    assert [search.state.trial(n).resource for n in (0, 4, 8)] == [9000, 1000, 3000]
    assert search.resting() == {1000: 10, 3000: 1, 9000: 1}


def test_after_a_removal_the_whole_top_is_looked_at_again():
    """eta 2: .1 goes on and turns out infeasible; another system then never promotes .2."""
    search = Search(asha(2, 2, promotion=True, least=1))
    first = [search.suggest(f"w{n}") for n in range(3)]
    for job, loss in zip(first, (0.1, 0.2, 0.3), strict=True):
        search.report(job, 1, loss)
    again = search.suggest("x")
    assert (again.trial, again.target) == (0, 2)
    later = [search.suggest(f"w{n}") for n in range(4)]
    search.end("fail", again, infeasible=True, message="no")
    assert search.sizes() == [[2, 0]]
    for job, loss in zip(later, (0.4, 0.5, 0.6, 0.7), strict=True):
        search.report(job, 1, loss)
    assert [search.suggest(f"w{n}").trial for n in range(3)] == [1, 2, 3]
    assert search.suggest("y").trial == 7


# --- the end -----------------------------------------------------------------------------------


def test_wait_while_something_runs_then_finished():
    search = Search(asha(9, 3, promotion=True, max_trials=3))
    jobs = [search.suggest(f"w{n}") for n in range(3)]
    assert search.suggest("x").reason == "TRIALS_RUNNING"
    for job in jobs[:2]:
        search.report(job, 1, job.trial)
        assert search.suggest("x").reason == "TRIALS_RUNNING"
    search.report(jobs[2], 1, 5.0)
    assert search.study.status(search.now) == ("ACTIVE", "")
    up = search.suggest("x")
    assert (up.trial, up.start, up.target) == (0, 0, 3)
    assert search.suggest("y").reason == "TRIALS_RUNNING"
    search.report(up, 3, 0.0)
    assert search.suggest("x").reason == "MAX_TRIALS"
    assert type(search.suggest("x")).__name__ == "Finished"
    assert search.study.status(search.now) == ("FINISHED", "MAX_TRIALS")


def test_a_finished_study_goes_on_when_the_limit_is_raised():
    search = Search(asha(1, 3, promotion=False, max_trials=1))
    search.report(search.suggest(), 1, 0.5)
    assert search.suggest().reason == "MAX_TRIALS"
    search.do("update", Limits(max_trials=2))
    assert search.suggest().trial == 1


def test_a_lost_trial_is_waited_for_and_comes_first():
    search = Search(asha(9, 3, promotion=False, max_trials=1))
    job = search.suggest("a")
    search.do("expire", job.trial, job.attempt)
    again = search.suggest("b")
    assert (again.trial, again.attempt) == (0, 2)
    assert search.report(job, 1, 0.5)[:2] == ("STOP", "SUPERSEDED")


def test_a_worker_that_takes_its_trial_back_may_exceed_max_concurrent_trials():
    """As the contract says: rather one too many than what it trained thrown away."""
    spec = asha(9, 3, promotion=False)
    search = Search(replace(spec, limits=Limits(max_concurrent_trials=2)))
    jobs = [search.suggest(worker) for worker in "ab"]
    for job in jobs:
        search.do("expire", job.trial, job.attempt)
    search.do("update", Limits(max_concurrent_trials=1))
    assert search.suggest("c").trial == 0
    assert search.report(jobs[1], 1, 0.5).action == "CONTINUE"
    assert search.state.counts["RUNNING"] == 2
    assert search.suggest("d").reason == "MAX_CONCURRENT_TRIALS"


def test_a_late_duplicate_of_a_suggest_looks_like_a_restart_and_loses_no_trial():
    """As the contract says: nobody can tell them apart; the worker goes on from its checkpoint."""
    search = Search(asha(9, 3, promotion=False, max_trials=1))
    other = search.suggest("other")
    assert search.do("suggest", "w", "first").reason == "TRIALS_RUNNING"  # its copy is on the way
    search.end("release", other)
    job = search.do("suggest", "w", "second")
    search.report(job, 1, 0.5, "mem:1")
    copy = search.do("suggest", "w", "first")  # it arrives now; nobody reads the answer
    assert (copy.trial, copy.attempt) == (0, 3)
    assert search.report(job, 2, 0.5).reason == "SUPERSEDED"
    again = search.do("suggest", "w", "third")
    assert (again.trial, again.attempt, again.start) == (0, 4, 1)
    assert search.state.lost == 2


def test_an_infeasible_trial_is_replaced():
    search = Search(asha(9, 3, promotion=False, max_trials=1))
    for number in range(3):
        job = search.suggest()
        assert job.trial == number
        search.end("fail", job, infeasible=True, message="no")
    assert search.state.counts["INFEASIBLE"] == 3
    assert search.suggest().trial == 3


@pytest.mark.parametrize(
    ("limits", "values", "told"),
    [
        (Limits(target_value=0.3), [0.5, 0.3], ["IN_TOP", "TARGET_REACHED"]),
        (Limits(max_total_resource=2), [0.5, 0.4], ["IN_TOP", "MAX_TOTAL_RESOURCE"]),
        (Limits(max_duration=4), [0.5, 0.4, 0.3], ["IN_TOP", "BETWEEN_RUNGS", "MAX_DURATION"]),
    ],
)
def test_a_report_that_ends_the_study_says_so(limits, values, told):
    spec = StudySpec("loss", False, 9, SPACE, Asha(), limits=limits)
    search = Search(spec)
    job = search.suggest()
    found = [search.report(job, n, value).reason for n, value in enumerate(values, 1)]
    assert found == told
    assert search.suggest().reason == told[-1]


def test_stop_is_for_ever():
    search = Search(asha(9, 3, promotion=False))
    running = search.suggest("a")
    search.do("enqueue", "q", {})
    search.do("stop")
    search.do("cancel_queued", 10)
    assert search.state.counts["CANCELLED"] == 1
    assert search.suggest("b").reason == "STUDY_STOPPED"
    assert search.study.should_stop(search.now, running.key)[0].reason == "STUDY_STOPPED"
    assert search.report(running, 1, 0.5)[:2] == ("STOP", "STUDY_STOPPED")


def test_overshoot_under_promotion_enters_the_target_level_only():
    search = Search(asha(27, 3, promotion=True))
    jobs = [search.suggest(f"w{n}") for n in range(3)]
    done = search.report(jobs[0], 27, 0.0)
    assert (done.action, done.reason, done.rung) == ("STOP", "MAX_RESOURCE", 0)
    paused = search.report(jobs[1], 9, 0.5)
    assert (paused.action, paused.rung, paused.late) == ("PAUSE", 0, 1)
    search.report(jobs[2], 1, 0.6)
    assert search.sizes() == [[3, 0, 0, 0]]
    assert search.suggest("x").trial == 3  # the only one of the top third is fully trained


def test_a_promotion_of_a_trial_that_overshot_has_something_to_train():
    """Levels 1, 3, 9, 27: trial 0 reports 5 where 1 was asked for, with a checkpoint."""
    search = Search(asha(27, 3, promotion=True))
    jobs = [search.suggest(f"w{n}") for n in range(3)]
    search.report(jobs[0], 5, 0.0, "mem:5")
    search.report(jobs[1], 1, 0.5)
    search.report(jobs[2], 1, 0.6)
    up = search.suggest("x")
    assert (up.trial, up.start, up.target, up.next_resource) == (0, 5, 6, 6)
    done = search.report(up, 6, 0.0, "mem:6")
    assert (done.action, done.rung, done.level, done.late) == ("PAUSE", 1, 3, 1)
    assert search.sizes() == [[3, 1, 0, 0]]
    events = [r for r in search.records if not isinstance(r, TrialRow)]
    assert snapshot(replay("s", "uid", 0, events).state) == snapshot(search.state)


def test_a_worker_that_restarts_in_a_pause_goes_on_with_its_trial():
    search = Search(asha(9, 3, promotion=False))
    job = search.suggest("a")
    search.do("pause")
    again = search.suggest("a")
    assert (again.trial, again.attempt) == (job.trial, 2)
    search.do("expire", again.trial, again.attempt)  # a lost trial waits for the end of the pause
    assert search.suggest("a").reason == "STUDY_PAUSED"
    events = [r for r in search.records if not isinstance(r, TrialRow)]
    assert snapshot(replay("s", "uid", 0, events).state) == snapshot(search.state)


def test_the_highest_rung_is_served_first():
    search = Search(asha(4, 2, promotion=True))
    jobs = [search.suggest(f"w{n}") for n in range(4)]
    for job, loss in zip(jobs, (0.1, 0.2, 0.3, 0.4), strict=True):
        search.report(job, 1, loss)
    up = [search.suggest(f"x{n}") for n in range(2)]
    more = [search.suggest(f"y{n}") for n in range(2)]
    for job in up:
        search.report(job, 2, job.trial)
    for job in more:
        search.report(job, 1, 0.15)
    assert [(j.trial, j.target) for j in (search.suggest("a"), search.suggest("b"))] == [
        (0, 4),
        (4, 2),
    ]


def test_a_report_that_leaps_enters_every_level_and_the_lowest_that_stops_it_decides():
    search = Search(asha(27, 3, promotion=False))
    first = search.suggest("a")
    for level, loss in ((1, 0.1), (3, 0.1), (9, 0.1)):
        search.report(first, level, loss)
    second = search.suggest("b")
    told = search.report(second, 10, 0.5)
    assert search.sizes() == [[2, 2, 2, 0]]
    assert (told.action, told.reason) == ("STOP", "BELOW_CUTOFF")
    assert (told.rung, told.level, told.rank, told.size, told.late) == (0, 1, 2, 2, 1)
    third = search.report(search.suggest("c"), 10, 0.0)
    assert (third.action, third.rung, third.level, third.late) == ("CONTINUE", 2, 9, 1)
    assert third.next_resource == 27


def test_the_best_is_found_anew_when_it_turns_out_infeasible():
    search = Search(asha(9, 2, promotion=False))
    jobs = [search.suggest(f"w{n}") for n in range(3)]
    for job, loss in zip(jobs, (0.3, 0.2, 0.2), strict=True):
        search.report(job, 1, loss)
    assert search.state.best.trial == 1
    search.end("fail", jobs[1], infeasible=True, message="no")
    assert (search.state.best.trial, search.state.best.value) == (2, 0.2)


def test_a_worker_gets_its_own_lost_trial_back_before_others():
    search = Search(asha(9, 3, promotion=False))
    jobs = [search.suggest(f"w{n}") for n in range(3)]
    for job in jobs:
        search.do("expire", job.trial, job.attempt)
    assert [search.suggest(worker).trial for worker in ("w2", "other", "w1")] == [2, 0, 1]


def test_a_reclaimed_trial_was_not_lost():
    """Its worker was only silent: it may be so for ever, and never uses up the attempts."""
    search = Search(asha(27, 3, promotion=False))
    job = search.suggest()
    for resource in range(1, 12):
        search.do("expire", job.trial, job.attempt)
        assert search.state.trial(job.trial).state == "QUEUED"
        assert search.report(job, resource, 0.5).action == "CONTINUE"
    assert (search.state.lost, search.state.trial(job.trial).lost) == (0, 0)


def test_every_attempt_has_a_token_of_its_own():
    search = Search(asha(27, 3, promotion=False))
    job = search.suggest("a")
    search.do("expire", job.trial, job.attempt)
    again, other = search.suggest("b"), search.suggest("c")
    assert (again.trial, again.attempt) == (job.trial, 2)
    assert len({job.token, again.token, other.token}) == 3
    with pytest.raises(RefusalError):
        search.do("report", again.key._replace(token=job.token), ReportContent(1, 0.5))
