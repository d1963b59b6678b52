"""What the fault tests share: daemons that can be hurt, raw stubs, and studies to ask about.

Nothing here sleeps to let something happen: it looks until it has happened, or fails at a deadline.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

import grpc
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc

from tests.support.daemon import ForkServer

T = TypeVar("T")
OPTIONS = [
    ("grpc.enable_http_proxy", 0),
    ("grpc.enable_retries", 0),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 20),
    ("grpc.max_reconnect_backoff_ms", 100),
    ("grpc.max_receive_message_length", 64 << 20),
]


def until(what: str, look: Callable[[], T], seconds: float = 20.0, every: float = 0.005) -> T:
    """Look until it is there, `every` so many seconds; return it, or fail at the deadline."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(every)


class Daemon:
    """One daemon process at a time; it keeps its port and its file over restarts."""

    def __init__(self, server: ForkServer, folder: Path, db: Path | None = None) -> None:
        self.server, self.folder = server, folder
        self.db = db or folder / "ashad.db"
        self.log = folder / "daemon.log"
        self._out = folder / f"out-{uuid.uuid4().hex[:8]}"
        self.address = "127.0.0.1:0"
        self.pid = 0

    def launch(self, shim: dict[str, Any] | None = None, log: Path | None = None) -> None:
        """Start it without waiting for it to listen."""
        self.pid = self.server.start(
            ["--address", self.address, "--db", str(self.db), "--log-format", "json"],
            out=self._out, log=log or self.log, shim=shim, file=self.db.name,
        )  # fmt: skip

    def start(self, shim: dict[str, Any] | None = None, log: Path | None = None) -> Daemon:
        """Start it and wait until it listens."""
        self.launch(shim, log)
        assert self.listens() is not None, f"it did not start: {self.log.read_text()[-2000:]}"
        return self

    def listens(self, seconds: float = 30.0) -> str | None:
        """Return its address once it listens, None where it ended before."""
        found = until("listening", self._listening, seconds)
        if isinstance(found, str):
            self.address = found
            return found
        return None

    def _listening(self) -> str | bool:
        if match := re.search(r"listening on (\S+),", self._out.read_text()):
            return match[1]
        return not _runs(self.pid)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.wait() == -signal.SIGKILL

    def stop(self) -> int | None:
        self.signal(signal.SIGTERM)
        return self.wait()

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, seconds: float = 30.0) -> int | None:
        """Return its exit status, or None where it still runs."""
        status = self.server.wait(self.pid, seconds)
        if status is not None:
            self.pid = 0
        return status

    def end(self) -> None:
        """Make sure that nothing of it is left."""
        if self.pid and _runs(self.pid):
            self.signal(signal.SIGKILL)
        if self.pid:
            self.wait()

    def channel(self, address: str | None = None) -> grpc.Channel:
        return grpc.insecure_channel(address or self.address, options=OPTIONS)


def _runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Stubs:
    """Both services over one blocking channel."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self.scheduler = rpc.SchedulerServiceStub(channel)
        self.studies = rpc.StudyServiceStub(channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()

    def create(self, name: str, **more: Any) -> pb.Study:
        request = pb.CreateStudyRequest(study=name, spec=spec(**more))
        return self.studies.CreateStudy(request, timeout=30, wait_for_ready=True).study

    def suggest(self, study: str, worker: str, key: str | None = None) -> pb.SuggestResponse:
        request = pb.SuggestRequest(study=study, worker=worker, request_id=key or uuid.uuid4().hex)
        return self.scheduler.Suggest(request, timeout=30, wait_for_ready=True)

    def report(self, a: pb.Assignment, resource: int, value: float) -> pb.ReportResponse:
        return self.scheduler.Report(report_of(a, resource, value), timeout=30, wait_for_ready=True)

    def heartbeat(self, a: pb.Assignment) -> pb.HeartbeatResponse:
        request = pb.HeartbeatRequest(
            study=a.study, trial=a.trial, attempt=a.attempt, lease_token=a.lease_token
        )
        return self.scheduler.Heartbeat(request, timeout=30, wait_for_ready=True)

    def reports(self, study: str) -> Iterator[pb.StoredReport]:
        token = ""
        while True:
            request = pb.ListReportsRequest(study=study, page_size=1000, page_token=token)
            page = self.studies.ListReports(request, timeout=60, wait_for_ready=True)
            yield from page.reports
            if not (token := page.next_page_token):
                return

    def trials(self, study: str) -> Iterator[pb.Trial]:
        token = ""
        while True:
            request = pb.ListTrialsRequest(study=study, page_size=1000, page_token=token)
            page = self.studies.ListTrials(request, timeout=60, wait_for_ready=True)
            yield from page.trials
            if not (token := page.next_page_token):
                return


def spec(
    *, promotion: bool = False, max_resource: int = 9, lease: float = 90.0, beat: float = 0.0,
    max_trials: int = 0, seed: int = 1, adaptive: bool = False, min_resource: int = 1,
) -> pb.StudySpec:  # fmt: skip
    """Return a small study to be minimised."""
    variant = pb.ASHA_VARIANT_PROMOTION if promotion else pb.ASHA_VARIANT_STOPPING
    made = pb.StudySpec(metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=max_resource, seed=seed)
    made.space.add(name="rate", float_range=pb.FloatRange(low=1e-4, high=1, scale=pb.SCALE_LOG))
    made.space.add(name="width", int_range=pb.IntRange(low=1, high=64))
    if adaptive:
        made.adaptive_asha.CopyFrom(pb.AdaptiveAsha(variant=variant, eta=3))
        max_trials = max_trials or 1_000_000
    else:
        made.asha.CopyFrom(pb.Asha(variant=variant, eta=3, min_resource=min_resource))
    if max_trials:
        made.limits.max_trials = max_trials
    made.lease.duration.FromNanoseconds(int(lease * 1e9))
    if beat:
        made.lease.heartbeat_interval.FromNanoseconds(int(beat * 1e9))
    made.lease.max_attempts = 1000
    return made


def report_of(a: pb.Assignment, resource: int, value: float) -> pb.ReportRequest:
    """Return the report of an assignment."""
    return pb.ReportRequest(
        study=a.study, trial=a.trial, attempt=a.attempt, lease_token=a.lease_token,
        resource=resource, metrics=[pb.Metric(name="loss", value=value)],
    )  # fmt: skip


def losses(db: Path, attempt: int | None = None) -> int:
    """Return how many leases were ever lost (of that attempt), those taken back included."""
    connection = sqlite3.connect(f"{db.as_uri()}?mode=ro", uri=True)
    lost = "SELECT count(*) FROM change WHERE kind = 'LOST' AND attempt = coalesce(?, attempt)"
    [(count,)] = connection.execute(lost, (attempt,)).fetchall()
    connection.close()
    return int(count)


def curve(trial: int, resource: int) -> float:
    """Return a value that falls with training, another for each trial, the same on every run."""
    return (trial * 7919 % 1009) / 1009 + 1.0 / resource
