"""What may go wrong with the file, by name, and what each failure of SQLite means."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class StoreError(Exception):
    """The file failed; what was being written may or may not be there. The process must end."""


class NotWritten(StoreError):  # noqa: N818 - it says what the matter is
    """Nothing of the batch was written, and it may be tried again later."""


class DiskFull(NotWritten):
    """There was no room."""


class Locked(NotWritten):
    """Another program holds the file, and did for as long as we wait."""


class NotOurs(StoreError):  # noqa: N818 - it says what the file is
    """The file is not one this version can serve; the message says why and what to do."""


class Damaged(Exception):  # noqa: N818 - it says what the file is
    """A row of the file is not what was written; the message names it."""


RESTORE = "restore a backup, or name another file"

# Of these a retry or a new process gives the same answer: the file itself is wrong.
_OF_THE_FILE = {
    sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_FORMAT,
}  # fmt: skip


def failure(path: Path, error: sqlite3.Error | UnicodeDecodeError) -> StoreError:
    """Return what a failed write means."""
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(f"no room for {path}")
    if code == sqlite3.SQLITE_BUSY:
        return Locked(f"another program holds {path}")
    return StoreError(f"{path}: {getattr(error, 'sqlite_errorname', 'error')}: {error}")


def refusal(path: Path, error: sqlite3.Error | UnicodeDecodeError) -> StoreError:
    """Return what a failed opening means."""
    if _code(error) in _OF_THE_FILE:
        return NotOurs(f"{path} cannot be opened: {error}; {RESTORE}")
    return failure(path, error)


def _code(error: sqlite3.Error | UnicodeDecodeError) -> int:
    """Return the primary code; an error that is Python's own, of a row that cannot be, has none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
