"""A live trial: what a report changes of it, and what its worker is told again."""

import pytest
from ashad.core.history.records import (
    CANCELLED,
    CONTINUE,
    PAUSED,
    QUEUED,
    RUNNING,
    STOP,
    Decision,
    Report,
)
from ashad.core.history.trial import Trial, new_row


def report(resource, value, *, seq=5, checkpoint=None, action=CONTINUE, last_rung=None):
    decision = Decision(action, "BETWEEN_RUNGS", 0)
    return Report(**{
        **dict.fromkeys(Report._fields), "seq": seq, "time": 0, "trial": 0, "attempt": 1,
        "resource": resource, "value": value, "checkpoint": checkpoint, "decision": decision,
        "last_rung": last_rung,
    })  # fmt: skip


def trial(state=RUNNING, **fields):
    row = new_row(0, 1, 10, {"x": 1.0, "k": True}, "sampled", 0)
    return Trial(row._replace(state=state, attempt=1, **fields))


def test_a_new_trial_waits_and_knows_its_configuration():
    made = trial(QUEUED)
    assert made.row().state == QUEUED
    assert repr(made.configuration()) == repr({"x": 1.0, "k": True})
    assert Trial(made.row()).row() == made.row()


@pytest.mark.parametrize(("maximize", "best"), [(False, (0.25, 2, 6)), (True, (0.75, 3, 7))])
def test_reports_add_up(maximize, best):
    made = trial()
    made.absorb(report(1, 0.5, checkpoint="a"), maximize=maximize)
    made.absorb(report(2, 0.25, seq=6, last_rung=0), maximize=maximize)
    made.absorb(report(3, 0.75, seq=7), maximize=maximize)
    assert (made.spent, made.at, made.resource, made.value, made.rung) == (3, 3, 3, 0.75, 1)
    assert (made.checkpoint, made.checkpoint_resource) == ("a", 1)
    assert (made.best_value, made.best_resource, made.best_seq) == best


def test_a_value_that_diverged_is_no_best_one():
    made = trial()
    made.absorb(report(1, 0.5), maximize=False)
    made.absorb(report(2, None), maximize=False)
    assert (made.value, made.best_value) == (None, 0.5)


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [
        (QUEUED, "RELEASED", (STOP, "RELEASED")),
        (RUNNING, None, (CONTINUE, "BETWEEN_RUNGS")),
        (PAUSED, "RUNG_REACHED", ("PAUSE", "RUNG_REACHED")),
        (CANCELLED, "CANCELLED", (STOP, "CANCELLED")),
        (CANCELLED, None, (STOP, CANCELLED)),
    ],
)
def test_what_its_worker_should_know(state, reason, told):
    decision, seq = trial(state, reason=reason).stored_decision()
    assert ((decision.action, decision.reason), seq) == (told, 1)


def test_the_decision_of_its_latest_report_comes_first():
    made = trial()
    made.absorb(report(1, 0.5, action=STOP), maximize=False)
    made.state = CANCELLED
    assert made.stored_decision() == (made.last.decision, 5)
