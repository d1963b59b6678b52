"""Which file it is, told without touching it: ours, empty, newer, or another program's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ashad.store import (
    StoreError,
    UnusableFileError,
    Writer,
)
from ashad.store.header import identify, read_only
from ashad.store.schema import APPLICATION_ID, VERSION

from tests.support.history import History


def database(path, *statements):
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


@pytest.fixture
def ours(tmp_path):
    Writer(tmp_path / "a.db").close()
    return tmp_path / "a.db"


def test_ours_has_its_version(ours):
    before = ours.read_bytes()
    assert identify(ours) == VERSION
    assert ours.read_bytes() == before


@pytest.mark.parametrize("content", [None, b""])
def test_what_is_not_there_or_empty_may_be_made(tmp_path, content):
    if content is not None:
        (tmp_path / "a.db").write_bytes(content)
    assert identify(tmp_path / "a.db") is None


def test_one_that_was_killed_while_it_was_made_may_be_made_again(tmp_path):
    path = database(tmp_path / "a.db", "PRAGMA journal_mode = WAL", "VACUUM")
    assert identify(path) is None


@pytest.mark.parametrize("content", [b"x", b"SQLite format 3\0", b"y" * 4096])
def test_what_is_no_database(tmp_path, content):
    (tmp_path / "a.db").write_bytes(content)
    with pytest.raises(UnusableFileError, match="not a database"):
        identify(tmp_path / "a.db")


def test_a_database_of_another_program(tmp_path):
    path = database(tmp_path / "a.db", "CREATE TABLE theirs (x)")
    with pytest.raises(UnusableFileError, match="another program"):
        identify(path)


def test_a_newer_version_is_refused_by_both_numbers(tmp_path):
    mark = f"PRAGMA application_id = {APPLICATION_ID}"
    version = f"PRAGMA user_version = {VERSION + 1}"
    path = database(tmp_path / "a.db", "CREATE TABLE x (y)", mark, version)
    with pytest.raises(UnusableFileError, match=rf"schema {VERSION + 1}.*up to {VERSION}"):
        identify(path)
    assert identify(path, newest=VERSION + 1) == VERSION + 1


def test_a_version_that_stands_in_the_log_only(tmp_path):
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE x (y)")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        assert (tmp_path / "a.db-wal").stat().st_size
        assert identify(path) == 1


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        identify(tmp_path)


def test_a_read_only_connection_cannot_write(ours):
    with closing(read_only(ours)) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("CREATE TABLE x (y)")


def _small(path: Path) -> None:
    history = History(path, 3)
    for _ in range(60):
        history.step()
    history.close()


@pytest.mark.parametrize(
    ("pragma", "words"),
    [("application_id = 7", "another program"), ("user_version = 99", "newer ashad")],
)
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, pragma: str, words: str) -> None:
    path = tmp_path / "a.db"
    _small(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA {pragma}")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(UnusableFileError, match=words):
        Writer(path)

    assert path.read_bytes() == before


def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" * 1000)
    before = path.read_bytes()

    with pytest.raises(UnusableFileError):
        Writer(path)

    assert path.read_bytes() == before
