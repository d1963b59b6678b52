"""The numbered bad inputs: each with its status and reason; nothing changes, hangs or breaks.

The numbers are those of the list of faults that the project was planned with. What they leave to be
decided is decided here, and stands behind each number.
"""

from __future__ import annotations

import gzip
import json
import math
import socket
import struct
import time
from typing import Any, NamedTuple

import grpc
import pytest
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from tests.support.wire import FLOAT, PROMOTION, Code, proof, reporting, spec, told, values

INVALID, MISSING, NOT_NOW, EXISTS, TOO_MUCH = (
    Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.ALREADY_EXISTS,
    Code.RESOURCE_EXHAUSTED,
)  # fmt: skip
NAN, INF = math.nan, math.inf
SIGNALLING = struct.unpack("<d", struct.pack("<Q", 0x7FF4_0000_DEAD_BEEF))[0]
SECONDS = 1.0  # within which every answer must come

_LARGE = "MESSAGE_TOO_LARGE"


class Bad(NamedTuple):
    """What is sent where, and the refusal it gets; reason None: the transport refuses."""

    number: float
    rpc: str
    request: Any
    code: Code
    reason: str | None


def report(number, code, reason, resource=3, metrics=(("loss", 0.1),), uri="", **who):
    request = pb.ReportRequest(
        resource=resource, checkpoint_uri=uri,
        metrics=[pb.Metric(name=name, value=value) for name, value in metrics], **who,
    )  # fmt: skip
    return Bad(number, "Report", request, code, reason)


def create(number, reason="INVALID_SPEC", /, name="bad", **fields):
    request = pb.CreateStudyRequest(study=name, spec=spec(**fields))
    return Bad(number, "CreateStudy", request, INVALID, reason)


def named(number, name):
    """A name of a study that is none: refused when made, unknown when asked for."""
    return [
        create(number, "INVALID_STUDY_NAME", name=name),
        Bad(number, "GetStudy", pb.GetStudyRequest(study=name), MISSING, "STUDY_NOT_FOUND"),
        Bad(number, "Suggest", pb.SuggestRequest(study=name, worker="w", request_id="r"),
            MISSING, "STUDY_NOT_FOUND"),
    ]  # fmt: skip


def space(number, reason="INVALID_SPEC", /, **kind):
    return create(number, reason, space=[pb.ParameterSpec(name="x", **kind)])


def floats(number, **fields):
    return space(number, float_range=pb.FloatRange(**fields))


def ints(number, **fields):
    return space(number, int_range=pb.IntRange(**fields))


def choices(number, *given):
    return space(number, categorical=pb.Categorical(choices=given))


def raw(number, rpc, data, code=INVALID, reason="MALFORMED_MESSAGE"):
    return Bad(number, rpc, data, code, reason)


V = pb.ParameterValue
ADAPTIVE = {"limits": pb.StudyLimits(max_trials=9)}
A_REPORT = pb.ReportRequest(
    study="s", trial=1, attempt=1, lease_token="t", resource=3,
    metrics=[pb.Metric(name="loss", value=0.5)], checkpoint_uri="s3://x",
).SerializeToString()  # fmt: skip


def grid(**fields):
    return {
        "grid": pb.GridSearch(),
        "space": [pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1, **fields))],
    }


def length(size):
    """A field of text that says it is this long."""
    out = b"\x0a"
    while size > 0x7F:
        out, size = out + bytes([size & 0x7F | 0x80]), size >> 7
    return out + bytes([size])


