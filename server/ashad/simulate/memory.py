"""Where the scheduler writes and reads in a simulation: memory, which is gone when it ends.

Keeps of trials that can go on their rows and latest reports, of the others nothing: a simulated
worker never repeats a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.records import PAUSED, QUEUED, RUNNING, Record, Report, TrialRow
from ashad.store import Reader, StudyRow
from ashad.store.queries.attempts import LiveAttempt


class RecordBatch:
    """Records as they are."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def add(self, study: int, records: Iterable[Record]) -> None:
        """Add the records of the study."""
        del study
        self.records += records

    def put(self, study: StudyRow) -> None:
        """Take a study; there is one, and nobody reads it."""

    def __bool__(self) -> bool:
        return bool(self.records)


class LiveArchive(InMemoryArchive):
    """What a study may ask of its past, in little memory."""

    def take(self, records: Iterable[Record]) -> None:
        """Keep of records what may be asked for."""
        for record in records:
            if isinstance(record, Report):
                self._latest[record.trial] = record
            elif isinstance(record, TrialRow):
                if record.state in (QUEUED, RUNNING, PAUSED):
                    self.trials[record.number] = record
                else:
                    self.trials.pop(record.number, None)
                    self._latest.pop(record.number, None)


class MemoryWriter:
    """Commits into an archive (`ashad.scheduler.ports.StudyWriter`)."""

    def __init__(self, archive: LiveArchive) -> None:
        self._archive = archive

    def batch(self) -> RecordBatch:
        """Return an empty batch."""
        return RecordBatch()

    def commit(self, batch: RecordBatch) -> None:
        """Keep the records."""
        self._archive.take(batch.records)

    def probe(self) -> None:
        """Do nothing: there is always room."""

    def purge(self, study: int) -> bool:
        """Do nothing: no study is ever deleted."""
        del study
        return True


class MemoryReader:
    """Reads the archive of one study, which begins with nothing (`ports.StudyReader`)."""

    path = Path("simulation")

    def __init__(self, archive: LiveArchive) -> None:
        self._archive = archive

    def studies(self) -> list[StudyRow]:
        """Return none: there is none at the start."""
        return []

    def loaded_at_start(self, seq: int) -> set[int]:
        """Return none: there is none at the start."""
        del seq
        return set()

    def running(self) -> list[tuple[int, int, int, int]]:
        """Return none: nothing runs at the start."""
        return []

    def live_attempts(self) -> list[LiveAttempt]:
        """Return none: nothing runs at the start."""
        return []

    def deleted(self) -> dict[int, str]:
        """Return none: no study is ever deleted."""
        return {}

    def leftover(self) -> list[int]:
        """Return none: no study is ever deleted."""
        return []

    def archive(self, study: int) -> LiveArchive:
        """Return the archive of the study."""
        del study
        return self._archive

    def load(self, study: StudyRow) -> NoReturn:
        """Refuse: there is no row to load from."""
        raise NotImplementedError(study.name)

    def read(self, work: Callable[[Reader], object]) -> NoReturn:
        """Refuse: there is no file to read."""
        raise NotImplementedError(work)
