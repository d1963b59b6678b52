"""The file that a daemon serves: locked, since one process writes it, then opened; or refused."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from ashad.daemon import filesystem
from ashad.daemon.exit_codes import EXIT_BUSY, EXIT_CONFIG, EXIT_DATA, EXIT_IO, StartupError
from ashad.store import (
    DamagedError,
    InUseError,
    LockedError,
    Reader,
    StoreError,
    UnusableFileError,
    Writer,
    inode_lock,
    settle,
    verify,
)

Identity = tuple[int, int]  # of a file: its inode and its device


@contextmanager
def lock(db: Path, *, allow_network_fs: bool, create: bool = True) -> Iterator[None]:
    """Hold a database for ourselves, by its name and by the file itself, or refuse.

    The name holds off whoever comes while a restore changes files. The file itself holds off those
    who come by a hard link or a bind mount. A restore that was cut off is ended in between.
    """
    try:
        named = _lock_name(db, allow_network_fs=allow_network_fs)
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that leads to itself
        why = getattr(error, "strerror", None) or "its links form a loop"
        raise StartupError(EXIT_IO, f"{db} cannot be used: {why}") from error
    with named, ExitStack() as held:
        try:
            settle(db)
            if filesystem.network_kind(db.parent) is None:  # there it would be SQLite's own lock
                held.enter_context(inode_lock(db, create=create))
        except InUseError as error:
            raise _busy(db) from error
        except StoreError as error:
            raise StartupError(EXIT_IO, str(error)) from error
        except OSError as error:
            raise StartupError(EXIT_IO, f"{db} cannot be used: {error.strerror}") from error
        yield


def _lock_name(db: Path, *, allow_network_fs: bool) -> TextIO:
    db.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not allow_network_fs and (kind := filesystem.network_kind(db.parent)) is not None:
        raise StartupError(
            EXIT_CONFIG,
            f"{db} is on a network file system ({kind}), where SQLite loses data; "
            "choose a local path with --db, or insist with --allow-network-fs",
        )
    if db.exists() and not db.is_file():
        raise StartupError(EXIT_CONFIG, f"{db} is not a file; name another with --db")
    # Of the file itself: a link to it is another way to the same lock.
    held = open(f"{db.resolve()}.lock", "w", encoding="utf-8", opener=_private)  # noqa: SIM115
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise _busy(db) from error
    return held


def _busy(db: Path) -> StartupError:
    return StartupError(
        EXIT_BUSY, f"another daemon serves {db}; stop it, or name another file with --db"
    )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def identity(db: Path) -> Identity | None:
    """Return what makes the file this one and no other, or None where there is none."""
    try:
        found = db.stat()
    except OSError:
        return None
    return found.st_ino, found.st_dev


def open_database(db: Path, *, replicated: bool = False) -> tuple[Writer, Reader]:
    """Return the connection that writes, and one that reads."""
    try:
        store = Writer(db, replicated=replicated)
        reader = Reader(db)
        verify(reader)
    except UnusableFileError as error:
        raise StartupError(EXIT_DATA, str(error)) from error
    except DamagedError as error:
        raise damaged(db, error) from error
    except StoreError as error:
        raise StartupError(
            EXIT_BUSY if isinstance(error, LockedError) else EXIT_IO, str(error)
        ) from error
    return store, reader


def damaged(db: Path, error: DamagedError) -> StartupError:
    """Return why a daemon does not serve a file whose rows are not what was written."""
    return StartupError(
        EXIT_DATA, f"{db} is damaged: {error}; restore a backup, or see ashad db check"
    )