TABLE: list[Bad] = [
    report(8, INVALID, "METRIC_MISSING", metrics=[("accuracy", 0.5)]),
    report(9, INVALID, "METRIC_MISSING", metrics=[]),
    report(11, INVALID, "INVALID_FIELD", metrics=[("loss", 0.1), ("loss", 0.2)]),
    report(12, INVALID, "INVALID_FIELD",
           metrics=[("loss", 0.1)] + [(f"m{i}", 1.0) for i in range(128)]),
    create(20, goal=pb.GOAL_UNSPECIFIED),
    report(21, INVALID, "INVALID_FIELD", resource=0),
    report(22, INVALID, "INVALID_FIELD", resource=-1),
    report(23, INVALID, "INVALID_FIELD", resource=-(2**63)),
    report(24, INVALID, "INVALID_FIELD", resource=2**63 - 1),
    report(28, NOT_NOW, "RESOURCE_NOT_INCREASING", resource=1),
    report(30, EXISTS, "REPORT_CONFLICT", resource=2, metrics=[("loss", 0.6)]),
    report(32, INVALID, "INVALID_FIELD", resource=10),
    Bad(45, "GetStudy", pb.GetStudyRequest(study="nobody"), MISSING, "STUDY_NOT_FOUND"),
    report(46, MISSING, "TRIAL_NOT_FOUND", trial=99),
    report(47, INVALID, "UNKNOWN_LEASE_TOKEN", lease_token="of another study"),
    *named(48, ""),
    *named(49, "   "),
    *named(50, "x" * 201),
    *named(51, "x" * 1_000_000),
    *named(52, "../../etc/passwd"),
    *named(53, "..\\..\\x"),
    *named(54, "/etc/shadow"),
    *named(55, "%2e%2e%2f"),
    *named(56, "a\0b"),
    *named(57, 'a\r\n{"event": "forged"}'),
    *named(58, "\x1b[2J"),
    *named(59, "\x07\x7f\x9b"),
    *named(60, "a\u202eb"),
    *named(61, "stu\u200ddy"),
    *named(62, "\u00e9"),
    *named(62.5, "e\u0301"),
    *named(63, "\u0130\u00df"),
    *named(64, "\U0001f469\u200d\U0001f680"),
    raw(65, "GetStudy", b"\x0a\x03\xed\xa0\x80"),
    raw(66, "GetStudy", b"\x0a\x02\xff\xfe"),
    raw(67, "Suggest", b"\x0a\x02\xc0\xaf"),
    *named(68, "\ufeffa"),
    *named(69, "'; DROP TABLE trials;--"),
    *named(70, '" OR 1=1 --'),
    *named(71, "%"),
    *named(71.5, "_"),
    *named(72, "[" * 50_000),
    *named(73, "<script>alert(1)</script>"),
    *named(74, "<img src=x onerror=alert(1)>"),
    report(75, INVALID, "INVALID_FIELD", uri="javascript:\x00alert(1)"),
    *named(76, "{{7*7}}${7*7}"),
    *named(77, "=HYPERLINK(1)"),
    *named(78, "__proto__"),
    *named(82, "-rf"),
    *named(83, "\U0001d518" * 200),
    Bad(89, "Report", reporting(pb.Assignment(), 1, 0.1, "x" * 5_000_000), TOO_MUCH, _LARGE),
    floats(90, low=2, high=1),
    ints(90.5, low=2, high=1),
    floats(92, low=0, high=1, scale=pb.SCALE_LOG),
    ints(92.5, low=-1, high=1, scale=pb.SCALE_LOG),
    floats(93, low=0, high=1, step=-1),
    ints(93.5, low=0, high=1, step=-1),
    create(93.1, **grid(step=1e-9)),
    create(93.2, **grid(step=5e-324)),
    create(93.3, **grid(grid_points=2**31 - 1)),
    create(93.4, **grid(grid_points=-1)),
    create(93.5, **grid()),
    floats(93.6, low=1, high=2, step=5, scale=pb.SCALE_LOG),
    *(floats(94, low=low, high=high, step=step)
      for low, high, step in [(NAN, 1, 0), (0, NAN, 0), (-INF, 0, 0), (0, INF, 1), (0, 1, NAN)]),
    choices(95),
    choices(96, *[V(int_value=i) for i in range(10_001)]),
    choices(96.5, *[V(bool_value=True)] * 500_000),
    choices(97, V(int_value=1), V(int_value=1)),
    choices(98, V(double_value=NAN), V(double_value=1.0)),
    *(create(99, asha=pb.Asha(eta=eta)) for eta in (1.0, 0.5, -3.0, 1e308, INF, NAN, 5e-324)),
    *(create(99.5, adaptive_asha=pb.AdaptiveAsha(eta=eta), **ADAPTIVE)
      for eta in (1.0, 1e308, NAN)),
    create(100, asha=pb.Asha(min_resource=10)),
    create(100.5, asha=pb.Asha(min_resource=-1)),
    create(101, asha=pb.Asha(max_rungs=65)),
    create(101.1, asha=pb.Asha(eta=1.0000001), max_resource=10**12),
    create(101.2, asha=pb.Asha(eta=1 + 2**-52), max_resource=10**12),
    create(102, adaptive_asha=pb.AdaptiveAsha(bracket_rungs=[-1]), **ADAPTIVE),
    create(102.5, adaptive_asha=pb.AdaptiveAsha(bracket_rungs=[1] * 100_000), **ADAPTIVE),
    *(create(102.6, hyperband=pb.Hyperband(eta=eta)) for eta in (1.0, 1e308, INF, NAN)),
    create(102.7, hyperband=pb.Hyperband(eta=10), max_resource=10**12),
    create(102.72, hyperband=pb.Hyperband(max_rungs=2**31 - 1, eta=1 + 2**-52)),
    create(102.8, successive_halving=pb.SuccessiveHalving(trials=8)),
    create(102.81, successive_halving=pb.SuccessiveHalving(trials=-1)),
    create(102.82, successive_halving=pb.SuccessiveHalving(trials=2**63 - 1)),
    create(102.83, successive_halving=pb.SuccessiveHalving(min_resource=10)),
    create(102.84, hyperband=pb.Hyperband(), limits=pb.StudyLimits(max_trials=8)),
    create(102.9, async_hyperband=pb.AsyncHyperband(brackets=-1)),
    create(102.91, async_hyperband=pb.AsyncHyperband(variant=999)),
    *(create(102.95, tpe=pb.TpeSampler(**{name: value})) for name, value in [
        ("random_fraction", NAN), ("random_fraction", 2.0), ("good_fraction", INF),
        ("good_fraction", -0.1), ("min_points", -1), ("candidates", 2**31 - 1),
        ("bandwidth_factor", -1.0), ("bandwidth_factor", INF), ("min_bandwidth", NAN),
    ]),
    *(create(102.96, space=[
        pb.ParameterSpec(name="k", categorical=pb.Categorical(choices=[V(int_value=1)])),
        pb.ParameterSpec(name="x", constant=V(int_value=1), when=[condition]),
    ]) for condition in [
        pb.Condition(), pb.Condition(parameter="k"), pb.Condition(parameter="x"),
        pb.Condition(parameter="k", values=[V(int_value=2)]),
        pb.Condition(parameter="k", values=[V(double_value=NAN)]),
    ]),
    create(102.97, grid=pb.GridSearch(), tpe=pb.TpeSampler()),
    create(103, seed=-1),
    create(104, goal=999),
    create(104.1, asha=pb.Asha(variant=999)),
    create(104.2, adaptive_asha=pb.AdaptiveAsha(mode=999), **ADAPTIVE),
    create(104.3, failure_policy=999),
    floats(104.4, low=0, high=1, scale=999),
    Bad(104.5, "FailTrial", pb.FailTrialRequest(kind=999), INVALID, "INVALID_FIELD"),
    Bad(104.6, "ListTrials", pb.ListTrialsRequest(states=[999]), INVALID, "INVALID_FIELD"),
    Bad(106, "CreateStudy", pb.CreateStudyRequest(study="bad", spec=pb.StudySpec(
        metric="loss", goal=1, max_resource=9, space=[FLOAT])), INVALID, "INVALID_SPEC"),
    space(106.1),
    space(106.2, "INVALID_CONFIGURATION", constant=V()),
    Bad(107, "CreateStudy", pb.CreateStudyRequest(study="bad"), INVALID, "INVALID_SPEC"),
    raw(108, "Report", b"\x33" * 200),  # groups within groups
    Bad(110, "Report", pb.ReportRequest(resource=3, metrics=[pb.Metric()] * 1_000_000),
        INVALID, "INVALID_FIELD"),
    create(110.5, points_to_evaluate=[pb.Configuration()] * 500_000),
    Bad(111, "ListTrials", pb.ListTrialsRequest(states=[1] * 4_000_000), INVALID, "INVALID_FIELD"),
    Bad(111.5, "UpdateStudy", pb.UpdateStudyRequest(update_mask={"paths": [""] * 1_000_000}),
        INVALID, "INVALID_FIELD"),
    raw(112, "GetStudy", length(2**32) + b"x"),
    raw(112.5, "GetStudy", length(2**63) + b"x"),
    *(report(n, INVALID, "INVALID_FIELD", uri=uri)
      for n, uri in [(128, "x" * 1_000_000), (129, "s3://a\nb"), (129.5, "s3://a\x1b[31mb")]),
    *(create(135, reason, lease=pb.LeaseSpec(duration=Duration(seconds=seconds)))
      for seconds, reason in [(-1, "INVALID_FIELD"), (10**12, "INVALID_FIELD"),
                              (10**7, "INVALID_SPEC")]),
    create(135.5, lease=pb.LeaseSpec(duration=Duration(nanos=1))),
    create(135.6, "INVALID_FIELD", lease=pb.LeaseSpec(duration=Duration(nanos=2_000_000_000))),
    create(135.7, lease=pb.LeaseSpec(max_attempts=-1)),
    Bad(137, "ListTrials", pb.ListTrialsRequest(page_size=-1), INVALID, "INVALID_FIELD"),
    Bad(138, "ListTrials", pb.ListTrialsRequest(page_token="0000000000000000.5"),
        INVALID, "INVALID_PAGE_TOKEN"),
]  # fmt: skip


