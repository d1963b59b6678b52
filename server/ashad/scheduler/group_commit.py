"""Group commit: what has been decided while one batch was being written is the next batch.

A commit costs one fsync for all who wait, and hardly more for twenty than for one. So where many
call, a batch waits a moment until those who were answered last are back; where few call, it goes at
once. Never answers for a batch that is not on the disk, never writes two batches at once, never
carries on after a failure whose outcome is unknown.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from ashad.core.errors import RefusalError, RefusalKind
from ashad.core.history.records import Record
from ashad.scheduler.ports import StudyWriter
from ashad.store import (
    DamagedError,
    DiskFullError,
    LockedError,
    NotWrittenError,
    StoreError,
    StudyRow,
)

BATCH_MIN_CALLERS = 4  # with fewer callers than this no batch waits
BATCH_WAIT_S = 0.004  # a batch waits for more callers at most so long


class Executor(Protocol):
    """Runs the commit of a batch; a thread in production, inline in simulation."""

    def submit(
        self, work: Callable[[], None], done: Callable[[BaseException | None], None]
    ) -> None:
        """Run `work`, then call `done` on the event loop with what it raised."""
        ...

    def close(self) -> None:
        """Finish what was submitted."""
        ...


class ThreadExecutor:
    """One thread that commits, so that the event loop never waits for the disk."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._work: queue.SimpleQueue[
            tuple[Callable[[], None], Callable[[BaseException | None], None]] | None
        ] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="commit", daemon=True)
        self._thread.start()

    def submit(
        self, work: Callable[[], None], done: Callable[[BaseException | None], None]
    ) -> None:
        """Run `work` on the thread, then `done` on the loop."""
        self._work.put((work, done))

    def close(self) -> None:
        """Finish what was submitted and end the thread."""
        self._work.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            work, done = item
            self._loop.call_soon_threadsafe(done, _outcome(work))


class InlineExecutor:
    """Commits at once: for simulations, and files that are made without waiting for the disk."""

    def submit(
        self, work: Callable[[], None], done: Callable[[BaseException | None], None]
    ) -> None:
        """Run `work` here and now, then `done`."""
        done(_outcome(work))

    def close(self) -> None:
        """Nothing is left undone."""


