"""What the scheduler is given by whoever starts it: clocks, a log, a writer and a reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ashad.core.engine.study import Study
from ashad.core.history.archive import Archive
from ashad.core.history.records import Record
from ashad.store import Reader, StudyRow
from ashad.store.queries.attempts import LiveAttempt

T = TypeVar("T")


class Clock(Protocol):
    """The two clocks of the world."""

    def wall(self) -> int:
        """Return microseconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        ...


class Log(Protocol):
    """Where events are logged: a stable snake_case name, and facts."""

    def __call__(self, event: str, **facts: object) -> object:
        """Log one event."""
        ...


class OpenBatch(Protocol):
    """What has been decided since the last commit."""

    def add(self, study: int, records: Iterable[Record]) -> None:
        """Add the records of one study."""
        ...

    def put(self, study: StudyRow) -> None:
        """Add a study, new or changed."""
        ...


class StudyWriter(Protocol):
    """Writes batches: `ashad.store.Writer`, or memory in a simulation."""

    def batch(self) -> OpenBatch:
        """Return an empty batch, which is false until something was added."""
        ...

    def commit(self, batch: Any) -> None:
        """Write a batch that `batch` returned, durably."""
        ...

    def probe(self) -> None:
        """Find out whether the file can be written again; raise as `commit` does."""
        ...

    def purge(self, study: int) -> bool:
        """Remove some rows of a deleted study; return whether there are none left."""
        ...


class StudyReader(Protocol):
    """Reads studies: `ashad.store.Reader`, or memory in a simulation."""

    path: Path

    def studies(self) -> list[StudyRow]:
        """Return all studies in order of their names."""
        ...

    def loaded_at_start(self, seq: int) -> set[int]:
        """Return the studies that stand above a number, or have work to go on with."""
        ...

    def running(self) -> list[tuple[int, int, int, int]]:
        """Return (study, trial, attempt, microseconds of a lease) of all trials that run."""
        ...

    def live_attempts(self) -> list[LiveAttempt]:
        """Return what runs, and what was lost and may be taken back."""
        ...

    def deleted(self) -> dict[int, str]:
        """Return the names of the deleted studies, by number."""
        ...

    def leftover(self) -> list[int]:
        """Return the numbers of deleted studies that have rows left."""
        ...

    def load(self, study: StudyRow) -> Study:
        """Return a study as its rows tell."""
        ...

    def archive(self, study: int) -> Archive:
        """Return the archive of one study."""
        ...

    def read(self, work: Callable[[Reader], T]) -> T:
        """Return what `work` reads in one snapshot."""
        ...
