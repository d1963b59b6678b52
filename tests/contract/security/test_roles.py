"""Every rpc, for every role and each kind of token that opens nothing: denied unless granted.

The table is written out here by hand: an rpc that comes without a line of it fails the test.
"""

from __future__ import annotations

import collections
import queue
import time

import grpc
import pytest
from ashad.core.errors import RefusalError
from ashad.security import TokenCache
from ashad.security.limits import DEFAULTS
from ashad.service.auth import NEEDS, AuthInterceptor, CallRates
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from tests.support.callers import bearer, spec
from tests.support.wire import until

W, S = "ashad.v1.SchedulerService", "ashad.v1.StudyService"
ALL, WORKERS, ADMINS = {"admin", "worker", "viewer"}, {"admin", "worker"}, {"admin"}
# CreateStudy: a worker is heard, and gets what is there; the tests of repeats below say what else.
REPEATED = {"admin"}
MAY = {
    f"/{W}/Suggest": WORKERS,
    f"/{W}/Report": WORKERS,
    f"/{W}/ReportStream": WORKERS,
    f"/{W}/ShouldStop": ALL,
    f"/{W}/Heartbeat": WORKERS,
    f"/{W}/CompleteTrial": WORKERS,
    f"/{W}/FailTrial": WORKERS,
    f"/{W}/ReleaseTrial": WORKERS,
    f"/{S}/CreateStudy": REPEATED,
    f"/{S}/GetStudy": ALL,
    f"/{S}/ListStudies": ALL,
    f"/{S}/ListQuotas": ALL,
    f"/{S}/UpdateStudy": ADMINS,
    f"/{S}/ChangeSpace": ADMINS,
    f"/{S}/PauseStudy": ADMINS,
    f"/{S}/ResumeStudy": ADMINS,
    f"/{S}/StopStudy": ADMINS,
    f"/{S}/DeleteStudy": ADMINS,
    f"/{S}/EnqueueTrial": ADMINS,
    f"/{S}/ImportTrials": ADMINS,
    f"/{S}/CancelTrial": ADMINS,
    f"/{S}/AnnotateStudy": ADMINS,
    f"/{S}/AnnotateTrial": ADMINS,
    f"/{S}/GetTrial": ALL,
    f"/{S}/GetBestTrial": ALL,
    f"/{S}/ListTrials": ALL,
    f"/{S}/ListReports": ALL,
    f"/{S}/ListObsoleteCheckpoints": ALL,
    f"/{S}/SummarizeStudy": ALL,
    f"/{S}/SampleCurves": ALL,
    f"/{S}/QueryTrials": ALL,
    f"/{S}/ListBestSteps": ALL,
    f"/{S}/GetParameterImportance": ALL,
    f"/{S}/ExplainTrial": ALL,
    f"/{S}/WatchStudy": ALL,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": ALL,
    "/grpc.health.v1.Health/Check": ALL | {"none"},
    "/grpc.health.v1.Health/Watch": ALL | {"none"},
}
NOBODY = ["none", "wrong", "wrong secret", "revoked", "expired", "other scheme"]
REASONS = {
    "none": "TOKEN_MISSING", "other scheme": "TOKEN_MISSING", "wrong": "TOKEN_INVALID",
    "wrong secret": "TOKEN_INVALID", "revoked": "TOKEN_REVOKED", "expired": "TOKEN_EXPIRED",
}  # fmt: skip


def served():
    """Name every rpc that the daemon serves, from the descriptors."""
    files = (pb.DESCRIPTOR, health_pb2.DESCRIPTOR, reflection_pb2.DESCRIPTOR)
    return {
        f"/{service.full_name}/{method.name}": method
        for file in files
        for service in file.services_by_name.values()
        for method in service.methods
    }


@pytest.fixture(scope="module")
def metadata(guarded):
    """What each kind of caller sends."""
    found = {role: bearer(guarded.token(role)) for role in ("admin", "worker", "viewer")}
    gone, secret = guarded.tokens.create("admin")
    guarded.tokens.revoke(gone.id)
    found["revoked"] = bearer(secret)
    old, secret = guarded.tokens.create("admin", lifetime_s=1)
    found["expired"] = bearer(secret)
    whole = guarded.token("admin")
    found["wrong secret"] = bearer(whole[:-1] + ("a" if whole[-1] != "a" else "b"))
    found["wrong"] = bearer("ash_00000000_" + "x" * 43)
    found["other scheme"] = (("authorization", f"Basic {whole}"),)
    found["none"] = None
    while time.time() < old.expires:
        time.sleep(0.05)
    return found


