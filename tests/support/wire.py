"""The raw stubs of a real daemon, with the few words that the tests of the wire share."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any

import grpc
import pytest
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

Code = grpc.StatusCode
DEADLINE = 10.0
FLOAT = pb.ParameterSpec(name="rate", float_range=pb.FloatRange(low=0.0, high=1.0))


def spec(**fields: Any) -> pb.StudySpec:
    """A small study by stopping, seed 1; `fields` take the place of what it says."""
    plain: dict[str, Any] = {
        "metric": "loss", "goal": pb.GOAL_MINIMIZE, "max_resource": 9, "space": [FLOAT], "seed": 1,
    }  # fmt: skip
    algorithms = {f.name for f in pb.StudySpec.DESCRIPTOR.oneofs_by_name["algorithm"].fields}
    if not algorithms & set(fields):
        plain["asha"] = pb.Asha(eta=3)
    return pb.StudySpec(**plain | fields)


PROMOTION = pb.Asha(variant=pb.ASHA_VARIANT_PROMOTION, eta=3)
SHORT = pb.LeaseSpec(duration=Duration(seconds=1), heartbeat_interval=Duration(nanos=200_000_000))


def values(params: Any) -> dict[str, Any]:
    """Plain values of parameters."""
    return {p.name: getattr(p.value, p.value.WhichOneof("kind")) for p in params}


def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Ask until it holds, and return what it said."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found


class Wire:
    """One daemon and its stubs."""

    def __init__(self, daemon: Any) -> None:
        self.daemon = daemon
        self.connect()

    def connect(self) -> None:
        self.channel = self.daemon.channel()
        self.studies = ashad_pb2_grpc.StudyServiceStub(self.channel)
        self.scheduler = ashad_pb2_grpc.SchedulerServiceStub(self.channel)

    def crash(self) -> None:
        """Kill the daemon with -9 and start it again."""
        self.daemon.kill()
        self.channel.close()
        self.daemon.start()
        self.connect()

    # --- calls ---------------------------------------------------------------------------------

    def create(self, **fields: Any) -> str:
        name = f"s{uuid.uuid4().hex[:12]}"
        self.studies.CreateStudy(pb.CreateStudyRequest(study=name, spec=spec(**fields)), timeout=9)
        return name

    def study(self, name: str) -> pb.Study:
        return self.studies.GetStudy(pb.GetStudyRequest(study=name), timeout=DEADLINE).study

    def trial(self, name: str, number: int) -> pb.Trial:
        request = pb.GetTrialRequest(study=name, trial=number)
        return self.studies.GetTrial(request, timeout=DEADLINE).trial

    def trials(self, name: str) -> list[pb.Trial]:
        request = pb.ListTrialsRequest(study=name, page_size=1000)
        return list(self.studies.ListTrials(request, timeout=DEADLINE).trials)

    def reports(self, name: str) -> list[pb.StoredReport]:
        request = pb.ListReportsRequest(study=name, page_size=1000)
        return list(self.studies.ListReports(request, timeout=DEADLINE).reports)

    def ask(
        self, name: str, worker: str = "", request: str = "", wait: float = 0.0
    ) -> pb.SuggestResponse:
        message = pb.SuggestRequest(
            study=name, worker=worker or f"w{uuid.uuid4().hex}",
            request_id=request or uuid.uuid4().hex,
        )  # fmt: skip
        message.max_wait.FromMilliseconds(int(wait * 1000))
        return self.scheduler.Suggest(message, timeout=DEADLINE + wait)

    def take(self, name: str, worker: str = "", request: str = "") -> pb.Assignment:
        """Ask, and expect a trial."""
        found = self.ask(name, worker, request)
        assert found.WhichOneof("outcome") == "assignment", found
        return found.assignment

    def report(
        self,
        held: pb.Assignment,
        resource: int,
        value: float,
        checkpoint: str = "",
        **others: float,
    ) -> pb.Decision:
        return self.scheduler.Report(
            reporting(held, resource, value, checkpoint, **others), timeout=DEADLINE
        ).decision

    def beat(self, held: pb.Assignment) -> pb.Decision:
        return self.scheduler.Heartbeat(pb.HeartbeatRequest(**proof(held)), timeout=9).decision

    def run(self, name: str, value: float) -> pb.Assignment:
        """Take a trial and train it in full, or as far as it may go."""
        held = self.take(name)
        for resource in range(held.start_resource + 1, held.target_resource + 1):
            if self.report(held, resource, value).action != pb.ACTION_CONTINUE:
                break
        return held

    # --- what there is -------------------------------------------------------------------------

    def everything(self, name: str) -> list[bytes]:
        """All that is told of a study, but for times that run."""
        trials = self.trials(name)
        for trial in trials:
            trial.ClearField("worker_time")
        found: list[Message] = [self.study(name), *trials, *self.reports(name)]
        return [message.SerializeToString(deterministic=True) for message in found]

    def names(self) -> list[str]:
        found, token = [], ""
        while True:
            page = self.studies.ListStudies(
                pb.ListStudiesRequest(page_size=1000, page_token=token), timeout=DEADLINE
            )
            found += [study.name for study in page.studies]
            token = page.next_page_token
            if not token:
                return found

    def rows(self) -> dict[str, int]:
        """Rows by table of the studies that there are, read from the file itself."""
        there = "(SELECT id FROM study WHERE mode <> 'DELETED')"
        with closing(sqlite3.connect(f"file:{self.daemon.db}?mode=ro", uri=True)) as file:
            return {
                table: file.execute(
                    f"SELECT count(*) FROM {table} WHERE {key} IN {there}"
                ).fetchone()[0]
                for table, key in {"study": "id"}.items()
                | dict.fromkeys(("event", "trial", "change", "report"), "study").items()
            }


def proof(held: pb.Assignment) -> dict[str, Any]:
    """What each call of an attempt carries."""
    return {
        "study": held.study, "trial": held.trial, "attempt": held.attempt,
        "lease_token": held.lease_token,
    }  # fmt: skip


def reporting(
    held: pb.Assignment, resource: int, value: float, checkpoint: str = "", **others: float
) -> pb.ReportRequest:
    metrics = [pb.Metric(name="loss", value=value)]
    metrics += [pb.Metric(name=name, value=other) for name, other in others.items()]
    return pb.ReportRequest(
        **proof(held), resource=resource, metrics=metrics, checkpoint_uri=checkpoint
    )


def refused(call: Any, request: Any, code: Code, reason: str, *words: str) -> str:
    """Call, expect this refusal both ways, and return its message, which has these words."""
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=DEADLINE)
    error = caught.value
    assert (error.code(), told(error)) == (code, reason), error.details()
    status = rpc_status.from_call(error)
    assert status is not None
    assert status.message == error.details()
    (detail,) = status.details
    info = ErrorInfo()
    assert detail.Unpack(info)
    assert (info.reason, info.domain) == (reason, "ashad")
    assert all(word in error.details() for word in words), error.details()
    return error.details()


def told(error: grpc.RpcError) -> str:
    return dict(error.trailing_metadata() or ()).get("ashad-reason", "")