class Case:
    """A study with an attempt at resource 2, whom the bad input is aimed at."""

    def __init__(self, wire):
        self.wire = wire
        self.name = wire.create()
        self.held = wire.take(self.name, "w", "r0")
        wire.report(self.held, 2, 0.5)

    def send(self, bad):
        """Send it; return its status, its reason and the time it took."""
        service = "Scheduler" if hasattr(self.wire.scheduler, bad.rpc) else "Study"
        call = self.wire.channel.unary_unary(f"/ashad.v1.{service}Service/{bad.rpc}")
        began = time.monotonic()
        try:
            call(self._aimed(bad.request), timeout=9)
        except grpc.RpcError as error:
            return error.code(), told(error) or None, time.monotonic() - began
        return Code.OK, None, time.monotonic() - began

    def _aimed(self, request):
        """Fill in what the case leaves open, so that only what it is about is wrong."""
        if isinstance(request, bytes):
            return request
        plain = proof(self.held)
        for field in request.DESCRIPTOR.fields_by_name:
            if field in plain and not getattr(request, field) and not self._named(request):
                setattr(request, field, plain[field])
        return request.SerializeToString()

    @staticmethod
    def _named(request):
        return type(request) in (pb.CreateStudyRequest, pb.GetStudyRequest, pb.SuggestRequest)


