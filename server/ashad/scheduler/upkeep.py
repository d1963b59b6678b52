"""What the scheduler owes to time and to the file: leases, commits, studies as they were written.

Leases end on the monotonic clock only; time in which the daemon did not run is given back. What
could not be written is forgotten, and what is in doubt is read again: the file is the truth.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from ashad.core.engine.study import Study
from ashad.core.errors import Refusal
from ashad.core.history.records import RUNNING, Record
from ashad.core.spec import SECOND, to_json
from ashad.scheduler.group_commit import Committer, Executor, storage_refusal
from ashad.scheduler.leases import Leases
from ashad.scheduler.notifier import Watchers
from ashad.scheduler.registry import Shelf
from ashad.scheduler.wait_queue import Line
from ashad.store import (
    DamagedError,
    InlineReaderPool,
    NotWrittenError,
    Reader,
    ReaderPool,
    StoreError,
    StudyRow,
    Writer,
)

T = TypeVar("T")

LAG = 1.0  # seconds; a tick that is later than this says that the daemon did not run
RELOAD = 1.0  # seconds between two attempts to read a study again
BUSY = 0.1  # seconds; a tick that is later than this, that it was too busy to hear everyone


class Clock(Protocol):
    """The two clocks of the world."""

    def wall(self) -> int:
        """Return microseconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        ...


class Log(Protocol):
    """Where events of interest are told."""

    def __call__(self, event: str, **facts: object) -> object:
        """Tell one event."""
        ...


