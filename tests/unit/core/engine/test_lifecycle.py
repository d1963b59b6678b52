"""How an attempt ends: each way once, its echo, and what a later call of that attempt is told."""

from contextlib import suppress

import pytest
from ashad.core.engine.lifecycle import MAX_MESSAGE
from ashad.core.errors import RefusalError

from tests.support.search import Search, asha

ENDS = {
    "complete": ("complete", {}),
    "fail": ("fail", {"infeasible": False, "message": "boom"}),
    "infeasible": ("fail", {"infeasible": True, "message": "no"}),
    "release": ("release", {}),
}
STATES = {
    "complete": "COMPLETED",
    "fail": "FAILED",
    "infeasible": "INFEASIBLE",
    "release": "QUEUED",
}


@pytest.fixture
def search():
    return Search(asha(9, 3, promotion=False))


@pytest.fixture
def job(search):
    held = search.suggest()
    search.report(held, 1, 0.5, "mem:1")
    return held


def end(search, job, how):
    method, named = ENDS[how]
    return search.end(method, job, **named)


@pytest.mark.parametrize("how", ENDS)
def test_each_end_and_its_echo(search, job, how):
    ending = end(search, job, how)
    assert ending.state == search.state.trial(0).state == STATES[how]
    seq = search.state.seq
    assert end(search, job, how) == ending
    assert search.state.seq == seq  # an echo writes nothing


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", ENDS)
def test_the_first_end_counts(search, job, first, second):
    end(search, job, first)
    seq = search.state.seq
    with suppress(RefusalError):
        end(search, job, second)
    assert search.state.trial(0).state == STATES[first]
    assert search.state.seq == seq


def test_a_trial_that_completes_without_its_metric_has_failed(search):
    held = search.suggest()
    ending = search.end("complete", held)
    assert (ending.state, ending.reason) == ("FAILED", "METRIC_MISSING")


def test_one_that_diverged_is_stopped(search):
    held = search.suggest()
    search.report(held, 1, float("nan"))
    assert search.state.trial(0).state == "STOPPED"


def test_a_long_message_is_cut(search, job):
    search.end("fail", job, infeasible=False, message="é" * 9999)
    assert search.state.trial(0).message == "é" * MAX_MESSAGE


def test_an_infeasible_trial_leaves_its_rungs_and_the_best(search, job):
    other = search.suggest("v")
    search.report(other, 1, 0.7)
    assert search.state.best.trial == 0
    end(search, job, "infeasible")
    assert search.sizes()[0][0] == 1
    assert search.state.best.trial == 1


def test_a_lost_trial_comes_again_until_it_has_lost_too_many_workers(search, job):
    most = search.state.spec.lease.max_attempts
    held = job
    for lost in range(1, most + 1):
        search.do("expire", held.trial, held.attempt)
        due = ("FAILED", "LOST") if lost == most else ("QUEUED", "LEASE_EXPIRED")
        trial = search.state.trial(0)
        assert (trial.state, trial.reason) == due
        if lost < most:
            held = search.suggest(f"w{lost}")
            assert (held.trial, held.attempt, held.checkpoint) == (0, lost + 1, "mem:1")


def test_a_heartbeat_in_time_takes_the_lost_trial_back(search, job):
    search.do("expire", job.trial, job.attempt)
    search.do("heartbeat", job.key)
    trial = search.state.trial(0)
    assert (trial.state, trial.attempt, trial.lost) == ("RUNNING", 1, 0)


def test_a_cancelled_trial_stays_so_and_one_that_ended_is_not_cancelled(search, job):
    assert search.do("cancel", 0).state == "CANCELLED"
    seq = search.state.seq
    assert search.do("cancel", 0).state == "CANCELLED"
    assert search.state.seq == seq
    done = search.suggest("v")
    search.end("fail", done, infeasible=False, message="boom")
    with pytest.raises(RefusalError) as refusal:
        search.do("cancel", done.trial)
    assert refusal.value.reason == "TRIAL_ENDED"
