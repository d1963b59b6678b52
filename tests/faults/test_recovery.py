"""From a file of a million trials and ten million reports to serving, after kill -9."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ashad.core.history.records import ReportContent
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.service.messages import from_proto
from ashad.store import Reader, Writer
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.harness import Daemon, Stubs, curve, spec

SECONDS, BYTES = 10.0, 1 << 30  # the aims
TOGETHER = 2_000  # trials of one commit


class Clock:
    def __init__(self) -> None:
        self.now = 2_000_000_000_000_000

    def wall(self) -> int:
        self.now += 1000
        return self.now

    def monotonic(self) -> float:
        return 1.0


def fatal(error: BaseException) -> None:
    raise error


async def fill(path: Path, trials: int) -> int:
    """Let the real scheduler search until so many trials have ended; return the reports."""
    store, reader = Writer(path), Reader(path)
    store.connection.execute("PRAGMA synchronous = OFF")  # only while the file is made
    scheduler = Scheduler(store, reader, InlineExecutor(), Clock(), lambda *_, **__: None, fatal)
    made = spec(max_resource=24, min_resource=6)
    made.asha.eta = 4
    scheduler.create("s", from_proto.spec(made), validate_only=False)
    reports = 0
    for number in range(trials):
        held, _ = scheduler.suggest("s", f"w{number}", f"r{number}")
        for resource in range(1, held.target + 1):
            decision, _ = scheduler.report(
                "s", held.key, ReportContent(resource, curve(held.trial, resource))
            )
            reports += 1
            if decision.action != "CONTINUE":
                break
        if number % TOGETHER == TOGETHER - 1:
            await scheduler.drain()
    await scheduler.drain()
    reader.close()
    store.close()
    return reports


@pytest.mark.timeout(7_200)
async def test_a_large_file_is_served_soon(hurt: Daemon, size, tell) -> None:
    trials = size(5_000, 1_000_000)
    reports = await fill(hurt.db, trials)
    assert reports > trials * 9
    hurt.start()
    with Stubs(hurt.channel()) as stubs:
        for i in range(50):
            a = stubs.suggest("s", f"n{i}", f"n{i}").assignment
            stubs.report(a, 1, 0.5)
    hurt.kill()
    began = time.monotonic()
    hurt.start()
    with Stubs(hurt.channel()) as stubs:
        a = stubs.suggest("s", "n0", "n0").assignment
        again = stubs.report(a, 1, 0.5)
        took = time.monotonic() - began
        assert again.decision.action == pb.ACTION_CONTINUE
        assert stubs.studies.GetStudy(pb.GetStudyRequest(study="s")).study.counts.created >= trials
    memory, length = _highest(hurt.pid), hurt.db.stat().st_size >> 20
    if trials >= 1_000_000:
        assert took <= SECONDS
        assert memory <= BYTES
    tell("recovery to serving after kill -9", f"{trials:,} trials, {reports:,} reports, "
         f"{length} MiB", f"{took:.1f} s, {memory >> 20} MiB at most")  # fmt: skip


def _highest(pid: int) -> int:
    """Return the most memory that a process ever had, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(pid)
