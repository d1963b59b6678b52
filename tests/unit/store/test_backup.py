"""Backup and restore of real files: whole or not at all, and the live file is never touched."""

from __future__ import annotations

import fcntl
import itertools
import random
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ashad.store import (
    NotCopiedError,
    Reader,
    SourceDamagedError,
    UnusableFileError,
    Writer,
    audit,
    backup,
    restore,
)
from ashad.store.backup import settle
from ashad.store.header import read_only

from tests.support.history import History, small
from tests.support.steps import crashed, dump, files, uids


def test_a_backup_is_the_state_and_needs_nothing_beside_it(tmp_path: Path) -> None:
    db = crashed(tmp_path / "live", 7, 60)
    (tmp_path / "safe").mkdir()

    checked = backup(db, tmp_path / "safe" / "out.db")

    assert list(files(tmp_path / "safe")) == ["out.db"]
    assert dump(tmp_path / "safe" / "out.db") == dump(db)
    assert (tmp_path / "safe" / "out.db").stat().st_mode & 0o777 == 0o600
    assert checked.studies == 1
    assert checked.trials > 3
    assert checked.decisions > checked.reports > 3


def test_a_reader_that_closes_last_changes_nothing(tmp_path: Path) -> None:
    """The daemon was killed: nobody else has the file open when a backup or check ends."""
    db = crashed(tmp_path / "live", 3, 40)
    before = files(db.parent)

    backup(db, tmp_path / "out.db")
    assert list(audit(db)) == []
    reader = Reader(db)
    reader.studies()
    reader.close()

    assert files(db.parent) == before


def test_a_connection_that_only_promises_to_read_folds_the_log(tmp_path: Path) -> None:
    """The control of the test above, and why readers open the file for reading only."""
    db = crashed(tmp_path / "live", 3, 40)
    connection = sqlite3.connect(db)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("SELECT count(*) FROM study").fetchone()
    connection.close()

    assert not Path(f"{db}-wal").exists()


@pytest.mark.parametrize("statement", ["PRAGMA wal_checkpoint(TRUNCATE)", "DELETE FROM report"])
def test_a_reader_cannot_write_nor_checkpoint(tmp_path: Path, statement: str) -> None:
    db = crashed(tmp_path / "live", 3, 40)
    before = files(db.parent)

    with closing(read_only(db)) as connection:
        connection.execute("SELECT count(*) FROM study").fetchone()
        with pytest.raises(sqlite3.OperationalError):
            connection.execute(statement)

    assert files(db.parent) == before


def test_a_backup_is_of_one_instant_whatever_is_written_meanwhile(tmp_path: Path) -> None:
    """Commits go on between the steps of every backup, from the same thread: no two alike."""
    history = History(tmp_path / "a.db", 3)
    seen = []
    for n in range(12):
        for _ in range(10):
            history.step()
        seen.append(dump(tmp_path / "a.db"))
        backup(tmp_path / "a.db", tmp_path / f"{n}.db")
    history.close()

    assert [dump(tmp_path / f"{n}.db") for n in range(12)] == seen


def test_an_existing_file_is_kept_unless_told(tmp_path: Path) -> None:
    db = small(tmp_path / "a.db")
    out = tmp_path / "out.db"
    out.write_text("precious")

    with pytest.raises(NotCopiedError, match="already there"):
        backup(db, out)
    assert out.read_text() == "precious"

    backup(db, out, replace=True)
    assert dump(out) == dump(db)
    assert sorted(p.name for p in tmp_path.glob("*out*")) == ["out.db"]


def test_an_existing_file_is_kept_whenever_it_came(tmp_path: Path, monkeypatch) -> None:
    db = small(tmp_path / "a.db")
    out = tmp_path / "out.db"

    def while_it_is_verified(path: Path, checked) -> Iterator[str]:
        out.write_text("precious")
        return audit(path, checked)

    module = sys.modules["ashad.store.backup"]
    monkeypatch.setattr(module, "audit", while_it_is_verified)
    with pytest.raises(NotCopiedError, match="already there"):
        backup(db, out)
    assert out.read_text() == "precious"

    monkeypatch.setattr(module, "_copy", None)  # it is not even begun
    with pytest.raises(NotCopiedError, match="already there"):
        backup(db, out)


