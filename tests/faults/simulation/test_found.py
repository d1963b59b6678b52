"""What the simulation found, each bug by its name, in the fewest steps that show it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from ashad.core.engine.suggest import Assignment
from ashad.core.kinds import Random
from ashad.core.space import Float
from ashad.core.spec import SECOND, Lease, Limits, StudySpec
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.store import Reader, Writer

TICK = 0.5


class Bench:
    """A scheduler with one study, and the clock in our hands."""

    def __init__(self, path: Path) -> None:
        self.now = 100.0
        self.heard: list[str] = []
        self.store, self.reader = Writer(path), Reader(path)
        self.scheduler = Scheduler(
            self.store,
            self.reader,
            InlineExecutor(),
            self,
            self.hear,
            pytest.fail,
            lambda: "0" * 32,
        )
        space = {"lr": Float(0.0, 1.0)}
        spec = StudySpec("loss", False, 9, space, Random(), lease=Lease(20 * SECOND, 5 * SECOND))
        self.scheduler.create("s", spec, validate_only=False)

    def wall(self) -> int:
        return int(self.now * SECOND)

    def monotonic(self) -> float:
        return self.now

    def hear(self, event: str, **facts: Any) -> None:
        self.heard.append(event)

    def suggest(self, worker: str, request: str) -> Any:
        return self.scheduler.suggest("s", worker, request)[0]

    def run(self, seconds: float) -> None:
        """Let the daemon run and look at the leases as it does."""
        for _ in range(int(seconds / TICK)):
            self.now += TICK
            self.scheduler.tick(TICK)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "a.db")
    yield made
    await made.scheduler.drain()
    made.reader.close()
    made.store.close()


async def test_a_lease_renewed_right_after_a_sleep_does_not_get_the_sleep_as_well(
    bench: Bench,
) -> None:
    a = bench.suggest("w", "r")
    bench.run(5)
    bench.now += 8 * 3600  # the machine sleeps; what had come in is handled before the tick
    assert isinstance(a, Assignment)
    bench.scheduler.heartbeat("s", a.key)

    bench.run(19)
    assert "lease_expired" not in bench.heard
    bench.run(2)
    assert bench.heard.count("lease_expired") == 1


async def test_a_lease_held_through_a_sleep_gets_the_sleep_back(bench: Bench) -> None:
    bench.suggest("w", "r")
    bench.run(5)
    bench.now += 8 * 3600

    bench.run(14)
    assert "lease_expired" not in bench.heard
    bench.run(3)
    assert bench.heard.count("lease_expired") == 1


async def test_a_lease_that_was_taken_away_is_not_told_to_have_expired(bench: Bench) -> None:
    bench.suggest("w1", "r1")
    other = bench.suggest("w2", "r2")
    bench.scheduler.update("s", Limits(max_concurrent_trials=1))
    bench.suggest("w1", "r3")  # restarted: its trial is queued again, and it has to wait
    for _ in range(6):
        bench.run(5)
        bench.scheduler.heartbeat("s", other.key)

    assert bench.scheduler.study("s").state.lost == 1
    assert "lease_expired" not in bench.heard


async def test_a_release_is_echoed_though_the_trial_was_cancelled_afterwards(bench: Bench) -> None:
    a = bench.suggest("w", "r")
    released = bench.scheduler.release("s", a.key)
    bench.scheduler.cancel("s", a.trial)

    assert bench.scheduler.release("s", a.key) == released
    await bench.scheduler.durable()
    bench.scheduler.reload()
    assert bench.scheduler.release("s", a.key) == released


async def test_a_sleep_right_after_the_start_is_noticed_before_a_lease_begins(bench: Bench) -> None:
    bench.now += 8 * 3600
    bench.suggest("w", "r")

    bench.run(22)
    assert bench.heard.count("lease_expired") == 1
