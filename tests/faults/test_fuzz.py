"""Requests that nobody should send, by the thousand: each is answered or refused in good time.

Most go to the real handlers, scheduler and file in this process, since a wire would take a hundred
times as long; some go over the wire to a real daemon. A refused call leaves no record, and what is
in memory is what the file holds.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from pathlib import Path

import grpc
import pytest
from ashad.core.recovery.restore import snapshot
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.service import AdmissionControl, SchedulerService, StudyService, handlers
from ashad.store import Reader, Writer, audit, load
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.fuzz import Fuzzer
from tests.support.harness import OPTIONS, Stubs, spec

SERVICES = {"SchedulerService": SchedulerService, "StudyService": StudyService}
BAD = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}
SLOWEST = 1.0  # seconds of processor time
COMPARE = 5_000  # calls between two comparisons of memory and file
HANDED_OUT = 2_000  # leases that are remembered


class Aborted(Exception):
    """What a handler raises when it refuses."""


class Context:
    """As much of gRPC's context as a handler uses."""

    def __init__(self) -> None:
        self.code = grpc.StatusCode.OK

    async def abort(self, code, details, metadata=()) -> None:
        self.code, self.details = code, details
        assert dict(metadata).get("ashad-reason"), details
        raise Aborted

    def invocation_metadata(self):
        return ()

    def set_trailing_metadata(self, metadata) -> None:
        dict(metadata)


class Clock:
    """Runs so fast that leases end now and then."""

    now = 0.0

    def wall(self) -> int:
        return 2_000_000_000_000_000 + int(self.now * 1e6)

    def monotonic(self) -> float:
        return self.now


def unary():
    """Name every rpc with one request and one answer: (service, rpc, kind of request)."""
    return [
        (service.name, method.name, getattr(pb, method.input_type.name))
        for service in pb.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if not (method.client_streaming or method.server_streaming)
    ]


class InProcess:
    """The real service and scheduler on a real file, without the wire."""

    def __init__(self, path: Path) -> None:
        def fatal(error: BaseException) -> None:
            raise error

        self.store, self.reader, self.clock = Writer(path), Reader(path), Clock()
        quiet = lambda *_, **__: None
        self.scheduler = Scheduler(
            self.store, self.reader, InlineExecutor(), self.clock, quiet, fatal
        )
        self.errors: list[object] = []
        admission = AdmissionControl(lambda *said, **facts: self.errors.append((said, facts)))
        self.handlers = {
            name: handlers(kind(self.scheduler, admission)) for name, kind in SERVICES.items()
        }

    async def call(self, service: str, rpc: str, data: bytes):
        """Return (code, answer), the answer None where it was refused."""
        details = type("Details", (), {"method": f"/ashad.v1.{service}/{rpc}"})
        handler = self.handlers[service].service(details)
        context = Context()
        try:
            answer = await handler.unary_unary(handler.request_deserializer(data), context)
        except Aborted:
            return context.code, None
        handler.response_serializer(answer)
        return grpc.StatusCode.OK, answer

    def standing(self) -> dict[str, int]:
        return {name: self.scheduler.study(name).state.seq for name in self.scheduler.names()}

    async def compare(self) -> None:
        """What is in memory is what a restart would find."""
        await self.scheduler.drain()
        found = {row.name: snapshot(load(self.reader, row).state) for row in self.reader.studies()}
        held = {name: snapshot(self.scheduler.study(name).state) for name in self.scheduler.names()}
        assert found == held


def studies():
    yield "stopping", spec(max_resource=27)
    yield "promotion", spec(max_resource=27, promotion=True)
    yield "adaptive", spec(max_resource=27, adaptive=True)
    yield "small", spec(max_resource=3, max_trials=20)
    made = spec(max_resource=9)
    made.grid.SetInParent()
    for parameter in made.space:
        getattr(parameter, parameter.WhichOneof("kind")).grid_points = 5
    yield "grid", made


