"""What each rpc answers when all is right."""

from __future__ import annotations

import math
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.wire import (
    FLOAT,
    PROMOTION,
    Code,
    proof,
    refused,
    reporting,
    spec,
    until,
    values,
)

CONTINUE, STOP, PAUSE = pb.ACTION_CONTINUE, pb.ACTION_STOP, pb.ACTION_PAUSE


def test_a_study_as_it_stands(wire):
    name = wire.create(space=[FLOAT], limits=pb.StudyLimits(max_trials=9))
    study = wire.study(name)
    assert (study.name, study.state, study.spec.seed) == (name, pb.STUDY_STATE_ACTIVE, 1)
    assert study.spec.lease.duration.seconds == 90
    assert study.spec.lease.heartbeat_interval.seconds == 15
    assert study.spec.lease.max_attempts == 5
    assert (study.spec.asha.min_resource, study.spec.resource) == (1, "epoch")
    assert [rung.level for rung in study.brackets[0].rungs] == [1, 3, 9]
    assert [rung.planned_trials for rung in study.brackets[0].rungs] == [9, 3, 1]
    assert not study.HasField("best")


def test_validate_only_makes_nothing(wire):
    before = wire.rows(), wire.names()
    request = pb.CreateStudyRequest(study="not-made", spec=spec(), validate_only=True)
    answer = wire.studies.CreateStudy(request, timeout=9)
    assert (answer.study.name, answer.created) == ("not-made", False)
    assert (wire.rows(), wire.names()) == before


def test_a_search_by_stopping(wire):
    """The stopping vector of the reference, at eta 3."""
    name = wire.create(limits=pb.StudyLimits(max_trials=9))
    losses = [0.5, 0.4, 0.6, 0.45, 0.3, 0.3, 0.3, 0.7, 0.2]
    told = "".join(
        "SC"[wire.report(wire.take(name), 1, loss).action == CONTINUE] for loss in losses
    )
    assert told == "CCSSCCSSC"
    study = wire.study(name)
    assert (study.counts.created, study.counts.stopped, study.counts.running) == (9, 4, 5)
    assert (study.best.trial, study.best.value, study.total_resource) == (8, 0.2, 9)
    rung = study.brackets[0].rungs[0]
    assert (rung.size, rung.quota, rung.cutoff, rung.promoted) == (9, 3, 0.3, 5)


def test_an_assignment_says_all_that_a_worker_needs(wire):
    name = wire.create(space=[
        FLOAT, pb.ParameterSpec(name="size", int_range=pb.IntRange(low=1, high=2**62)),
        pb.ParameterSpec(name="how", categorical=pb.Categorical(choices=[
            pb.ParameterValue(bool_value=True), pb.ParameterValue(int_value=1),
            pb.ParameterValue(double_value=1.0), pb.ParameterValue(string_value="1"),
        ])),
        pb.ParameterSpec(name="fixed", constant=pb.ParameterValue(string_value="é\n")),
    ])  # fmt: skip
    held = wire.take(name)
    assert [p.name for p in held.params] == ["rate", "size", "how", "fixed"]
    assert held.params[1].value.WhichOneof("kind") == "int_value"
    assert values(held.params)["fixed"] == "é\n"
    assert (held.trial, held.attempt, held.start_resource, held.target_resource) == (0, 1, 0, 9)
    assert (held.max_resource, held.next_resource, held.metric) == (9, 1, "loss")
    assert (held.lease_duration.seconds, held.heartbeat_interval.seconds) == (90, 15)
    assert held.lease_token
    assert held.params == wire.trial(name, 0).params