def code_of(channel, method, path, metadata):
    """Call with an empty request; return the code and the reason."""
    request = {"ServerReflectionInfo": b""}.get(method.name, b"")
    multi = channel.stream_stream if method.client_streaming else channel.unary_stream
    try:
        if method.client_streaming or method.server_streaming:
            asked = iter([request]) if method.client_streaming else request
            call = multi(path)(asked, metadata=metadata, timeout=10)
            next(call)
            call.cancel()
        else:
            channel.unary_unary(path)(request, metadata=metadata, timeout=10)
    except StopIteration:
        pass
    except grpc.RpcError as error:
        reason = dict(error.trailing_metadata() or ()).get("ashad-reason", "")
        return error.code().name, reason
    return "OK", ""


def test_the_table_names_every_rpc_and_no_other():
    implemented = set(served()) - {"/grpc.health.v1.Health/List"}
    assert set(MAY) == implemented
    assert set(NEEDS) >= implemented


@pytest.mark.parametrize("path", sorted(MAY))
def test_each_caller_gets_what_the_table_grants(guarded, metadata, path):
    method = served()[path]
    with guarded.channel() as channel:
        for caller in ("admin", "worker", "viewer"):
            code, reason = code_of(channel, method, path, metadata[caller])
            if caller in MAY[path]:
                assert code not in ("UNAUTHENTICATED", "PERMISSION_DENIED"), (caller, code)
            else:
                assert (code, reason) == ("PERMISSION_DENIED", "PERMISSION_DENIED"), caller
        for caller in NOBODY:
            code, reason = code_of(channel, method, path, metadata[caller])
            if "none" in MAY[path]:
                assert code != "UNAUTHENTICATED"
            else:
                assert (code, reason) == ("UNAUTHENTICATED", REASONS[caller]), caller


def test_an_rpc_that_nobody_knows_is_refused(guarded, metadata):
    with guarded.channel() as channel:
        call = channel.unary_unary(f"/{S}/DropEverything")
        for caller, due in (("none", "UNAUTHENTICATED"), ("admin", "PERMISSION_DENIED")):
            with pytest.raises(grpc.RpcError) as refused:
                call(b"", metadata=metadata[caller], timeout=10)
            assert refused.value.code().name == due


def test_an_rpc_without_a_policy_is_denied_to_all(guarded, metadata, monkeypatch):
    """The museum's m26: a new rpc that was forgotten in the table opens to nobody."""
    rates = CallRates(time.monotonic, DEFAULTS)
    auth = AuthInterceptor(TokenCache(guarded.tokens.path, time.time, print), rates, None, print)
    monkeypatch.delitem(NEEDS, f"/{S}/DeleteStudy")
    with pytest.raises(RefusalError) as refused:
        auth.authorize(f"/{S}/DeleteStudy", metadata["admin"])
    assert refused.value.reason == "PERMISSION_DENIED"


# --- scope ------------------------------------------------------------------------------------


def studies(guarded, token):
    """Return stubs of StudyService that carry a token."""
    stub = ashad_pb2_grpc.StudyServiceStub(guarded.channel())
    return lambda rpc, request: getattr(stub, rpc)(request, metadata=bearer(token), timeout=10)


def test_a_token_for_some_studies_knows_of_no_others(guarded):
    admin = studies(guarded, guarded.token("admin"))
    for name in ("team-a", "team-b", "other"):
        admin("CreateStudy", pb.CreateStudyRequest(study=name, spec=spec()))
    one = studies(guarded, guarded.token("viewer", studies=("team-*",)))
    seen = one("ListStudies", pb.ListStudiesRequest()).studies
    assert [study.name for study in seen] == ["team-a", "team-b"]
    for scoped in (one, studies(guarded, guarded.token("viewer", studies=("team-a",)))):
        scoped("GetStudy", pb.GetStudyRequest(study="team-a"))
        with pytest.raises(grpc.RpcError) as hidden:
            scoped("GetStudy", pb.GetStudyRequest(study="other"))
        with pytest.raises(grpc.RpcError) as absent:
            scoped("GetStudy", pb.GetStudyRequest(study="othes"))
        assert hidden.value.code() == absent.value.code() == grpc.StatusCode.NOT_FOUND
        assert hidden.value.details().replace("other", "othes") == absent.value.details()


