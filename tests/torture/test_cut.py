"""The connection is cut at each byte of a request and of its reply; then the call is repeated.

A small TCP proxy lets so many bytes through and no more. Whatever had become of the first try, the
repeated call gets one answer, always the same, and what it asks for is done once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import grpc
import pytest
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc
from harness import OPTIONS, Stubs, report_of

TOGETHER = 16
ORDINARY = ["Suggest", "Report"]
ALL = [*ORDINARY, "CompleteTrial", "FailTrial", "ReleaseTrial"]


class Proxy:
    """Passes bytes on, at most `limit` in one direction, then cuts the connection."""

    def __init__(self, target: str, direction: str, limit: int) -> None:
        self.host, _, port = target.rpartition(":")
        self.port, self.direction, self.limit = int(port), direction, limit
        self.cut = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
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


class Case:
    """One rpc on one daemon: makes requests, counts what they did."""

    def __init__(self, address: str, verb: str, direction: str) -> None:
        self.address, self.verb, self.direction = address, verb, direction
        self.study = f"{verb}-{direction}"
        self.direct = grpc.aio.insecure_channel(address, options=OPTIONS)
        self.stub = rpc.SchedulerServiceStub(self.direct)
        self.answered = Counter()

    async def request(self, n: int):
        suggest = pb.SuggestRequest(study=self.study, worker=f"w{n:05}", request_id=f"key-{n:05}")
        if self.verb == "Suggest":
            return suggest
        a = (await self.stub.Suggest(suggest, timeout=20)).assignment
        if self.verb == "Report":
            return report_of(a, 1, 0.5)
        kind = getattr(pb, f"{self.verb}Request")
        return kind(study=a.study, trial=a.trial, attempt=a.attempt, lease_token=a.lease_token)

    async def cut_at(self, n: int) -> bool:
        """Cut the connection after n bytes; return whether it was."""
        request = await self.request(n)
        proxy = Proxy(self.address, self.direction, n)
        first = None
        async with proxy as address, grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
            try:
                first = await getattr(rpc.SchedulerServiceStub(channel), self.verb)(
                    request, timeout=20
                )
            except grpc.aio.AioRpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
        call: Callable[..., Awaitable] = getattr(self.stub, self.verb)
        answer, again = await call(request, timeout=20), await call(request, timeout=20)
        assert answer == again, f"{self.verb}, {self.direction} cut at byte {n}"
        assert first is None or first == answer, f"{self.verb}, {self.direction} cut at byte {n}"
        self.answered["came through" if first is not None else "repeated"] += 1
        return proxy.cut

    async def run(self) -> int:
        """Cut at byte 0, 1, 2 ... until the call passes whole; return how many it were."""
        n = 0
        while any(await asyncio.gather(*(self.cut_at(n + i) for i in range(TOGETHER)))):
            n += TOGETHER
        await self.direct.close()
        await asyncio.sleep(0)  # the aborted connections close
        return n + TOGETHER


@pytest.mark.timeout(3_600)
async def test_a_call_cut_at_any_byte_is_done_once(hurt, size, tell) -> None:
    await asyncio.to_thread(hurt.start)
    for verb in size(ORDINARY, ALL):
        for direction in ("request", "reply"):
            case = Case(hurt.address, verb, direction)
            with Stubs(hurt.channel()) as stubs:
                stubs.create(case.study, max_resource=9, min_resource=9)
                calls = await case.run()
                trials = list(stubs.trials(case.study))
                # A trial that was given back is leased again: one attempt a call, all the same.
                assert sum(t.attempt for t in trials) == calls, "a call was done twice"
                if verb == "ReleaseTrial":
                    request = pb.GetStudyRequest(study=case.study)
                    assert stubs.studies.GetStudy(request).study.counts.released == calls
                else:
                    assert all(t.attempt == 1 for t in trials)
                reports = Counter(r.trial for r in stubs.reports(case.study))
                assert set(reports.values()) <= {1}
                assert len(reports) == (calls if verb == "Report" else 0)
            assert case.answered["repeated"] > 100
            tell(f"cut at each byte of {verb}'s {direction}", f"{calls} bytes",
                 "one answer, done once")  # fmt: skip