def test_choices_that_are_equal_but_of_other_type_stay_apart(wire):
    """1, 1.0 and True are equal in Python; on the wire they are three choices."""
    whole, truth = [pb.ParameterValue(int_value=i) for i in (0, 1)], [
        pb.ParameterValue(bool_value=b) for b in (False, True)
    ]  # fmt: skip
    name = wire.create(grid=pb.GridSearch(), max_resource=1, space=[
        pb.ParameterSpec(name="a", categorical=pb.Categorical(choices=whole)),
        pb.ParameterSpec(name="b", categorical=pb.Categorical(choices=truth)),
    ])  # fmt: skip
    points = [wire.take(name).params for _ in range(4)]
    assert [(p[0].value.int_value, p[1].value.bool_value) for p in points] == [
        (0, False), (0, True), (1, False), (1, True),
    ]  # fmt: skip
    assert {p[1].value.WhichOneof("kind") for p in points} == {"bool_value"}


def test_a_condition_on_a_whole_number_may_be_sent_as_1_0(wire):
    """By a language whose numbers are all alike; the child was accepted, and never there."""
    only = pb.Condition(parameter="n", values=[pb.ParameterValue(double_value=1.0)])
    name = wire.create(space=[
        pb.ParameterSpec(name="n", int_range=pb.IntRange(low=1, high=1)),
        pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1), when=[only]),
    ])  # fmt: skip
    assert list(values(wire.take(name).params)) == ["n", "x"]


def test_promotion_pauses_and_resumes_from_the_checkpoint(wire):
    name = wire.create(asha=PROMOTION, limits=pb.StudyLimits(max_trials=3))
    first = wire.take(name)
    assert (first.target_resource, first.next_resource) == (1, 1)
    told = wire.report(first, 1, 0.1, "s3://bucket/0")
    assert (told.action, told.reason, told.next_resource) == (PAUSE, "RUNG_REACHED", 0)
    assert wire.trial(name, 0).state == pb.TRIAL_STATE_PAUSED
    wire.report(wire.take(name), 1, 0.3)
    wire.report(wire.take(name), 1, 0.2)
    again = wire.take(name)
    assert (again.trial, again.attempt, again.start_resource, again.target_resource) == (0, 2, 1, 3)
    assert again.resume_checkpoint_uri == "s3://bucket/0"
    assert again.seed == first.seed
    assert wire.ask(name).wait.reason == "TRIALS_RUNNING"
    assert wire.report(again, 2, 0.1).action == CONTINUE
    assert wire.report(again, 3, 0.05).action == PAUSE
    finished = wire.ask(name)
    assert finished.finished.reason == "MAX_TRIALS"
    study = wire.study(name)
    assert (study.state, study.reason) == (pb.STUDY_STATE_FINISHED, "MAX_TRIALS")
    assert study.total_resource == 5


def test_promotion_without_a_checkpoint_begins_anew(wire):
    name = wire.create(asha=PROMOTION, limits=pb.StudyLimits(max_trials=3))
    for value in (0.1, 0.2, 0.3):
        wire.report(wire.take(name), 1, value)
    again = wire.take(name)
    assert (again.trial, again.start_resource, again.target_resource) == (0, 0, 3)
    assert again.resume_checkpoint_uri == ""
    assert wire.report(again, 1, 0.11).action == CONTINUE  # its own key, in the new attempt


def test_a_report_that_skips_levels_enters_each_and_says_late(wire):
    name = wire.create()
    told = wire.report(wire.take(name), 5, 0.5)
    assert (told.action, told.rung, told.level, told.late) == (CONTINUE, 1, 3, True)
    assert [rung.size for rung in wire.study(name).brackets[0].rungs] == [1, 1, 0]


def test_a_report_at_the_top_completes(wire):
    name = wire.create()
    held = wire.take(name)
    told = wire.report(held, 9, 0.5)
    assert (told.action, told.reason) == (STOP, "MAX_RESOURCE")
    assert wire.trial(name, 0).state == pb.TRIAL_STATE_COMPLETED
    answer = wire.scheduler.CompleteTrial(pb.CompleteTrialRequest(**proof(held)), timeout=9)
    assert (answer.state, answer.reason) == (pb.TRIAL_STATE_COMPLETED, "MAX_RESOURCE")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("goal", [pb.GOAL_MINIMIZE, pb.GOAL_MAXIMIZE])