# --- a worker may repeat CreateStudy --------------------------------------------------------------


def refusal(call, rpc, request):
    """Call, expect a refusal, and return its code, its reason and its text."""
    with pytest.raises(grpc.RpcError) as refused:
        call(rpc, request)
    reason = dict(refused.value.trailing_metadata())["ashad-reason"]
    return refused.value.code().name, reason, refused.value.details()


def test_a_worker_gets_the_echo_of_a_study_that_is_there(guarded):
    admin = studies(guarded, guarded.token("admin"))
    made = pb.CreateStudyRequest(study="echoed", spec=spec())
    admin("CreateStudy", made)
    worker = studies(guarded, guarded.token("worker", studies=("echo*",)))
    answer = worker("CreateStudy", made)
    assert (answer.study.name, answer.created) == ("echoed", False)
    made.validate_only = True
    assert not worker("CreateStudy", made).created
    other = pb.CreateStudyRequest(study="echoed", spec=spec(resource="step"))
    code, reason, text = refusal(worker, "CreateStudy", other)
    assert (code, reason) == ("ALREADY_EXISTS", "STUDY_EXISTS")
    assert "resource" in text
    viewer = studies(guarded, guarded.token("viewer"))
    assert refusal(viewer, "CreateStudy", made)[1] == "PERMISSION_DENIED"


def test_a_worker_makes_nothing(guarded):
    worker = studies(guarded, guarded.token("worker"))
    broken = spec(resource="x" * 5000)
    for request in (
        pb.CreateStudyRequest(study="not-there", spec=spec()),
        pb.CreateStudyRequest(study="not-there", spec=spec(), validate_only=True),
        pb.CreateStudyRequest(study="not-there", spec=broken),  # it is not even looked at
    ):
        code, reason, text = refusal(worker, "CreateStudy", request)
        assert (code, reason) == ("PERMISSION_DENIED", "PERMISSION_DENIED")
        assert "make it first with a token of the role admin" in text
    assert refusal(worker, "GetStudy", pb.GetStudyRequest(study="not-there"))[0] == "NOT_FOUND"


def test_a_worker_learns_nothing_of_studies_out_of_its_scope(guarded):
    admin = studies(guarded, guarded.token("admin"))
    admin("CreateStudy", pb.CreateStudyRequest(study="secret", spec=spec()))
    worker = studies(guarded, guarded.token("worker", studies=("mine-*",)))
    told = {
        refusal(worker, "CreateStudy", pb.CreateStudyRequest(study=name, spec=made))
        for name in ("secret", "absent")
        for made in (spec(), spec(resource="step"))
    }
    assert len(told) == 1
    assert "the token is for other names of studies" in told.pop()[2]


def test_only_what_an_admin_makes_is_in_the_audit(guarded):
    made, secret = guarded.tokens.create("worker")
    own, key = guarded.tokens.create("admin")
    request = pb.CreateStudyRequest(study="audited", spec=spec())
    studies(guarded, key)("CreateStudy", request)
    studies(guarded, secret)("CreateStudy", request)
    studies(guarded, key)("DeleteStudy", pb.DeleteStudyRequest(study="audited"))

    def calls():
        said = guarded.daemon.log.read_text().splitlines()
        return [line for line in said if "admin_call" in line and own.id in line]

    until(lambda: any("DeleteStudy" in line for line in calls()))  # so the lines before are there
    assert any("CreateStudy" in line for line in calls())
    said = guarded.daemon.log.read_text().splitlines()
    assert not any(made.id in line for line in said if "admin_call" in line)