@pytest.fixture(scope="module")
def case(wire):
    return Case(wire)


@pytest.fixture(autouse=True)
def served(case):
    """Whatever was sent: nothing changed, the daemon serves, and its log is one object a line."""
    wire = case.wire
    before = wire.everything(case.name), wire.rows(), wire.names()
    yield
    assert (wire.everything(case.name), wire.rows(), wire.names()) == before
    text = wire.daemon.log.read_bytes().decode()
    assert all(char.isprintable() or char == "\n" for char in text)
    lines = [json.loads(line) for line in text.splitlines()]
    assert not [line for line in lines if line["event"] in ("internal_error", "forged")]


def test_each_bad_input_is_refused_by_name_and_changes_nothing(case):
    found = {}
    for place, bad in enumerate(TABLE):
        code, reason, seconds = case.send(bad)
        if seconds > SECONDS:  # once more: the machine may have been busy, a hang comes again
            code, reason, seconds = case.send(bad)
        if (code, reason) != (bad.code, bad.reason) or seconds > SECONDS:
            found[place, bad.number] = code, reason, seconds, bad.code, bad.reason
    assert not found


def test_the_table_is_whole():
    """Each number that speaks of the wire is in the table or has a test of its own below."""
    elsewhere = {
        # by tests below: metric values, reports that are taken, URIs that are opaque, transport
        *range(1, 8), 10, 17, 18, 19, 29, 31, *range(33, 40), *range(78, 82), 91, 105, 113, 114,
        115, 116, 117, 118, 119, 120, *range(121, 128), 130, 133, 134,
    }  # fmt: skip
    absent = {
        # no JSON on the wire, no sequence numbers of clients, no client identities, no Any
        13, 14, 15, 16, 25, 26, 27, *range(40, 45), *range(84, 89), 109,
    }  # fmt: skip
    known = {int(bad.number) for bad in TABLE} | elsewhere | absent
    assert set(range(1, 131)) <= known
    assert {135, 137, 138} <= known  # 136: heartbeats are not limited by the second


# --- what is taken, with a defined meaning -------------------------------------------------


@pytest.fixture
def study(wire, served):
    """Make studies that are gone again before it is looked at whether anything changed."""
    made = []

    def make(**fields):
        made.append(wire.create(**fields))
        return made[-1]

    yield make
    for name in made:
        wire.studies.DeleteStudy(pb.DeleteStudyRequest(study=name, force=True), timeout=9)


