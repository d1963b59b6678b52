"""The outbox, without a daemon: order kept, keys repeated, nothing dropped before its time."""

import time

import pytest
from ashad_client.errors import Error
from ashad_client.session.attempt import Attempt, PendingCall
from ashad_client.session.effects import Call, Pause
from ashad_client.session.epoch import Epoch
from ashad_client.session.outbox import Outbox
from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb

AWAY = Error("no connection", code="UNAVAILABLE", reason="")
REFUSED = Error("no", code="INVALID_ARGUMENT", reason="INVALID_FIELD")
GONE = Error("no such trial", code="NOT_FOUND", reason="TRIAL_NOT_FOUND")
CONTINUE = pb.ReportResponse(decision=pb.Decision(action=pb.ACTION_CONTINUE))
STOP = pb.ReportResponse(decision=pb.Decision(action=pb.ACTION_STOP, reason="BELOW_CUTOFF"))


@pytest.fixture
def outbox():
    return Outbox("127.0.0.1:1", outage_s=60, epoch=Epoch())


@pytest.fixture
def attempt():
    return Attempt(pb.Assignment(study="s", attempt=1, target_resource=9))


def report(attempt, resource):
    return PendingCall(attempt, rpc.REPORT, pb.ReportRequest(study="s", resource=resource))


def run(effects, *answers):
    """Carry calls out with these answers, pauses at once; return what came of it, and the calls."""
    calls, answers = [], list(answers)
    give, value = effects.send, None
    while True:
        try:
            effect = give(value)
        except StopIteration as ended:
            assert answers == []
            return ended.value, calls
        if isinstance(effect, Pause):
            give, value = effects.send, None
            continue
        assert isinstance(effect, Call)
        calls.append(effect)
        value = answers.pop(0)
        give = effects.throw if isinstance(value, Error) else effects.send


def soon():
    return time.monotonic() + 30


def test_what_is_answered_leaves_nothing_behind(outbox, attempt):
    refusal, calls = run(outbox.deliver(report(attempt, 1)), CONTINUE)
    assert refusal is None
    assert len(calls) == 1
    assert not outbox.queue
    assert not outbox.sending


def test_a_refusal_is_returned_to_who_waits_for_it(outbox, attempt):
    refusal, _ = run(outbox.deliver(report(attempt, 1)), REFUSED)
    assert refusal is REFUSED
    assert not outbox.queue


def test_while_the_daemon_is_away_reports_queue_in_order(outbox, attempt):
    run(outbox.deliver(report(attempt, 1)), AWAY)
    for resource in (2, 3):
        assert run(outbox.deliver(report(attempt, resource))) == (None, [])
    assert [item.request.resource for item in outbox.queue] == [1, 2, 3]
    outbox.retry_at = 0.0
    done, calls = run(outbox.drive(lambda: not outbox.queue, soon()), *[CONTINUE] * 3)
    assert done
    assert [call.request.resource for call in calls] == [1, 2, 3]
    assert outbox.away_since is None


def test_a_stop_drops_what_still_waits_of_that_attempt_only(outbox, attempt):
    other = Attempt(pb.Assignment(study="s", trial=1, attempt=1, target_resource=9))
    for item in (report(attempt, 1), report(other, 1), report(attempt, 2)):
        outbox.put(item)
    run(outbox.send_head(soon()), STOP)
    assert [item.attempt for item in outbox.queue] == [other]
    assert attempt.decision.should_stop


def test_a_queued_report_that_is_refused_fails_its_trial(outbox, attempt):
    outbox.put(report(attempt, 1))
    run(outbox.send_head(soon()), REFUSED)
    (item,) = outbox.queue
    assert item.rpc.name == "FailTrial"
    assert "INVALID_FIELD" in item.request.message
    assert attempt.decision.reason == "INVALID_FIELD"


def test_a_trial_that_is_no_more_ends_quietly(outbox, attempt):
    outbox.put(report(attempt, 1))
    outbox.put(report(attempt, 2))
    run(outbox.send_head(soon()), GONE)
    assert not outbox.queue
    assert attempt.decision.reason == "TRIAL_NOT_FOUND"


def test_an_interrupted_send_is_repeated_first(outbox, attempt):
    effects = outbox.deliver(report(attempt, 1))
    next(effects)
    outbox.put(report(attempt, 2))
    effects.close()
    assert [item.request.resource for item in outbox.queue] == [1, 2]
    assert not outbox.sending


def test_after_the_outage_what_waits_is_given_up(attempt):
    outbox = Outbox("127.0.0.1:1", outage_s=0, epoch=Epoch())
    run(outbox.deliver(report(attempt, 1)), AWAY)
    assert not outbox.queue
    assert attempt.decision.reason == "OUTAGE"


def test_a_question_is_repeated_with_the_same_key_until_it_is_answered(outbox):
    request = pb.SuggestRequest(study="s", request_id="r")
    answer = pb.SuggestResponse()
    found, calls = run(outbox.ask(rpc.SUGGEST, request, deadline=soon()), AWAY, answer)
    assert found is answer
    assert [call.request.request_id for call in calls] == ["r", "r"]
    assert [call.wait for call in calls] == [False, True]


def test_a_question_out_of_time_is_unreachable_and_after_close_none_is_asked(outbox):
    effects = outbox.ask(rpc.SUGGEST, pb.SuggestRequest(), deadline=time.monotonic())
    with pytest.raises(Error) as error:
        run(effects, AWAY)
    assert error.value.reason == "UNREACHABLE"
    outbox.closed = True
    with pytest.raises(Error) as error:
        run(outbox.ask(rpc.SUGGEST, pb.SuggestRequest(), deadline=soon()))
    assert error.value.reason == "CLIENT_CLOSED"
