"""What a call costs in operations, which no busy machine can blur: Python's bytecode, counted.

The real handlers, scheduler, core and store on a real file; only gRPC and the thread that commits
are left out. A path that grew by a fifth fails. Libraries, C code and the disk are not counted:
`bench/` measures time.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable
from math import inf
from pathlib import Path
from types import FrameType
from typing import Any, Self

import ashad
import pytest
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.service import SchedulerService, scheduler_service
from ashad.service.admission import AdmissionControl
from ashad.service.messages import from_proto
from ashad.store import Reader, Writer
from ashad_client.v1 import ashad_pb2 as pb

OURS = str(Path(ashad.__file__).parent)
CALLERS = 16  # calls that share a commit
# Bytecodes a call, by the version of Python that counts them.
KNOWN: dict[tuple[int, int], dict[str, int]] = {
    (3, 11): {
        "stopping suggest": 2617, "stopping report": 1858, "promotion suggest": 2904,
        "promotion report": 1899, "random suggest": 2634, "random report": 1323,
        "streamed report": 869,
    },
}  # fmt: skip
ALLOWED = 0.2
ALGORITHMS: dict[str, dict[str, Any]] = {
    "stopping": {"asha": pb.Asha(min_resource=1, eta=3)},
    "promotion": {"asha": pb.Asha(min_resource=1, eta=3, variant=pb.ASHA_VARIANT_PROMOTION)},
    "random": {"random": pb.RandomSearch()},
}


class Counter:
    """Counts the bytecodes that our own frames execute while it is entered."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, frame: FrameType, event: str, _: Any) -> Any:
        self.count += event == "opcode"
        return self._step


class Clock:
    """Time that goes by the call, so that nothing depends on the machine."""

    now = 1_000_000

    def wall(self) -> int:
        self.now += 1000
        return self.now

    def monotonic(self) -> float:
        return self.now / 1e6


class Daemon:
    """All of a daemon that lies below gRPC, with one study."""

    def __init__(self, folder: Path, **algorithm: Any) -> None:
        path = folder / "ashad.db"
        self.store, self.reader = Writer(path), Reader(path)
        self.scheduler = Scheduler(
            self.store, self.reader, InlineExecutor(), Clock(), lambda *_, **__: None, pytest.fail
        )
        admission = AdmissionControl(pytest.fail)
        self.service = SchedulerService(self.scheduler, admission)
        spec = pb.StudySpec(
            metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=81, seed=1,
            space=[pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1))],
            **algorithm,
        )  # fmt: skip
        self.scheduler.create("s", from_proto.spec(spec), validate_only=False)

    async def suggest(self, number: int) -> pb.Assignment:
        request = pb.SuggestRequest(study="s", worker=f"w{number}", request_id=f"r{number}")
        return (await self.service.Suggest(request, None)).assignment

    async def report(self, held: pb.Assignment, resource: int) -> pb.Decision:
        value = (held.trial * 7919 % 1009) / 1009 + 1 / resource
        request = pb.ReportRequest(
            study="s", trial=held.trial, attempt=held.attempt, lease_token=held.lease_token,
            resource=resource, metrics=[pb.Metric(name="loss", value=value)],
        )  # fmt: skip
        return pb.ReportResponse.FromString(await self.service.Report(request, None)).decision

    async def stream(self, messages: list[pb.ReportStreamRequest]) -> None:
        async def sent() -> AsyncIterator[pb.ReportStreamRequest]:
            for message in messages:
                yield message

        async for answer in self.service.ReportStream(sent(), None):
            results = pb.ReportStreamResponse.FromString(answer).results
            assert all(result.HasField("response") for result in results)

    def close(self) -> None:
        self.reader.close()
        self.store.close()


async def at_once(calls: list[Awaitable[Any]]) -> list[Any]:
    return list(await asyncio.gather(*calls))


async def run(folder: Path, algorithm: str, trials: int) -> dict[str, float]:
    """Train so many trials, some at a time; return the bytecodes of each call."""
    daemon = Daemon(folder, **ALGORITHMS[algorithm])
    suggests, reports = Counter(), Counter()
    many = 0
    for first in range(0, trials, CALLERS):
        with suggests:
            live = await at_once([daemon.suggest(first + n) for n in range(CALLERS)])
        at = {held.trial: held.start_resource for held in live}
        while live:
            for held in live:
                at[held.trial] += 1
            with reports:
                told = await at_once([daemon.report(held, at[held.trial]) for held in live])
            many += len(live)
            pairs = zip(live, told, strict=True)
            live = [held for held, decision in pairs if decision.action == pb.ACTION_CONTINUE]
    daemon.close()
    return {"suggest": suggests.count / trials, "report": reports.count / many}


async def between_rungs(folder: Path) -> float:
    """Report a hundred trials in each message of a stream; return the bytecodes of a report."""
    daemon = Daemon(folder, asha=pb.Asha(min_resource=81, eta=3))
    held = await at_once([daemon.suggest(number) for number in range(100)])
    messages = [pb.ReportStreamRequest() for _ in range(5)]
    for resource, message in enumerate(messages, 1):
        for each in held:
            message.reports.add(
                study="s", trial=each.trial, attempt=each.attempt, lease_token=each.lease_token,
                resource=resource, metrics=[pb.Metric(name="loss", value=1 / resource)],
            )  # fmt: skip
    with Counter() as reports:
        await daemon.stream(messages)
    daemon.close()
    return reports.count / 500


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_call_has_become_dearer(tmp_path, algorithm) -> None:
    trials = CALLERS if algorithm == "random" else 4 * CALLERS  # those of random search are long
    found = asyncio.run(run(tmp_path, algorithm, trials))
    for call, count in found.items():
        check(f"{algorithm} {call}", count)


def test_no_stream_has_become_dearer(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(scheduler_service, "SLICE_S", inf)  # counting takes longer than a slice
    check("streamed report", asyncio.run(between_rungs(tmp_path)))


def check(call: str, count: float) -> None:
    known = KNOWN.get(sys.version_info[:2])
    if known is None:
        pytest.skip(f"nothing is known of Python {sys.version_info[:2]}")
    print(call, round(count))
    assert count < known[call] * (1 + ALLOWED), f"{call}: {count:.0f} bytecodes, not {known[call]}"