@pytest.mark.parametrize("value", [NAN, SIGNALLING, -NAN, INF, -INF])  # 1 to 4
def test_a_value_that_is_no_number_is_taken_as_diverged(wire, study, value):
    name = study()
    told = wire.report(wire.take(name), 1, value)
    assert (told.action, told.reason) == (pb.ACTION_STOP, "DIVERGED")
    assert not wire.study(name).HasField("best")


def test_minus_zero_is_zero_and_a_tie_goes_to_the_older(wire, study):  # 5
    for first, second in [(0.0, -0.0), (-0.0, 0.0)]:
        name = study(goal=pb.GOAL_MAXIMIZE)
        assert wire.report(wire.take(name), 1, first).rank == 1
        assert wire.report(wire.take(name), 1, second).rank == 2


def test_the_smallest_and_the_largest_numbers(wire, study):  # 6, 7
    for goal in (pb.GOAL_MINIMIZE, pb.GOAL_MAXIMIZE):
        name = study(goal=goal)
        for value in (1.7976931348623157e308, 5e-324, -5e-324, -1.7976931348623157e308):
            wire.report(wire.take(name), 1, value)
        best = wire.study(name).best.value
        assert abs(best) == 1.7976931348623157e308
        stored = [report.value for report in wire.reports(name)]
        assert stored[1:3] == [5e-324, -5e-324]


def test_other_metrics_need_not_be_declared(wire, study):  # 10
    name = study()
    wire.report(wire.take(name), 1, 0.5, anything=1.0)
    assert wire.reports(name)[0].metrics[0].name == "anything"


def test_a_rung_of_nothing_but_nan_promotes_none(wire, study):  # 17
    name = study(asha=PROMOTION, limits=pb.StudyLimits(max_trials=6))
    for _ in range(6):
        assert wire.report(wire.take(name), 1, NAN).action == pb.ACTION_STOP
    assert wire.ask(name).finished.reason == "MAX_TRIALS"


def test_equal_values_are_promoted_oldest_first(wire, study):  # 18
    name = study(asha=PROMOTION)
    for held in [wire.take(name) for _ in range(9)]:
        wire.report(held, 1, 0.5)
    assert [wire.take(name).trial for _ in range(4)] == [0, 1, 2, 9]


def test_nan_and_numbers_by_turns(wire, study):  # 19
    name = study(limits=pb.StudyLimits(max_trials=12))
    for number in range(12):
        wire.report(wire.take(name), 1, NAN if number % 2 else float(number))
    rung = wire.study(name).brackets[0].rungs[0]
    assert (rung.size, rung.quota, rung.cutoff) == (12, 4, 6.0)


def test_a_report_of_a_trial_that_is_not_running_is_told_what_it_is(
    wire, study
):  # 29, 31, 33 to 39
    name = study(asha=PROMOTION)
    paused = wire.take(name)
    told = wire.report(paused, 5, 0.5)  # 31: the target level only
    assert (told.action, told.reason, told.level) == (pb.ACTION_PAUSE, "RUNG_REACHED", 1)
    assert wire.report(paused, 5, 0.5) == told  # 29
    assert wire.report(paused, 6, 0.5).action == pb.ACTION_PAUSE  # 35
    name = study()
    done, failed, lost = (wire.take(name) for _ in range(3))
    end = wire.report(done, 9, 0.5)
    assert wire.report(done, 9, 0.5) == end  # 34
    answer = wire.scheduler.CompleteTrial(pb.CompleteTrialRequest(**proof(failed)), timeout=9)
    assert answer.reason == "METRIC_MISSING"  # 36
    again = wire.scheduler.CompleteTrial(pb.CompleteTrialRequest(**proof(failed)), timeout=9)
    assert again == answer  # 37
    assert wire.report(failed, 1, 0.1).action == pb.ACTION_STOP  # 33
    wire.scheduler.ReleaseTrial(pb.ReleaseTrialRequest(**proof(lost)), timeout=9)
    assert wire.report(lost, 1, 0.1).reason == "RELEASED"  # 39
    with pytest.raises(grpc.RpcError) as caught:  # 38
        wire.scheduler.FailTrial(pb.FailTrialRequest(**proof(failed)), timeout=9)
    assert caught.value.code() == NOT_NOW


@pytest.mark.parametrize("name", ["constructor", "None", "null", "NaN", "true", "CON",
                                  "aux.", "select", "x" * 200, "1", "0.0"])  # fmt: skip
