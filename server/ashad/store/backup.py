"""Backup and restore: a file appears under its name whole, verified and on the disk, or not at all.

A backup is one read of one snapshot by a connection that cannot write or checkpoint, so it may be
taken beside a daemon that writes; see `identity.read_only`.

A restore needs two changes at once: another file under the name, and no log (-wal) of the old one,
which SQLite would apply to any file it lies beside. So the new file first gets a name that says
what is to be done (NAME.restoring-N), and `settle` does it: now, or whenever the file is next
opened for writing. Before that name is on the disk the old state stands, from then on the new one.
"""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

from ashad.store import rows
from ashad.store.check.audit import Checked, audit
from ashad.store.errors import DamagedError, SqliteError, StoreError, read_error
from ashad.store.header import identify, read_only
from ashad.store.inode_lock import inode_lock, is_open
from ashad.store.schema import CURRENT, Schema, upgrade

_BESIDE = ("-wal", "-shm", "-journal")  # what SQLite may keep beside a file


class NotCopiedError(Exception):
    """What was asked for was not done and nothing was changed; one line for each reason."""

    def __init__(self, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


class SourceDamagedError(NotCopiedError):
    """The file to be copied is not right."""


def backup(db: Path, out: Path, *, replace: bool = False) -> Checked:
    """Write a verified copy of the database to `out`, with all that is committed as this begins."""
    refuse_unsettled(db)
    _refuse_same(db, out)
    if identify(db) is None:
        raise NotCopiedError(f"there is no database at {db}; name another with --db")
    if not replace and os.path.lexists(out):
        raise NotCopiedError(f"{out} is already there")
    with _work_file(out) as (work, held):
        _copy(db, work)
        checked = _verified(work, db)
        os.fsync(held)
        if replace:
            with inode_lock(out, create=False):
                work.replace(out)
        else:
            _publish(work, out)
        _sync_folder(out)
    return checked


def restore(source: Path, db: Path, schema: Schema = CURRENT) -> tuple[Checked, Path | None]:
    """Put a verified copy of a backup in place of the database; the caller holds its lock.

    Returns what was checked and the name under which the replaced file is kept.
    """
    db = db.resolve()
    settle(db)
    _refuse_same(db, source)
    if (version := identify(source, schema.version)) is None:
        raise SourceDamagedError(f"{source} is missing or empty")
    with _work_file(db) as (work, held):
        _copy(source, work)
        if version < schema.version:
            _upgrade(work, source, schema)
        checked = _verified(work, source)
        _refuse_old_workers(work)
        os.fsync(held)
        kept = _free(db, "before-restore")
        work.rename(f"{db}.restoring-{_number(kept)}")
        _sync_folder(db)  # from here on the restore is done, now or by the next to open the file
    return checked, settle(db)


def _upgrade(work: Path, source: Path, schema: Schema) -> None:
    with closing(sqlite3.connect(work, isolation_level=None)) as connection:
        try:
            upgrade(connection, schema)
        except DamagedError as error:
            raise SourceDamagedError(f"{source}: {error}") from error


def _refuse_old_workers(work: Path) -> None:
    """Give each study another uid, so that no lease token from before the restore is good again.

    A worker that was given an attempt after the backup, and one that is given the same attempt
    after the restore, would else hold the same token. No record depends on the uid.
    """
    with closing(sqlite3.connect(work, isolation_level=None)) as connection:
        for row in connection.execute(rows.select("study", "1")).fetchall():
            study = rows.study(row)._replace(uid=uuid4().hex)
            connection.execute(rows.WRITE["study"], rows.seal(study))


def settle(db: Path) -> Path | None:
    """Do what a restore had left to do; return where the replaced file is kept, if there was one.

    The caller holds the lock. Killed anywhere, it ends the same when it is called again.
    """
    db = db.resolve()
    waiting = _numbered(db, "restoring")
    if not waiting:
        return None
    if len(waiting) > 1:
        raise StoreError(f"{db}.restoring-N is there more than once; remove all but one")
    [number] = waiting
    kept = db.with_name(f"{db.name}.before-restore-{number}")
    for suffix in (*_BESIDE, ""):
        old = Path(f"{db}{suffix}")
        if old.exists():
            old.rename(f"{kept}{suffix}")
    _sync_folder(db)
    db.with_name(f"{db.name}.restoring-{number}").rename(db)
    _sync_folder(db)
    return kept if kept.exists() else None


def refuse_unsettled(db: Path) -> None:
    """Refuse to read where a restore was cut off between two names."""
    if _numbered(db.resolve(), "restoring"):
        raise NotCopiedError(
            f"a restore of {db} was cut off; the daemon, or another restore, will end it first"
        )


def save_before_upgrade(db: Path, version: int) -> Path:
    """Keep a copy of a file of an older version beside it; return its name.

    Its structure is verified; its rows are read, and checked, only by what can read that version.
    """
    db = db.resolve()
    saved = db.with_name(f"{db.name}.v{version}.backup")
    with _work_file(saved) as (work, held):
        _copy(db, work)
        try:
            with closing(read_only(work)) as reading:
                found = [line for (line,) in reading.execute("PRAGMA integrity_check")]
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise _failed(db, error) from error
        if found != ["ok"]:
            raise SourceDamagedError(*(f"{db}: {line}" for line in found))
        os.fsync(held)
        work.replace(saved)
        _sync_folder(saved)
    return saved


def _copy(source: Path, target: Path) -> None:
    """Copy one snapshot, page by page, in a single step that no writer can make begin anew."""
    try:
        with (
            closing(read_only(source)) as reading,
            closing(sqlite3.connect(target, isolation_level=None)) as writing,
        ):
            # Nobody else sees the target yet, and it is synced as a whole.
            for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = OFF", "synchronous = OFF"):
                writing.execute(f"PRAGMA {pragma}")
            reading.execute("BEGIN")
            reading.execute("SELECT 1 FROM sqlite_master").fetchone()  # takes the snapshot
            reading.backup(writing)
            writing.execute("PRAGMA journal_mode = DELETE")  # a file of its own, with no log
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _failed(source, error) from error


def _failed(source: Path, error: SqliteError) -> Exception:
    found = read_error(source, error)
    return SourceDamagedError(str(found)) if isinstance(found, DamagedError) else found


def _verified(work: Path, source: Path) -> Checked:
    checked = Checked()
    wrong = [line.replace(str(work), str(source)) for line in audit(work, checked)]
    if wrong:
        raise SourceDamagedError(*wrong)
    return checked


@contextmanager
def _work_file(path: Path) -> Iterator[tuple[Path, int]]:
    """Yield a hidden empty file beside `path`, ours alone; what a killed run left is used again."""
    work = path.with_name(f".{path.name}.partial")
    while True:
        held = os.open(work, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise NotCopiedError(f"another ashad is writing {path}") from None
        if is_open(work, held) and os.fstat(held).st_nlink == 1:
            break
        if is_open(work, held):
            work.unlink()  # it was published already: the file is no longer ours to write
        os.close(held)  # or its holder ended meanwhile and took the name away
    try:
        os.ftruncate(held, 0)
        for suffix in _BESIDE:
            Path(f"{work}{suffix}").unlink(missing_ok=True)
        yield work, held
    finally:
        if is_open(work, held):
            work.unlink()
        os.close(held)


def _publish(work: Path, out: Path) -> None:
    """Give a file its name, unless somebody else has it."""
    try:
        os.link(work, out)
    except FileExistsError:
        raise NotCopiedError(f"{out} is already there") from None
    except OSError:  # a file system without hard links
        if os.path.lexists(out):
            raise NotCopiedError(f"{out} is already there") from None
        work.rename(out)


def _refuse_same(db: Path, other: Path) -> None:
    """Refuse a backup that would be the database itself or one of the files beside it."""
    own = {f"{db.resolve()}{suffix}" for suffix in ("", ".lock", *_BESIDE)}
    if str(other.resolve()) in own or (db.exists() and other.exists() and db.samefile(other)):
        raise NotCopiedError(f"{other} belongs to the database itself; name another file")


def _numbered(db: Path, word: str) -> list[int]:
    pattern = re.compile(rf"{re.escape(db.name)}\.{word}-([0-9]+)(?:-wal|-shm|-journal)?")
    names = [path.name for path in db.parent.iterdir()] if db.parent.exists() else []
    return [int(found[1]) for name in names if (found := pattern.fullmatch(name))]


def _free(db: Path, word: str) -> Path:
    return db.with_name(f"{db.name}.{word}-{max(_numbered(db, word), default=0) + 1}")


def _number(path: Path) -> str:
    return path.name.rpartition("-")[2]


def _sync_folder(path: Path) -> None:
    """Make the names in the folder of a file survive a power cut."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError(f"{path.parent} cannot be synced: {error.strerror}") from error
