"""What may go wrong with the file, by name, and what each failure of SQLite means."""

from __future__ import annotations

import sqlite3
from pathlib import Path

SqliteError = sqlite3.Error | UnicodeDecodeError  # text of a row that is no text


class StoreError(Exception):
    """The file failed. After a write, what was being written may or may not be there."""


class NotWrittenError(StoreError):
    """Nothing of the batch was written, and it may be tried again later."""


class DiskFullError(NotWrittenError):
    """There was no room."""


class LockedError(NotWrittenError):
    """Another program holds the file, and did for as long as we wait."""


class InUseError(StoreError):
    """A daemon serves the file, by this name or another."""


class UnusableFileError(StoreError):
    """The file is not one this version can serve; the message says why and what to do."""


class DamagedError(StoreError):
    """The file, or a row of it, is not what was written; the message names it."""


RESTORE = "restore a backup, or name another file"

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# Of these a retry or a new process gives the same answer: the file itself is wrong.
_OF_THE_FILE = _DAMAGED | {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_FORMAT,
}


def write_error(path: Path, error: SqliteError) -> StoreError:
    """Return what a failed write means."""
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        return DiskFullError(f"no room for {path}")
    if code == sqlite3.SQLITE_BUSY:
        return LockedError(f"another program holds {path}")
    return StoreError(f"{path}: {getattr(error, 'sqlite_errorname', 'error')}: {error}")


def read_error(path: Path, error: SqliteError) -> StoreError:
    """Return what a failed read means."""
    if _code(error) in _DAMAGED:
        return DamagedError(f"{path}: {error}")
    return write_error(path, error)


def open_error(path: Path, error: SqliteError) -> StoreError:
    """Return what a failed opening means."""
    if _code(error) in _OF_THE_FILE:
        return UnusableFileError(f"{path} cannot be opened: {error}; {RESTORE}")
    return write_error(path, error)


def _code(error: SqliteError) -> int:
    """Return the primary code; an error that is Python's own, of a row that cannot be, has none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
