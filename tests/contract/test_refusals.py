"""What each rpc refuses: the status, the reason twice, words that name the field and the fix.

A refusal changes nothing: not what is told, not a row of the file.
"""

from __future__ import annotations

import asyncio
import inspect
import json

import grpc
import pytest
from ashad.core.errors import RefusalError, RefusalKind
from ashad.daemon import logs
from ashad.service.admission import AdmissionControl, guarded
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from tests.support.wire import FLOAT, Code, proof, refused, reporting, spec

INVALID, MISSING = Code.INVALID_ARGUMENT, Code.NOT_FOUND
ATTEMPT_CALLS = [
    ("Report", pb.ReportRequest), ("Heartbeat", pb.HeartbeatRequest),
    ("CompleteTrial", pb.CompleteTrialRequest), ("FailTrial", pb.FailTrialRequest),
    ("ReleaseTrial", pb.ReleaseTrialRequest),
]  # fmt: skip
STUDY_CALLS = [
    ("GetStudy", pb.GetStudyRequest), ("UpdateStudy", pb.UpdateStudyRequest),
    ("ChangeSpace", pb.ChangeSpaceRequest),
    ("PauseStudy", pb.PauseStudyRequest), ("ResumeStudy", pb.ResumeStudyRequest),
    ("StopStudy", pb.StopStudyRequest), ("DeleteStudy", pb.DeleteStudyRequest),
    ("AnnotateStudy", pb.AnnotateStudyRequest), ("AnnotateTrial", pb.AnnotateTrialRequest),
    ("CancelTrial", pb.CancelTrialRequest), ("GetTrial", pb.GetTrialRequest),
    ("ListTrials", pb.ListTrialsRequest), ("ListReports", pb.ListReportsRequest),
    ("ExplainTrial", pb.ExplainTrialRequest),
    ("ListObsoleteCheckpoints", pb.ListObsoleteCheckpointsRequest),
    ("SummarizeStudy", pb.SummarizeStudyRequest), ("SampleCurves", pb.SampleCurvesRequest),
    ("QueryTrials", pb.QueryTrialsRequest), ("ListBestSteps", pb.ListBestStepsRequest),
    ("GetParameterImportance", pb.GetParameterImportanceRequest),
    ("GetBestTrial", pb.GetBestTrialRequest),
]  # fmt: skip
TRIAL_READS = [
    ("CancelTrial", pb.CancelTrialRequest), ("GetTrial", pb.GetTrialRequest),
    ("AnnotateTrial", pb.AnnotateTrialRequest),
    ("ListReports", pb.ListReportsRequest), ("ExplainTrial", pb.ExplainTrialRequest),
]  # fmt: skip


@pytest.fixture
def held(wire):
    """An attempt that stands at resource 2, and the promise that nothing changes."""
    name = wire.create()
    taken = wire.take(name, "w", "taken")
    wire.report(taken, 2, 0.5)
    before = wire.everything(name), wire.rows(), wire.names()
    yield taken
    assert (wire.everything(name), wire.rows(), wire.names()) == before


def fields(kind, held, /, **others):
    plain = proof(held) | others
    if kind is pb.ReportRequest:
        plain = {"resource": 3, "metrics": [pb.Metric(name="loss", value=0.1)]} | plain
    return kind(**plain)


@pytest.mark.parametrize(("rpc", "kind"), ATTEMPT_CALLS)
def test_calls_of_an_attempt(wire, held, rpc, kind):
    call = getattr(wire.scheduler, rpc)
    refused(call, fields(kind, held, study="nobody"), MISSING, "STUDY_NOT_FOUND", "nobody")
    for trial in (1, -1, 2**63 - 1, -(2**63)):
        refused(call, fields(kind, held, trial=trial), MISSING, "TRIAL_NOT_FOUND", str(trial))
    for attempt in (0, 2, -1, 2**31 - 1):
        request = fields(kind, held, attempt=attempt)
        refused(call, request, INVALID, "UNKNOWN_ATTEMPT", "attempt", str(attempt))
    for token in ("", held.lease_token[:-1], held.lease_token + "0", "\n", "x" * 100_000):
        request = fields(kind, held, lease_token=token)
        refused(call, request, INVALID, "UNKNOWN_LEASE_TOKEN", "lease_token", "assignment")


