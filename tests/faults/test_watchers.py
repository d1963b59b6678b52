"""A watcher is told every change once, in order, whatever is committed while its page is read.

A random search of one-epoch trials commits the most kinds of records in the least time: each trial
is an assignment and a report that ends it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import grpc
import pytest
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc

WRITERS = 3
OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]


def spec() -> pb.StudySpec:
    made = pb.StudySpec(
        metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=1, random=pb.RandomSearch(),
        limits=pb.StudyLimits(max_trials=10_000_000),
    )  # fmt: skip
    made.space.add(name="lr").float_range.high = 1
    return made


async def write(address: str, worker: str, trials: int) -> None:
    """Train so many trials of one epoch each."""
    async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
        scheduler = rpc.SchedulerServiceStub(channel)
        for number in range(trials):
            asked = pb.SuggestRequest(study="s", worker=worker, request_id=f"{worker}-{number}")
            held = (await scheduler.Suggest(asked, timeout=60)).assignment
            report = pb.ReportRequest(
                study="s", trial=held.trial, attempt=held.attempt, lease_token=held.lease_token,
                resource=1, metrics=[pb.Metric(name="loss", value=held.trial % 97 / 97)],
            )  # fmt: skip
            await scheduler.Report(report, timeout=60)


async def watch(address: str, last: asyncio.Future[int]) -> list[tuple[int, str, int]]:
    """Return (seq, kind, trial) of all that is told until the last change is."""
    told: list[tuple[int, str, int]] = []
    async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
        stream = rpc.StudyServiceStub(channel).WatchStudy(pb.WatchStudyRequest(study="s"))
        async for page in stream:
            for change in page.changes:
                trial = change.report.trial if change.HasField("report") else change.trial.trial
                told.append((change.commit_seq, change.kind, trial))
            if last.done() and page.commit_seq >= last.result():
                return told
    raise AssertionError("the stream ended")


def committed(db: Path) -> list[tuple[int, str, int]]:
    """The same from the file itself."""
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as file:
        return sorted(
            file.execute(
                "SELECT seq, kind, trial FROM change UNION ALL "
                "SELECT seq, 'REPORTED', trial FROM report UNION ALL "
                "SELECT seq, kind, 0 FROM event"
            )
        )


@pytest.mark.timeout(14_400)
async def test_a_watcher_misses_nothing(new_daemon, tmp_path, size, tell) -> None:
    changes = size(2_000, 1_000_000)
    # Few changes need many pages: what is read beside a commit is at the end of one.
    eager = "import ashad.service.watch as w\nw.TICK = w.REST = 0.0\n"
    (tmp_path / "sitecustomize.py").write_text(size(eager, ""))
    with new_daemon(tmp_path).start(PYTHONPATH=str(tmp_path)) as daemon:
        async with grpc.aio.insecure_channel(daemon.address, options=OPTIONS) as channel:
            studies = rpc.StudyServiceStub(channel)
            await studies.CreateStudy(pb.CreateStudyRequest(study="s", spec=spec()))
            last = asyncio.get_running_loop().create_future()
            watching = asyncio.create_task(watch(daemon.address, last))
            trials = changes // 2 // WRITERS + 1
            await asyncio.gather(*(write(daemon.address, f"w{n}", trials) for n in range(WRITERS)))
            last.set_result((await studies.GetStudy(pb.GetStudyRequest(study="s"))).commit_seq)
            told = await asyncio.wait_for(watching, 600)
        assert daemon.stop() == 0
    there = committed(daemon.db)
    missing = sorted(set(there) - set(told))
    assert not missing, f"{len(missing)} of {len(there)} changes were never told: {missing[:5]}"
    assert told == there
    tell("watched changes", f"{len(told):,}", "none missing, none twice", "-")
