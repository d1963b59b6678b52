"""What operators are told: every call is counted, by bounded labels, and the numbers are right."""

from __future__ import annotations

import re

import grpc
import pytest
from ashad_client.v1 import ashad_pb2 as pb
from prometheus_client.parser import text_string_to_metric_families

from tests.contract.web.conftest import http_of
from tests.support.wire import SHORT, Wire, proof, until


@pytest.fixture
def counted(new_daemon, tmp_path):
    with new_daemon(tmp_path) as daemon:
        daemon.start("--web", "127.0.0.1:0")
        wire = Wire(daemon)
        yield wire, http_of(daemon)
        wire.channel.close()


def samples(port):
    got = port.send("GET", "/metrics")
    assert (got.status, got.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(got.data.decode())
        for sample in family.samples
    }


STUDY, WORK = "ashad.v1.StudyService", "ashad.v1.SchedulerService"
COUNT = "grpc_server_call_duration_seconds_count"


def test_each_call_is_counted_by_how_it_ended(counted):
    wire, port = counted
    name = wire.create(lease=SHORT)
    for _ in range(3):
        wire.study(name)
    with pytest.raises(grpc.RpcError):
        wire.study("none")
    with pytest.raises(grpc.RpcError):
        wire.ask("none")
    held = wire.take(name)
    wire.report(held, 1, 0.5)
    reports = pb.ReportStreamRequest(
        reports=[
            pb.ReportRequest(**proof(held), resource=2, metrics=[pb.Metric(name="loss", value=1)])
        ]
    )
    assert len(list(wire.scheduler.ReportStream(iter([reports] * 2)))) == 2
    watching = wire.studies.WatchStudy(pb.WatchStudyRequest(study=name))
    next(watching)
    watching.cancel()
    for path in ("/ashad.v1.StudyService/None", "/x/y"):
        with pytest.raises(grpc.RpcError):
            wire.channel.unary_unary(path)(b"")
    found = until(
        lambda: (s := samples(port)).get((COUNT, f"{STUDY}/WatchStudy", "CANCELLED")) and s
    )  # fmt: skip
    ended = {key[1:]: value for key, value in found.items() if key[0] == COUNT}
    assert ended[f"{STUDY}/GetStudy", "OK"] == 3
    assert ended[f"{STUDY}/GetStudy", "NOT_FOUND"] == 1
    assert ended[f"{WORK}/Suggest", "NOT_FOUND"] == 1
    assert ended[f"{WORK}/Report", "OK"] == 1
    assert ended[f"{WORK}/ReportStream", "OK"] == 1
    assert found["grpc_server_call_started_total", f"{STUDY}/GetStudy"] == 4
    assert found["ashad_trials", "running"] + found["ashad_trials", "queued"] == 1
    assert (found["ashad_studies", "active"], found["ashad_studies", "paused"]) == (1, 0)
    assert found["ashad_commit_seconds_count",] == found["ashad_commit_batch_changes_count",] > 0
    assert found["ashad_commit_batch_changes_sum",] >= 3
    assert found["ashad_commit_queue_seconds_sum",] < 60
    assert found["ashad_database_bytes", "main"] > 0
    later = until(lambda: (s := samples(port))["ashad_leases_expired_total",] and s)
    assert later["ashad_trials", "queued"] == 1


def test_labels_are_bounded_whatever_clients_send(counted):
    """A name that a client chose is in no label."""
    wire, port = counted
    for n in range(20):
        with pytest.raises(grpc.RpcError):
            wire.study(f"chosen-{n}")
        with pytest.raises(grpc.RpcError):
            wire.channel.unary_unary(f"/chosen/{n}")(b"")
    wire.create()
    text = port.send("GET", "/metrics").data.decode()
    assert "chosen" not in text
    assert set(re.findall(r'grpc_method="([^"]*)"', text)) <= {
        f"{service}/{method.name}"
        for service in (STUDY, WORK)
        for method in pb.DESCRIPTOR.services_by_name[service.rpartition(".")[2]].methods
    } | {"other"}
