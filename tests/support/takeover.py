"""A file that a standby takes over: copied at one moment, and served in the next epoch.

And what a client remembers for that, for the doors that have none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from ashad.core.history.records import Event
from ashad.store import Writer, epoch

EPOCH, WORKER = "ashad-epoch", "ashad-worker"


def epoch_of(db: Path) -> int:
    """Return the epoch of a file."""
    found = epoch(db)
    return 1 if found is None else found.seq


class Replica:
    """What a standby has of a file, and the folder that its daemons look at."""

    def __init__(self, db: Path) -> None:
        self._db, self._copy = db, db.with_name("copy.db")
        folder = db.with_name("replica")
        folder.mkdir(exist_ok=True)
        self.options = ("--replica", str(folder))

    def copy(self) -> None:
        """Take in all that is committed."""
        self._copy.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(self._db)) as source,
            closing(sqlite3.connect(self._copy)) as to,
        ):
            source.backup(to)

    def restore(self) -> None:
        """Put the copy in the place of the file, in the next epoch; no daemon has it open."""
        number = epoch_of(self._db) + 1
        for end in ("-wal", "-shm"):
            Path(f"{self._db}{end}").unlink(missing_ok=True)
        self._copy.rename(self._db)
        _begin(self._db, number)

    def restore_to(self, db: Path) -> None:
        """Put all that is committed in another file, in the next epoch."""
        self.copy()
        self._copy.rename(db)
        _begin(db, epoch_of(self._db) + 1)


def _begin(db: Path, number: int) -> None:
    store = Writer(db)
    store.begin_epoch(Event(number, 2_000_000_000_000_000, "TAKEN_OVER", "{}"))
    store.close()


class Memory:
    """What a client knows of the daemon's epoch, and what it said since it was told."""

    def __init__(self) -> None:
        self.worker = ""
        self._epoch = 0
        self._said: list[tuple[str, str, Any]] = []

    def shown(self) -> list[tuple[str, str]]:
        """Return what stands beside a call."""
        return [(EPOCH, str(self._epoch)), (WORKER, self.worker)] if self._epoch else []

    def hear(self, beside: Iterable[tuple[str, Any]]) -> None:
        """Learn what stands beside an answer."""
        self._epoch = self._epoch or int(dict(beside).get(EPOCH, 0))

    def remember(self, service: str, rpc: str, request: Any) -> None:
        """Keep a call of an attempt that was answered."""
        if rpc in ("Report", "CompleteTrial", "FailTrial", "ReleaseTrial"):
            self._said.append((service, rpc, request))

    def change(self, number: int) -> list[tuple[str, str, Any]]:
        """Go on in a later epoch; return what is to be said again, in order."""
        self._epoch, again, self._said = number, self._said, []
        return again