def test_what_is_no_number_is_recorded_and_ranks_last(wire, value, goal):
    name = wire.create(goal=goal)
    told = wire.report(wire.take(name), 1, value)
    assert (told.action, told.reason) == (STOP, "DIVERGED")
    worst = 1e308 if goal == pb.GOAL_MINIMIZE else -1e308
    assert wire.report(wire.take(name), 1, worst).rank == 1
    study = wire.study(name)
    assert (study.counts.diverged_reports, study.best.value) == (1, worst)
    assert study.brackets[0].rungs[0].size == 2
    assert not wire.reports(name)[0].HasField("value")
    assert not wire.trial(name, 0).HasField("value")


def test_what_is_no_number_between_rungs_goes_on(wire):
    name = wire.create()
    held = wire.take(name)
    wire.report(held, 1, 0.5)
    told = wire.report(held, 2, math.nan)
    assert (told.action, told.reason, told.next_resource) == (CONTINUE, "DIVERGED", 3)
    assert wire.report(held, 3, 0.4).action == CONTINUE


def test_completing_without_the_metric_fails(wire):
    name = wire.create()
    held = wire.take(name)
    answer = wire.scheduler.CompleteTrial(pb.CompleteTrialRequest(**proof(held)), timeout=9)
    assert (answer.state, answer.reason) == (pb.TRIAL_STATE_FAILED, "METRIC_MISSING")
    assert wire.study(name).counts.failed_metric_missing == 1


def test_failing_ends_a_trial_as_the_worst_of_its_rung(wire):
    name = wire.create()
    held = wire.take(name)
    request = pb.FailTrialRequest(**proof(held), message="x" * 5000)
    answer = wire.scheduler.FailTrial(request, timeout=9)
    assert (answer.state, answer.reason) == (pb.TRIAL_STATE_FAILED, "ERROR")
    trial = wire.trial(name, 0)
    assert (trial.state, trial.message) == (pb.TRIAL_STATE_FAILED, "x" * 4096)
    study = wire.study(name)
    assert (study.counts.failed_error, study.brackets[0].rungs[0].size) == (1, 1)
    assert (wire.beat(held).action, wire.beat(held).reason) == (STOP, "ERROR")


def test_an_infeasible_trial_leaves_its_rungs_and_is_replaced(wire):
    name = wire.create(limits=pb.StudyLimits(max_trials=1))
    held = wire.take(name)
    wire.report(held, 1, 0.1)
    request = pb.FailTrialRequest(**proof(held), kind=pb.FAILURE_KIND_INFEASIBLE)
    assert wire.scheduler.FailTrial(request, timeout=9).state == pb.TRIAL_STATE_INFEASIBLE
    study = wire.study(name)
    assert (study.counts.infeasible, study.counts.failed) == (1, 0)
    assert study.brackets[0].rungs[0].size == 0
    assert not study.HasField("best")
    assert wire.take(name).trial == 1
    assert wire.ask(name).wait.reason == "TRIALS_RUNNING"


def test_releasing_queues_the_trial_and_counts_as_no_failure(wire):
    name = wire.create()
    held = wire.take(name)
    wire.report(held, 2, 0.5, "s3://2")
    answer = wire.scheduler.ReleaseTrial(pb.ReleaseTrialRequest(**proof(held)), timeout=9)
    assert answer.state == pb.TRIAL_STATE_QUEUED
    counts = wire.study(name).counts
    assert (counts.released, counts.lost_leases, counts.failed, counts.queued) == (1, 0, 0, 1)
    told = wire.report(held, 3, 0.1)
    assert (told.action, told.reason) == (STOP, "RELEASED")
    again = wire.take(name)
    assert (again.trial, again.attempt, again.start_resource) == (0, 2, 2)
    assert wire.beat(held).reason == "SUPERSEDED"


