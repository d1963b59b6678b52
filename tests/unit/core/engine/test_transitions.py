"""The table of transitions: whole, drawn as it is, and nothing else ever happens."""

import pytest
from ashad.core.engine.transitions import REPORTED, TRANSITIONS, check
from ashad.core.history.records import STATES

from tests.support.pages import script
from tests.support.search import Search, asha

FINAL = {"COMPLETED", "STOPPED", "FAILED", "INFEASIBLE", "CANCELLED"}


def test_the_drawing_is_up_to_date():
    drawing = script("make_states")
    assert drawing.PAGE.read_text() == drawing.page(), "run: python docs/make_states.py"


def test_every_state_is_reached_and_what_is_final_stays():
    assert {after for following in TRANSITIONS.values() for after in following} == set(STATES)
    assert {state for state, _ in TRANSITIONS} == set(STATES) - FINAL


@pytest.mark.parametrize("state", STATES)
def test_anything_else_is_an_assertion(state):
    events = {event for _, event in TRANSITIONS} | {"NOTHING"}
    for event in events:
        for after in STATES:
            if after in TRANSITIONS.get((state, event), {}):
                check(state, event, after)
            else:
                with pytest.raises(AssertionError):
                    check(state, event, after)


@pytest.mark.parametrize("how", ["release", "complete", "fail", "heartbeat"])
def test_a_lost_trial_of_a_stopped_study_ends_as_its_worker_says(how):
    """Queued trials are cancelled some time after the stop; a worker may be quicker."""
    search = Search(asha(9, 3, promotion=False))
    job = search.suggest()
    search.report(job, 1, 0.5)
    search.do("expire", job.trial, job.attempt)
    search.do("stop")
    search.end(how, job, **({"infeasible": False, "message": ""} if how == "fail" else {}))
    after = {"release": "CANCELLED", "complete": "COMPLETED", "fail": "FAILED"}
    assert search.state.trial(job.trial).state == after.get(how, "RUNNING")


def test_a_change_that_is_not_in_the_table_fails_and_leaves_the_trial():
    search = Search(asha(9, 3, promotion=False))
    job = search.suggest()
    search.report(job, 9, 0.5)
    trial = search.state.trial(job.trial)
    with pytest.raises(AssertionError, match="ASSIGNED: COMPLETED to RUNNING"):
        search.state.move(trial, "ASSIGNED", "RUNNING")
    assert trial.state == "COMPLETED"
    with pytest.raises(AssertionError, match=f"{REPORTED}: COMPLETED to STOPPED"):
        search.state.ended_by_report(trial, "STOPPED", "DIVERGED")
