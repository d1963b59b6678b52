"""The logic of a client, without a daemon: what it asks, and what an answer changes."""

from __future__ import annotations

import ashad_client
import pytest
from ashad_client.decision import read
from ashad_client.session.attempt import Attempt
from ashad_client.session.effects import Call, Pause
from ashad_client.session.session import Session
from ashad_client.settings import resolve
from ashad_client.v1 import ashad_pb2 as pb


@pytest.mark.parametrize("reason", ["MAX_DURATION", "A_REASON_OF_TOMORROW"])
def test_a_stop_ends_the_loop_whatever_its_reason(reason):
    """The logic alone: a heartbeat that is answered STOP."""
    session, attempt = session_with_a_trial()
    effects = session.background()
    beat = next(effects)
    assert isinstance(beat, Call)
    assert beat.rpc.name == "Heartbeat"
    decision = pb.Decision(action=pb.ACTION_STOP, reason=reason)
    with pytest.raises(StopIteration):
        effects.send(pb.HeartbeatResponse(decision=decision))
    assert attempt.decision == read(decision)
    assert list(attempt.steps()) == []


def test_a_reason_that_is_unknown_ends_nothing_by_itself():
    session, attempt = session_with_a_trial()
    effects = session.background()
    next(effects)
    decision = pb.Decision(action=pb.ACTION_CONTINUE, reason="A_REASON_OF_TOMORROW")
    assert isinstance(effects.send(pb.HeartbeatResponse(decision=decision)), Pause)
    assert list(attempt.steps()) == [1, 2, 3]


def test_a_worker_name_in_use_is_said_at_once():
    """It is refused, and not retried: the other process goes on as long as it likes."""
    session = Session(settings(worker="slot-1"))
    effects = session.suggest("s", None)
    asked = next(effects)
    assert asked.rpc.name == "Suggest"
    refusal = ashad_client.Error(
        "slot-1 is in use", code="FAILED_PRECONDITION", reason="WORKER_NAME_IN_USE"
    )
    with pytest.raises(ashad_client.Error, match="WORKER_NAME_IN_USE") as refused:
        effects.throw(refusal)
    assert refused.value is refusal
    again = next(session.suggest("s", None))  # answered: the next one is a request of its own
    assert again.request.request_id != asked.request.request_id


def session_with_a_trial():
    session = Session(settings())
    attempt = session.held = Attempt(pb.Assignment(study="s", attempt=1, target_resource=3))
    return session, attempt


def settings(worker=None):
    return resolve(
        "127.0.0.1:1", worker, ca=None, cert=None, key=None, token_file=None, standalone=False,
        outage_s=60, max_wait_s=1, close_timeout_s=1, call_timeout_s=1,
    )  # fmt: skip
