"""The contract over HTTP by the Connect protocol: the same answers and refusals as by gRPC."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import subprocess
from urllib.parse import urlencode

import pytest
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf import json_format
from google.rpc.error_details_pb2 import ErrorInfo

from tests.contract.web.conftest import SERVICE
from tests.support.wire import until

READS = [
    "GetStudy", "ListStudies", "GetTrial", "ListTrials", "ListReports", "ExplainTrial",
    "ListObsoleteCheckpoints", "SummarizeStudy", "SampleCurves", "QueryTrials", "ListBestSteps",
    "GetParameterImportance", "ListQuotas",
]  # fmt: skip


@pytest.fixture(scope="module")
def study(served):
    name = served.create()
    for value in (0.3, 0.2, 0.1):
        served.run(name, value)
    return name


def request_of(rpc, study):
    """A request of a read."""
    request = getattr(pb, f"{rpc}Request")()
    if "study" in request.DESCRIPTOR.fields_by_name:
        request.study = study
    return request


@pytest.mark.parametrize("rpc", READS)
def test_a_read_says_the_same_as_by_grpc(served, http_port, study, rpc):
    request, method = request_of(rpc, study), getattr(served.studies, rpc)
    expected = method(request, timeout=9)
    kind = type(expected)
    plain = json_format.MessageToDict(request)
    by_json = http_port.call(rpc, plain)
    assert (by_json.status, by_json.headers["content-type"]) == (200, "application/json")
    assert json_format.Parse(by_json.data, kind()) == expected
    path, data = f"{SERVICE}{rpc}", request.SerializeToString()
    by_proto = http_port.send("POST", path, data, content_type="application/proto")
    assert by_proto.headers["content-type"] == "application/proto"
    assert kind.FromString(by_proto.data) == expected
    for query in (
        {"message": json.dumps(plain), "encoding": "json", "connect": "v1"},
        {"message": base64.urlsafe_b64encode(json.dumps(plain).encode()), "base64": "1"},
    ):
        got = http_port.send("GET", f"{path}?{urlencode(query)}")
        assert json_format.Parse(got.data, kind()) == expected
    packed = {"message": base64.urlsafe_b64encode(data).rstrip(b"="), "base64": "1"}
    got = http_port.send("GET", f"{path}?{urlencode(packed | {'encoding': 'proto'})}")
    assert kind.FromString(got.data) == expected
    small = http_port.call(rpc, plain, accept_encoding="gzip")
    if "content-encoding" in small.headers:
        small.data = gzip.decompress(small.data)
    assert json_format.Parse(small.data, kind()) == expected


def test_real_curl(http_port, study):
    curl = ["curl", "--silent", "--show-error", "--fail-with-body"]
    url = f"http://{http_port.address}{SERVICE}GetStudy"
    done = subprocess.run(
        [*curl, "-H", "content-type: application/json", "-d", json.dumps({"study": study}), url],
        capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["study"]["name"] == study


def test_a_study_from_the_first_to_the_last_call(http_port, served):
    """Everything that a client of one trial needs, by JSON alone."""
    spec = {
        "metric": "loss", "goal": "GOAL_MINIMIZE", "maxResource": 3, "asha": {"eta": 3},
        "space": [{"name": "lr", "floatRange": {"low": 0.0, "high": 1.0}}],
    }  # fmt: skip
    made = http_port.call("CreateStudy", {"study": "by-json", "spec": spec})
    assert made.json["created"] is True
    work = "/ashad.v1.SchedulerService/"
    asked = {"study": "by-json", "worker": "w", "requestId": "1"}
    held = http_port.call(f"{work}Suggest", asked).json["assignment"]
    key = {
        "study": "by-json", "trial": held.get("trial", "0"), "attempt": held["attempt"],
        "leaseToken": held["leaseToken"],
    }  # fmt: skip
    report = key | {"resource": 1, "metrics": [{"name": "loss", "value": "NaN"}]}
    told = http_port.call(f"{work}Report", report).json["decision"]
    assert told["reason"] == "DIVERGED"
    assert http_port.call("PauseStudy", {"study": "by-json"}).json["study"]["state"] == (
        "STUDY_STATE_PAUSED"
    )
    assert http_port.call("DeleteStudy", {"study": "by-json", "force": True}).json == {}
    assert "by-json" not in served.names()


REFUSED = [
    ("GetStudy", {"study": "none"}, 404, "not_found", "STUDY_NOT_FOUND"),
    ("GetStudy", {"name": "none"}, 400, "invalid_argument", "MALFORMED_MESSAGE"),
    ("GetStudy", [], 400, "invalid_argument", "MALFORMED_MESSAGE"),
    ("GetStudy", {"study": {"study": 1}}, 400, "invalid_argument", "MALFORMED_MESSAGE"),
    ("CreateStudy", {"study": "x"}, 400, "invalid_argument", "INVALID_SPEC"),
    ("GetTrial", {"study": "STUDY", "trial": 99}, 404, "not_found", "TRIAL_NOT_FOUND"),
    ("QueryTrials", {"study": "STUDY", "orderBy": "x"}, 400, "invalid_argument", "INVALID_FIELD"),
]  # fmt: skip


@pytest.mark.parametrize(("rpc", "message", "status", "code", "reason"), REFUSED)
def test_a_refusal_has_its_reason(http_port, study, rpc, message, status, code, reason):
    if isinstance(message, dict) and message.get("study") == "STUDY":
        message = message | {"study": study}
    got = http_port.call(rpc, message)
    assert (got.status, got.json["code"], got.reason) == (status, code, reason)
    (detail,) = got.json["details"]
    assert detail["type"] == "google.rpc.ErrorInfo"
    raw = base64.b64decode(detail["value"] + "=" * (-len(detail["value"]) % 4))
    info = ErrorInfo.FromString(raw)
    assert (info.reason, info.domain) == (reason, "ashad")
    assert detail["debug"]["reason"] == reason
    assert got.json["message"]


def test_what_is_no_call_of_the_protocol_is_refused(http_port, study):
    path, body = f"{SERVICE}GetStudy", json.dumps({"study": study}).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/connect+json", ""):
        got = http_port.send("POST", path, body, content_type=kind)
        assert (got.status, got.data) == (415, b"")
        assert "application/json" in got.headers["accept-post"]
    for rpc in ("Nothing", SERVICE, f"{SERVICE}GetStudy/x", "/ashad.v1.Nothing/GetStudy"):
        assert http_port.call(rpc, {}).json["code"] == "unimplemented"
    assert http_port.call("/ashad.v1.SchedulerService/ReportStream", {}).status == 501
    got = http_port.send("GET", f"{SERVICE}PauseStudy?message=%7B%7D")
    assert got.json["code"] == "unimplemented", "nothing is changed by GET"
    assert http_port.send("PUT", path, body, content_type="application/json").status == 501
    json_ = {"content_type": "application/json"}
    got = http_port.send("POST", path, b"{", **json_)
    assert (got.status, got.reason) == (400, "MALFORMED_MESSAGE")
    got = http_port.send("POST", path, b'{"study":' * 5000, **json_)
    assert (got.status, got.reason) == (400, "MALFORMED_MESSAGE")
    got = http_port.send("POST", path, b"\xff\xff", content_type="application/proto")
    assert (got.status, got.reason) == (400, "MALFORMED_MESSAGE")
    got = http_port.send("POST", path, body, content_encoding="br", **json_)
    assert got.json["code"] == "unimplemented"
    got = http_port.send("POST", path, b"nothing", content_encoding="gzip", **json_)
    assert got.reason == "MALFORMED_MESSAGE"
    got = http_port.send("POST", path, gzip.compress(body), content_encoding="gzip", **json_)
    assert got.json["study"]["name"] == study
    got = http_port.call("GetStudy", {"study": study}, connect_timeout_ms="soon")
    assert got.json["code"] == "invalid_argument"


def test_a_body_that_is_too_long_is_refused_whatever_it_becomes(http_port):
    path, long = f"{SERVICE}GetStudy", 5 * 1024 * 1024
    for kind in ("application/json", "application/proto"):
        got = http_port.send("POST", path, b" " * long, content_type=kind)
        assert (got.status, got.reason) == (429, "MESSAGE_TOO_LARGE")
        bomb = gzip.compress(b" " * 20 * long)
        got = http_port.send("POST", path, bomb, content_type=kind, content_encoding="gzip")
        assert (got.status, got.reason) == (429, "MESSAGE_TOO_LARGE")


def test_a_body_without_end_is_not_read_to_its_end(http_port):
    host, _, port = http_port.address.rpartition(":")
    head = (
        f"POST {SERVICE}GetStudy HTTP/1.1\r\nhost: {http_port.address}\r\n"
        f"content-type: application/json\r\ncontent-length: {10**12}\r\n\r\n"
    )  # fmt: skip
    with socket.create_connection((host, int(port)), timeout=20) as caller:
        caller.sendall(head.encode() + b" " * (4 * 1024 * 1024 + 1))
        assert caller.recv(100).startswith(b"HTTP/1.1 429")


def test_a_deadline_ends_a_call_and_a_caller_that_left_gets_no_trial(http_port, served):
    name = served.create(limits=pb.StudyLimits(max_concurrent_trials=1))
    held = served.take(name)
    work = "/ashad.v1.SchedulerService/Suggest"
    asked = {"study": name, "worker": "waits", "requestId": "1", "maxWait": "30s"}
    got = http_port.call(work, asked, connect_timeout_ms="50")
    assert (got.status, got.json["code"]) == (504, "deadline_exceeded")
    host, _, port = http_port.address.rpartition(":")
    body = json.dumps(asked | {"requestId": "2"}).encode()
    head = (
        f"POST {work} HTTP/1.1\r\nhost: {http_port.address}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )  # fmt: skip
    with socket.create_connection((host, int(port))) as caller:
        caller.sendall(head.encode() + body)
        caller.shutdown(socket.SHUT_WR)
        assert caller.recv(100) == b"", "it is sent away, since it cannot be there any more"
    served.report(held, 9, 0.5)
    other = until(lambda: served.ask(name, "other").assignment.attempt)
    assert other == 1
    assert served.study(name).counts.created == 2


def envelopes(data):
    while data:
        size = int.from_bytes(data[1:5], "big")
        yield data[0], data[5 : 5 + size]
        data = data[5 + size :]


def enveloped(message):
    return b"\0" + len(message).to_bytes(4, "big") + message


def test_a_study_is_watched_until_it_is_deleted(http_port, served):
    name = served.create()
    served.run(name, 0.5)
    seq = served.studies.GetStudy(pb.GetStudyRequest(study=name)).commit_seq
    served.studies.DeleteStudy.future(pb.DeleteStudyRequest(study=name, force=True)).result()
    gone = json.dumps({"study": name}).encode()
    kind = "application/connect+json"
    got = http_port.send("POST", f"{SERVICE}WatchStudy", enveloped(gone), content_type=kind)
    assert (got.status, got.headers["content-type"]) == (200, kind)
    ((flags, end),) = envelopes(got.data)
    error = json.loads(end)["error"]
    assert (flags, error["code"], error["details"][0]["debug"]["reason"]) == (
        2, "not_found", "STUDY_NOT_FOUND",
    )  # fmt: skip
    assert seq > 1


@pytest.mark.parametrize("codec", ["json", "proto"])
def test_changes_come_as_they_are_committed(http_port, served, codec):
    name = served.create()
    request = pb.WatchStudyRequest(study=name)
    data = request.SerializeToString()
    if codec == "json":
        data = json_format.MessageToJson(request).encode()
    host, _, port = http_port.address.rpartition(":")
    body = enveloped(data)
    head = (
        f"POST {SERVICE}WatchStudy HTTP/1.1\r\nhost: {http_port.address}\r\n"
        f"content-type: application/connect+{codec}\r\ncontent-length: {len(body)}\r\n\r\n"
    )  # fmt: skip
    with socket.create_connection((host, int(port)), timeout=20) as caller:
        caller.sendall(head.encode() + body)
        file = caller.makefile("rb")
        while file.readline().strip():
            pass

        def chunk():
            size = int(file.readline(), 16)
            found = file.read(size)
            file.readline()
            ((flags, message),) = envelopes(found)
            assert flags == 0
            if codec == "proto":
                return pb.WatchStudyResponse.FromString(message)
            return json_format.Parse(message, pb.WatchStudyResponse())

        assert [change.kind for change in chunk().changes] == ["CREATED"]
        held = served.take(name)
        kinds = [change.kind for change in chunk().changes]
        served.report(held, 1, 0.5)
        while "REPORTED" not in kinds:
            kinds += [change.kind for change in chunk().changes]
        assert kinds[-1] == "REPORTED"


def test_a_stream_that_is_not_one_envelope_is_refused(http_port):
    kind = "application/connect+json"
    for body in (b"", b"{}", b"\1\0\0\0\2{}", b"\0\0\0\0\5{}", enveloped(b"{}") * 2):
        got = http_port.send("POST", f"{SERVICE}WatchStudy", body, content_type=kind)
        assert (got.status, got.reason) == (400, "MALFORMED_MESSAGE")
