"""Kill a process with -9 before its n-th call to the outside, for every n until it ends by itself.

Run as a program, for it forks: `python steps.py SCENARIO FOLDER`. It prints what was found after
each kill, one word for each, and fails where something was neither old nor new.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ashad.store import Writer, audit, backup, restore
from ashad.store.header import identify, read_only
from ashad.store.schema import VERSION

from tests.support.history import History
from tests.support.older import make_older

READING = ("older.py", "audit.py", "verify.py", "reader.py", "load.py", "rows.py", "steps.py")
OUTSIDE = {
    "open", "replace", "rename", "link", "unlink", "fsync", "ftruncate", "close", "flock",
    "connect", "execute", "executemany", "backup",
}  # fmt: skip


def is_outside(frame, function) -> bool:
    if function.__name__ not in OUTSIDE or frame.f_code.co_filename.endswith(READING):
        return False
    return isinstance(
        getattr(function, "__self__", None), (sqlite3.Connection, sqlite3.Cursor)
    ) or (getattr(function, "__module__", None) in {"posix", "fcntl", "_sqlite3", "sqlite3"})


def ends(act: Callable[[], object], n: int) -> bool:
    """Run it in a child that dies at its n-th step; return whether it ended before that."""
    child = os.fork()
    if child == 0:
        left = n

        def watch(frame, event, function) -> None:
            nonlocal left
            if event == "c_call" and is_outside(frame, function):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(watch)
        try:
            act()
        except BaseException:  # noqa: BLE001 - the child ends here
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0
    return True


def dump(path: Path) -> list[str]:
    """Return all that a file says, but for the uids that a restore makes anew."""
    with closing(read_only(path)) as connection:
        lines = list(connection.iterdump())
    return [line for line in lines if not line.startswith('INSERT INTO "study"')]


def uids(path: Path) -> list[tuple[str, str]]:
    with closing(read_only(path)) as connection:
        return connection.execute("SELECT name, uid FROM study ORDER BY name").fetchall()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".db-shm"}


def crashed(folder: Path, seed: int, steps: int) -> Path:
    """Make a file as a crash leaves it: the latest commits are in its log only."""
    folder.mkdir()
    scratch = folder.with_name(f"{folder.name}-scratch")
    scratch.mkdir()
    history = History(scratch / "a.db", seed)
    for _ in range(steps):
        history.step()
    history.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = dump(scratch / "a.db")
    while dump(scratch / "a.db") == before or history.held == []:
        history.step()
    for suffix in ("", "-wal"):
        shutil.copy(scratch / f"a.db{suffix}", folder / f"a.db{suffix}")
    assert (folder / "a.db-wal").stat().st_size > 0
    history.close()
    return folder / "a.db"


def each_kill(folder: Path, start: Path, act, look) -> None:
    """Copy the folder, kill at step n, look; then n + 1."""
    n, ended = 0, False
    while not ended:
        n += 1
        here = folder / f"kill-{n}"
        shutil.copytree(start, here)
        ended = ends(lambda: act(here), n)  # noqa: B023 - it runs now
        print(look(here), flush=True)
        shutil.rmtree(here)


def scenario_create(folder: Path) -> None:
    (folder / "none").mkdir()

    def look(here: Path) -> str:
        found = identify(here / "a.db")
        Writer(here / "a.db").close()
        assert list(audit(here / "a.db")) == []
        return "old" if found is None else "new"

    each_kill(folder, folder / "none", lambda here: Writer(here / "a.db").close(), look)


def scenario_backup(folder: Path) -> None:
    db = crashed(folder / "start", 3, 40)
    state, before = dump(db), files(db.parent)

    def act(here: Path) -> None:
        backup(here / "a.db", here / "out.db")

    def look(here: Path) -> str:
        left = {k: v for k, v in files(here).items() if k in before}
        assert left == before, "a backup touched the live file"
        made = (here / "out.db").exists()
        backup(here / "a.db", here / "out.db", replace=True)
        assert dump(here / "out.db") == state
        assert not (here / ".out.db.partial").exists()
        return "new" if made else "old"

    each_kill(folder, db.parent, act, look)


def scenario_restore(folder: Path) -> None:
    db = crashed(folder / "start", 3, 40)
    other = crashed(folder / "other", 5, 30)
    backup(other, db.parent / "backup.db")
    old, new = dump(db), dump(other)
    assert old != new

    def act(here: Path) -> None:
        restore(here / "backup.db", here / "a.db")

    def look(here: Path) -> str:
        assert (here / "a.db").exists() or list(here.glob("a.db.restoring-*"))
        Writer(here / "a.db").close()  # as the daemon does
        assert list(audit(here / "a.db")) == []
        found = dump(here / "a.db")
        assert found in (old, new), "neither the old state nor the new"
        if found == new:
            assert dump(here / "a.db.before-restore-1") == old
        restore(here / "backup.db", here / "a.db")
        assert dump(here / "a.db") == new
        assert not list(here.glob(".*partial")) + list(here.glob("*restoring*"))
        return "old" if found == old else "new"

    each_kill(folder, db.parent, act, look)


def scenario_upgrade(folder: Path) -> None:
    db = crashed(folder / "start", 3, 40)
    make_older(db)
    old = dump(db)

    def act(here: Path) -> None:
        Writer(here / "a.db").close()

    def look(here: Path) -> str:
        version = identify(here / "a.db")
        assert version == VERSION or dump(here / "a.db") == old
        if version == VERSION:
            assert list(audit(here / "a.db")) == []
            assert dump(here / "a.db.v1.backup") == old
        Writer(here / "a.db").close()
        assert list(audit(here / "a.db")) == []
        assert dump(here / "a.db.v1.backup") == old
        return "new" if version == VERSION else "old"

    each_kill(folder, db.parent, act, look)


if __name__ == "__main__":
    globals()[f"scenario_{sys.argv[1]}"](Path(sys.argv[2]))
