"""The file: opening it, refusing one that is not ours, and the one connection that writes.

Exactly one connection writes and checkpoints, for the life of the process: SQLite before 3.51.3 may
lose a committed transaction when two connections do. All others are read-only (`identity`). Where
Litestream replicates the file it is the one that checkpoints, and this one leaves that to it.
"""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from ashad.core.history.records import Change, Event, Record, Report
from ashad.store import rows
from ashad.store.backup import NotCopiedError, save_before_upgrade, settle
from ashad.store.errors import (
    RESTORE,
    DamagedError,
    StoreError,
    UnusableFileError,
    open_error,
    write_error,
)
from ashad.store.header import identify
from ashad.store.rows import StudyRow
from ashad.store.schema import CURRENT, Schema, upgrade

REPLICATED_LOG = 50_000  # pages of a log that nobody folds in: whoever replicates is away
PIECE = 2_000  # rows of a deleted study that are removed at a time, some milliseconds' work


@dataclass(slots=True)
class Batch:
    """Rows for one commit, in the order in which they came about."""

    rows: defaultdict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, study: int, records: Iterable[Record]) -> None:
        """Add the records of one study."""
        reports = self.rows["report"]
        for record in records:
            if isinstance(record, Report):
                row, entry = rows.of_report(study, record)
                reports.append(row)
                if entry is not None:
                    self.rows["entry"].append(entry)
            elif isinstance(record, Change):
                row, attributes = rows.of_change(study, record)
                self.rows["change"].append(row)
                if attributes is not None:
                    self._name(attributes)
            else:
                table, row = rows.to_row(study, record)
                self.rows[table].append(row)

    def _name(self, attributes: tuple[Any, ...]) -> None:
        """Add attributes, unless they are those of the change before."""
        known = self.rows["attributes"]
        if not known or known[-1] is not attributes:
            known.append(attributes)

    def put(self, study: StudyRow) -> None:
        """Add a study, new or changed."""
        self.rows["study"].append(rows.seal(study))

    def __bool__(self) -> bool:
        return bool(self.rows)


class Writer:
    """The writing connection. Not thread-safe: one thread at a time calls `commit`."""

    def __init__(self, path: Path, schema: Schema = CURRENT, *, replicated: bool = False) -> None:
        """Open or make the file, or raise `UnusableFileError` or another `StoreError`.

        An older file is brought to the version of `schema`, after a copy of it was put beside it.
        `replicated`: another program copies the log from beside the file, and checkpoints.
        """
        self.path, self._replicated = path, replicated
        try:
            settle(path)
            version = identify(path, schema.version)
            if version is not None and version < schema.version:
                save_before_upgrade(path, version)
        except NotCopiedError as error:
            raise UnusableFileError(str(error)) from error
        except OSError as error:
            raise StoreError(f"{path} cannot be used: {error.strerror}") from error
        self._make_private(path)
        try:
            # isolation_level None: no implicit transactions, ours are explicit and immediate.
            self.connection = sqlite3.connect(
                path,
                isolation_level=None,
                check_same_thread=False,
                timeout=5.0,
                cached_statements=64,
            )
            self._prepare(schema)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise open_error(path, error) from error
        except DamagedError as error:  # found by a migration, which did nothing
            raise UnusableFileError(
                f"{path} cannot be brought up to date: {error}; {RESTORE}"
            ) from error

    def batch(self) -> Batch:
        """Return an empty batch."""
        return Batch()

    def commit(self, batch: Batch) -> None:
        """Write a batch durably: after this returns, it survives a power cut.

        Raises `NotWrittenError` when nothing was written, `StoreError` when the outcome is unknown:
        after a failed fsync the live view and the file may disagree, so only a new process that
        reads the file again can tell.
        """
        with self._transaction():
            for table, values in batch.rows.items():
                many = 0
                if table == "report" and len(values) >= rows.LARGE:
                    many = len(values) - len(values) % rows.MANY
                    whole = list(chain.from_iterable(values[:many]))
                    parts = range(0, len(whole), rows.VALUES)
                    self.connection.executemany(
                        rows.WRITE_MANY, [whole[at : at + rows.VALUES] for at in parts]
                    )
                self.connection.executemany(rows.WRITE[table], values[many:])

    def purge(self, study: int) -> bool:
        """Remove some rows of a study that is gone; return whether there are none left.

        A few at a time: deleting a million at once would hold up everyone for seconds.
        """
        removed = 0
        with self._transaction():
            for statement in rows.PURGE:
                left = PIECE - removed
                removed += self.connection.execute(statement, (study, study, left)).rowcount
        return removed < PIECE

    def probe(self) -> None:
        """Find out whether there is room again; raise as `commit` does."""
        filler = ("x" * 262_144,)
        with self._transaction():
            self.connection.execute("INSERT INTO event VALUES (0, 0, 0, 'PROBE', ?, 0)", filler)
            self.connection.execute("DELETE FROM event WHERE study = 0 AND seq = 0")

    def begin_epoch(self, takeover: Event) -> None:
        """Write down that another daemon took the file over."""
        with self._transaction():
            self.connection.execute(rows.WRITE["event"], rows.to_row(0, takeover)[1])

    def close(self) -> None:
        """Fold the log into the file and close it; where that fails, the log holds everything.

        The log of a file that is replicated is left to whoever replicates it.
        """
        try:
            try:
                if not self._replicated:
                    self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                self.connection.close()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise write_error(self.path, error) from error

    def _prepare(self, schema: Schema) -> None:
        execute = self.connection.execute
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON"):
            execute(f"PRAGMA {pragma}")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")
        if self._replicated:
            execute(f"PRAGMA wal_autocheckpoint = {REPLICATED_LOG}")
        if execute("PRAGMA user_version").fetchone() != (schema.version,):  # else nothing to write
            upgrade(self.connection, schema)
        assert execute("PRAGMA synchronous").fetchone() == (2,)
        assert execute("PRAGMA journal_mode").fetchone() == ("wal",)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise write_error(self.path, error) from error

    @staticmethod
    def _make_private(path: Path) -> None:
        """Make the folder 0700 and the file 0600, before SQLite makes it with wider permissions."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}") from error
