"""A stopped study cancels what is queued a little at a time, and a restart goes on with it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from ashad.core.history.records import CANCELLED, QUEUED
from ashad.core.space import Float
from ashad.core.spec import Asha, StudySpec
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.scheduler.background import CANCELLED_AT_ONCE
from ashad.store import Reader, Writer, audit

MANY = 3 * CANCELLED_AT_ONCE + 7
SPEC = StudySpec(
    metric="loss", maximize=False, max_resource=9, algorithm=Asha(), space={"lr": Float(0.0, 1.0)}
)


class Clock:
    def wall(self) -> int:
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        return time.monotonic()


def opened(path: Path) -> tuple[Scheduler, Writer, Reader]:
    store, reader = Writer(path), Reader(path)
    log, executor = lambda *_, **__: None, InlineExecutor()
    return Scheduler(store, reader, executor, Clock(), log, pytest.fail), store, reader


async def test_a_crash_in_between_leaves_a_stopped_study_and_a_restart_goes_on(tmp_path):
    scheduler, store, reader = opened(tmp_path / "a.db")
    scheduler.create("s", SPEC, validate_only=False)
    for n in range(MANY):
        scheduler.enqueue("s", f"r{n}", {})
    scheduler.stop("s")
    counts = scheduler.study("s").state.counts
    assert counts[CANCELLED] == CANCELLED_AT_ONCE
    assert scheduler.study("s").status(0)[0] == "STOPPED"
    await scheduler.durable()
    await asyncio.sleep(0)  # another part, which the crash may or may not have let through
    reader.close()
    store.connection.close()

    scheduler, store, reader = opened(tmp_path / "a.db")
    while scheduler.study("s").state.counts[QUEUED]:  # noqa: ASYNC110 - turns of the loop
        await asyncio.sleep(0)
    await scheduler.drain()
    assert scheduler.study("s").state.counts[CANCELLED] == MANY
    reader.close()
    store.close()
    assert list(audit(tmp_path / "a.db")) == []
