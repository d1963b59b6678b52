"""The connection is cut at each byte of a request and of its reply; then the call is repeated.

A small TCP proxy lets so many bytes through and no more. Whatever had become of the first try, the
repeated call gets one answer, always the same, and what it asks for is done once. Each call has a
study of its own, but for those that only read: all of these ask about one.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc

from tests.support.harness import OPTIONS, report_of, spec

TOGETHER = 16
ORDINARY = ["Suggest", "Report"]
READS = [
    "ShouldStop", "Heartbeat", "GetStudy", "ListStudies", "GetTrial", "GetBestTrial", "ListTrials",
    "ListReports", "ExplainTrial", "ListObsoleteCheckpoints", "SummarizeStudy", "SampleCurves",
    "QueryTrials", "ListBestSteps", "GetParameterImportance", "ListQuotas",
]  # fmt: skip
# Rows of the log (event, change, report) that a call's study has in the end: what was prepared, and
# what the call did, once.
ROWS = {
    "Suggest": 2, "Report": 3, "CompleteTrial": 4, "FailTrial": 3, "ReleaseTrial": 3,
    "CreateStudy": 1, "UpdateStudy": 2, "PauseStudy": 2, "ResumeStudy": 3, "StopStudy": 2,
    "ChangeSpace": 2,
    "EnqueueTrial": 2, "CancelTrial": 3, "AnnotateStudy": 2, "AnnotateTrial": 3, "ImportTrials": 3,
}  # fmt: skip


class Proxy:
    """Passes bytes on, at most `limit` in one direction, then cuts the connection."""

    def __init__(self, target: str, direction: str, limit: int) -> None:
        self.host, _, port = target.rpartition(":")
        self.port, self.direction, self.limit = int(port), direction, limit
        self.cut = self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepted: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for socket in self._server.sockets:
            loop.remove_reader(socket.fileno())
        for _ in range(3):  # a server that closes in mid-accept leaks what it has just accepted
            await asyncio.sleep(0)
        self._closed = True
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._accepted:
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closed:
            writer.transport.abort()
            return
        self._accepted.append(writer)
        self._tasks.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ways: list[asyncio.Task[None]] = []
        sinks = [writer]
        try:
            there, back = await asyncio.open_connection(self.host, self.port)
            ways = [
                asyncio.create_task(self._pass(reader, back, "request")),
                asyncio.create_task(self._pass(there, writer, "reply")),
            ]
            sinks.append(back)
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for sink in sinks:
                sink.transport.abort()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, direction: str
    ) -> None:
        left = self.limit if direction == self.direction else 1 << 40
        while data := await source.read(65_536):
            sink.write(data[:left])
            await sink.drain()
            left -= len(data)
            if left < 0:
                self.cut = True
                return


def unary() -> dict[str, tuple[str, type]]:
    """Every rpc with one request and one answer, with its service and the type of its request."""
    return {
        method.name: (service.name, getattr(pb, method.input_type.name))
        for service in pb.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if not (method.client_streaming or method.server_streaming)
    }


class Case:
    """One rpc on one daemon, cut in one direction."""

    def __init__(self, address: str, verb: str, direction: str) -> None:
        self.address, self.verb, self.direction = address, verb, direction
        self.service, self.kind = unary()[verb]
        self.direct = grpc.aio.insecure_channel(address, options=OPTIONS)
        self.scheduler = rpc.SchedulerServiceStub(self.direct)
        self.studies = rpc.StudyServiceStub(self.direct)
        self.answered: Counter[str] = Counter()
        self.held: pb.Assignment | None = None

    async def request(self, n: int) -> Any:
        """Prepare what the call is about; return its request, as long as that of any other n."""
        study = f"{self.verb}-{self.direction}-{n:05}"
        if self.verb in READS:
            self.held = self.held or await self._read_about("read-0")
            return self._of(self.held, self.kind)
        if self.verb == "CreateStudy":
            return pb.CreateStudyRequest(study=study, spec=spec())
        made = pb.CreateStudyRequest(study=study, spec=spec(min_resource=9, lease=0))
        await self.studies.CreateStudy(made, timeout=30)
        if self.verb == "Suggest":
            return pb.SuggestRequest(study=study, worker="w", request_id="key")
        if self.verb == "EnqueueTrial":
            return pb.EnqueueTrialRequest(study=study, request_id="key")
        if self.verb == "AnnotateStudy":
            return pb.AnnotateStudyRequest(study=study, note="n", add_labels=["l"])
        if self.verb == "ImportTrials":
            values = [pb.PastReport(resource=1, value=0.5)]
            value = pb.ParameterValue(double_value=0.5)
            past = pb.PastTrial(state=pb.TRIAL_STATE_STOPPED, reports=values)
            past.params.add(name=spec().space[0].name, value=value)
            return pb.ImportTrialsRequest(study=study, request_id="key", trials=[past])
        if self.verb == "UpdateStudy":
            return pb.UpdateStudyRequest(study=study, limits=pb.StudyLimits(max_trials=7))
        if self.verb == "ChangeSpace":
            wider = spec().space
            wider[0].float_range.high += 1
            return pb.ChangeSpaceRequest(study=study, request_id="key", space=wider)
        if self.verb == "ResumeStudy":
            await self.studies.PauseStudy(pb.PauseStudyRequest(study=study), timeout=30)
        if self.verb in ("PauseStudy", "ResumeStudy", "StopStudy", "DeleteStudy"):
            return self.kind(study=study)
        a = await self._take(study)
        if self.verb == "Report":
            return report_of(a, 1, 0.5)
        if self.verb == "AnnotateTrial":
            return pb.AnnotateTrialRequest(study=study, trial=a.trial, add_labels=["l"])
        if self.verb == "CompleteTrial":
            await self.scheduler.Report(report_of(a, 1, 0.5), timeout=30)
        return self._of(a, self.kind)

    async def cut_at(self, n: int) -> bool:
        """Cut the connection after n bytes; return whether it was."""
        request = await self.request(n)
        proxy = Proxy(self.address, self.direction, n)
        first = None
        async with proxy as address, grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
            try:
                first = await self._call(channel)(request, timeout=20)
            except grpc.aio.AioRpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
        call = self._call(self.direct)
        answer, again = await call(request, timeout=20), await call(request, timeout=20)
        where = f"{self.verb}, {self.direction} cut at byte {n}"
        assert _plain(answer) == _plain(again), where
        assert first is None or _plain(first) == _plain(answer), where
        self.answered["came through" if first is not None else "repeated"] += 1
        return proxy.cut

    async def run(self) -> int:
        """Cut at byte 0, 1, 2 ... until the call passes whole; return how many it were."""
        n = 0
        if self.verb in READS:
            await self.request(0)
        while any(await asyncio.gather(*(self.cut_at(n + i) for i in range(TOGETHER)))):
            n += TOGETHER
        await self.direct.close()
        await asyncio.sleep(0)  # the aborted connections close
        return n + TOGETHER

    def _call(self, channel: grpc.aio.Channel) -> Callable[..., Any]:
        return getattr(getattr(rpc, f"{self.service}Stub")(channel), self.verb)

    async def _take(self, study: str) -> pb.Assignment:
        request = pb.SuggestRequest(study=study, worker="w", request_id="key")
        return (await self.scheduler.Suggest(request, timeout=30)).assignment

    async def _read_about(self, study: str) -> pb.Assignment:
        """Make a study with a trial that has reported and runs; twice is once."""
        made = pb.CreateStudyRequest(study=study, spec=spec(lease=0))
        await self.studies.CreateStudy(made, timeout=30)
        a = await self._take(study)
        await self.scheduler.Report(report_of(a, 1, 0.5), timeout=30)
        return a

    @staticmethod
    def _of(a: pb.Assignment, kind: type) -> Any:
        """Fill in what a request has of study, trial, attempt, token; pages are short."""
        known = {
            "study": a.study, "trial": a.trial, "attempt": a.attempt,
            "lease_token": a.lease_token, "page_size": 1,
        }  # fmt: skip
        return kind(**{k: v for k, v in known.items() if k in kind.DESCRIPTOR.fields_by_name})


def _plain(answer: Any) -> Any:
    """Return an answer without what is defined to differ: time that runs, and who made a study."""
    plain = type(answer).FromString(answer.SerializeToString())
    names = plain.DESCRIPTOR.fields_by_name
    if "created" in names:
        plain.ClearField("created")
    for trial in [plain.trial] if "trial" in names else getattr(plain, "trials", ()):
        trial.ClearField("worker_time")
    return plain


def _written(db: Path, case: str) -> Counter[int]:
    """Count studies by the rows that their log has."""
    every = " UNION ALL ".join(f"SELECT study FROM {t}" for t in ("event", "change", "report"))
    many = f"SELECT count(*) FROM ({every}) JOIN study ON id = study WHERE name LIKE ? GROUP BY id"
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as file:
        return Counter(number for (number,) in file.execute(many, (f"{case}-%",)))


def _deleted(db: Path, case: str) -> int:
    """Count studies that were deleted: each keeps a row, under another name."""
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as file:
        statement = "SELECT count(*) FROM study WHERE mode = 'DELETED' AND name LIKE ?"
        return int(file.execute(statement, (f"%:{case}-%",)).fetchone()[0])


def test_every_rpc_is_cut() -> None:
    assert {*READS, *ROWS, "DeleteStudy"} == set(unary())


@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("direction", ["request", "reply"])
async def test_a_call_cut_at_any_byte_is_done_once(hurt, size, tell, direction) -> None:
    await asyncio.to_thread(hurt.start)
    verbs, bytes_ = size(ORDINARY, list(unary())), 0
    for verb in verbs:
        case = Case(hurt.address, verb, direction)
        calls = await case.run()
        bytes_ += calls
        assert case.answered["repeated"] > 100
        found = _written(hurt.db, f"{verb}-{direction}")
        if verb in ROWS:
            assert found == {ROWS[verb]: calls}, f"a {verb} was done twice, or not at all"
        elif verb in READS:
            assert _written(hurt.db, "read") == {3: 1}, f"{verb} has written something"
        else:
            assert _deleted(hurt.db, f"{verb}-{direction}") == calls
            assert not found
    tell(f"connection cut at each byte of the {direction}, then retried",
         f"{len(verbs)} rpcs, {bytes_:,} bytes", "one answer each, done once")  # fmt: skip