def test_names_that_are_only_odd(wire, study, name):  # 50, 78 to 81
    answer = wire.studies.CreateStudy(pb.CreateStudyRequest(study=name, spec=spec()), timeout=9)
    assert answer.created
    assert wire.study(name).name == name
    assert name in wire.names()
    wire.studies.DeleteStudy(pb.DeleteStudyRequest(study=name), timeout=9)


def test_a_range_of_one_value(wire, study):  # 91
    whole = pb.ParameterSpec(name="i", int_range=pb.IntRange(low=3, high=3))
    real = pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0.5, high=0.5))
    assert values(wire.take(study(space=[whole, real])).params) == {"i": 3, "x": 0.5}


def test_unknown_fields_are_passed_over(wire, study):  # 105
    name = study()
    data = pb.GetStudyRequest(study=name).SerializeToString() + b"\xf8\x3f\x01"
    call = wire.channel.unary_unary("/ashad.v1.StudyService/GetStudy")
    assert pb.GetStudyResponse.FromString(call(data, timeout=9)).study.name == name


def test_two_of_a_oneof_on_the_wire(wire, study):  # 106: the last counts, as protobuf has it
    data = (
        pb.StudySpec(grid=pb.GridSearch()).SerializeToString()
        + spec(asha=pb.Asha(eta=2)).SerializeToString()
    )
    made = pb.StudySpec.FromString(data)
    assert made.WhichOneof("algorithm") == "asha"


def test_a_message_cut_at_every_byte(wire, case):  # 113
    call = wire.channel.unary_unary("/ashad.v1.SchedulerService/Report")
    whole = pb.ReportRequest.FromString(A_REPORT)
    whole.study = "nobody"
    data = whole.SerializeToString()
    began = time.monotonic()
    for end in range(len(data)):
        with pytest.raises(grpc.RpcError) as caught:
            call(data[:end], timeout=9)
        assert caught.value.code() in (INVALID, MISSING), end
        assert told(caught.value) in ("MALFORMED_MESSAGE", "STUDY_NOT_FOUND"), end
    assert (time.monotonic() - began) / len(data) < 0.1


def test_a_bomb_of_zeros(wire, case):  # 114: the limit holds after unpacking
    call = wire.channel.unary_unary("/ashad.v1.StudyService/GetStudy")
    assert len(gzip.compress(bytes(64 << 20))) < 100_000
    with pytest.raises(grpc.RpcError) as caught:
        call(bytes(64 << 20), timeout=9, compression=grpc.Compression.Gzip)
    assert caught.value.code() == TOO_MUCH


@pytest.mark.parametrize(
    "uri",
    ["file:///etc/passwd", "s3://b/../../x", "http://169.254.169.254/latest/meta-data",
     "s3://b/x#/../../..", "file://./etc", "C:\\x", "\\\\host\\x", "https://user:pass@host/x",
     "data:text/html,<script>alert(1)</script>"],
)  # fmt: skip
def test_a_checkpoint_uri_is_opaque_and_never_in_the_log(wire, study, uri):  # 121 to 127, 130
    name = study()
    held = wire.take(name)
    wire.report(held, 1, 0.5, uri)
    assert wire.reports(name)[0].checkpoint_uri == uri
    wire.scheduler.ReleaseTrial(pb.ReleaseTrialRequest(**proof(held)), timeout=9)
    assert wire.take(name).resume_checkpoint_uri == uri
    assert uri not in wire.daemon.log.read_text()
    assert "user:pass" not in wire.daemon.log.read_text()


@pytest.mark.parametrize("timeout", [-1, 0, 1e-9, 1e-4, 1e-3])
def test_a_deadline_that_is_over_may_be_tried_again(wire, study, timeout):  # 133
    """Whether the work was done is unknown; the same key finds out, and nothing is done twice."""
    name = study()
    message = pb.SuggestRequest(study=name, worker="late", request_id="late")
    call = wire.scheduler.Suggest.future(message, timeout=timeout)
    first = None if call.exception(9) else call.result()
    assert call.code() in (Code.OK, Code.DEADLINE_EXCEEDED)
    again = wire.scheduler.Suggest(message, timeout=9)
    assert first in (None, again)
    assert (again.assignment.trial, wire.study(name).counts.created) == (0, 1)


def test_a_deadline_of_ten_years(wire, case):  # 134
    assert wire.studies.GetStudy(pb.GetStudyRequest(study=case.name), timeout=315_360_000)


