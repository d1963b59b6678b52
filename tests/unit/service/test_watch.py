"""What all watchers together cost: reads of the file, counted, whatever their number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.service import SchedulerService, watch
from ashad.service.admission import AdmissionControl
from ashad.service.messages import from_proto
from ashad.service.watch import Feed
from ashad.store import Reader, Writer
from ashad_client.v1 import ashad_pb2 as pb

WATCHERS = 50
READS = 2  # of a page: of the log, and of the trials that it moved
FAT = {f"metric {n} {'m' * 100}": 0.5 for n in range(127)}


class Bench:
    """A daemon below gRPC, with one study and a trial that reports as much as it may."""

    def __init__(self, folder: Path) -> None:
        path, self.reads = folder / "ashad.db", 0
        self.store, self.reader = Writer(path), Reader(path)

        async def run(work: Callable[[Reader], Any]) -> Any:
            self.reads += 1
            return self.reader.read(work)

        clock = SimpleNamespace(wall=lambda: 1_000_000, monotonic=lambda: 1.0)
        readers: Any = SimpleNamespace(run=run)
        self.scheduler = Scheduler(
            self.store, self.reader, InlineExecutor(), clock, lambda *_, **__: None, pytest.fail,
            readers=readers,
        )  # fmt: skip
        self.feed = Feed(self.scheduler)
        self.service = SchedulerService(self.scheduler, AdmissionControl(pytest.fail))
        spec = pb.StudySpec(
            metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=1000, random=pb.RandomSearch(),
            space=[pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1))],
        )  # fmt: skip
        self.scheduler.create("s", from_proto.spec(spec), validate_only=False)
        self.resource = 0

    async def report(self, times: int = 1) -> None:
        if not self.resource:
            asked = pb.SuggestRequest(study="s", worker="w", request_id="r")
            self.held = (await self.service.Suggest(asked, None)).assignment
        for _ in range(times):
            self.resource += 1
            request = pb.ReportRequest(
                study="s", trial=0, attempt=1, lease_token=self.held.lease_token,
                resource=self.resource,
                metrics=[pb.Metric(name=k, value=v) for k, v in ({"loss": 0.5} | FAT).items()],
            )  # fmt: skip
            await self.service.Report(request, None)

    def close(self) -> None:
        self.reader.close()
        self.store.close()

    @property
    def seq(self) -> int:
        return self.scheduler.entry("s")[1].state.seq


async def up_to(stream: AsyncGenerator[bytes, None], seq: int) -> list[bytes]:
    """Take pages until all up to `seq` is told."""
    pages = []
    async for data in stream:
        pages.append(data)
        if pb.WatchStudyResponse.FromString(data).commit_seq >= seq:
            break
    return pages


@pytest.fixture(autouse=True)
def no_time_passes(monkeypatch) -> None:
    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(watch, "sleep", sleep)
    monkeypatch.setattr(watch, "TICK", 1000.0)


def test_those_at_one_place_share_each_page(tmp_path) -> None:
    async def run() -> None:
        bench = Bench(tmp_path)
        await bench.report(60)
        streams = [bench.feed.follow("s", 0) for _ in range(WATCHERS)]
        told = await asyncio.gather(*(up_to(stream, bench.seq) for stream in streams))
        assert told == [told[0]] * WATCHERS
        assert len(told[0]) > 1
        assert bench.reads == READS * len(told[0])
        assert max(map(len, told[0])) < 1.2 * watch.PAGE_BYTES
        waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
        for _ in range(10):
            await asyncio.sleep(0)
        bench.reads = 0
        await bench.report()
        told = await asyncio.gather(*waiting)
        (change,) = pb.WatchStudyResponse.FromString(told[0]).changes
        assert change.report.resource == 61
        assert len(set(told)) == 1
        assert bench.reads == READS
        bench.close()

    asyncio.run(run())


def test_that_nothing_happened_is_read_once_for_all(tmp_path, monkeypatch) -> None:
    async def run() -> None:
        bench = Bench(tmp_path)
        await bench.report()
        streams = [bench.feed.follow("s", bench.seq) for _ in range(WATCHERS)]
        monkeypatch.setattr(watch, "QUIET", 0.001)
        for _ in range(3):
            told = await asyncio.gather(*(anext(stream) for stream in streams))
            assert len(set(told)) == 1
        assert bench.reads == READS
        await bench.report()  # and what happens then is told at once
        for data in await asyncio.gather(*(anext(stream) for stream in streams)):
            assert len(pb.WatchStudyResponse.FromString(data).changes) == 1
        assert bench.reads == 2 * READS
        bench.close()

    asyncio.run(run())
