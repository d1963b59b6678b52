"""A restart takes from the file what has to be in memory; other studies when they are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from ashad.core.engine.suggest import Assignment
from ashad.core.recovery.restore import snapshot
from ashad.core.space import Float
from ashad.core.spec import Limits, Random, StudySpec
from ashad.scheduler import InlineExecutor, Scheduler, registry
from ashad.store import Reader, Writer

SPEC = StudySpec("loss", False, 9, {"lr": Float(0.0, 1.0)}, Random(), limits=Limits(max_trials=20))


class Clock:
    now = 0.0

    def wall(self) -> int:
        return 1_000_000 + int(self.now * 1_000_000)

    def monotonic(self) -> float:
        return self.now


class Running:
    """A scheduler on a file, which can be restarted."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock = path, Clock()
        self.start()

    def start(self) -> None:
        self.store, self.reader = Writer(self.path), Reader(self.path)
        self.scheduler = Scheduler(
            self.store, self.reader, InlineExecutor(), self.clock, lambda *_, **__: None, _raise
        )

    async def restart(self) -> None:
        await self.scheduler.durable()
        self.close()
        self.start()

    def close(self) -> None:
        self.reader.close()
        self.store.close()

    def loaded(self) -> list[str]:
        return [entry.study.state.name for entry in self.scheduler._registry.entries()]


def _raise(error: BaseException) -> None:
    raise error


@pytest.fixture
async def running(tmp_path: Path):
    made = Running(tmp_path / "a.db")
    for name in ("idle", "busy"):
        made.scheduler.create(name, SPEC, validate_only=False)
    assert isinstance(made.scheduler.suggest("busy", "w", "r")[0], Assignment)
    yield made
    made.close()


async def test_a_study_is_loaded_when_it_is_asked_for(running: Running) -> None:
    before = {
        name: snapshot(running.scheduler.study(name).state) for name in running.scheduler.names()
    }
    await running.restart()
    assert running.loaded() == []
    assert running.scheduler.names() == ["busy", "idle"]
    assert snapshot(running.scheduler.study("idle").state) == before["idle"]
    assert running.loaded() == ["idle"]
    assert snapshot(running.scheduler.study("busy").state) == before["busy"]
    running.scheduler.delete("idle", force=False)
    assert running.scheduler.names() == ["busy"]


async def test_a_lease_runs_out_whether_its_study_is_loaded_or_not(running: Running) -> None:
    await running.restart()
    for _ in range(200):
        running.clock.now += 0.5
        running.scheduler.tick(0.5)
    assert running.loaded() == ["busy"]
    assert running.scheduler.study("busy").state.trial(0).lost == 1


async def test_what_takes_long_is_loaded_at_once(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "LARGE", 1)
    await running.restart()
    assert running.loaded() == ["busy"]  # the other stands at its first number