@pytest.mark.parametrize("name", ["a.db", "a.db-wal", "a.db-shm", "a.db.lock", "soft", "hard"])
def test_a_backup_never_goes_over_the_database_itself(tmp_path: Path, name: str) -> None:
    db = small(tmp_path / "a.db")
    (tmp_path / "soft").symlink_to(db)
    (tmp_path / "hard").hardlink_to(db)
    before = files(tmp_path)

    with pytest.raises(NotCopiedError, match="belongs to the database"):
        backup(db, tmp_path / name, replace=True)

    assert files(tmp_path) == before


def test_two_backups_to_one_name(tmp_path: Path) -> None:
    db = small(tmp_path / "a.db")
    work = tmp_path / ".out.db.partial"
    with work.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(NotCopiedError, match="another ashad is writing"):
            backup(db, tmp_path / "out.db")
        assert work.exists()
    work.write_bytes(b"what a killed one left" * 1000)

    backup(db, tmp_path / "out.db")

    assert list(audit(tmp_path / "out.db")) == []
    assert not work.exists()


def damage(path: Path, seed: int) -> None:
    """Alter one byte of a text that is stored, wherever it is."""
    data = bytearray(path.read_bytes())
    spots = [i for i in range(4096, len(data) - 9) if data[i : i + 8] in (b"ASSIGNED", b"file:///")]
    data[random.Random(seed).choice(spots)] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_database_is_not_backed_up(tmp_path: Path, seed: int) -> None:
    db = small(tmp_path / "a.db")
    damage(db, seed)

    with pytest.raises(SourceDamagedError) as found:
        backup(db, tmp_path / "out.db")

    assert any("is not what was written" in line for line in found.value.lines)
    assert not list(tmp_path.glob("*out*"))


def wrong_files(folder: Path) -> list[Path]:
    made = [small(folder / f"{name}.db") for name in ("flipped", "cut", "newer", "foreign", "gap")]
    flipped, cut, newer, foreign, gap = made
    damage(flipped, 1)
    cut.write_bytes(cut.read_bytes()[: 4096 * 5])
    for path, statement in (
        (newer, "PRAGMA user_version = 99"),
        (foreign, "PRAGMA application_id = 7"),
        (gap, "DELETE FROM report WHERE seq = (SELECT max(seq) FROM report)"),
    ):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(statement)
    (folder / "empty.db").write_bytes(b"")
    (folder / "text.db").write_text("no database " * 1000)
    return [*made, folder / "empty.db", folder / "text.db", folder / "missing.db"]


def test_a_wrong_backup_is_refused_and_the_database_left_alone(tmp_path: Path) -> None:
    db = crashed(tmp_path / "live", 3, 40)
    before = files(db.parent)
    (tmp_path / "wrong").mkdir()

    for path in wrong_files(tmp_path / "wrong"):
        with pytest.raises((SourceDamagedError, UnusableFileError)) as found:
            restore(path, db)
        assert str(found.value)
        assert files(db.parent) == before, path


def test_a_log_never_meets_the_restored_file(tmp_path: Path) -> None:
    db = crashed(tmp_path / "live", 7, 60)
    source = small(tmp_path / "backup.db", 5)
    old, new, log = dump(db), dump(source), Path(f"{db}-wal").read_bytes()

    checked, kept = restore(source, db)

    assert checked.studies == 1
    assert dump(db) == new
    assert kept == db.with_name("a.db.before-restore-1")
    assert Path(f"{kept}-wal").read_bytes() == log
    assert dump(kept) == old
    Writer(db).close()
    assert dump(db) == new


def test_no_lease_from_before_a_restore_is_good_after_it(tmp_path: Path) -> None:
    """Else the attempt given before and the same attempt given after would share a token."""
    db = crashed(tmp_path / "live", 7, 60)
    source = small(tmp_path / "backup.db", 5)

    restore(source, db)

    (before,), (after,) = uids(source), uids(db)
    assert before[0] == after[0]
    assert before[1] != after[1]
    assert list(audit(db)) == []