@pytest.mark.timeout(14_400)
async def test_no_request_breaks_the_daemon(tmp_path, size, tell) -> None:
    seed, many = random.randrange(10**6), size(3_000, 1_000_000)
    again = f"seed {seed}"
    fuzzer, here, rpcs = Fuzzer(seed), InProcess(tmp_path / "a.db"), unary()
    for name, made in studies():
        request = pb.CreateStudyRequest(study=name, spec=made).SerializeToString()
        assert (await here.call("StudyService", "CreateStudy", request))[0] is grpc.StatusCode.OK
    codes: Counter[str] = Counter()
    slowest, first = 0.0, 0
    for number in range(many):
        service, rpc, kind = fuzzer.chance.choice(rpcs)
        data = fuzzer.request(kind)
        before, began = here.standing(), time.process_time()
        code, answer = await here.call(service, rpc, data)
        slowest = max(slowest, took := time.process_time() - began)
        assert code not in BAD, f"{again}: call {number}, {rpc} {data!r}: {here.errors[-1:]}"
        assert took < SLOWEST, f"{again}: call {number}, {rpc} {data!r} took {took:.1f} s"
        if code is not grpc.StatusCode.OK:
            assert here.standing() == before, f"{again}: call {number}, {rpc} {data!r}: changed"
        elif rpc == "Suggest" and answer.HasField("assignment"):
            fuzzer.held[HANDED_OUT:] = []
            fuzzer.held.insert(fuzzer.chance.randrange(len(fuzzer.held) + 1), answer.assignment)
        codes[code.name] += 1
        here.clock.now += 0.01
        if number % 100 == 99:
            here.scheduler.tick(0.5)
        if number % COMPARE == COMPARE - 1 or number == many - 1:
            await here.compare()
        first = first or (number > many // 5 and _memory())
    grown = _memory() / first
    assert not here.errors
    assert codes["OK"] > many // 20, f"{again}: hardly a request was right: {codes}"
    assert codes["INVALID_ARGUMENT"] > many // 5
    assert grown < 2, f"{again}: memory grew {grown:.1f} times"
    here.reader.close()
    here.store.close()
    assert list(audit(tmp_path / "a.db")) == []
    tell("fuzzed requests, in process", f"{many:,}", f"0 INTERNAL, slowest {slowest * 1000:.0f} ms,"
         f" memory {grown:.2f} times; {dict(codes)}", seed)  # fmt: skip


@pytest.mark.timeout(3_600)
async def test_no_request_breaks_the_daemon_over_the_wire(hurt, size, tell) -> None:
    seed, many = random.randrange(10**6), size(500, 50_000)
    fuzzer, rpcs = Fuzzer(seed), unary()
    await asyncio.to_thread(hurt.start)
    with Stubs(hurt.channel()) as stubs:
        for name, made in studies():
            await asyncio.to_thread(
                stubs.studies.CreateStudy, pb.CreateStudyRequest(study=name, spec=made), timeout=30
            )
        fuzzer.held = [stubs.suggest("stopping", f"w{i}").assignment for i in range(20)]
    channel = grpc.aio.insecure_channel(hurt.address, options=OPTIONS)
    codes: Counter[str] = Counter()

    async def one(number: int) -> None:
        service, rpc, kind = fuzzer.chance.choice(rpcs)
        data = fuzzer.request(kind)
        try:
            await channel.unary_unary(f"/ashad.v1.{service}/{rpc}")(data, timeout=30)
        except grpc.aio.AioRpcError as error:
            code, details = error.code(), error.details() or ""
        else:
            code, details = grpc.StatusCode.OK, ""
        text = f"seed {seed}: call {number}, {rpc} {data!r}: {details}"
        assert code not in {*BAD, grpc.StatusCode.DEADLINE_EXCEEDED}, text
        assert "Traceback" not in details
        codes[code.name] += 1

    for start in range(0, many, 50):
        await asyncio.gather(*(one(start + i) for i in range(50)))
    await channel.close()
    assert hurt.stop() == 0
    assert "Traceback" not in hurt.log.read_text()
    assert list(audit(hurt.db)) == []
    tell("fuzzed requests, over the wire", f"{many:,}", f"0 INTERNAL; {dict(codes)}", seed)


def _memory() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages)
