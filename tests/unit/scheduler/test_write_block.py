"""While the disk is full: an echo is answered, for it writes nothing; a change is refused whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ashad.core.engine.suggest import Assignment, Finished
from ashad.core.errors import RefusalError
from ashad.core.history.records import AttemptKey, ReportContent
from ashad.core.kinds import Random
from ashad.core.recovery.restore import snapshot
from ashad.core.space import Float
from ashad.core.spec import Limits, StudySpec
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.store import Batch, DiskFullError, Reader, Writer

SPEC = StudySpec(
    "loss", False, 9, {"lr": Float(0.0, 1.0)}, Random(),
    limits=Limits(max_trials=20),
)  # fmt: skip


class FullDisk(Writer):
    full = False

    def commit(self, batch: Batch) -> None:
        if self.full:
            raise DiskFullError("no room")
        super().commit(batch)


class StillClock:
    def wall(self) -> int:
        return 1_000_000

    def monotonic(self) -> float:
        return 0.0


def _raise(error: BaseException) -> None:
    raise error


@pytest.fixture
async def blocked(tmp_path: Path) -> Any:
    """A scheduler with some of everything behind it, whose disk has just become full."""
    store, reader = FullDisk(tmp_path / "a.db"), Reader(tmp_path / "a.db")
    made = Scheduler(store, reader, InlineExecutor(), StillClock(), lambda *_, **__: None, _raise)
    made.create("s", SPEC, validate_only=False)
    held = [_suggest(made, f"r{number}") for number in range(3)]
    for assignment in held:
        made.report("s", assignment.key, ReportContent(1, 0.5, None, None))
    made.complete("s", held[0].key)
    made.fail("s", held[2].key, infeasible=True, message="no")
    made.enqueue("s", "q", {"lr": 0.5})
    made.cancel("s", 3)
    made.release("s", _suggest(made, "r3").key)
    await made.drain()
    store.full = True
    made.report("s", _key(made, 1), ReportContent(2, 0.5, None, None))
    with pytest.raises(RefusalError):
        await made.drain()
    assert made.writes_blocked
    yield made
    reader.close()
    store.close()


def _suggest(scheduler: Scheduler, request: str) -> Assignment:
    found = scheduler.suggest("s", f"w-{request}", request)[0]
    assert isinstance(found, Assignment)
    return found


def _key(scheduler: Scheduler, trial: int) -> AttemptKey:
    state = scheduler.study("s").state
    attempt = state.trial(trial).attempt
    return AttemptKey(trial, attempt, state.token(trial, attempt))


ECHOES: dict[str, Callable[[Scheduler], object]] = {
    "create": lambda s: s.create("s", SPEC, validate_only=False),
    "suggest": lambda s: s.suggest("s", "w-r1", "r1"),
    "report": lambda s: s.report("s", _key(s, 1), ReportContent(1, 0.5, None, None)),
    "complete": lambda s: s.complete("s", _key(s, 0)),
    "release": lambda s: s.release("s", _key(s, 4)),
    "fail": lambda s: s.fail("s", _key(s, 2), infeasible=True, message="no"),
    "enqueue": lambda s: s.enqueue("s", "q", {"lr": 0.5}),
    "cancel": lambda s: s.cancel("s", 3),
    "resume": lambda s: s.resume("s"),
    "update": lambda s: s.update("s", SPEC.limits),
    "heartbeat": lambda s: s.heartbeat("s", _key(s, 1)),
}
CHANGES: dict[str, Callable[[Scheduler], object]] = {
    "create": lambda s: s.create("another", SPEC, validate_only=False),
    "suggest": lambda s: s.suggest("s", "w-new", "new"),
    "report": lambda s: s.report("s", _key(s, 1), ReportContent(9, 0.1, None, None)),
    "complete": lambda s: s.complete("s", _key(s, 1)),
    "release": lambda s: s.release("s", _key(s, 1)),
    "fail": lambda s: s.fail("s", _key(s, 1), infeasible=True, message=""),
    "enqueue": lambda s: s.enqueue("s", "q2", {"lr": 0.5}),
    "cancel": lambda s: s.cancel("s", 4),
    "pause": lambda s: s.pause("s"),
    "stop": lambda s: s.stop("s"),
    "delete": lambda s: s.delete("s", force=True),
    "update": lambda s: s.update("s", Limits(max_trials=50)),
}


@pytest.mark.parametrize("call", ECHOES.values(), ids=ECHOES)
async def test_an_echo_is_answered(blocked: Scheduler, call: Callable[[Scheduler], object]) -> None:
    call(blocked)
    await asyncio.wait_for(blocked.durable(), 1)


@pytest.mark.parametrize("call", CHANGES.values(), ids=CHANGES)
async def test_a_change_is_refused_and_changes_nothing(
    blocked: Scheduler, call: Callable[[Scheduler], object]
) -> None:
    before = snapshot(blocked.study("s").state)
    with pytest.raises(RefusalError) as refused:
        call(blocked)
    assert refused.value.reason == "STORAGE_FULL"
    assert snapshot(blocked.study("s").state) == before
    assert blocked._group_commit.durable() is None


async def test_what_writes_nothing_is_answered_where_the_study_has_ended(
    blocked: Scheduler,
) -> None:
    blocked._group_commit._store.full = False  # type: ignore[attr-defined]
    assert await blocked.heal()
    blocked.stop("s")
    await blocked.drain()
    blocked._gate.close(DiskFullError("no room"))
    assert isinstance(blocked.suggest("s", "w", "later")[0], Finished)