def test_should_stop_is_a_pure_read(wire):
    name = wire.create()
    held = wire.take(name)
    request = pb.ShouldStopRequest(study=name, trial=0, attempt=1)
    before = wire.rows()
    answer = wire.scheduler.ShouldStop(request, timeout=9)
    assert (answer.should_stop, answer.decision.action) == (False, CONTINUE)
    assert (wire.rows(), answer.commit_seq) == (before, 2)
    told = wire.report(held, 9, 0.5)
    before = wire.everything(name), wire.rows()
    answer = wire.scheduler.ShouldStop(request, timeout=9)
    assert (answer.should_stop, answer.decision) == (True, told)
    assert (wire.everything(name), wire.rows()) == before


def test_a_space_that_holds_no_more_ends_the_study(wire):
    name = wire.create(single=pb.SingleTrial())
    wire.report(wire.take(name), 9, 0.5)
    assert wire.ask(name).finished.reason == "CONFIGURATIONS_EXHAUSTED"
    points = pb.ParameterSpec(name="x", int_range=pb.IntRange(low=1, high=1))
    grid = wire.create(grid=pb.GridSearch(), space=[points])
    wire.report(wire.take(grid), 9, 0.5)
    assert wire.ask(grid).finished.reason == "GRID_EXHAUSTED"


def test_suggest_waits_in_line(wire):
    name = wire.create(limits=pb.StudyLimits(max_concurrent_trials=1))
    first = wire.take(name)
    began = time.monotonic()
    assert wire.ask(name, wait=0.3).wait.reason == "MAX_CONCURRENT_TRIALS"
    assert 0.25 < time.monotonic() - began < 20
    message = pb.SuggestRequest(
        study=name, worker="w", request_id="r", max_wait=Duration(seconds=9)
    )
    waiting = [wire.scheduler.Suggest.future(message, timeout=15)]
    assert wire.study(name).counts.running == 1  # it is in line: this was answered after it
    wire.report(first, 9, 0.1)
    assert waiting[0].result(9).assignment.trial == 1


def test_pausing_and_resuming(wire):
    name = wire.create()
    held = wire.take(name)
    study = wire.studies.PauseStudy(pb.PauseStudyRequest(study=name), timeout=9).study
    assert (study.state, study.reason) == (pb.STUDY_STATE_PAUSED, "STUDY_PAUSED")
    answer = wire.ask(name)
    assert (answer.wait.reason, answer.wait.delay.seconds) == ("STUDY_PAUSED", 1)
    assert wire.report(held, 1, 0.5).action == CONTINUE
    message = pb.SuggestRequest(
        study=name, worker="w", request_id="r", max_wait=Duration(seconds=9)
    )
    waiting = wire.scheduler.Suggest.future(message, timeout=15)
    assert wire.study(name).state == pb.STUDY_STATE_PAUSED
    study = wire.studies.ResumeStudy(pb.ResumeStudyRequest(study=name), timeout=9).study
    assert (study.state, study.reason) == (pb.STUDY_STATE_ACTIVE, "")
    assert waiting.result(9).assignment.trial == 1


def test_stopping_is_for_good_and_tells_the_running(wire):
    name = wire.create()
    running, silent = wire.take(name), wire.take(name)
    study = wire.studies.StopStudy(pb.StopStudyRequest(study=name), timeout=9).study
    assert (study.state, study.reason) == (pb.STUDY_STATE_STOPPED, "STUDY_STOPPED")
    assert wire.ask(name).finished.reason == "STUDY_STOPPED"
    assert wire.beat(running).reason == "STUDY_STOPPED"
    told = wire.report(running, 1, 0.1)
    assert (told.action, told.reason) == (STOP, "STUDY_STOPPED")
    request = pb.ShouldStopRequest(study=name, trial=silent.trial, attempt=1)
    assert wire.scheduler.ShouldStop(request, timeout=9).should_stop
    for call, message in [
        (wire.studies.ResumeStudy, pb.ResumeStudyRequest(study=name)),
        (wire.studies.PauseStudy, pb.PauseStudyRequest(study=name)),
        (wire.studies.EnqueueTrial, pb.EnqueueTrialRequest(study=name, request_id="r")),
    ]:
        refused(call, message, Code.FAILED_PRECONDITION, "STUDY_STOPPED")


