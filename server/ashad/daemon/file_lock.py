"""The lock of a database: one process writes a file, or says why it does not."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from ashad.daemon import filesystem
from ashad.daemon.exit_codes import EXIT_BUSY, EXIT_CONFIG, EXIT_IO, StartupError
from ashad.store import InUseError, StoreError, inode_lock, settle

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
