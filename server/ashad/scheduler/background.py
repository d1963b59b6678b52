"""What goes on between calls, a little at a time, so that no call waits for it long.

Reloader reads a study again after a call of it broke off: the file is the truth. Purger removes
rows of deleted studies. QueueCanceller cancels what is queued in a stopped study. A restart goes on
with each of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ashad.core.engine.state import STOPPED
from ashad.core.errors import RefusalError
from ashad.scheduler.group_commit import GroupCommit, storage_refusal
from ashad.scheduler.leases import LeaseExpiry
from ashad.scheduler.ports import Clock, Log
from ashad.scheduler.recorder import Recorder, row_of
from ashad.scheduler.registry import StudyEntry, StudyRegistry
from ashad.store import DamagedError, NotWrittenError, StoreError, gone

RETRY_S = 1.0  # between two attempts to read a study
CANCELLED_AT_ONCE = 200  # queued trials of a stopped study, before others have their turn


class WriteGate:
    """Closed while the file cannot be written: the disk is full, or the file locked."""

    def __init__(self) -> None:
        self._why: NotWrittenError | None = None

    @property
    def closed(self) -> bool:
        """Whether writes are refused."""
        return self._why is not None

    @property
    def refusal(self) -> RefusalError | None:
        """The refusal of a call that has to write, while nothing can be written."""
        return None if self._why is None else storage_refusal(self._why)

    def check(self) -> None:
        """Refuse a call that has to write, while nothing can be written."""
        if self._why is not None:
            raise storage_refusal(self._why)

    def close(self, why: NotWrittenError) -> None:
        """Refuse writes from now on."""
        self._why = why

    def open(self) -> None:
        """Take writes again."""
        self._why = None


class Reloader:
    """The studies in quarantine, each with a task that reads it."""

    def __init__(
        self,
        registry: StudyRegistry,
        group_commit: GroupCommit,
        log: Log,
        fatal: Callable[[BaseException], None],
        on_reloaded: Callable[[StudyEntry], None],
    ) -> None:
        self._registry, self._group_commit = registry, group_commit
        self._log, self._fatal, self._on_reloaded = log, fatal, on_reloaded
        self._tasks: set[asyncio.Task[None]] = set()

    def quarantine(self, name: str) -> None:
        """Answer nothing from a study until it was read again."""
        if self._registry.quarantine(name):
            task = asyncio.get_running_loop().create_task(self._read_again(name))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _read_again(self, name: str) -> None:
        try:
            # What was decided before the call that broke off is on its way to the file.
            with suppress(RefusalError):
                await self._group_commit.drain_once()
            entry = await self._read(name)
            self._log("study_reloaded", study=name)
            self._on_reloaded(entry)
        except BaseException as error:
            self._fatal(error)
            raise

    async def _read(self, name: str) -> StudyEntry:
        while True:
            try:
                return self._registry.read_again(name)
            except DamagedError:
                raise
            except StoreError as error:
                self._log("read_failed", study=name, error=str(error))
                await asyncio.sleep(RETRY_S)


class Purger:
    """Removes the rows of deleted studies from the file, some at a time, between two commits."""

    def __init__(
        self, registry: StudyRegistry, group_commit: GroupCommit, leases: LeaseExpiry
    ) -> None:
        self._registry, self._group_commit, self._leases = registry, group_commit, leases
        self._busy = False

    def delete(self, entry: StudyEntry) -> None:
        """Forget a study, and remove its rows once the file says that it is gone, never before."""
        number, state = entry.number, entry.study.state
        self._registry.delete(state.name)
        for trial in state.live:
            self._leases.drop(number, trial)
        self._group_commit.put(gone(row_of(entry)))
        deletion = self._group_commit.durable()
        assert deletion is not None

        def committed(batch: asyncio.Future[None]) -> None:
            if not batch.cancelled() and batch.exception() is None:
                self._registry.leftover.append(number)

        deletion.add_done_callback(committed)

    def step(self) -> None:
        """Remove some rows, unless that is being done; the next tick goes on."""
        if not self._registry.leftover or self._busy:
            return
        self._busy, number = True, self._registry.leftover[0]
        self._group_commit.purge(number, lambda *, whole: self._done(number, whole=whole))

    def _done(self, number: int, *, whole: bool) -> None:
        self._busy, leftover = False, self._registry.leftover
        if whole and leftover[:1] == [number]:
            leftover.pop(0)


class QueueCanceller:
    """Cancels what is queued in stopped studies. A crash in between leaves some, for a restart."""

    def __init__(
        self, registry: StudyRegistry, recorder: Recorder, clock: Clock, gate: WriteGate
    ) -> None:
        self._registry, self._recorder = registry, recorder
        self._clock, self._gate = clock, gate

    def cancel(self, entry: StudyEntry) -> None:
        """Cancel some of what is queued, and the rest in later turns of the loop."""
        known = self._registry.by_number(entry.number) is entry
        if not known or self._gate.closed or entry.study.state.mode != STOPPED:
            return
        entry.study.state.write_block = None
        records = entry.study.cancel_queued(self._clock.wall(), CANCELLED_AT_ONCE)
        self._recorder.record(entry, records)
        if records:
            asyncio.get_running_loop().call_soon(self.cancel, entry)

    def resume(self) -> None:
        """Go on with all studies that were stopped."""
        for entry in self._registry.entries():
            self.cancel(entry)
