"""Tables and migrations. The tables in sequence order are the log; a person can read them.

One function per version; never changed after a release. A file is brought from its version to this
one in a single transaction, the version number included: it is the old or the new, never between.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlite_utils import Database, Migrations

from ashad.store.migrations.v2 import compact_reports

APPLICATION_ID = 0x41534841  # "ASHA"
VERSION = 2  # that of the last function below

migrations = Migrations("ashad")

_TABLES = """
CREATE TABLE study (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, uid TEXT NOT NULL, seed INTEGER NOT NULL,
    created INTEGER NOT NULL, mode TEXT NOT NULL, spec TEXT NOT NULL, crc INTEGER NOT NULL
) STRICT;

CREATE TABLE event (
    study INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL,
    body TEXT NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (study, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial (
    study INTEGER NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT,
    params TEXT NOT NULL, origin TEXT NOT NULL, bracket INTEGER NOT NULL, rung INTEGER NOT NULL,
    attempt INTEGER NOT NULL, worker TEXT, start INTEGER NOT NULL, resource INTEGER NOT NULL,
    at INTEGER NOT NULL, checkpoint TEXT, checkpoint_resource INTEGER NOT NULL, value REAL,
    best_value REAL, best_resource INTEGER NOT NULL, best_seq INTEGER NOT NULL,
    spent INTEGER NOT NULL, worker_time INTEGER NOT NULL, assigned INTEGER NOT NULL,
    lost INTEGER NOT NULL, message TEXT, reported INTEGER NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (study, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE change (
    study INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, trial INTEGER NOT NULL,
    kind TEXT NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL, reason TEXT, message TEXT,
    worker TEXT, request TEXT, start INTEGER, target INTEGER, checkpoint TEXT, rung INTEGER,
    crc INTEGER NOT NULL, PRIMARY KEY (study, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE report (
    study INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, trial INTEGER NOT NULL,
    attempt INTEGER NOT NULL, resource INTEGER NOT NULL, value REAL, diverged TEXT, metrics TEXT,
    checkpoint TEXT, first_rung INTEGER, last_rung INTEGER, action TEXT NOT NULL,
    reason TEXT NOT NULL, bracket INTEGER NOT NULL, rung INTEGER, level INTEGER NOT NULL,
    rank INTEGER NOT NULL, size INTEGER NOT NULL, quota INTEGER NOT NULL, cutoff REAL,
    next_resource INTEGER NOT NULL, late INTEGER NOT NULL, entry INTEGER, crc INTEGER NOT NULL,
    PRIMARY KEY (study, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX trial_waits ON trial (study, state) WHERE state IN ('QUEUED', 'RUNNING', 'PAUSED');
CREATE UNIQUE INDEX change_request ON change (study, request) WHERE request IS NOT NULL;
CREATE INDEX change_attempt ON change (study, trial, attempt);
CREATE INDEX change_rung ON change (study, seq) WHERE kind <> 'ASSIGNED' AND rung IS NOT NULL;
CREATE UNIQUE INDEX report_key ON report (study, trial, attempt, resource);
CREATE INDEX report_rung ON report (
    study, seq, trial, bracket, first_rung, last_rung, value, rung, reason, entry
) WHERE first_rung IS NOT NULL;
CREATE INDEX report_diverged ON report (study) WHERE diverged IS NOT NULL;
"""


@migrations()
def first_tables(db: Database) -> None:
    """Make the tables of version 1."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            db.execute(statement)


@migrations()
def reports_in_half_the_bytes(db: Database) -> None:
    """Bring reports into the two tables of version 2."""
    compact_reports(db)


@dataclass(frozen=True, slots=True)
class Schema:
    """A version, and the functions that lead to it from any older one."""

    version: int
    migrations: Migrations


CURRENT = Schema(VERSION, migrations)


def upgrade(connection: sqlite3.Connection, schema: Schema = CURRENT) -> None:
    """Bring an empty or older file to a version, in one transaction.

    A migration uses `execute` only: `executescript` would commit what was done so far.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        schema.migrations.apply(Database(connection, execute_plugins=False))
        connection.execute(f"PRAGMA user_version = {schema.version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def shape(connection: sqlite3.Connection) -> set[str]:
    """Name every column, index, trigger and view, for comparing two files.

    A column that a migration added is the same as one that was there from the start, so tables are
    compared by what their columns are, not by the text that made them.
    """
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    found = {
        f"column {table}.{name} {kind}{' NOT NULL' * must}{f' KEY {key}' * bool(key)}"
        for (table,) in tables
        if not table.startswith("sqlite_")
        for name, kind, must, key in connection.execute(
            'SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?)', (table,)
        )
    }
    others = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL"
    )
    return found | {f"{kind} {name}: {sql}" for kind, name, sql in others}