@pytest.mark.parametrize("size", [0, 1000, 10**9])
def test_page_sizes_that_are_taken(wire, case, size):  # 137
    request = pb.ListTrialsRequest(study=case.name, page_size=size)
    assert len(wire.studies.ListTrials(request, timeout=9).trials) == 1


# --- below the messages --------------------------------------------------------------------


def test_large_metadata(wire, case):  # 117
    request = pb.GetStudyRequest(study=case.name)
    with pytest.raises(grpc.RpcError) as caught:
        wire.studies.GetStudy(request, timeout=9, metadata=[("x", "y" * 20_000)])
    assert caught.value.code() == TOO_MUCH


def frame(kind, flags, stream, body):
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def headers(*pairs):
    """HPACK, every field literal and none in the table."""
    out = b""
    for name, value in pairs:
        out += b"\0"
        for text in (name, value):
            data = text if isinstance(text, bytes) else text.encode()
            size = len(data)
            if size < 127:
                out += bytes([size])
            else:
                size -= 127
                out += b"\x7f"
                while size > 127:
                    out, size = out + bytes([size & 127 | 128]), size >> 7
                out += bytes([size])
            out += data
    return out


PLAIN = [
    (":method", "POST"), (":scheme", "http"), (":path", "/ashad.v1.StudyService/GetStudy"),
    (":authority", "x"), ("te", "trailers"), ("content-type", "application/grpc"),
]  # fmt: skip


def http2(address, pairs, body=b"\0\0\0\0\0"):
    """Make one call by hand; return whether there was any answer to it within a second."""
    host, port = address.rsplit(":", 1)
    block = headers(*pairs)
    parts = [block[i : i + 16_000] for i in range(0, len(block), 16_000)]
    data = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"")
    for i, part in enumerate(parts):
        data += frame(1 if i == 0 else 9, 4 if i == len(parts) - 1 else 0, 1, part)
    data += frame(0, 1, 1, body)
    with socket.create_connection((host, int(port)), timeout=5) as wired:
        return _answered(wired, data)


def _answered(wired, data):
    wired.settimeout(SECONDS)
    got = b""
    try:
        wired.sendall(data)
        while True:
            piece = wired.recv(65536)
            if not piece:
                return True  # the connection was closed
            got += piece
            at = 0
            while at + 9 <= len(got):
                size, kind = int.from_bytes(got[at : at + 3], "big"), got[at + 3]
                stream = int.from_bytes(got[at + 5 : at + 9], "big")
                if kind == 7 or (stream == 1 and kind in (1, 3)):
                    return True
                at += 9 + size
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def with_header(name, value):
    return [pair for pair in PLAIN if pair[0] != name] + [(name, value)]


@pytest.mark.parametrize(
    "pairs",
    [
        with_header("grpc-encoding", "rot13"),  # 115
        with_header("content-type", "text/html"),  # 116
        with_header("content-type", ""),
        [*PLAIN, *((f"h{i}", "") for i in range(10_000))],  # 118
        with_header("x", b"\xff\xfe\x00"),  # 119
        with_header("x-bin", "***"),  # 120
        with_header("grpc-timeout", "99999999999999999H"),  # 134
        with_header("grpc-timeout", "-1S"),
        with_header(":path", "/" + "x" * 100_000),
        with_header(":path", "/ashad.v1.StudyService/../GetStudy"),
        with_header(":method", "GET"),
    ],
    ids=range(11),
)
def test_headers_by_hand(wire, case, pairs):
    assert http2(wire.daemon.address, PLAIN)  # the control
    assert http2(wire.daemon.address, pairs)


@pytest.mark.parametrize(
    "body",
    [
        b"\0\xff\xff\xff\xff",  # a message of 4 GiB is announced
        b"\1\0\0\0\5hello",  # compressed, but not
        b"\7\0\0\0\0",  # no such flag
    ],
)
def test_frames_by_hand(wire, case, body):
    assert http2(wire.daemon.address, PLAIN, body)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: evil.com\r\n\r\n",
        bytes.fromhex("16030100a5010000a10303") + bytes(200),  # TLS
        bytes(range(256)) * 64,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"x" * 7),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(1, 4, 1, b"\xff" * 100),
    ],
)
def test_what_is_no_grpc_at_all(wire, case, data):
    host, port = wire.daemon.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5) as wired:
        assert _answered(wired, data)
