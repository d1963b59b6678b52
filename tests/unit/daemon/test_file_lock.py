"""One daemon for one file, whatever name leads to it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ashad.daemon.exit_codes import EXIT_BUSY, StartupError
from ashad.daemon.file_lock import lock
from ashad.store import InUseError, Reader, Writer, backup


def _hard_link(db: Path) -> Path:
    (db.parent / "hard").mkdir()
    other = db.parent / "hard" / "other.db"
    os.link(db, other)
    return other


def _symlink(db: Path) -> Path:
    other = db.parent / "soft.db"
    other.symlink_to(db)
    return other


def _rename(db: Path) -> Path:
    return db.rename(db.parent / "renamed.db")


def _bind_mount(db: Path) -> Path:
    there = db.parent / "mounted"
    there.mkdir()
    mounted = subprocess.run(
        ["mount", "--bind", db.parent, there], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("bind mounts need root")
    return there / db.name


@pytest.mark.parametrize("other", [_hard_link, _symlink, _rename, _bind_mount])
def test_a_file_is_locked_under_each_of_its_names(
    tmp_path: Path, other: Callable[[Path], Path]
) -> None:
    db = tmp_path / "a.db"
    Writer(db).close()
    with lock(db, allow_network_fs=False):
        name = other(db)
        try:
            with pytest.raises(StartupError, match="another daemon serves") as refused:
                lock(name, allow_network_fs=False).__enter__()
        finally:
            if name.parent.name == "mounted":
                subprocess.run(["umount", name.parent], check=True)
    assert refused.value.code == EXIT_BUSY
    with lock(name if name.exists() else db, allow_network_fs=False):
        pass


def test_a_copy_is_another_file(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    Writer(db).close()
    shutil.copy(db, tmp_path / "b.db")
    with lock(db, allow_network_fs=False), lock(tmp_path / "b.db", allow_network_fs=False):
        pass


def test_a_file_that_is_made_under_the_lock_is_locked(tmp_path: Path) -> None:
    db = tmp_path / "new" / "a.db"
    with lock(db, allow_network_fs=False):
        assert db.stat().st_mode & 0o777 == 0o600
        with pytest.raises(StartupError):
            lock(_hard_link(db), allow_network_fs=False).__enter__()


def test_the_lock_is_none_of_sqlite_s(tmp_path: Path) -> None:
    """Writing, reading and closing go on beside it, and it outlasts them."""
    db = tmp_path / "a.db"
    with lock(db, allow_network_fs=False):
        writer, reader = Writer(db), Reader(db)
        assert reader.studies() == []
        writer.close()
        reader.close()
        with pytest.raises(StartupError):
            lock(_hard_link(db), allow_network_fs=False).__enter__()


def test_a_backup_does_not_replace_a_file_that_is_served(tmp_path: Path) -> None:
    db, out = tmp_path / "a.db", tmp_path / "b.db"
    Writer(db).close()
    Writer(out).close()
    with lock(out, allow_network_fs=False):
        before = out.stat().st_ino
        with pytest.raises(InUseError):
            backup(db, out, replace=True)
        assert out.stat().st_ino == before
    backup(db, out, replace=True)


def test_a_second_daemon_by_a_hard_link_does_not_start(new_daemon, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with new_daemon(tmp_path / "one").start() as first:
        second = new_daemon(tmp_path / "two")
        os.link(first.db, second.db)
        with pytest.raises(AssertionError, match="another daemon serves"):
            second.start()
        assert second.process.wait(10) == EXIT_BUSY
        second.process.stdout.close()