def test_deleting(wire):
    name = wire.create()
    held = wire.take(name)
    request = pb.DeleteStudyRequest(study=name)
    before = wire.everything(name), wire.rows()
    refused(wire.studies.DeleteStudy, request, Code.FAILED_PRECONDITION, "STUDY_RUNNING", "force")
    assert (wire.everything(name), wire.rows()) == before
    message = pb.SuggestRequest(
        study=name, worker="w", request_id="r", max_wait=Duration(seconds=9)
    )
    limits = pb.StudyLimits(max_concurrent_trials=1)
    wire.studies.UpdateStudy(pb.UpdateStudyRequest(study=name, limits=limits), timeout=9)
    waiting = wire.scheduler.Suggest.future(message, timeout=15)
    assert wire.study(name).counts.running == 1
    wire.studies.DeleteStudy(pb.DeleteStudyRequest(study=name, force=True), timeout=9)
    assert waiting.exception(9).code() == Code.NOT_FOUND
    refused(wire.scheduler.Report, reporting(held, 1, 0.1), Code.NOT_FOUND, "STUDY_NOT_FOUND")
    wire.studies.DeleteStudy(request, timeout=9)  # an echo
    wire.crash()
    wire.studies.DeleteStudy(request, timeout=9)
    never = pb.DeleteStudyRequest(study="never")
    refused(wire.studies.DeleteStudy, never, Code.NOT_FOUND, "STUDY_NOT_FOUND")
    assert name not in wire.names()
    again = wire.studies.CreateStudy(pb.CreateStudyRequest(study=name, spec=spec()), timeout=9)
    assert again.created
    assert wire.take(name).lease_token != held.lease_token


def test_a_finished_study_goes_on_when_its_limit_is_raised(wire):
    name = wire.create(limits=pb.StudyLimits(max_trials=1))
    wire.run(name, 0.5)
    assert wire.study(name).state == pb.STUDY_STATE_FINISHED
    request = pb.UpdateStudyRequest(study=name, limits=pb.StudyLimits(max_trials=2))
    assert wire.studies.UpdateStudy(request, timeout=9).study.state == pb.STUDY_STATE_ACTIVE
    assert wire.take(name).trial == 1


def test_the_mask_says_which_limits_change(wire):
    name = wire.create(limits=pb.StudyLimits(max_trials=5, max_concurrent_trials=2))

    def update(paths, **limits):
        request = pb.UpdateStudyRequest(study=name, limits=pb.StudyLimits(**limits))
        request.update_mask.paths.extend(paths)
        return wire.studies.UpdateStudy(request, timeout=9).study.spec.limits

    assert update([], max_failed_trials=3) == pb.StudyLimits(
        max_trials=5, max_concurrent_trials=2, max_failed_trials=3
    )
    assert update(["max_trials"], max_trials=7, max_concurrent_trials=9) == pb.StudyLimits(
        max_trials=7, max_concurrent_trials=2, max_failed_trials=3
    )
    assert update(["limits.max_failed_trials"]) == pb.StudyLimits(
        max_trials=7, max_concurrent_trials=2
    )
    assert update(["*"], target_value=0.5) == pb.StudyLimits(target_value=0.5)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (pb.StudyLimits(max_total_resource=3), "MAX_TOTAL_RESOURCE"),
        (pb.StudyLimits(target_value=0.5), "TARGET_REACHED"),
        (pb.StudyLimits(max_duration=Duration(nanos=1000)), "MAX_DURATION"),
    ],
)
def test_limits_end_a_study(wire, limits, reason):
    name = wire.create()
    held = wire.take(name)
    wire.report(held, 1, 0.9)
    wire.studies.UpdateStudy(pb.UpdateStudyRequest(study=name, limits=limits), timeout=9)
    told = wire.report(held, 3, 0.5)
    assert (told.action, told.reason) == (STOP, reason)
    assert wire.ask(name).finished.reason == reason
    study = wire.study(name)
    assert (study.state, study.reason) == (pb.STUDY_STATE_FINISHED, reason)


