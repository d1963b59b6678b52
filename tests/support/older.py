"""Files of version 1: one that version 1 wrote, and any of today's taken back to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from zlib import crc32

from ashad.store import rows
from ashad.store.migrations.v1 import TABLES
from ashad.store.migrations.v2 import _OLD
from ashad.store.schema import APPLICATION_ID

from tests.support import ROOT

WRITTEN = ROOT / "tests" / "data" / "version1.sql"
INSERT = f"INSERT INTO report VALUES ({', '.join('?' * (len(_OLD) + 2))})"


def written(path: Path) -> Path:
    """Make the file that version 1 wrote: synchronous halving, six brackets."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(WRITTEN.read_text())
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
    return path


def make_older(path: Path) -> None:
    """Take a file of today back to version 1, which wrote reports like this."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        found = connection.execute(rows.select_reports("1 ORDER BY study, seq")).fetchall()
        connection.execute("BEGIN")
        for what in ("VIEW report_in_words", "TABLE report", "TABLE entry"):
            connection.execute(f"DROP {what}")
        for what in ("TABLE annotation", "TABLE attributes", "INDEX change_attributes"):
            connection.execute(f"DROP {what}")
        connection.execute("ALTER TABLE change DROP COLUMN attributes")
        for column in ("parent", "donor", "donor_resource"):
            connection.execute(f"ALTER TABLE trial DROP COLUMN {column}")
        for statement in TABLES.split(";"):
            if " report " in statement:
                connection.execute(statement)
        for row in found:
            connection.execute(INSERT, old_row(row))
        connection.execute("DELETE FROM _sqlite_migrations WHERE name <> 'first_tables'")
        connection.execute("PRAGMA user_version = 1")
        connection.execute("COMMIT")


def old_row(row: tuple) -> tuple:
    kept = rows.report(row)
    d, entry = kept.decision, None
    if kept.first_rung is not None:
        values = (
            row[0], kept.seq, kept.trial, d.bracket, kept.first_rung, kept.last_rung, kept.value,
            d.rung, d.reason,
        )  # fmt: skip
        entry = crc32(repr(values).encode())
    plain = (row[0], *kept[:11], *d[:-1], entry)
    return (*plain, crc32(repr(plain).encode()))
