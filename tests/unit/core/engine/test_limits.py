"""When a study ends: nobody is told so while a trial may come back; what is silent is stopped."""

from copy import deepcopy

import pytest
from ashad.core.engine.suggest import Assignment, Finished, Wait
from ashad.core.history.records import AttemptKey
from ashad.core.kinds import Asha, Grid, Hyperband, Random, Single, SuccessiveHalving
from ashad.core.space import Float, Int
from ashad.core.spec import Limits, StudySpec

from tests.support import size
from tests.support.search import Search

MINUTE = 60_000_000
KINDS = {
    "random": (Random(), 2),
    "grid": (Grid(), None),
    "single": (Single(), None),
    "one rung": (Asha(min_resource=3), 2),
    "stopping": (Asha(), 2),
    "promotion": (Asha(promotion=True), 2),
    "halving": (SuccessiveHalving(trials=2, max_rungs=1), None),
    "hyperband": (Hyperband(max_rungs=1), None),
}


def search_of(kind, **limits):
    algorithm, most = KINDS[kind]
    space = {"n": Int(1, 2)} if kind == "grid" else {"x": Float(0, 1)}
    limits = {"max_trials": most} | limits
    return Search(StudySpec("loss", False, 3, space, algorithm, limits=Limits(**limits)))


def hand_out_all(search):
    """Give every trial to a worker of its own; the one who comes too late is told what."""
    jobs = []
    while isinstance(job := search.suggest(f"w{len(jobs)}"), Assignment):
        jobs.append(job)
    return jobs, job


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["lost", "released", "infeasible"])
def test_who_asks_while_the_last_trial_runs_is_told_to_wait_and_gets_it(kind, how):
    search = search_of(kind)
    jobs, told = hand_out_all(search)
    assert isinstance(told, Wait), told
    if how == "lost":
        search.do("expire", jobs[-1].trial, jobs[-1].attempt)
    elif how == "released":
        search.end("release", jobs[-1])
    else:
        search.end("fail", jobs[-1], infeasible=True, message="")
    again = search.suggest("spare")
    if how == "infeasible" and kind in ("grid", "single"):  # there is no other configuration
        assert isinstance(again, Finished if kind == "single" else Wait)
    else:
        assert isinstance(again, Assignment)
    for job in jobs[:-1] + [again] * isinstance(again, Assignment):
        search.report(job, 3 if search.state.brackets[0].rungs[1:] == [] else 1, 0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_leaves_because_it_is_finished_leaves_nothing_behind(kind):
    """What two workers can do in seven steps: report, die, give back, find infeasible, ask."""
    begin = search_of(kind), ("idle", "idle")
    seen, level, checked = set(), [begin], 0
    for _ in range(7):
        following = []
        for search, workers in level:
            for who, job in enumerate(workers):
                for action in actions(job):
                    after = deepcopy(search)
                    now = act(after, who, job, action)
                    everyone = (*workers[:who], now, *workers[who + 1 :])
                    if now == "finished":
                        checked += 1
                        assert not after.state.unfinished(), (kind, workers)
                    if everyone == ("finished", "finished"):
                        assert after.study.status(after.now)[0] == "FINISHED"
                    if (key := key_of(after, everyone)) not in seen and after.state.trials < 4:
                        seen.add(key)
                        following.append((after, everyone))
        level = following[: size(30, 100)]
    assert checked


def actions(job):
    if isinstance(job, Assignment):
        return ["report", "die", "release", "infeasible"]
    return {"idle": ["ask"], "dead": ["ask"], "finished": []}[job]


def act(search, who, job, action):
    """Let a worker do something; return what it holds, or what has become of it."""
    if action == "ask":
        told = search.suggest(f"w{who}")
        return (
            "finished" if isinstance(told, Finished) else "idle" if isinstance(told, Wait) else told
        )
    if action == "report":
        decision = search.report(job, max(job.next_resource, job.start + 1), 0.5 + job.trial)
        if decision.action != "CONTINUE":
            return "idle"
        return job._replace(start=job.next_resource, next_resource=3)
    if action == "die":
        search.do("expire", job.trial, job.attempt)
    else:
        named = {"infeasible": True, "message": ""} if action == "infeasible" else {}
        search.end("fail" if named else "release", job, **named)
    return "dead"


def key_of(search, workers):
    trials = [search.state.trial(n) for n in range(search.state.trials)]
    held = [(w.trial, w.attempt, w.start) if isinstance(w, Assignment) else w for w in workers]
    return tuple((t.state, t.rung, t.attempt, t.lost) for t in trials), tuple(held)


# --- a study that has ended stops what is silent -------------------------------------------------


def duration(search, job):
    search.now += MINUTE


def target(search, job):
    search.report(search.suggest("other"), 1, 0.001)


def total_resource(search, job):
    search.report(search.suggest("other"), 2, 0.5)


def failed_trials(search, job):
    search.end("fail", search.suggest("other"), infeasible=False, message="")


def infeasible_trials(search, job):
    for _ in range(1000):
        search.end("fail", search.suggest("other"), infeasible=True, message="")


def stopped(search, job):
    search.do("stop")


ENDS = {
    "MAX_DURATION": duration,
    "TARGET_REACHED": target,
    "MAX_TOTAL_RESOURCE": total_resource,
    "MAX_FAILED_TRIALS": failed_trials,
    "MAX_INFEASIBLE_TRIALS": infeasible_trials,
    "STUDY_STOPPED": stopped,
}

BOUNDS = {
    "MAX_DURATION": {"max_duration": MINUTE},
    "TARGET_REACHED": {"target_value": 0.01},
    "MAX_TOTAL_RESOURCE": {"max_total_resource": 3},
    "MAX_FAILED_TRIALS": {"max_failed_trials": 1},
}


def ended_search(reason):
    limits = Limits(**BOUNDS.get(reason, {}))
    search = Search(StudySpec("loss", False, 9, {"x": Float(0, 1)}, Random(), limits=limits))
    job = search.suggest("silent")
    search.report(job, 1, 0.5)
    assert search.do("heartbeat", job.key).action == "CONTINUE"
    ENDS[reason](search, job)
    return search, job


@pytest.mark.parametrize("reason", ENDS)
def test_who_is_silent_when_the_study_ends_is_stopped_by_its_heartbeat(reason):
    search, job = ended_search(reason)
    seq = search.state.seq
    told, reflects = search.study.should_stop(search.now, AttemptKey(job.trial, job.attempt))
    assert (told.action, told.reason, reflects) == ("STOP", reason, seq)
    told = search.do("heartbeat", job.key)
    assert (told.action, told.reason) == ("STOP", reason)
    assert search.state.seq == seq  # neither call is recorded
    assert search.state.trial(job.trial).state == "RUNNING"  # until its worker says what it did
    status = search.study.status(search.now)
    assert status == ("STOPPED" if reason == "STUDY_STOPPED" else "FINISHED", reason)
    assert search.suggest("other") == Finished(reason)


@pytest.mark.parametrize("reason", ENDS)
def test_what_was_stopped_ends_as_its_worker_says(reason):
    search, job = ended_search(reason)
    decision = search.report(job, 2, 0.4)
    assert (decision.action, decision.reason) == ("STOP", reason)
    assert search.state.trial(job.trial).state == "STOPPED"
    search, job = ended_search(reason)
    assert search.end("complete", job).state == "COMPLETED"
    search, job = ended_search(reason)
    released = search.end("release", job).state
    assert released == ("CANCELLED" if reason == "STUDY_STOPPED" else "QUEUED")
    assert search.suggest("other") == Finished(reason)


def test_a_raised_limit_lets_a_silent_trial_continue():
    search, job = ended_search("MAX_DURATION")
    search.do("update", Limits())
    assert search.do("heartbeat", job.key).action == "CONTINUE"
    assert search.study.should_stop(search.now, job.key)[0].action == "CONTINUE"