def test_the_token_of_another_trial_is_no_proof(wire, held):
    other = wire.create()
    theirs = wire.take(other)
    request = fields(pb.ReportRequest, held, lease_token=theirs.lease_token)
    refused(wire.scheduler.Report, request, INVALID, "UNKNOWN_LEASE_TOKEN", "lease_token")
    wire.studies.DeleteStudy(pb.DeleteStudyRequest(study=other, force=True), timeout=9)


@pytest.mark.parametrize(("rpc", "kind"), STUDY_CALLS)
def test_calls_of_a_study(wire, held, rpc, kind):
    refused(getattr(wire.studies, rpc), kind(study="nobody"), MISSING, "STUDY_NOT_FOUND", "nobody")
    refused(getattr(wire.studies, rpc), kind(), MISSING, "STUDY_NOT_FOUND", "create")


@pytest.mark.parametrize(("rpc", "kind"), TRIAL_READS)
def test_calls_of_a_trial(wire, held, rpc, kind):
    for trial in (1, -1, 2**63 - 1):
        request = kind(study=held.study, trial=trial)
        refused(getattr(wire.studies, rpc), request, MISSING, "TRIAL_NOT_FOUND", str(trial))


def test_should_stop(wire, held):
    def ask(**others):
        plain = {"study": held.study, "trial": 0, "attempt": 1} | others
        return pb.ShouldStopRequest(**plain)

    call = wire.scheduler.ShouldStop
    refused(call, ask(study="nobody"), MISSING, "STUDY_NOT_FOUND")
    refused(call, ask(trial=1), MISSING, "TRIAL_NOT_FOUND")
    for attempt in (0, 2, -5):
        refused(call, ask(attempt=attempt), INVALID, "UNKNOWN_ATTEMPT", "attempt")


def test_suggest(wire, held):
    def ask(**others):
        plain = {"study": held.study, "worker": "w", "request_id": "r"} | others
        return pb.SuggestRequest(**plain)

    call = wire.scheduler.Suggest
    refused(call, ask(study="nobody"), MISSING, "STUDY_NOT_FOUND")
    for bad in ("", " ", "a b", "x" * 201, "a\nb", "é", "\x1b[2J", "\0"):
        refused(call, ask(worker=bad), INVALID, "INVALID_FIELD", "worker", "printable")
        refused(call, ask(request_id=bad), INVALID, "INVALID_FIELD", "request_id", "printable")
    for wait in (Duration(seconds=-1), Duration(nanos=-1), Duration(seconds=2**62)):
        refused(call, ask(max_wait=wait), INVALID, "INVALID_FIELD", "max_wait")
    refused(call, ask(worker="other", request_id="taken"), Code.ALREADY_EXISTS, "REQUEST_CONFLICT")


def test_report(wire, held):
    call = wire.scheduler.Report

    def metrics(*pairs):
        return fields(
            pb.ReportRequest, held, metrics=[pb.Metric(name=n, value=v) for n, v in pairs]
        )

    for resource in (0, -1, -(2**63), 10, 2**63 - 1):
        request = fields(pb.ReportRequest, held, resource=resource)
        refused(call, request, INVALID, "INVALID_FIELD", "resource", "max_resource", "9")
    message = refused(
        call, reporting(held, 1, 0.5), Code.FAILED_PRECONDITION, "RESOURCE_NOT_INCREASING"
    )
    assert "resource: 1 is not above the last of this attempt, 2" in message
    refused(call, reporting(held, 2, 0.6), Code.ALREADY_EXISTS, "REPORT_CONFLICT", "first stands")
    refused(call, metrics(), INVALID, "METRIC_MISSING", "metrics", "'loss'")
    refused(call, metrics(("error", 0.1)), INVALID, "METRIC_MISSING", "metrics", "'loss'")
    for twice in ([("loss", 0.1), ("loss", 0.1)], [("a", 1.0), ("loss", 0.1), ("a", 1.0)]):
        refused(call, metrics(*twice), INVALID, "INVALID_FIELD", "twice")
    many = [("loss", 0.1)] + [(f"m{i}", 0.0) for i in range(128)]
    refused(call, metrics(*many), INVALID, "INVALID_FIELD", "metrics", "128")
    for name in ("", "x" * 201, "a\nb", "\x1b[2J", "\u202e"):
        refused(call, metrics(("loss", 0.1), (name, 1.0)), INVALID, "INVALID_FIELD", "metrics")
    for uri in ("x" * 4097, "s3://a\nb", "\x1b]0;x\x07", "a\0b"):
        request = fields(pb.ReportRequest, held, checkpoint_uri=uri)
        refused(call, request, INVALID, "INVALID_FIELD", "checkpoint_uri")


