"""Which file this is, told without writing to it or beside it: ours, and of which version, or not.

A file that is refused is left alone to the last byte, its log (-wal) included. So this reads the
header itself and asks SQLite, read-only, only where a log may hold a newer one.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ashad.core.history.records import Event
from ashad.store import rows
from ashad.store.errors import StoreError, UnusableFileError, open_error
from ashad.store.schema import APPLICATION_ID, VERSION

_MAGIC = b"SQLite format 3\0"
_LEAF = 13  # the type of a page that holds a whole table


def read_only(path: Path, *, any_thread: bool = False) -> sqlite3.Connection:
    """Open a connection that cannot write, for SQLite holds the file open for reading only.

    `query_only` and `wal_autocheckpoint = 0` alone would not do: such a connection, when it is the
    last to close (the daemon was killed meanwhile, say), still folds the log into the file and
    deletes it. This one cannot, whoever closes last.
    """
    uri = f"{path.resolve().as_uri()}?mode=ro"
    return sqlite3.connect(
        uri,
        uri=True,
        isolation_level=None,
        cached_statements=64,
        check_same_thread=not any_thread,
    )


def epoch(path: Path) -> Event | None:
    """Return the last takeover of a file, whose `seq` is its epoch; None: it is still the first.

    It stands among the events, as one of no study.
    """
    try:
        if not path.exists() or identify(path) is None:
            return None
        with closing(read_only(path)) as connection:
            found = connection.execute(
                rows.select("event", "study = 0 AND kind = 'TAKEN_OVER' ORDER BY seq DESC LIMIT 1")
            ).fetchone()
    except sqlite3.Error as error:
        raise open_error(path, error) from error
    return None if found is None else rows.event(found)


def identify(path: Path, newest: int = VERSION) -> int | None:
    """Return the version of a file, None if it is empty; refuse one that is not ours."""
    try:
        with path.open("rb") as file:
            header = file.read(105)
        if not header:
            return None
        if len(header) < 105 or not header.startswith(_MAGIC):
            raise UnusableFileError(f"{path} cannot be opened: it is not a database")
        empty = header[100] == _LEAF and header[103:105] == b"\0\0"
        version = int.from_bytes(header[60:64], "big", signed=True)
        application = int.from_bytes(header[68:72], "big", signed=True)
        log = Path(f"{path.resolve()}-wal")
        if log.exists() and log.stat().st_size:
            with closing(read_only(path)) as connection:
                empty = connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                (application,) = connection.execute("PRAGMA application_id").fetchone()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise open_error(path, error) from error
    if application == 0 and empty:
        return None  # a daemon was killed while it made the file
    if application != APPLICATION_ID:
        raise UnusableFileError(
            f"{path} is a database of another program; name another file with --db"
        )
    if version > newest:
        raise UnusableFileError(
            f"{path} has schema {version}, this ashad knows up to {newest}; start a newer ashad"
        )
    return version
