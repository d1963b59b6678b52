"""A call repeated with its key gets the same bytes and writes nothing, before and after kill -9."""

from __future__ import annotations

import uuid

import pytest
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from tests.support.wire import PROMOTION, Code, proof, refused, reporting, spec


def _create(wire, name):
    request = pb.CreateStudyRequest(study=f"{name}-new", spec=spec(), request_id="r")
    wire.studies.CreateStudy(request, timeout=9)  # only the call that made it says `created`
    return wire.studies.CreateStudy, request


def _suggest(wire, name):
    return wire.scheduler.Suggest, pb.SuggestRequest(study=name, worker="w", request_id="r")


def _report(wire, name):
    held = wire.take(name)
    request = reporting(held, 1, 0.25, "s3://b/1", accuracy=0.9, other=float("nan"))
    return wire.scheduler.Report, request


def _report_nan(wire, name):
    return wire.scheduler.Report, reporting(wire.take(name), 1, float("nan"))


def _report_at_the_end(wire, name):
    return wire.scheduler.Report, reporting(wire.take(name), 9, 0.1)


def _complete(wire, name):
    held = wire.take(name)
    wire.report(held, 2, 0.5)
    return wire.scheduler.CompleteTrial, pb.CompleteTrialRequest(**proof(held))


def _complete_without_metric(wire, name):
    held = wire.take(name)
    return wire.scheduler.CompleteTrial, pb.CompleteTrialRequest(**proof(held))


def _complete_after_the_end(wire, name):
    held = wire.take(name)
    wire.report(held, 9, 0.5)
    return wire.scheduler.CompleteTrial, pb.CompleteTrialRequest(**proof(held))


def _fail(wire, name):
    request = pb.FailTrialRequest(**proof(wire.take(name)), message="out of memory\n\x1b[31m")
    return wire.scheduler.FailTrial, request


def _fail_infeasible(wire, name):
    request = pb.FailTrialRequest(**proof(wire.take(name)), kind=pb.FAILURE_KIND_INFEASIBLE)
    return wire.scheduler.FailTrial, request


def _release(wire, name):
    return wire.scheduler.ReleaseTrial, pb.ReleaseTrialRequest(**proof(wire.take(name)))


def _enqueue(wire, name):
    point = pb.Configuration(
        params=[pb.Parameter(name="rate", value=pb.ParameterValue(double_value=0.5))]
    )
    request = pb.EnqueueTrialRequest(study=name, configuration=point, request_id="q")
    return wire.studies.EnqueueTrial, request


def _import(wire, name):
    past = pb.PastTrial(
        params=[pb.Parameter(name="rate", value=pb.ParameterValue(double_value=0.5))],
        state=pb.TRIAL_STATE_STOPPED,
        reports=[pb.PastReport(resource=1, value=0.5)],
    )
    request = pb.ImportTrialsRequest(study=name, trials=[past], request_id="i")
    return wire.studies.ImportTrials, request


def _cancel(wire, name):
    wire.take(name)
    return wire.studies.CancelTrial, pb.CancelTrialRequest(study=name, trial=0)


def _annotate_study(wire, name):
    request = pb.AnnotateStudyRequest(study=name, note="# why\n", add_labels=["b", "a"])
    return wire.studies.AnnotateStudy, request


def _annotate_trial(wire, name):
    _enqueue(wire, name)[0](_enqueue(wire, name)[1], timeout=9)
    request = pb.AnnotateTrialRequest(study=name, trial=0, note="n", add_labels=["a"])
    return wire.studies.AnnotateTrial, request


def _pause(wire, name):
    return wire.studies.PauseStudy, pb.PauseStudyRequest(study=name)


def _resume(wire, name):
    wire.studies.PauseStudy(pb.PauseStudyRequest(study=name), timeout=9)
    return wire.studies.ResumeStudy, pb.ResumeStudyRequest(study=name)


def _stop(wire, name):
    return wire.studies.StopStudy, pb.StopStudyRequest(study=name)


def _update(wire, name):
    limits = pb.StudyLimits(max_trials=7, max_duration=Duration(seconds=3600))
    return wire.studies.UpdateStudy, pb.UpdateStudyRequest(study=name, limits=limits)