def test_a_report_that_goes_back_names_the_last_resource_for_programs(wire, held):
    with pytest.raises(grpc.RpcError) as caught:
        wire.scheduler.Report(reporting(held, 1, 0.5), timeout=9)
    details = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    assert b"last_resource" in details


def test_fail(wire, held):
    request = fields(pb.FailTrialRequest, held, kind=3)
    refused(wire.scheduler.FailTrial, request, INVALID, "INVALID_FIELD", "kind", "3")


def test_update(wire, held):
    def change(*paths, **limits):
        request = pb.UpdateStudyRequest(study=held.study, limits=pb.StudyLimits(**limits))
        request.update_mask.paths.extend(paths)
        return request

    call = wire.studies.UpdateStudy
    for path in ("", "spec", "max_trial", "limits", "max_trials.x", "x" * 10_000):
        refused(call, change(path), INVALID, "INVALID_FIELD", "update_mask")
    refused(call, change(*["max_trials"] * 101), INVALID, "INVALID_FIELD", "update_mask")
    for name in ("max_trials", "max_concurrent_trials", "max_total_resource", "max_failed_trials"):
        for value in (0, -1, -(2**63)):
            refused(call, change(**{name: value}), INVALID, "INVALID_LIMITS", f"limits.{name}")
    for value in (float("nan"), float("inf")):
        refused(call, change(target_value=value), INVALID, "INVALID_LIMITS", "target_value")
    for duration in (
        Duration(),
        Duration(seconds=-1),
        Duration(nanos=-1),
        Duration(seconds=10**15),
    ):
        with pytest.raises(grpc.RpcError, match=r"limits\.max_duration"):
            call(change(max_duration=duration), timeout=9)


def test_adaptive_asha_keeps_its_max_trials(wire):
    name = wire.create(adaptive_asha=pb.AdaptiveAsha(), limits=pb.StudyLimits(max_trials=20))
    before = wire.everything(name), wire.rows()
    request = pb.UpdateStudyRequest(study=name)
    request.update_mask.paths.append("max_trials")
    refused(wire.studies.UpdateStudy, request, INVALID, "INVALID_LIMITS", "max_trials")
    assert (wire.everything(name), wire.rows()) == before


def value(**kind):
    return pb.ParameterValue(**kind)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("rate", value(double_value=1.5)),
        ("rate", value(double_value=float("nan"))),
        ("rate", value(double_value=float("inf"))),
        ("rate", value(string_value="0.5")),
        ("rate", value(bool_value=True)),
        ("rate", value()),
        ("size", value(double_value=1.5)),
        ("size", value(int_value=2**62)),
        ("size", value(double_value=1e300)),
        ("how", value(int_value=1)),
        ("how", value(string_value="c")),
        ("other", value(int_value=1)),
        ("", value(int_value=1)),
        ("x" * 60_000, value(int_value=1)),
    ],
)
def test_enqueue_names_the_parameter(wire, name, given):
    study = wire.create(space=[
        FLOAT, pb.ParameterSpec(name="size", int_range=pb.IntRange(low=1, high=9)),
        pb.ParameterSpec(name="how", categorical=pb.Categorical(
            choices=[value(string_value="a"), value(string_value="b")])),
    ])  # fmt: skip
    before = wire.everything(study), wire.rows()
    point = pb.Configuration(params=[pb.Parameter(name=name, value=given)])
    request = pb.EnqueueTrialRequest(study=study, configuration=point, request_id="r")
    refused(
        wire.studies.EnqueueTrial, request, INVALID, "INVALID_CONFIGURATION", "configuration",
        name[:100],
    )  # fmt: skip
    assert (wire.everything(study), wire.rows()) == before


