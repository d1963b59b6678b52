"""A study whose call broke off is read from the file again; a deleted one goes bit by bit."""

from __future__ import annotations

import asyncio
import sqlite3

import grpc
import pytest
from ashad.core.engine import report
from ashad.core.engine.state import State
from ashad.core.errors import RefusalError
from ashad.core.recovery.restore import snapshot
from ashad.scheduler import Scheduler, ThreadExecutor
from ashad.service import AdmissionControl, SchedulerService, StudyService, handlers
from ashad.service.messages import from_proto
from ashad.store import Reader, Writer, audit, load
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc

from tests.support.wire import reporting as report_of
from tests.support.wire import spec


class Clock:
    def wall(self) -> int:
        return 2_000_000_000_000_000

    def monotonic(self) -> float:
        return 1.0


class Served:
    """The real service on a real file and a real port, in this process, so that it can be hurt."""

    def __init__(self, path) -> None:
        self.path = path
        self.fatal: list[BaseException] = []

    async def __aenter__(self):
        self.store, self.reader = Writer(self.path), Reader(self.path)
        self.executor = ThreadExecutor()
        quiet = lambda *_, **__: None
        self.scheduler = Scheduler(
            self.store, self.reader, self.executor, Clock(), quiet, self.fatal.append
        )
        admission = AdmissionControl(quiet, quarantine=self.scheduler.quarantine)
        services = (
            SchedulerService(self.scheduler, admission),
            StudyService(self.scheduler, admission),
        )
        self.server = grpc.aio.server()
        self.server.add_generic_rpc_handlers(tuple(map(handlers, services)))
        port = self.server.add_insecure_port("127.0.0.1:0")
        await self.server.start()
        self.channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
        self.work = rpc.SchedulerServiceStub(self.channel)
        self.studies = rpc.StudyServiceStub(self.channel)
        return self

    async def __aexit__(self, *_) -> None:
        await self.channel.close()
        await self.server.stop(0)
        await self.scheduler.drain()
        self.executor.close()
        self.reader.close()
        self.store.close()

    async def create(self, name: str) -> None:
        await self.studies.CreateStudy(pb.CreateStudyRequest(study=name, spec=spec()))

    async def take(self, name: str, worker: str) -> pb.Assignment:
        request = pb.SuggestRequest(study=name, worker=worker, request_id=worker)
        return (await self.work.Suggest(request)).assignment

    def on_file(self, name: str):
        (row,) = (row for row in self.reader.studies() if row.name == name)
        return snapshot(load(self.reader, row).state)


async def again(call, request):
    """Call until the study has been read again, as a client does."""
    for _ in range(200):
        try:
            return await call(request)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
        await asyncio.sleep(0.01)
    raise AssertionError("it stayed away")


async def _until(look) -> None:
    for _ in range(5000):
        if look():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not come about")


@pytest.mark.parametrize("where", ["before the record", "after the record"])
async def test_a_call_that_broke_off_half_way_leaves_no_trace(tmp_path, monkeypatch, where):
    """A bug of ours after the rung was entered: memory had the entry, the file had none."""
    async with Served(tmp_path / "a.db") as served:
        await served.create("s")
        await served.create("other")
        held = [await served.take("s", f"w{i}") for i in range(4)]
        await served.work.Report(report_of(held[0], 1, 0.5))

        def broken(*_args, **_more):
            raise RuntimeError("half-way")

        spot = (State, "add_report") if where == "before the record" else (State, "ended_by_report")
        with monkeypatch.context() as patch:
            patch.setattr(*spot, broken)
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await served.work.Report(report_of(held[1], 1, 0.9))
            assert failed.value.code() is grpc.StatusCode.INTERNAL
        reply = await again(served.work.Report, report_of(held[1], 1, 0.9))
        assert (reply.decision.rank, reply.decision.size) == (2, 2)
        await served.scheduler.durable()
        assert snapshot(served.scheduler.study("s").state) == served.on_file("s")
        assert (await served.take("other", "x")).trial == 0
        assert not served.fatal
    assert list(audit(tmp_path / "a.db")) == []


async def test_a_call_meanwhile_is_told_to_come_again(tmp_path):
    async with Served(tmp_path / "a.db") as served:
        await served.create("s")
        held = await served.take("s", "w")
        served.scheduler.quarantine("s")
        with pytest.raises(RefusalError) as refused:
            served.scheduler.study("s")
        assert refused.value.reason == "STUDY_RELOADING"
        reply = await again(served.work.Report, report_of(held, 1, 0.5))
        assert reply.decision.size == 1


async def test_decisions_under_way_are_kept_when_the_study_is_doubted(tmp_path):
    """They were answered, or will be: what is read again must have them."""
    async with Served(tmp_path / "a.db") as served:
        await served.create("s")
        held = [await served.take("s", f"w{i}") for i in range(20)]
        calls = [served.work.Report(report_of(a, 1, 0.5 + a.trial)) for a in held]
        while served.scheduler.study("s").state.seq < 25:  # noqa: ASYNC110 - no other sign
            await asyncio.sleep(0)
        served.scheduler.quarantine("s")
        results = await asyncio.gather(*calls, return_exceptions=True)
        answered = [r for r in results if isinstance(r, pb.ReportResponse)]
        assert answered
        for a, reply in zip(held, results, strict=True):
            echo = await again(served.work.Report, report_of(a, 1, 0.5 + a.trial))
            if isinstance(reply, pb.ReportResponse):
                assert echo == reply
    assert list(audit(tmp_path / "a.db")) == []