def test_an_admin_of_some_studies_makes_only_those(guarded):
    mine = studies(guarded, guarded.token("admin", studies=("mine-*",)))
    mine("CreateStudy", pb.CreateStudyRequest(study="mine-1", spec=spec()))
    with pytest.raises(grpc.RpcError) as refused:
        mine("CreateStudy", pb.CreateStudyRequest(study="yours", spec=spec()))
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(grpc.RpcError) as refused:
        mine("DeleteStudy", pb.DeleteStudyRequest(study="team-a", force=True))
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND


def test_a_revocation_counts_at_the_next_call(guarded):
    made, secret = guarded.tokens.create("viewer")
    call = studies(guarded, secret)
    call("ListStudies", pb.ListStudiesRequest())
    guarded.tokens.revoke(made.id)
    with pytest.raises(grpc.RpcError) as refused:
        call("ListStudies", pb.ListStudiesRequest())
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_a_revocation_ends_a_stream_at_its_next_message(guarded):
    made, secret = guarded.tokens.create("worker")
    stub, messages = ashad_pb2_grpc.SchedulerServiceStub(guarded.channel()), queue.SimpleQueue()
    stream = stub.ReportStream(iter(messages.get, None), metadata=bearer(secret), timeout=10)
    messages.put(pb.ReportStreamRequest(reports=[pb.ReportRequest(study="nowhere")]))
    assert next(stream).results[0].refusal.reason == "STUDY_NOT_FOUND"
    guarded.tokens.revoke(made.id)
    messages.put(pb.ReportStreamRequest())
    with pytest.raises(grpc.RpcError) as refused:
        next(stream)
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_a_stream_knows_of_the_studies_of_its_token_only(guarded):
    admin = studies(guarded, guarded.token("admin"))
    admin("CreateStudy", pb.CreateStudyRequest(study="hidden", spec=spec()))
    token = guarded.token("worker", studies=("team-*",))
    stub = ashad_pb2_grpc.SchedulerServiceStub(guarded.channel())
    reports = [pb.ReportRequest(study="hidden"), pb.ReportRequest(study="nowhere")]
    message = pb.ReportStreamRequest(reports=reports)
    (answer,) = stub.ReportStream(iter([message]), metadata=bearer(token), timeout=10)
    assert [result.refusal.reason for result in answer.results] == ["STUDY_NOT_FOUND"] * 2


def test_a_revocation_ends_a_watch(guarded):
    studies(guarded, guarded.token("admin"))(
        "CreateStudy", pb.CreateStudyRequest(study="watched", spec=spec())
    )
    made, secret = guarded.tokens.create("viewer")
    stub = ashad_pb2_grpc.StudyServiceStub(guarded.channel())
    request = pb.WatchStudyRequest(study="watched")
    stream = stub.WatchStudy(request, metadata=bearer(secret), timeout=30)
    assert next(stream).study.name == "watched"
    guarded.tokens.revoke(made.id)
    with pytest.raises(grpc.RpcError) as ended:
        for _ in stream:
            pass
    assert dict(ended.value.trailing_metadata())["ashad-reason"] == "TOKEN_REVOKED"
    scoped = bearer(guarded.token("viewer", studies=("team-*",)))
    with pytest.raises(grpc.RpcError) as hidden:
        next(stub.WatchStudy(request, metadata=scoped, timeout=30))
    assert hidden.value.code() == grpc.StatusCode.NOT_FOUND


def test_a_token_that_calls_too_often_is_told_when_to_come_again(guarded):
    call = studies(guarded, guarded.token("viewer", rate=5))
    for _ in range(10):  # two seconds' worth at once
        call("ListStudies", pb.ListStudiesRequest())
    with pytest.raises(grpc.RpcError) as refused:
        collections.deque((call("ListStudies", pb.ListStudiesRequest()) for _ in range(10)), 0)
    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    trailers = dict(refused.value.trailing_metadata())
    assert trailers["ashad-reason"] == "RATE_LIMITED"
    assert int(trailers["grpc-retry-pushback-ms"]) > 0


def test_no_secret_is_in_the_log_or_in_an_error(guarded, metadata):
    said = guarded.daemon.log.read_text()
    for entries in metadata.values():
        for _, value in entries or ():
            assert value.split("_", 2)[2] not in said  # a secret may have a _ in it
    assert "admin_call" in said