def test_enqueue(wire, held):
    call = wire.studies.EnqueueTrial
    refused(
        call, pb.EnqueueTrialRequest(study="nobody", request_id="r"), MISSING, "STUDY_NOT_FOUND"
    )
    for bad in ("", " ", "x" * 201, "a\nb"):
        request = pb.EnqueueTrialRequest(study=held.study, request_id=bad)
        refused(call, request, INVALID, "INVALID_FIELD", "request_id")
    one = pb.Parameter(name="rate", value=value(double_value=0.5))
    request = pb.EnqueueTrialRequest(
        study=held.study, request_id="r", configuration=pb.Configuration(params=[one, one])
    )
    refused(call, request, INVALID, "INVALID_CONFIGURATION", "rate", "twice")
    request = pb.EnqueueTrialRequest(
        study=held.study, request_id="r",
        configuration=pb.Configuration(params=[pb.Parameter(
            name="rate", value=value(string_value="x" * 70_000))]),
    )  # fmt: skip
    refused(call, request, INVALID, "INVALID_CONFIGURATION", "65536")


def test_a_configuration_that_is_too_large_as_text_uses_up_no_number(wire):
    """Control characters are six bytes each in JSON: the message is small, the row would not be."""
    text = value(string_value="\x01" * 8000)
    space = [
        pb.ParameterSpec(name=f"p{i}", categorical=pb.Categorical(
            choices=[text, value(bool_value=True)])) for i in range(3)
    ]  # fmt: skip
    name = wire.create(space=space)
    before = wire.everything(name), wire.rows()
    seq = wire.studies.GetStudy(pb.GetStudyRequest(study=name), timeout=9).commit_seq
    point = pb.Configuration(params=[pb.Parameter(name=f"p{i}", value=text) for i in range(3)])
    request = pb.EnqueueTrialRequest(study=name, configuration=point, request_id="r")
    refused(wire.studies.EnqueueTrial, request, INVALID, "INVALID_FIELD", "configuration", "65536")
    assert (wire.everything(name), wire.rows()) == before
    assert wire.studies.GetStudy(pb.GetStudyRequest(study=name), timeout=9).commit_seq == seq


def test_enqueue_past_the_end(wire):
    name = wire.create(limits=pb.StudyLimits(max_trials=1))
    wire.take(name)
    request = pb.EnqueueTrialRequest(study=name, request_id="r")
    refused(wire.studies.EnqueueTrial, request, Code.FAILED_PRECONDITION, "MAX_TRIALS", "raise")


def test_lists(wire, held):
    for size in (-1, -(2**31)):
        for call, request in [
            (wire.studies.ListStudies, pb.ListStudiesRequest(page_size=size)),
            (wire.studies.ListTrials, pb.ListTrialsRequest(study=held.study, page_size=size)),
            (wire.studies.ListReports, pb.ListReportsRequest(study=held.study, page_size=size)),
        ]:
            refused(call, request, INVALID, "INVALID_FIELD", "page_size", "1000")
    for state in (0, 9, -1, 999):
        request = pb.ListTrialsRequest(study=held.study, states=[state])
        refused(wire.studies.ListTrials, request, INVALID, "INVALID_FIELD", "states", str(state))


def test_a_page_token_is_good_for_its_own_list_only(wire):
    one, other = wire.create(), wire.create()
    for name in (one, other):
        for number in range(3):
            held = wire.take(name)
            wire.report(held, 1, number)
            wire.report(held, 2, number)
    trials, reports, studies = (
        wire.studies.ListTrials, wire.studies.ListReports, wire.studies.ListStudies,
    )  # fmt: skip
    of_trials = trials(pb.ListTrialsRequest(study=one, page_size=1), timeout=9).next_page_token
    of_reports = reports(pb.ListReportsRequest(study=one, page_size=1), timeout=9).next_page_token
    of_one = reports(
        pb.ListReportsRequest(study=one, trial=0, page_size=1), timeout=9
    ).next_page_token
    of_studies = studies(pb.ListStudiesRequest(page_size=1), timeout=9).next_page_token
    assert all((of_trials, of_reports, of_one, of_studies))
    forged = ["x", ".", "0.0", of_trials[:-1] + "9", "\n", "é", "0" * 100_000, of_trials + "\0"]
    for token in [of_reports, of_one, of_studies, *forged]:
        request = pb.ListTrialsRequest(study=one, page_token=token)
        refused(trials, request, INVALID, "INVALID_PAGE_TOKEN", "page_token")
    for token in [of_trials, of_one, of_studies, *forged]:
        request = pb.ListReportsRequest(study=one, page_token=token)
        refused(reports, request, INVALID, "INVALID_PAGE_TOKEN", "page_token")
    for token in [of_trials, of_reports, of_one, *forged]:
        request = pb.ListStudiesRequest(page_token=token)
        refused(studies, request, INVALID, "INVALID_PAGE_TOKEN", "page_token")
    for call, request in [
        (trials, pb.ListTrialsRequest(study=other, page_token=of_trials)),
        (reports, pb.ListReportsRequest(study=other, page_token=of_reports)),
        (reports, pb.ListReportsRequest(study=one, trial=1, page_token=of_one)),
        (reports, pb.ListReportsRequest(study=one, trial=0, page_token=of_reports)),
    ]:
        refused(call, request, INVALID, "INVALID_PAGE_TOKEN", "page_token")