def test_failed_trials_end_a_study(wire):
    name = wire.create(limits=pb.StudyLimits(max_failed_trials=2))
    held = [wire.take(name) for _ in range(3)]
    for one in held[:2]:
        wire.scheduler.FailTrial(pb.FailTrialRequest(**proof(one)), timeout=9)
    assert wire.ask(name).finished.reason == "MAX_FAILED_TRIALS"
    assert wire.report(held[2], 1, 0.1).reason == "MAX_FAILED_TRIALS"


def test_max_trials_is_never_exceeded_by_calls_at_once(wire):
    name = wire.create(limits=pb.StudyLimits(max_trials=7))
    calls = [
        wire.scheduler.Suggest.future(
            pb.SuggestRequest(study=name, worker=f"w{i}", request_id=f"r{i}"), timeout=9
        )
        for i in range(40)
    ]
    outcomes = [call.result(9) for call in calls]
    held = [found.assignment.trial for found in outcomes if found.HasField("assignment")]
    assert sorted(held) == list(range(7))


def test_an_enqueued_configuration_goes_first_and_the_rest_is_drawn(wire):
    size = pb.ParameterSpec(name="size", int_range=pb.IntRange(low=1, high=9))
    name = wire.create(space=[FLOAT, size])
    point = pb.Configuration(
        params=[pb.Parameter(name="size", value=pb.ParameterValue(int_value=7))]
    )
    request = pb.EnqueueTrialRequest(study=name, configuration=point, request_id="r")
    made = wire.studies.EnqueueTrial(request, timeout=9).trial
    assert (made.state, made.origin) == (pb.TRIAL_STATE_QUEUED, "enqueued")
    held = wire.take(name)
    assert (held.trial, values(held.params)["size"]) == (made.trial, 7)
    assert held.params == made.params


def test_cancelling_a_queued_a_running_and_a_paused_trial(wire):
    name = wire.create(asha=PROMOTION)

    def cancel(number):
        request = pb.CancelTrialRequest(study=name, trial=number)
        trial = wire.studies.CancelTrial(request, timeout=9).trial
        assert (trial.state, trial.reason) == (pb.TRIAL_STATE_CANCELLED, "CANCELLED")

    paused = wire.take(name)
    wire.report(paused, 1, 0.1)
    running = wire.take(name)
    queued = wire.studies.EnqueueTrial(
        pb.EnqueueTrialRequest(study=name, request_id="r"), timeout=9
    ).trial
    for number in (queued.trial, running.trial, paused.trial):
        cancel(number)
    told = wire.report(running, 1, 0.2)
    assert (told.action, told.reason) == (STOP, "CANCELLED")
    assert wire.beat(running).reason == "CANCELLED"
    assert wire.study(name).counts.cancelled == 3
    for value in (0.5, 0.6):  # the paused one still counts in its rung, and is not promoted
        wire.report(wire.take(name), 1, value)
    rung = wire.study(name).brackets[0].rungs[0]
    assert (rung.size, rung.quota, rung.promoted) == (3, 1, 0)
    assert wire.take(name).trial not in (paused.trial, 3, 4)
    wire.run(name, 0.9)
    request = pb.CancelTrialRequest(study=name, trial=paused.trial)
    assert wire.studies.CancelTrial(request, timeout=9).trial.state == pb.TRIAL_STATE_CANCELLED


