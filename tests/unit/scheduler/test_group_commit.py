"""Group commit: one batch in flight, nobody answered early, and what a failure does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from ashad.core.errors import RefusalError
from ashad.scheduler.group_commit import GroupCommit
from ashad.store import DiskFullError


class Store:
    """Batches are lists; a commit does what the test says."""

    def __init__(self) -> None:
        self.written: list[list[Any]] = []

    def batch(self) -> Any:
        class Batch(list[Any]):
            def add(self, study: int, records: Any) -> None:
                self.extend((study, record) for record in records)

            def put(self, row: Any) -> None:
                self.append(row)

        return Batch()

    def commit(self, batch: list[Any]) -> None:
        self.written.append(list(batch))


class Held:
    """An executor whose work ends when the test says so, and how."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], None], Callable[[BaseException | None], None]]] = []

    def submit(
        self, work: Callable[[], None], done: Callable[[BaseException | None], None]
    ) -> None:
        self.waiting.append((work, done))

    def close(self) -> None:
        pass

    def finish(self, error: BaseException | None = None) -> None:
        work, done = self.waiting.pop(0)
        if error is None:
            work()
        done(error)


class Bench:
    def __init__(self, **options: Any) -> None:
        self.store, self.executor = Store(), Held()
        self.committed: list[dict[int, int]] = []
        self.rolled_back: list[BaseException] = []
        self.fatal: list[BaseException] = []
        self.group: GroupCommit = GroupCommit(
            self.store, self.executor, self.committed.append, self.rolled_back.append,  # type: ignore[arg-type]
            self.fatal.append, **options,
        )  # fmt: skip

    async def call(self, seq: int) -> None:
        self.group.add(1, [seq], seq)  # type: ignore[list-item]
        await self.group.drain_once()


async def turns(many: int = 3) -> None:
    for _ in range(many):
        await asyncio.sleep(0)


async def test_nothing_is_answered_before_its_batch_is_written():
    bench = Bench()
    call = asyncio.create_task(bench.call(1))
    await turns()
    assert not call.done()
    bench.executor.finish()
    await call
    assert bench.store.written == [[(1, 1)]]
    assert bench.committed == [{1: 1}]
    assert bench.group.durable() is None


async def test_what_comes_while_one_batch_is_in_flight_is_the_next_one():
    bench = Bench()
    first = asyncio.create_task(bench.call(1))
    await turns()
    later = [asyncio.create_task(bench.call(seq)) for seq in (2, 3)]
    await turns()
    assert len(bench.executor.waiting) == 1
    bench.executor.finish()
    await first
    await turns()
    assert not any(task.done() for task in later)
    bench.executor.finish()
    await asyncio.gather(*later)
    assert bench.store.written == [[(1, 1)], [(1, 2), (1, 3)]]
    assert bench.committed == [{1: 1}, {1: 3}]


async def test_many_callers_are_waited_for_and_few_are_not():
    bench = Bench(batch_min_callers=4, batch_wait_s=30.0)
    calls = [asyncio.create_task(bench.call(seq)) for seq in range(4)]
    await turns()
    bench.executor.finish()
    await asyncio.gather(*calls)
    again = [asyncio.create_task(bench.call(seq)) for seq in range(4, 7)]
    await turns()
    assert bench.executor.waiting == [], "the fourth may be on its way"
    again.append(asyncio.create_task(bench.call(7)))
    await turns()
    bench.executor.finish()
    await asyncio.gather(*again)
    assert len(bench.store.written[1]) == 4


async def test_a_batch_that_was_not_written_is_rolled_back_with_what_came_after_it():
    bench = Bench()
    calls = [asyncio.create_task(bench.call(1))]
    await turns()
    calls.append(asyncio.create_task(bench.call(2)))
    await turns()
    bench.executor.finish(DiskFullError("no room"))
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [RefusalError, RefusalError]
    assert len(bench.rolled_back) == 1
    assert bench.store.written == []
    assert bench.group.durable() is None
    assert bench.fatal == []


async def test_after_a_write_of_unknown_outcome_nobody_is_answered():
    bench = Bench()
    call = asyncio.create_task(bench.call(1))
    await turns()
    bench.executor.finish(OSError("who knows"))
    await turns()
    assert not call.done()
    assert len(bench.fatal) == 1
    call.cancel()


async def test_a_caller_that_gives_up_cancels_nobody_else():
    bench = Bench()
    calls = [asyncio.create_task(bench.call(seq)) for seq in (1, 2)]
    await turns()
    calls[0].cancel()
    await turns()
    bench.executor.finish()
    await calls[1]
    with pytest.raises(asyncio.CancelledError):
        await calls[0]


async def test_drain_waits_for_all_batches():
    bench = Bench()
    calls = [asyncio.create_task(bench.call(1))]
    await turns()
    calls.append(asyncio.create_task(bench.call(2)))
    await turns()
    drained = asyncio.create_task(bench.group.drain())
    bench.executor.finish()
    await turns()
    assert not drained.done()
    bench.executor.finish()
    await asyncio.gather(drained, *calls)