class GroupCommit:
    """The open batch and the one in flight.

    `on_committed` gets the highest sequence number committed of each study. `on_rolled_back` says
    that a batch was not written, and all that was decided since the last commit is void; `fatal`
    that the outcome of a write is unknown, and nothing may be answered any more.
    """

    def __init__(
        self,
        store: StudyWriter,
        executor: Executor,
        on_committed: Callable[[dict[int, int]], None],
        on_rolled_back: Callable[[NotWrittenError], None],
        fatal: Callable[[BaseException], None],
        batch_min_callers: int = BATCH_MIN_CALLERS,
        batch_wait_s: float = BATCH_WAIT_S,
    ) -> None:
        self._store, self._executor, self._fatal = store, executor, fatal
        self._on_committed, self._on_rolled_back = on_committed, on_rolled_back
        self._batch_min_callers, self._batch_wait_s = batch_min_callers, batch_wait_s
        self._loop = asyncio.get_running_loop()
        self._open = store.batch()
        self._marks: dict[int, int] = {}
        self._future: asyncio.Future[None] | None = None  # of the open batch
        self._in_flight: asyncio.Future[None] | None = None  # of the batch being written
        self._calls = 0  # in the open batch
        self._calls_in_flight = 0
        self._calls_expected = 0  # calls at which the open batch waits no longer
        self._scheduled = False
        self._timer: asyncio.TimerHandle | None = None

    def add(self, study: int, records: Iterable[Record], seq: int) -> None:
        """Add the records of a study, which stands at `seq` with them."""
        self._open.add(study, records)
        self._marks[study] = seq
        self._calls += 1
        self._schedule()

    def put(self, study: StudyRow) -> None:
        """Add a study, new or changed."""
        self._open.put(study)
        self._schedule()

    def durable(self) -> asyncio.Future[None] | None:
        """Return a future that is done when all that was decided until now is on the disk, or None.

        None: it is there. Shared by all who wait for the batch: shield it, and never cancel it.
        """
        if self._open:
            if self._future is None:
                self._future = self._loop.create_future()
                # Nobody may be left to wait for it; its failure is handled elsewhere too.
                self._future.add_done_callback(
                    lambda future: future.cancelled() or future.exception()
                )
            return self._future
        return self._in_flight

    async def drain_once(self) -> None:
        """Wait until all that was decided until now is on the disk, or raise why it is not."""
        future = self.durable()
        if future is not None:  # shielded, at half the price of asyncio.shield
            mine = self._loop.create_future()
            future.add_done_callback(partial(_resolve, mine))
            await mine

    async def probe(self) -> bool:
        """Return whether the file can be written again; on the thread that commits."""
        answer: asyncio.Future[BaseException | None] = self._loop.create_future()
        self._executor.submit(self._store.probe, answer.set_result)
        error = await asyncio.shield(answer)
        if error is not None and not isinstance(error, NotWrittenError):
            self._fatal(error)
        return error is None

    def purge(self, study: int, then: Callable[..., None]) -> None:
        """Remove some rows of a study that is gone; tell `then` whether that was the last of them.

        Goes between two batches. A disk without room for it has none for a batch either.
        """
        told: list[bool] = []

        def done(error: BaseException | None) -> None:
            if error is not None and not isinstance(error, NotWrittenError):
                self._fatal(error)
            else:
                then(whole=told == [True])

        self._executor.submit(lambda: told.append(self._store.purge(study)), done)

    async def drain(self) -> None:
        """Wait until everything is written, or raise what kept it from being."""
        while self.durable() is not None:
            await self.drain_once()

    def _schedule(self) -> None:
        if self._in_flight is not None or self._scheduled:
            return
        if self._calls >= self._calls_expected:
            self._scheduled = True
            if self._timer is not None:
                self._timer.cancel()
            # Not at once: all calls that this turn of the loop handles go into one batch.
            self._loop.call_soon(self._flush)
        elif self._timer is None:
            self._timer = self._loop.call_later(self._batch_wait_s, self._flush)

    def _flush(self) -> None:
        self._scheduled, self._timer = False, None
        self._calls_in_flight, self._calls = self._calls, 0
        batch, marks = self._open, self._marks
        self._in_flight = self.durable()
        self._open, self._marks, self._future = self._store.batch(), {}, None
        self._executor.submit(
            lambda: self._store.commit(batch), lambda error: self._done(error, marks)
        )

    def _done(self, error: BaseException | None, marks: dict[int, int]) -> None:
        flushed, self._in_flight = self._in_flight, None
        assert flushed is not None
        if error is None:
            self._on_committed(marks)
            callers = self._calls_in_flight + self._calls
            self._calls_expected = callers if callers >= self._batch_min_callers else 0
            flushed.set_result(None)
            if self._open:
                self._schedule()
        elif isinstance(error, NotWrittenError):
            waiting = self._future
            self._open, self._marks, self._future = self._store.batch(), {}, None
            self._calls = self._calls_expected = 0
            try:
                self._on_rolled_back(error)
            except BaseException as raised:
                self._fatal(raised)
                raise
            for future in (flushed, waiting):
                if future is not None:
                    future.set_exception(storage_refusal(error))
        else:
            self._fatal(error)


def _resolve(one: asyncio.Future[None], batch: asyncio.Future[None]) -> None:
    """Resolve a waiter as its batch ended, unless it has given up."""
    if one.done():
        return
    error = batch.exception()
    if error is None:
        one.set_result(None)
    else:
        one.set_exception(error)


def storage_refusal(error: StoreError) -> RefusalError:
    """Return the refusal of a call whose write or read of the file failed."""
    if isinstance(error, LockedError):
        return RefusalError(
            RefusalKind.UNAVAILABLE,
            "STORAGE_LOCKED",
            "another program holds the daemon's database; end it, then retry",
        )
    if isinstance(error, DiskFullError):
        return RefusalError(
            RefusalKind.RESOURCE_EXHAUSTED,
            "STORAGE_FULL",
            "the daemon's disk is full; make room there, then retry",
        )
    if isinstance(error, DamagedError):
        return RefusalError(
            RefusalKind.DATA_LOSS,
            "STORAGE_DAMAGED",
            "the daemon's database is damaged; run `ashad db check`, then restore a backup",
        )
    return RefusalError(
        RefusalKind.UNAVAILABLE,
        "STORAGE_FAILED",
        "the daemon could not read its database; retry, and see the daemon's log if it goes on",
    )


def _outcome(work: Callable[[], None]) -> BaseException | None:
    """Return what the work raised, or None."""
    try:
        work()
    except BaseException as raised:  # noqa: BLE001 - it is handed on
        return raised
    return None