def _change_space(wire, name):
    wider = pb.ParameterSpec(name="rate", float_range=pb.FloatRange(low=0.0, high=9.0))
    added = pb.ParameterSpec(name="more", float_range=pb.FloatRange(low=0.0, high=1.0))
    past = pb.Parameter(name="more", value=pb.ParameterValue(double_value=0.5))
    request = pb.ChangeSpaceRequest(
        study=name, space=[wider, added], past_values=[past], request_id="c", if_version=1
    )
    return wire.studies.ChangeSpace, request


CALLS = [
    _create, _suggest, _report, _report_nan, _report_at_the_end, _complete,
    _complete_without_metric, _complete_after_the_end, _fail, _fail_infeasible, _release, _enqueue,
    _import, _cancel, _pause, _resume, _stop, _update, _change_space,
    _annotate_study, _annotate_trial,
]  # fmt: skip


def test_every_call_is_echoed_byte_for_byte_and_writes_nothing(wire):
    first = []
    for make in CALLS:
        call, request = make(wire, wire.create())
        answer = call(request, timeout=9)
        first.append((make.__name__, call._method.decode(), request, answer))
    before = wire.rows()
    names = wire.names()
    known = {name: wire.everything(name) for name in names}

    def repeat_all(times):
        for name, method, request, answer in first:
            service = wire.scheduler if "SchedulerService" in method else wire.studies
            call = getattr(service, method.rsplit("/", 1)[1])
            for _ in range(times):
                again = call(request, timeout=9)
                assert again.SerializeToString() == answer.SerializeToString(), (
                    name,
                    again,
                    answer,
                )

    repeat_all(times=2)
    assert wire.rows() == before
    wire.crash()
    repeat_all(times=2)
    assert wire.rows() == before
    assert {name: wire.everything(name) for name in names} == known


def test_the_echo_is_the_stored_answer_whatever_came_after(wire):
    name = wire.create(asha=PROMOTION, limits=pb.StudyLimits(max_trials=3))
    asked = pb.SuggestRequest(study=name, worker="w", request_id="first")
    assigned = wire.scheduler.Suggest(asked, timeout=9)
    held = assigned.assignment
    told = wire.scheduler.Report(reporting(held, 1, 0.1, "s3://a"), timeout=9)
    assert told.decision.action == pb.ACTION_PAUSE
    for value in (0.2, 0.3):
        wire.report(wire.take(name), 1, value)
    promoted = wire.take(name)  # the first trial, from its checkpoint
    assert (promoted.trial, promoted.attempt, promoted.resume_checkpoint_uri) == (0, 2, "s3://a")
    wire.report(promoted, 3, 0.05)

    def echoed():
        assert wire.scheduler.Suggest(asked, timeout=9) == assigned
        assert wire.scheduler.Report(reporting(held, 1, 0.1, "s3://a"), timeout=9) == told

    echoed()
    wire.crash()
    echoed()


def test_an_enqueued_trial_is_echoed_as_it_was_made(wire):
    name = wire.create()
    call, request = _enqueue(wire, name)
    made = call(request, timeout=9)
    assert made.trial.state == pb.TRIAL_STATE_QUEUED
    held = wire.take(name)
    assert held.trial == made.trial.trial
    wire.report(held, 9, 0.1)
    assert call(request, timeout=9) == made
    wire.crash()
    assert wire.studies.EnqueueTrial(request, timeout=9) == made


def test_a_worker_in_line_does_not_change_what_enqueue_answers(wire):
    name = wire.create(limits=pb.StudyLimits(max_concurrent_trials=1, max_trials=5))
    wire.take(name)
    message = pb.SuggestRequest(
        study=name, worker="w", request_id="r", max_wait=Duration(seconds=5)
    )
    waiting = wire.scheduler.Suggest.future(message, timeout=9)
    limits = pb.StudyLimits(max_concurrent_trials=2)
    _, request = _enqueue(wire, name)
    made = wire.studies.EnqueueTrial(request, timeout=9)
    assert (made.trial.state, made.trial.attempt) == (pb.TRIAL_STATE_QUEUED, 0)
    wire.studies.UpdateStudy(pb.UpdateStudyRequest(study=name, limits=limits), timeout=9)
    assert waiting.result(9).assignment.trial == made.trial.trial
    assert wire.studies.EnqueueTrial(request, timeout=9) == made


def test_wait_and_finished_are_computed_anew(wire):
    name = wire.create(limits=pb.StudyLimits(max_trials=1))
    first = wire.take(name)
    assert wire.ask(name, "w2", "again").wait.reason == "TRIALS_RUNNING"
    wire.report(first, 9, 0.1)
    assert wire.ask(name, "w2", "again").finished.reason == "MAX_TRIALS"
    limits = pb.StudyLimits(max_trials=2)
    wire.studies.UpdateStudy(pb.UpdateStudyRequest(study=name, limits=limits), timeout=9)
    assert wire.ask(name, "w2", "again").assignment.trial == 1