class Upkeep:
    """The studies, the committer, the leases and the line, kept as they must be."""

    line: Line  # of whoever decides

    def __init__(
        self, store: Writer, reader: Reader, executor: Executor, clock: Clock, log: Log,
        fatal: Callable[[BaseException], None], readers: ReaderPool | None = None,
    ) -> None:  # fmt: skip
        self.reader = reader
        self._readers = readers or InlineReaderPool(reader)
        self.clock, self.log = clock, log
        self.committer = Committer(store, executor, self._landed, self._void, fatal)
        # Why writes are refused until a probe succeeds: the disk is full, or the file locked.
        self.hindrance: NotWrittenError | None = None
        self.leases = Leases()
        self.watchers = Watchers()
        self.shelf = Shelf(reader)
        self._purging = False
        self._reading: set[asyncio.Task[None]] = set()
        self._fatal = fatal
        self._last_look = clock.monotonic()
        self._period = 0.0  # of the ticks, known from the first one on
        self.reload()

    def tick(self, period: float) -> None:
        """Expire leases and serve the line; called every `period` seconds."""
        self._period = period
        now = self.clock.monotonic()
        self._catch_up(now)
        lag = now - self._last_look - period
        self._last_look = now
        if self.hindrance is not None:  # the reports that would have renewed leases were refused
            self.leases.give_back(lag + period)
            return
        if lag > BUSY:
            self.leases.give_back(lag)
        for number, trial, attempt in self.leases.due(now):
            found = self.shelf.of_number(number)
            if found is not None:
                self._expire(number, *found, trial, attempt)
        self.line.serve_all()
        self._purge()

    async def durable(self) -> None:
        """Return when all that was decided until now is on the disk."""
        await self.committer.drain_once()

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Return what `work` reads from one state of the file, off the event loop."""
        return await self._readers.run(work)

    async def heal(self) -> bool:
        """Take writes again once the file can be written; return whether it can."""
        if self.hindrance is not None and await self.committer.probe():
            self.hindrance = None
        return self.hindrance is None

    def reload(self) -> None:
        """Take all studies from the file; each lease gets a full term."""
        self.leases = Leases()
        self.shelf.read()
        for number in self.shelf.numbers():
            self._lease_all(number)

    def doubt(self, name: str) -> None:
        """Read a study from the file again, since a call of it broke off: who knows where.

        Until then its calls are told to come again.
        """
        if name in self.shelf.names():
            self.shelf.doubt(name)
            task = asyncio.get_running_loop().create_task(self._read_again(name))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    # --- for the verbs -------------------------------------------------------------------------

    def _find(self, name: str) -> tuple[int, Study]:
        """Return the number and the study, which refuses to change while nothing can be written."""
        number, study = self.shelf.find(name)
        blocked = self.hindrance
        study.state.write_block = None if blocked is None else storage_refusal(blocked)
        return number, study

    def _check_room(self) -> None:
        if self.hindrance is not None:
            raise storage_refusal(self.hindrance)

    def _commit(
        self, number: int, study: Study, records: list[Record], *, header: bool = False
    ) -> None:
        state = study.state
        if records:
            self.committer.add(number, records, state.seq)
        if header:
            self.committer.put(self._row(number, study))

    @staticmethod
    def _row(number: int, study: Study) -> StudyRow:
        state = study.state
        spec = json.dumps(to_json(state.spec), ensure_ascii=False)
        return StudyRow(number, state.name, state.uid, state.seed, state.created, state.mode, spec)

    def _renew(self, number: int, study: Study, trial: int, attempt: int) -> None:
        held = study.state.live.get(trial)
        if held is not None and held.state == RUNNING and held.attempt == attempt:
            now = self.clock.monotonic()
            self._catch_up(now)
            term = study.state.spec.lease.duration / SECOND
            self.leases.renew(number, trial, attempt, now, term)

    # --- parts -----------------------------------------------------------------------------------

    async def _read_again(self, name: str) -> None:
        try:
            # What was decided before the call that broke off is on its way to the file.
            with suppress(Refusal):
                await self.committer.drain_once()
            while True:
                try:
                    self._lease_all(self.shelf.read_again(name))
                    break
                except DamagedError:
                    raise
                except StoreError as error:  # its calls are told to come again
                    self.log("read_failed", study=name, error=str(error))
                    await asyncio.sleep(RELOAD)
            self.log("study_reloaded", study=name)
            self.line.serve(name)
        except BaseException as error:
            self._fatal(error)
            raise

    def _expire(self, number: int, name: str, study: Study, trial: int, attempt: int) -> None:
        study.state.write_block = None  # nothing expires while nothing can be written
        records = study.expire(self.clock.wall(), trial, attempt)
        self._commit(number, study, records)
        if records:  # else its worker had restarted and found nothing to do
            self.log("lease_expired", study=name, trial=trial, attempt=attempt)

    def _lease_all(self, number: int) -> None:
        """Give every running trial of a study a full term."""
        found = self.shelf.of_number(number)
        if found is not None:
            for trial in found[1].state.live.values():
                if trial.state == RUNNING:
                    self._renew(number, found[1], trial.number, trial.attempt)

    def _purge_later(self, number: int) -> None:
        """Remove the rows of a study once the file says that it is gone, and never before."""
        deletion = self.committer.durable()
        assert deletion is not None

        def landed(batch: asyncio.Future[None]) -> None:
            if not batch.cancelled() and batch.exception() is None:
                self.shelf.leftover.append(number)

        deletion.add_done_callback(landed)

    def _purge(self) -> None:
        """Remove some rows of a study that is gone; the next tick goes on, however busy it is."""
        if self.shelf.leftover and not self._purging:
            self._purging = True
            number = self.shelf.leftover[0]
            self.committer.purge(number, lambda *, whole: self._purged(number, whole=whole))

    def _purged(self, number: int, *, whole: bool) -> None:
        self._purging = False
        if whole and self.shelf.leftover[:1] == [number]:
            self.shelf.leftover.pop(0)

    def _catch_up(self, now: float) -> None:
        """Give back time in which the daemon did not run, to the leases that were held in it.

        Before any of them is renewed: a call that came in meanwhile may be handled before the tick,
        and its new term would get the time as well, hours after a laptop's sleep.
        """
        lag = now - self._last_look - self._period
        if lag > LAG:  # it may have stopped just after the last look
            self.leases.give_back(lag + self._period)
            self._last_look = now
            self.log("daemon_suspended", seconds=round(lag, 1))

    def _landed(self, marks: dict[int, int]) -> None:
        for number, seq in marks.items():
            found = self.shelf.of_number(number)
            if found is not None:
                found[1].state.committed(seq)
        self.watchers.wake(marks)

    def _void(self, error: NotWrittenError) -> None:
        """Forget what could not be written: the file is the truth."""
        self.hindrance = error
        self.log("writes_refused", why=str(error), file=str(self.committer.store.path))
        self.reload()
