"""An invented version 0, without `study.created` and `change_rung`, and its way to version 1."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ashad.store import rows
from ashad.store.schema import Schema
from sqlite_utils import Database, Migrations

steps = Migrations("ashad")
OLDER = Schema(1, steps)


@steps()
def first_tables(db: Database) -> None:
    raise AssertionError("the older file has its tables")


@steps()
def study_created(db: Database) -> None:
    db.execute("ALTER TABLE study ADD COLUMN created INTEGER NOT NULL DEFAULT 0")
    db.execute(
        "UPDATE study SET created = "
        "(SELECT time FROM event WHERE study = study.id AND kind = 'CREATED')"
    )
    seal(db.conn, rows.COLUMNS["study"])


@steps()
def index_of_rungs(db: Database) -> None:
    db.execute(
        "CREATE INDEX change_rung ON change (study, seq) "
        "WHERE kind <> 'ASSIGNED' AND rung IS NOT NULL"
    )


def seal(connection: sqlite3.Connection, columns: tuple[str, ...]) -> None:
    for row in connection.execute(f"SELECT {', '.join(columns)} FROM study").fetchall():
        connection.execute("UPDATE study SET crc = ? WHERE id = ?", (rows.seal(row)[-1], row[0]))


def make_older(path: Path) -> None:
    """Take a file of version 1 back to version 0."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("DROP INDEX change_rung")
        connection.execute("ALTER TABLE study DROP COLUMN created")
        seal(connection, tuple(c for c in rows.COLUMNS["study"] if c != "created"))
        connection.execute("PRAGMA user_version = 0")
        connection.execute("COMMIT")