@pytest.mark.parametrize(
    ("value", "checkpoint", "others"),
    [
        (0.5, "", {}), (0.25, "s3://other", {}), (0.25, "", {"accuracy": 1.0}),
        (float("nan"), "", {}), (float("inf"), "", {}),
    ],
)  # fmt: skip
def test_another_value_under_the_same_key_is_refused_and_the_first_stands(
    wire, value, checkpoint, others
):
    name = wire.create()
    held = wire.take(name)
    wire.report(held, 1, 0.25)
    before = wire.everything(name), wire.rows()
    request = reporting(held, 1, value, checkpoint, **others)
    refused(wire.scheduler.Report, request, Code.ALREADY_EXISTS, "REPORT_CONFLICT", "resource")
    assert (wire.everything(name), wire.rows()) == before
    assert wire.report(held, 1, 0.25).action == pb.ACTION_CONTINUE


def test_other_content_under_a_request_id_is_refused(wire):
    name = wire.create()
    wire.take(name, "w1", "r1")
    _, request = _enqueue(wire, name)
    wire.studies.EnqueueTrial(request, timeout=9)
    before = wire.everything(name), wire.rows()
    cases = [
        (wire.scheduler.Suggest, pb.SuggestRequest(study=name, worker="w2", request_id="r1")),
        (wire.scheduler.Suggest, pb.SuggestRequest(study=name, worker="w1", request_id="q")),
        (wire.studies.EnqueueTrial, pb.EnqueueTrialRequest(study=name, request_id="r1")),
        # fewer values are other content too
        (wire.studies.EnqueueTrial, pb.EnqueueTrialRequest(study=name, request_id="q")),
    ]
    for call, message in cases:
        refused(call, message, Code.ALREADY_EXISTS, "REQUEST_CONFLICT", "request_id")
    assert (wire.everything(name), wire.rows()) == before


def test_other_ways_to_end_a_trial_that_has_ended_are_refused(wire):
    name = wire.create()
    held = wire.take(name)
    wire.scheduler.FailTrial(pb.FailTrialRequest(**proof(held), message="one"), timeout=9)
    before = wire.everything(name), wire.rows()
    for call, message in [
        (wire.scheduler.FailTrial, pb.FailTrialRequest(**proof(held), message="two")),
        (wire.scheduler.FailTrial, pb.FailTrialRequest(**proof(held), message="one", kind=2)),
        (wire.scheduler.CompleteTrial, pb.CompleteTrialRequest(**proof(held))),
        (wire.scheduler.ReleaseTrial, pb.ReleaseTrialRequest(**proof(held))),
    ]:
        refused(call, message, Code.FAILED_PRECONDITION, "TRIAL_ENDED", "FAILED")
    assert (wire.everything(name), wire.rows()) == before


def test_a_study_with_another_spec_is_refused_with_the_fields_that_differ(wire):
    name = wire.create()
    before = wire.everything(name), wire.rows()
    request = pb.CreateStudyRequest(study=name, spec=spec(max_resource=27, metric="error"))
    refused(
        wire.studies.CreateStudy, request, Code.ALREADY_EXISTS, "STUDY_EXISTS",
        "max_resource: 9 is not 27", 'metric: "loss" is not "error"',
    )  # fmt: skip
    assert (wire.everything(name), wire.rows()) == before


def test_a_study_that_differs_in_its_limits_only_is_pointed_to_update(wire):
    name = wire.create()
    request = pb.CreateStudyRequest(study=name, spec=spec(limits=pb.StudyLimits(max_trials=77)))
    refused(
        wire.studies.CreateStudy, request, Code.ALREADY_EXISTS, "STUDY_EXISTS",
        "limits.max_trials", f"ashad study update {name}",
    )  # fmt: skip


def test_two_calls_at_once_with_one_key_make_one_trial(wire):
    name = wire.create()
    message = pb.SuggestRequest(study=name, worker="w", request_id=uuid.uuid4().hex)
    calls = [wire.scheduler.Suggest.future(message, timeout=9) for _ in range(20)]
    assert len({call.result(9).SerializeToString() for call in calls}) == 1
    assert wire.study(name).counts.created == 1