def test_a_long_refusal_still_arrives(wire):
    """Trailing metadata above 8 KiB would be lost, and with it the reason."""
    space = [
        pb.ParameterSpec(name="é" * 190 + str(i), float_range=pb.FloatRange(low=2, high=1))
        for i in range(900)
    ]
    request = pb.CreateStudyRequest(study="long", spec=spec(space=space))
    message = refused(wire.studies.CreateStudy, request, INVALID, "INVALID_SPEC", "spec.space")
    assert message.endswith("…")
    assert len(message.encode()) <= 1200


# --- the last door, in process -------------------------------------------------------------

SECRET = "/etc/secret password=hunter2"


class Door:
    """A handler with a bug, behind the same guard as every rpc."""

    def __init__(self, log, most=100):
        self.admission = AdmissionControl(log, most)

    @guarded("read")
    async def Broken(self, request, context):
        raise RuntimeError(SECRET + "\n{forged}\x1b[2J")

    @guarded("suggest")
    async def Fine(self, request, context):
        return b""


async def _serve(door, method):
    """Call one method of the door over a real channel."""
    handler = grpc.unary_unary_rpc_method_handler(getattr(door, method))
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("d", {method: handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        options = [("grpc.enable_http_proxy", 0)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) as channel:
            return await channel.unary_unary(f"/d/{method}")(b"", timeout=9)
    except grpc.aio.AioRpcError as error:
        return error
    finally:
        await server.stop(1)


async def test_no_text_of_an_exception_leaves_and_the_log_knows_it_by_number(capsys):
    log = logs.configure("json", "info")
    error = await _serve(Door(log.error), "Broken")
    assert error.code() == Code.INTERNAL
    metadata = dict(error.trailing_metadata())
    assert metadata["ashad-reason"] == "INTERNAL"
    sent = repr((error.details(), metadata))
    assert "secret" not in sent
    assert "Runtime" not in sent
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert told["event"] == "internal_error"
    assert told["number"] in error.details()
    assert "hunter2" in told["exception"]


async def test_load_is_shed_by_rank_before_work_is_done():
    door = Door(lambda *_args, **_facts: None, most=4)
    assert await _serve(door, "Fine") == b""
    for _ in range(3):
        door.admission.enter("report")
    error = await _serve(door, "Fine")
    assert error.code() == Code.RESOURCE_EXHAUSTED
    metadata = dict(error.trailing_metadata())
    assert metadata["ashad-reason"] == "OVERLOADED"
    assert metadata["grpc-retry-pushback-ms"] == "1000"
    door.admission.enter("report")  # a report still goes in
    with pytest.raises(RefusalError) as caught:
        door.admission.enter("report")
    assert caught.value.kind is RefusalKind.RESOURCE_EXHAUSTED
    for _ in range(4):
        door.admission.leave()
    assert await _serve(door, "Fine") == b""


async def test_a_daemon_that_ends_sends_callers_to_the_next_one():
    door = Door(lambda *_args, **_facts: None)
    door.admission.draining = True
    error = await _serve(door, "Fine")
    assert error.code() == Code.UNAVAILABLE  # so that a client repeats the call
    assert dict(error.trailing_metadata())["ashad-reason"] == "DRAINING"
    assert "repeat the call with the same key" in error.details()


def test_every_rpc_is_behind_the_guard():
    """A handler without the guard would leak the text of an exception: none may be forgotten."""
    from ashad.service import SchedulerService, StudyService  # noqa: PLC0415

    for service in (SchedulerService, StudyService):
        for method in pb.DESCRIPTOR.services_by_name[service.__name__].methods:
            handler = getattr(service, method.name)
            if method.name != "WatchStudy":  # not there yet
                assert handler.__code__.co_name == "call", method.name
            streams = method.server_streaming and method.name != "WatchStudy"
            assert (inspect.isasyncgenfunction if streams else asyncio.iscoroutinefunction)(handler)
