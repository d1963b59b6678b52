"""The lock of a file itself, whatever names lead to it: hard links, bind mounts, later renames.

It is flock(2), which SQLite never uses. But closing any descriptor of a file drops the POSIX locks
that SQLite holds on it, so the lock is taken before SQLite opens the file and given up after.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ashad.store.errors import InUseError


@contextmanager
def inode_lock(path: Path, *, create: bool) -> Iterator[None]:
    """Hold the file, or raise `InUseError`; a file that is not there needs no lock."""
    held = _locked(path, create=create)
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


def _locked(path: Path, *, create: bool) -> int | None:
    while True:
        try:
            held = _open(path, create=create)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(held)
            raise InUseError(f"another daemon serves {path}") from error
        if is_open(path, held):
            return held
        os.close(held)  # another file has the name meanwhile


def is_open(path: Path, held: int) -> bool:
    """Whether the name leads to the file of a descriptor."""
    try:
        return os.path.samestat(path.stat(), os.fstat(held))
    except FileNotFoundError:
        return False


def _open(path: Path, *, create: bool) -> int:
    flags = os.O_CLOEXEC | os.O_CREAT * create
    try:
        return os.open(path, os.O_RDWR | flags, 0o600)
    except PermissionError:  # others may read it: the lock is as good
        return os.open(path, os.O_RDONLY | flags, 0o600)
