"""From version to version: old or new, never between; and a file that is refused is left alone."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ashad.store import SourceDamagedError, UnusableFileError, Writer, audit, backup, restore, rows
from ashad.store.schema import CURRENT, SHAPE, VERSION, Schema, digest, shape, upgrade

from tests.support.history import small
from tests.support.older import make_older, old_row, written
from tests.support.steps import crashed, dump, files


def said(dumped: list[str]) -> list[str]:
    """What a file says, but for when it was migrated."""
    return [line for line in dumped if "_sqlite_migrations" not in line]


def test_the_version_is_that_of_the_last_migration() -> None:
    assert len(CURRENT.migrations) == VERSION == CURRENT.version


def test_the_shape_is_that_of_the_last_migration() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        upgrade(fresh)
        assert digest(shape(fresh)) == SHAPE


def test_an_older_file_is_brought_up_to_date_beside_its_backup(tmp_path: Path) -> None:
    db = small(tmp_path / "a.db")
    new = dump(db)
    make_older(db)
    old = dump(db)
    assert any("older than this ashad" in line for line in audit(db))

    Writer(db).close()

    assert list(audit(db)) == []
    assert dump(tmp_path / "a.db.v1.backup") == old != new
    assert said(dump(db)) == said(new)
    before = (tmp_path / "a.db.v1.backup").stat()
    Writer(db).close()  # nothing is left to do
    assert (tmp_path / "a.db.v1.backup").stat() == before


def test_an_older_backup_is_restored_as_the_new_version(tmp_path: Path) -> None:
    old = small(tmp_path / "old.db")
    make_older(old)
    before = old.read_bytes()
    db = small(tmp_path / "a.db", 5)

    restore(old, db)

    assert old.read_bytes() == before
    assert list(audit(db)) == []


@pytest.mark.slow
def test_killed_at_each_step_of_a_migration(kill_at_each_step) -> None:
    found = kill_at_each_step("upgrade")

    assert len(found) > 30
    assert [word for word, _ in itertools.groupby(found)] == ["old", "new"]


@pytest.mark.slow
def test_killed_at_each_step_of_making_a_file(kill_at_each_step) -> None:
    found = kill_at_each_step("create")

    assert len(found) > 30
    assert [word for word, _ in itertools.groupby(found)] == ["old", "new"]


def test_a_migration_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    def fails(db) -> None:
        db.execute("CREATE TABLE half (x)")
        db.execute("SELECT x FROM nowhere")

    db = small(tmp_path / "a.db")
    make_older(db)
    old = dump(db)

    with pytest.raises(UnusableFileError, match="nowhere"):
        Writer(db, Schema(VERSION, (CURRENT.migrations[0], fails)))

    assert dump(db) == old
    Writer(db).close()
    assert list(audit(db)) == []


def test_what_version_1_wrote_is_read_in_every_word(tmp_path: Path) -> None:
    db = written(tmp_path / "a.db")
    with closing(sqlite3.connect(db)) as connection:
        before = connection.execute("SELECT * FROM report ORDER BY seq").fetchall()
    assert {row[7] for row in before} == {None, "nan", "inf"}
    assert {row[12] for row in before} == {"CONTINUE", "PAUSE", "STOP"}

    Writer(db).close()

    assert list(audit(db)) == []  # replayed, so each decision is made again
    with closing(sqlite3.connect(db)) as connection:
        after = connection.execute(rows.select_reports("1 ORDER BY seq")).fetchall()
    assert list(map(old_row, after)) == before


def test_an_altered_row_of_an_older_file_ends_the_migration(tmp_path: Path) -> None:
    db = written(tmp_path / "a.db")
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        connection.execute("UPDATE report SET rank = rank + 1 WHERE seq = 66")
        assert connection.execute("SELECT changes()").fetchone() == (1,)
    old = dump(db)

    with pytest.raises(UnusableFileError, match="seq 66: the row is not what was written"):
        Writer(db)
    with pytest.raises(SourceDamagedError, match="seq 66: the row is not what was written"):
        restore(db, tmp_path / "b.db")

    assert dump(db) == old
    assert dump(tmp_path / "a.db.v1.backup") == old
    assert not (tmp_path / "b.db").exists()


def test_a_damaged_older_file_is_not_migrated(tmp_path: Path) -> None:
    db = small(tmp_path / "a.db")
    make_older(db)
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'report_key'"
        ).fetchone()
    data = bytearray(db.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = bytes(4096)
    db.write_bytes(data)

    with pytest.raises(UnusableFileError, match="malformed"):
        Writer(db)

    assert db.read_bytes() == data
    assert not list(tmp_path.glob("*v1*"))


@pytest.mark.parametrize("pragma", ["user_version = 99", "application_id = 7"])
def test_a_file_refused_for_what_its_log_says_is_left_alone(tmp_path: Path, pragma: str) -> None:
    """The header in the file itself is an older one: what is newer is in the log only."""
    made = crashed(tmp_path / "made", 3, 40)
    (tmp_path / "live").mkdir()
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA {pragma}")
        for name in ("a.db", "a.db-wal"):
            shutil.copy(made.with_name(name), tmp_path / "live" / name)
    before = files(tmp_path / "live")
    assert before["a.db-wal"]
    assert before["a.db"][60:64] == VERSION.to_bytes(4, "big")

    for act in (Writer, lambda db: backup(db, tmp_path / "out.db")):
        with pytest.raises(UnusableFileError, match=r"newer ashad|another program"):
            act(tmp_path / "live" / "a.db")

    assert files(tmp_path / "live") == before
    assert not (tmp_path / "out.db").exists()