def test_the_log_of_another_state_would_damage_it(tmp_path: Path) -> None:
    """The control of the test above: SQLite applies whatever log lies beside a file."""
    db = crashed(tmp_path / "live", 7, 60)
    source = small(tmp_path / "backup.db", 5)
    new = dump(source)
    db.write_bytes(source.read_bytes())

    try:
        found = dump(db)
    except sqlite3.DatabaseError:
        return
    assert found != new


def test_nothing_is_ever_replaced_for_good(tmp_path: Path) -> None:
    db = small(tmp_path / "a.db", 3)
    sources = [small(tmp_path / f"s{seed}.db", seed) for seed in (5, 6, 7)]
    states = [dump(path) for path in (db, *sources)]

    for n, source in enumerate(sources, 1):
        assert restore(source, db)[1] == tmp_path / f"a.db.before-restore-{n}"

    kept = [dump(tmp_path / f"a.db.before-restore-{n}") for n in (1, 2, 3)]
    assert [*kept, dump(db)] == states


def test_a_replaced_file_can_be_restored_with_its_log(tmp_path: Path) -> None:
    db = crashed(tmp_path / "live", 7, 60)
    old = dump(db)
    _, kept = restore(small(tmp_path / "backup.db", 5), db)
    assert kept is not None

    restore(kept, db)

    assert dump(db) == old


def test_a_restore_where_there_was_nothing_or_rubbish(tmp_path: Path) -> None:
    source = small(tmp_path / "backup.db", 5)

    assert restore(source, tmp_path / "a.db")[1] is None
    (tmp_path / "b.db").write_text("rubbish")
    kept = restore(source, tmp_path / "b.db")[1]

    assert dump(tmp_path / "a.db") == dump(tmp_path / "b.db") == dump(source)
    assert kept is not None
    assert kept.read_text() == "rubbish"


def test_a_restore_through_a_link_replaces_what_it_leads_to(tmp_path: Path) -> None:
    db = crashed(tmp_path / "live", 3, 40)
    (tmp_path / "link.db").symlink_to(db)

    restore(small(tmp_path / "backup.db", 5), tmp_path / "link.db")

    assert (tmp_path / "link.db").is_symlink()
    assert dump(db) == dump(tmp_path / "backup.db")
    assert Path(f"{db}.before-restore-1-wal").exists()


def test_a_restore_that_was_cut_off_is_ended_before_anything_is_read(tmp_path: Path) -> None:
    db = crashed(tmp_path / "live", 3, 40)
    source = small(tmp_path / "backup.db", 5)
    new = dump(source)
    source.rename(f"{db}.restoring-4")
    Path(f"{db}-wal").rename(f"{db}.before-restore-4-wal")

    with pytest.raises(NotCopiedError, match="cut off"):
        backup(db, tmp_path / "out.db")
    Writer(db).close()

    assert dump(db) == new
    assert Path(f"{db}.before-restore-4").exists()
    assert settle(db) is None


@pytest.mark.slow
def test_killed_at_each_step_of_a_backup(kill_at_each_step) -> None:
    found = kill_at_each_step("backup")

    assert len(found) > 40
    assert [word for word, _ in itertools.groupby(found)] == ["old", "new"]


@pytest.mark.slow
def test_killed_at_each_step_of_a_restore(kill_at_each_step) -> None:
    found = kill_at_each_step("restore")

    assert len(found) > 40
    assert found.count("new") > 8  # between the names, too
    assert [word for word, _ in itertools.groupby(found)] == ["old", "new"]


def test_what_nobody_made_and_what_is_missing_is_named(tmp_path: Path) -> None:
    changes = {
        "missing: index report_trial": "DROP INDEX report_trial",
        "not made by ashad: trigger t": "CREATE TRIGGER t INSERT ON report BEGIN SELECT 1; END",
        "table trial: rows of study 1": "DELETE FROM study",
    }
    for n, (words, statement) in enumerate(changes.items()):
        db = small(tmp_path / f"{n}.db")
        with closing(sqlite3.connect(db, isolation_level=None)) as connection:
            connection.execute(statement)

        assert any(words in line for line in audit(db)), words