def test_where_the_bug_was_put_is_on_the_way(monkeypatch):
    """The control: the places that are broken above are called by a report."""
    assert "add_report" in report.report.__code__.co_names
    assert "ended_by_report" in report.report.__code__.co_names


async def test_a_deleted_study_goes_bit_by_bit_and_for_good(tmp_path, monkeypatch):
    monkeypatch.setattr("ashad.store.writer.PIECE", 10)
    path = tmp_path / "a.db"

    def count(table: str) -> int:
        with sqlite3.connect(path) as file:
            return file.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    async with Served(path) as served:
        await served.create("s")
        await served.create("kept")
        for i in range(15):
            await served.work.Report(report_of(await served.take("s", f"w{i}"), 1, 0.5))
        await served.work.Report(report_of(await served.take("kept", "k"), 1, 0.5))
        gone = pb.DeleteStudyRequest(study="s", force=True)
        await served.studies.DeleteStudy(gone)
        assert count("report") == 16  # one commit, whatever its size
        await served.create("s")  # its name is free
        await served.studies.DeleteStudy(gone)
        served.scheduler.tick(0.5)
        await _until(lambda: not served.scheduler._purger._busy)
        assert 16 > count("entry") > 1  # so many and no more
    assert list(audit(path)) == []
    async with Served(path) as served:  # a restart goes on where it was
        assert served.scheduler.names() == ["kept"]
        assert len(served.scheduler._registry.leftover) == 2
        await _until(lambda: served.scheduler.tick(0.5) or not served.scheduler._registry.leftover)
        tables = ("entry", "report", "trial", "change", "event")
        assert {table: count(table) for table in tables} == dict.fromkeys(tables, 1)
        await served.studies.DeleteStudy(gone)  # still an echo
        await served.create("new")
        assert served.scheduler.entry("new").number > 3  # no number is ever used twice
    assert list(audit(path)) == []


async def test_rows_of_a_deleted_study_go_however_busy_the_daemon_is(tmp_path, monkeypatch):
    """It was done between two batches only where there was a moment without any."""
    monkeypatch.setattr("ashad.store.writer.PIECE", 5)
    async with Served(tmp_path / "a.db") as served:
        for name in ("s", "busy"):
            await served.create(name)
        for i in range(10):
            await served.take("s", f"w{i}")
        await served.studies.DeleteStudy(pb.DeleteStudyRequest(study="s", force=True))
        registry = served.scheduler._registry
        assert registry.leftover
        for i in range(40):
            served.scheduler.suggest("busy", f"b{i}", f"b{i}")  # a batch is open at every tick
            served.scheduler.tick(0.5)
            await _until(lambda: not served.scheduler._purger._busy)
        assert not registry.leftover


class Slow:
    """Commits one thing at a time, when told to."""

    def __init__(self) -> None:
        self.queue = []

    def submit(self, work, done) -> None:
        self.queue.append((work, done))

    def step(self) -> None:
        work, done = self.queue.pop(0)
        work()
        done(None)

    def close(self) -> None:
        pass


async def test_rows_go_only_once_the_file_says_that_the_study_is_gone(tmp_path):
    """Else a kill -9 in between would leave a study without its rows."""
    store, reader, slow = Writer(tmp_path / "a.db"), Reader(tmp_path / "a.db"), Slow()
    quiet = lambda *_, **__: None
    scheduler = Scheduler(store, reader, slow, Clock(), quiet, pytest.fail)

    async def land(most: int) -> None:
        for _ in range(most):
            await asyncio.sleep(0.01)
            if slow.queue:
                slow.step()

    scheduler.create("s", from_proto.spec(spec()), validate_only=False)
    await land(3)
    scheduler.suggest("s", "w", "r")
    await asyncio.sleep(0.01)  # a batch with a row of the study flies
    scheduler.delete("s", force=True)
    while slow.queue:
        scheduler.tick(0.5)
        slow.step()
        rows = store.connection.execute("SELECT count(*) FROM event").fetchone()
        marked = store.connection.execute("SELECT mode FROM study").fetchone() == ("DELETED",)
        assert marked or rows == (1,)
        await asyncio.sleep(0.01)
    assert marked
    scheduler.tick(0.5)
    await land(3)
    assert store.connection.execute("SELECT count(*) FROM event").fetchone() == (0,)
    reader.close()
    store.close()


async def test_a_start_looks_only_at_deleted_studies_that_have_rows_left(tmp_path):
    """One tick for each that was ever deleted would keep those waiting that have some."""
    async with Served(tmp_path / "a.db") as served:
        for name in ("a", "b", "c"):
            await served.create(name)
            await served.studies.DeleteStudy(pb.DeleteStudyRequest(study=name))
        await _until(lambda: served.scheduler.tick(0.5) or not served.scheduler._registry.leftover)
    async with Served(tmp_path / "a.db") as served:
        assert served.scheduler._registry.leftover == []
        assert served.scheduler._registry.was_deleted("b")