def test_a_trial_that_has_ended_is_not_cancelled(wire):
    name = wire.create()
    wire.run(name, 0.5)
    before = wire.everything(name), wire.rows()
    request = pb.CancelTrialRequest(study=name, trial=0)
    refused(wire.studies.CancelTrial, request, Code.FAILED_PRECONDITION, "TRIAL_ENDED", "COMPLETED")
    assert (wire.everything(name), wire.rows()) == before


def test_pages_hold_everything_once(wire):
    name = wire.create(limits=pb.StudyLimits(max_trials=7))
    for value in range(7):
        wire.report(wire.take(name), 1, value / 10)

    def pages(call, kind, items, size, **fields):
        found, token = [], ""
        while True:
            page = call(kind(study=name, page_size=size, page_token=token, **fields), timeout=9)
            assert len(getattr(page, items)) <= size
            found += list(getattr(page, items))
            token = page.next_page_token
            if not token:
                return found

    trials = wire.studies.ListTrials, pb.ListTrialsRequest, "trials"
    reports = wire.studies.ListReports, pb.ListReportsRequest, "reports"
    for size in (1, 2, 3, 7, 1000):
        assert [t.trial for t in pages(*trials, size)] == list(range(7))
        assert [r.trial for r in pages(*reports, size)] == list(range(7))
    running = pages(*trials, 2, states=[pb.TRIAL_STATE_RUNNING])
    stopped = pages(*trials, 2, states=[pb.TRIAL_STATE_STOPPED])
    assert {t.trial for t in running} | {t.trial for t in stopped} == set(range(7))
    assert {t.state for t in running} == {pb.TRIAL_STATE_RUNNING}
    assert [r.value for r in pages(*reports, 2, trial=3)] == [0.3]
    names, token = [], ""
    while True:
        page = wire.studies.ListStudies(
            pb.ListStudiesRequest(page_size=3, page_token=token), timeout=9
        )
        names += [study.name for study in page.studies]
        token = page.next_page_token
        if not token:
            break
    assert names == sorted(names) == wire.names()


def test_a_page_is_cut_short_rather_than_too_long_for_a_message(wire):
    """A thousand rows of 30 kB would be no message: 4 MiB is the limit."""
    name = wire.create(max_resource=300)
    held = wire.take(name)
    others = {f"{'m' * 190}{i:03}": 1.0 for i in range(127)}
    wire.report(held, 1, 0.5)
    for resource in range(2, 60):
        wire.report(held, resource, 0.5, "u" * 4096, **others)
    request = pb.ListReportsRequest(study=name, page_size=1000)
    found = []
    while True:
        page = wire.studies.ListReports(request, timeout=9)
        assert page.ByteSize() < 1_200_000
        found += [report.resource for report in page.reports]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == list(range(1, 60))


def test_explain_shows_the_rung_as_the_decision_saw_it(wire):
    name = wire.create()
    held = [wire.take(name) for _ in range(5)]
    for one, value in zip(held, [0.5, 0.4, math.nan, 0.6, 0.1], strict=True):
        wire.report(one, 1, value)
    request = pb.ExplainTrialRequest(study=name, trial=3)
    answer = wire.studies.ExplainTrial(request, timeout=9)
    (told,) = answer.explanations
    assert answer.trial.state == pb.TRIAL_STATE_STOPPED
    assert told.report.decision.reason == "BELOW_CUTOFF"
    entries = [(e.rank, e.trial, e.HasField("value"), e.within_quota) for e in told.entries]
    assert entries == [
        (1, 1, True, True), (2, 0, True, False), (3, 3, True, False), (4, 2, False, False),
    ]  # fmt: skip
    for word in ("trial 3", "loss 0.6", "3 of 4", "floor(4 / 3) = 1", "0.4"):
        assert word in told.sentence


