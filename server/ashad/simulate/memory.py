"""A store and its reader without a file: a simulation is over when it ends.

Keeps of trials that can go on their rows and latest reports, of the others nothing: a simulated
worker never repeats a call.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.records import PAUSED, QUEUED, RUNNING, Record, Report, TrialRow
from ashad.store import Batch, Reader, StudyRow, Writer


class RawBatch(Batch):
    """Records as they are."""

    __slots__ = ("records",)

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Record] = []

    def add(self, study: int, records: Iterable[Record]) -> None:
        """Add the records of the study."""
        del study
        self.records += records

    def put(self, study: StudyRow) -> None:
        """Take a study; there is one, and nobody reads it."""

    def __bool__(self) -> bool:
        return bool(self.records)


class Past(InMemoryArchive):
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


class MemoryStore(Writer):
    """Commits into a `Past`."""

    def __init__(self, past: Past) -> None:
        self.path = Path("simulation")
        self._past = past

    def batch(self) -> Batch:
        """Return an empty batch."""
        return RawBatch()

    def commit(self, batch: Batch) -> None:
        """Keep the records."""
        assert isinstance(batch, RawBatch)
        self._past.take(batch.records)

    def close(self) -> None:
        """Nothing is open."""


class MemoryReader(Reader):
    """Reads the `Past` of one study."""

    def __init__(self, past: Past) -> None:
        self.path = Path("simulation")
        self._past = past

    def studies(self) -> list[StudyRow]:
        """There is none at the start."""
        return []

    def loaded_at_start(self, seq: int) -> set[int]:
        """There is none."""
        del seq
        return set()

    def running(self) -> list[tuple[int, int, int, int]]:
        """There is none."""
        return []

    def deleted(self) -> dict[int, str]:
        """There is none."""
        return {}

    def leftover(self) -> list[int]:
        """There is none."""
        return []

    def archive(self, study: int) -> Past:  # type: ignore[override]
        """Return the past."""
        del study
        return self._past

    def close(self) -> None:
        """Nothing is open."""
