"""Whatever SQLite fails with in a read, the caller is told a reason, and never INTERNAL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.drivers import InProcess, Refused

REASONS = {
    sqlite3.SQLITE_CANTOPEN: ("UNAVAILABLE", "STORAGE_FAILED"),
    sqlite3.SQLITE_IOERR: ("UNAVAILABLE", "STORAGE_FAILED"),
    sqlite3.SQLITE_NOMEM: ("UNAVAILABLE", "STORAGE_FAILED"),
    sqlite3.SQLITE_PROTOCOL: ("UNAVAILABLE", "STORAGE_FAILED"),
    sqlite3.SQLITE_BUSY: ("UNAVAILABLE", "STORAGE_LOCKED"),
    sqlite3.SQLITE_FULL: ("RESOURCE_EXHAUSTED", "STORAGE_FULL"),
    sqlite3.SQLITE_CORRUPT: ("DATA_LOSS", "STORAGE_DAMAGED"),
    sqlite3.SQLITE_NOTADB: ("DATA_LOSS", "STORAGE_DAMAGED"),
}
READS = [
    ("GetTrial", pb.GetTrialRequest(study="s", trial=0)),
    ("GetBestTrial", pb.GetBestTrialRequest(study="s")),
    ("ListTrials", pb.ListTrialsRequest(study="s")),
    ("ListReports", pb.ListReportsRequest(study="s")),
    ("ExplainTrial", pb.ExplainTrialRequest(study="s", trial=0)),
    ("ListObsoleteCheckpoints", pb.ListObsoleteCheckpointsRequest(study="s")),
    ("SampleCurves", pb.SampleCurvesRequest(study="s")),
    ("QueryTrials", pb.QueryTrialsRequest(study="s")),
    ("ListBestSteps", pb.ListBestStepsRequest(study="s")),
]


class Failing:
    """A connection whose reads fail, at once or after so many statements."""

    def __init__(self, real: sqlite3.Connection, code: int, after: int) -> None:
        self.real, self.code, self.left = real, code, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def execute(self, statement: str, *values: Any) -> Any:
        if "SELECT" in statement:
            self.left -= 1
            if self.left < 0:
                error = sqlite3.OperationalError("injected")
                error.sqlite_errorcode = self.code
                error.sqlite_errorname = "SQLITE_INJECTED"
                raise error
        return self.real.execute(statement, *values)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[InProcess]:
    made = InProcess(tmp_path)
    spec = pb.StudySpec(metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=3, asha=pb.Asha(eta=3))
    spec.space.add(name="lr").float_range.high = 1
    made._once("StudyService", "CreateStudy", pb.CreateStudyRequest(study="s", spec=spec))
    asked = pb.SuggestRequest(study="s", worker="w", request_id="r")
    held = made._once("SchedulerService", "Suggest", asked).assignment
    for resource in (1, 2):
        report = pb.ReportRequest(
            study="s", trial=held.trial, attempt=held.attempt, lease_token=held.lease_token,
            resource=resource, metrics=[pb.Metric(name="loss", value=0.5)],
            checkpoint_uri=f"file:///{resource}",
        )  # fmt: skip
        made._once("SchedulerService", "Report", report)
    yield made
    made.close()


@pytest.mark.parametrize("code", REASONS, ids=lambda code: f"code{code}")
@pytest.mark.parametrize(("rpc", "request_"), READS, ids=[rpc for rpc, _ in READS])
def test_a_read_that_fails_has_a_reason(
    door: InProcess, rpc: str, request_: Any, code: int
) -> None:
    real, told = door._reader.connection, set()
    for after in range(12):  # statements that go well before one fails
        door._reader.connection = Failing(real, code, after)  # type: ignore[assignment]
        try:
            door._once("StudyService", rpc, request_)
        except Refused as refused:
            told.add((refused.code, refused.reason))
        finally:
            door._reader.connection = real
        assert not real.in_transaction
    assert told == {REASONS[code]}
    door._once("StudyService", rpc, request_)