def test_a_stored_report_holds_what_was_sent(wire):
    name = wire.create()
    wire.report(wire.take(name), 1, 0.25, "s3://a", accuracy=0.9, other=math.inf)
    (report,) = wire.reports(name)
    assert (report.trial, report.attempt, report.resource, report.value) == (0, 1, 1, 0.25)
    assert {m.name: m.value for m in report.metrics} == {"accuracy": 0.9, "other": math.inf}
    assert (report.checkpoint_uri, report.decision.action) == ("s3://a", CONTINUE)


def test_the_sequence_numbers_of_answers(wire):
    name = wire.create()
    held = wire.take(name)
    answer = wire.scheduler.Report(reporting(held, 1, 0.5), timeout=9)
    assert answer.commit_seq == wire.reports(name)[0].commit_seq == 3
    read = wire.studies.GetStudy(pb.GetStudyRequest(study=name), timeout=9)
    assert read.commit_seq == 3


def test_an_answer_names_the_commit_that_it_reflects_and_no_later_one(wire):
    """Reports that are decided while a pause is being written are not what its answer shows."""
    name = wire.create(max_resource=10_000, asha=pb.Asha(max_rungs=1))
    held = wire.take(name)
    told, reports, epoch = [], [], 0
    for _ in range(10):
        for call, request in (
            (wire.studies.PauseStudy, pb.PauseStudyRequest(study=name)),
            (wire.studies.ResumeStudy, pb.ResumeStudyRequest(study=name)),
        ):
            answer = call.future(request, timeout=9)
            for _ in range(5):
                epoch += 1
                report = reporting(held, epoch, 0.5)
                reports.append(wire.scheduler.Report.future(report, timeout=9))
            told.append(answer.result(9).commit_seq)  # gRPC may change the order of two
    assert any(call.exception(9) is None for call in reports)  # some overtake others
    with closing(sqlite3.connect(f"file:{wire.daemon.db}?mode=ro", uri=True)) as file:
        stored = file.execute(
            "SELECT seq FROM event WHERE kind IN ('PAUSED', 'RESUMED') AND study = "
            "(SELECT id FROM study WHERE name = ?) ORDER BY seq", (name,),
        ).fetchall()  # fmt: skip
    assert told == [seq for (seq,) in stored]


def test_health(wire):
    health = health_pb2_grpc.HealthStub(wire.channel)
    serving = health_pb2.HealthCheckResponse.SERVING
    for service in ("", "ashad.v1.SchedulerService", "ashad.v1.StudyService"):
        request = health_pb2.HealthCheckRequest(service=service)
        assert health.Check(request, timeout=9).status == serving


def test_reflection_lists_every_rpc_to_a_stranger(wire):
    buf = Path(sys.executable).parent / "buf"
    if not buf.exists():
        pytest.skip("buf is not installed")
    ran = subprocess.run(
        [buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--list-methods",
         f"http://{wire.daemon.address}"],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    listed = set(ran.stdout.split())
    for service in pb.DESCRIPTOR.services_by_name.values():
        assert {f"{service.full_name}/{method.name}" for method in service.methods} <= listed
    assert "grpc.health.v1.Health/Check" in listed


def test_no_study_is_listed_while_it_goes(wire):
    """A list never fails because a study of it is deleted meanwhile."""
    for _ in range(3):
        names = [wire.create() for _ in range(20)]
        calls = []
        for name in names:
            gone = pb.DeleteStudyRequest(study=name)
            calls.append(wire.studies.DeleteStudy.future(gone, timeout=9))
            listing = pb.ListStudiesRequest(page_size=1000)
            calls.append(wire.studies.ListStudies.future(listing, timeout=9))
        for call in calls:
            call.result(9)
    assert until(lambda: not set(names) & set(wire.names()))
