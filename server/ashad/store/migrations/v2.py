"""From version 1 to 2: a report in about half the bytes. Never changed after a release.

Each old row is checked as version 1 did, written as version 2 does, and read back: what would not
be the same report ends the migration, and the file stays as it was. The room of the old rows is
used for what comes next; the file itself does not become smaller.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any
from zlib import crc32

from sqlite_utils import Database

from ashad.core.history.records import Decision, Report
from ashad.store import rows
from ashad.store.errors import DamagedError

PIECE = 1_000  # rows that are in memory at a time

_OLD = (
    "study", "seq", "time", "trial", "attempt", "resource", "value", "diverged", "metrics",
    "checkpoint", "first_rung", "last_rung", "action", "reason", "bracket", "rung", "level",
    "rank", "size", "quota", "cutoff", "next_resource", "late", "entry",
)  # fmt: skip

_TABLES = (
    """
CREATE TABLE report (
    study INTEGER NOT NULL, seq INTEGER NOT NULL, since_2030 INTEGER NOT NULL,
    trial INTEGER NOT NULL, attempt INTEGER NOT NULL, resource INTEGER NOT NULL,
    verdict INTEGER NOT NULL, next_resource INTEGER NOT NULL, value REAL, metrics TEXT,
    checkpoint TEXT, crc INTEGER NOT NULL, PRIMARY KEY (study, seq)
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE entry (
    study INTEGER NOT NULL, seq INTEGER NOT NULL, trial INTEGER NOT NULL,
    first_rung INTEGER NOT NULL, last_rung INTEGER NOT NULL, rung INTEGER NOT NULL,
    verdict INTEGER NOT NULL, level INTEGER NOT NULL, rank INTEGER NOT NULL, size INTEGER NOT NULL,
    quota INTEGER NOT NULL, value REAL, cutoff REAL, crc INTEGER NOT NULL, PRIMARY KEY (study, seq)
) STRICT, WITHOUT ROWID""",
)
_INDEXES = (  # made last: sorted, once
    "CREATE INDEX report_trial ON report (study, trial)",
    "CREATE INDEX report_diverged ON report (study) WHERE value IS NULL",
    """
CREATE VIEW report_in_words AS
SELECT study, seq,
    datetime((since_2030 + 1893456000000000) / 1000000, 'unixepoch') AS utc, report.trial, attempt,
    resource,
    CASE report.verdict >> 1 & 3 WHEN 1 THEN 'nan' WHEN 2 THEN 'inf' WHEN 3 THEN '-inf'
    ELSE report.value END AS value, metrics, checkpoint,
    CASE report.verdict >> 3 & 31 WHEN 0 THEN 'CONTINUE' WHEN 1 THEN 'CONTINUE' WHEN 3 THEN 'PAUSE'
    WHEN 6 THEN 'CONTINUE' ELSE 'STOP' END AS action,
    CASE report.verdict >> 3 & 31 WHEN 0 THEN 'BETWEEN_RUNGS' WHEN 1 THEN 'IN_TOP'
    WHEN 2 THEN 'BELOW_CUTOFF' WHEN 3 THEN 'RUNG_REACHED' WHEN 4 THEN 'MAX_RESOURCE'
    WHEN 5 THEN 'DIVERGED' WHEN 6 THEN 'DIVERGED' WHEN 7 THEN 'STUDY_STOPPED'
    WHEN 8 THEN 'TARGET_REACHED' WHEN 9 THEN 'MAX_TOTAL_RESOURCE' WHEN 10 THEN 'MAX_DURATION'
    WHEN 11 THEN 'MAX_FAILED_TRIALS' WHEN 12 THEN 'MAX_INFEASIBLE_TRIALS' END AS reason,
    report.verdict >> 8 AS bracket, first_rung, last_rung, rung, level, rank, size, quota, cutoff,
    next_resource
FROM report LEFT JOIN entry USING (study, seq)""",
)


def compact_reports(db: Database) -> None:
    """Bring the reports of a file of version 1 into the tables of version 2."""
    file = db.conn
    for statement in (
        "DROP INDEX report_key", "DROP INDEX report_rung", "DROP INDEX report_diverged",
        "ALTER TABLE report RENAME TO report_1", *_TABLES,
    ):  # fmt: skip
        file.execute(statement)
    columns = ", ".join(_OLD)
    old = file.execute(f"SELECT {columns}, crc FROM report_1 ORDER BY study, seq")  # noqa: S608
    while piece := old.fetchmany(PIECE):
        _copy(file, piece)
    file.execute("DROP TABLE report_1")
    for statement in _INDEXES:
        file.execute(statement)


def _copy(file: sqlite3.Connection, piece: Sequence[tuple[Any, ...]]) -> None:
    made = [_rows(row) for row in piece]
    file.executemany(rows.WRITE["report"], [report for report, _ in made])
    file.executemany(rows.WRITE["entry"], [entry for _, entry in made if entry is not None])


def _rows(row: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    """Return the rows of version 2 for one of version 1."""
    name, values = f"table report, study {row[0]}, seq {row[1]}", row[:-1]
    if crc32(repr(values).encode()) != row[-1]:
        raise DamagedError(f"{name}: the row is not what was written")
    record = Report._make((*values[1:12], Decision(*values[12:23])))
    try:
        report, entry = rows.of_report(row[0], record)
    except KeyError as error:
        raise DamagedError(f"{name}: no such decision is known: {error}") from error
    nothing = (None,) * (len(rows.COLUMNS["entry"]) + 1)
    if repr(rows.report((*report, *(entry or nothing)))) != repr(record):
        raise DamagedError(f"{name}: version 2 cannot say this: {record}")
    return report, entry
