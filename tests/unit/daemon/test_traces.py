"""Spans of calls, by OpenTelemetry: of a real daemon, as its environment asks for them."""

from __future__ import annotations

import json
import time

import grpc
import pytest
from ashad.daemon.traces import LAST_S, exporter, traces
from ashad.security import TokenFile
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.wire import spec

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(("environ", "name"), [
    ({}, ""), ({"OTEL_TRACES_EXPORTER": "none"}, ""), ({"OTEL_SERVICE_NAME": "x"}, ""),
    ({"OTEL_TRACES_EXPORTER": "console"}, "console"),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317"}, "otlp_proto_grpc"),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_TRACES_EXPORTER": "none"}, ""),
    ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
     "otlp_proto_http"),
    ({"OTEL_TRACES_EXPORTER": "console", "OTEL_SDK_DISABLED": "True"}, ""),
])  # fmt: skip
def test_it_is_off_unless_the_environment_asks(environ, name):
    assert exporter(environ) == name


def test_what_is_not_there_is_told_and_ends_no_start():
    told = []
    made = traces(
        {"OTEL_TRACES_EXPORTER": "nosuch"}, lambda event, **why: told.append((event, why))
    )
    made.close()
    assert made.interceptors == []
    assert told[0][0] == "traces_off"


def test_calls_have_spans_and_streams_and_secrets_none(new_daemon, tmp_path):
    pytest.importorskip("opentelemetry.instrumentation.grpc")
    with new_daemon(tmp_path) as daemon:
        file = TokenFile(daemon.db.with_name(f"{daemon.db.name}.tokens"))
        secret = file.create("admin")[1]
        daemon.start(
            "--require-tokens", OTEL_TRACES_EXPORTER="console", OTEL_BSP_SCHEDULE_DELAY="50"
        )
        parent = ("traceparent", f"00-{TRACE}-b7ad6b7169203331-01")
        call = {"metadata": [("authorization", f"Bearer {secret}"), parent], "timeout": 20}
        studies = daemon.studies()
        studies.CreateStudy(pb.CreateStudyRequest(study="s", spec=spec()), **call)
        with pytest.raises(grpc.RpcError) as refused:
            studies.GetStudy(pb.GetStudyRequest(study="none"), **call)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
        watching = studies.WatchStudy(pb.WatchStudyRequest(study="s"), **call)
        assert next(watching).changes[0].kind == "CREATED"
        watching.cancel()
        said = ""
        while said.count("\n}") < 2:  # each span is an object of many lines
            said += daemon.process.stdout.readline()
        assert daemon.stop() == 0
    assert secret not in said
    said = said[said.index("{") :].replace("\n}\n{", "\n},\n{")
    spans = json.loads(f"[{said}]")
    named = {span["name"]: span for span in spans}
    assert set(named) == {"/ashad.v1.StudyService/CreateStudy", "/ashad.v1.StudyService/GetStudy"}
    for span in spans:
        assert span["context"]["trace_id"] == f"0x{TRACE}"
        assert span["resource"]["attributes"]["service.name"] == "ashad"
    codes = [span["attributes"]["rpc.grpc.status_code"] for span in named.values()]
    assert codes == [0, grpc.StatusCode.NOT_FOUND.value[0]]


def test_a_collector_that_is_away_holds_up_no_end(new_daemon, tmp_path):
    pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc")
    with new_daemon(tmp_path) as daemon:
        daemon.start(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
        daemon.studies().CreateStudy(pb.CreateStudyRequest(study="s", spec=spec()), timeout=20)
        began = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - began < LAST_S + 60
