"""From version 1 to 2: a report in about half the bytes. Never changed after a release.

Each old row is checked as version 1 did, written as version 2 does, and compared: what version 2
cannot say ends the migration, and the file stays as it was. The room of the old rows is used for
what comes next; the file itself does not become smaller.

The very first files of version 1 had no checksum of a rung entry (`entry`), the checksum of a study
was that of a named tuple, and a trial's row lacked the message it had failed with. They are brought
to what all later files of version 1 have.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from math import nan
from struct import Struct
from typing import TYPE_CHECKING, Any
from zlib import crc32

from ashad.store.errors import DamagedError

if TYPE_CHECKING:
    from sqlite_utils import Database

PIECE = 1_000  # rows that are in memory at a time

_OLD = (
    "study",
    "seq",
    "time",
    "trial",
    "attempt",
    "resource",
    "value",
    "diverged",
    "metrics",
    "checkpoint",
    "first_rung",
    "last_rung",
    "action",
    "reason",
    "bracket",
    "rung",
    "level",
    "rank",
    "size",
    "quota",
    "cutoff",
    "next_resource",
    "late",
)
_TRIAL = (
    "study",
    "number",
    "seq",
    "created",
    "updated",
    "state",
    "reason",
    "params",
    "origin",
    "bracket",
    "rung",
    "attempt",
    "worker",
    "start",
    "resource",
    "at",
    "checkpoint",
    "checkpoint_resource",
    "value",
    "best_value",
    "best_resource",
    "best_seq",
    "spent",
    "worker_time",
    "assigned",
    "lost",
    "message",
    "reported",
)
_STUDY = ("id", "name", "uid", "seed", "created", "mode", "spec")

# What a report was told, by number: bracket * 256 + decision * 8 + value * 2 + (1 if it entered).
_DECISIONS = (
    ("CONTINUE", "BETWEEN_RUNGS"),
    ("CONTINUE", "IN_TOP"),
    ("STOP", "BELOW_CUTOFF"),
    ("PAUSE", "RUNG_REACHED"),
    ("STOP", "MAX_RESOURCE"),
    ("STOP", "DIVERGED"),
    ("CONTINUE", "DIVERGED"),
    ("STOP", "STUDY_STOPPED"),
    ("STOP", "TARGET_REACHED"),
    ("STOP", "MAX_TOTAL_RESOURCE"),
    ("STOP", "MAX_DURATION"),
    ("STOP", "MAX_FAILED_TRIALS"),
    ("STOP", "MAX_INFEASIBLE_TRIALS"),
)
_VALUES = (None, "nan", "inf", "-inf")
_EPOCH = 1_893_456_000_000_000
_report_numbers = Struct("<8qd").pack
_entry_numbers = Struct("<11q2d").pack


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


def reports_in_half_the_bytes(db: Database) -> None:
    """Bring the reports of a file of version 1 into the tables of version 2."""
    file = db.conn
    known = {name for (name,) in file.execute("SELECT name FROM pragma_table_info('report')")}
    for statement in (
        "DROP INDEX report_key",
        "DROP INDEX report_rung",
        "DROP INDEX report_diverged",
        "ALTER TABLE report RENAME TO report_1",
        *_TABLES,
    ):
        file.execute(statement)
    columns = ", ".join((*_OLD, "entry") if "entry" in known else _OLD)
    old = file.execute(f"SELECT {columns}, crc FROM report_1 ORDER BY study, seq")  # noqa: S608
    while piece := old.fetchmany(PIECE):
        _copy(file, piece)
    file.execute("DROP TABLE report_1")
    for statement in _INDEXES:
        file.execute(statement)
    if "entry" not in known:
        _seal_studies(file)
        _add_messages(file)


def _copy(file: sqlite3.Connection, piece: Sequence[tuple[Any, ...]]) -> None:
    made = [_rows(row) for row in piece]
    for table, found in (
        ("report", [report for report, _ in made]),
        ("entry", [entry for _, entry in made if entry is not None]),
    ):
        if found:
            places = ", ".join("?" * len(found[0]))
            file.executemany(f"INSERT INTO {table} VALUES ({places})", found)  # noqa: S608


def _rows(row: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    """Return the rows of `report` and `entry` for one of version 1."""
    name, values = f"table report, study {row[0]}, seq {row[1]}", row[:-1]
    if crc32(repr(values).encode()) != row[-1]:
        raise DamagedError(f"{name}: the row is not what was written")
    (
        study,
        seq,
        time,
        trial,
        attempt,
        resource,
        value,
        diverged,
        metrics,
        checkpoint,
        first,
        last,
        action,
        reason,
        bracket,
        rung,
        level,
        rank,
        size,
        quota,
        cutoff,
        onward,
        late,
    ) = values[: len(_OLD)]
    entered = first is not None
    try:
        verdict = bracket * 256 + _DECISIONS.index((action, reason)) * 8
        verdict += _VALUES.index(diverged) * 2 + entered
    except ValueError as error:
        raise DamagedError(f"{name}: no such decision is known: {action} {reason}") from error
    grounds = (last, rung, level, rank, size, quota, cutoff, late)
    if (value is None) != (diverged is not None) or (
        late != int(resource > level) if entered else grounds != (None, None, 0, 0, 0, 0, None, 0)
    ):
        raise DamagedError(f"{name}: version 2 cannot say this: {values}")
    plain = (
        study,
        seq,
        time - _EPOCH,
        trial,
        attempt,
        resource,
        verdict,
        onward,
        value,
        metrics,
        checkpoint,
    )
    crc = crc32(_report_numbers(*plain[:8], nan if value is None else value))
    if metrics is not None or checkpoint is not None:
        crc = crc32(repr((metrics, checkpoint)).encode(), crc)
    report = (*plain, crc - 0x80000000)
    if not entered:
        return report, None
    ranked = (study, seq, trial, first, last, rung, verdict, level, rank, size, quota)
    numbers = (nan if number is None else number for number in (value, cutoff))
    sealed = crc32(_entry_numbers(*ranked, *numbers)) - 0x80000000
    return report, (*ranked, value, cutoff, sealed)


def _seal_studies(file: sqlite3.Connection) -> None:
    """Give the studies of the very first files the checksum that all others have."""
    columns = ", ".join(_STUDY)
    for *values, crc in file.execute(f"SELECT {columns}, crc FROM study").fetchall():  # noqa: S608
        first = ", ".join(f"{k}={v!r}" for k, v in zip(_STUDY, values, strict=True))
        if crc == crc32(f"StudyRow({first})".encode()):
            right = crc32(repr(tuple(values)).encode())
            file.execute("UPDATE study SET crc = ? WHERE id = ?", (right, values[0]))


def _add_messages(file: sqlite3.Connection) -> None:
    """Give the trials of the very first files the message of their latest change that has one."""
    columns, place = ", ".join(_TRIAL), _TRIAL.index("message")
    changes = file.execute(
        "SELECT study, trial, message FROM change WHERE message IS NOT NULL "
        "AND kind NOT IN ('ENQUEUED', 'ASSIGNED') ORDER BY study, seq"
    )
    for key, message in {tuple(key): message for *key, message in changes}.items():
        where = "WHERE study = ? AND number = ?"
        *row, crc = file.execute(f"SELECT {columns}, crc FROM trial {where}", key).fetchone()  # noqa: S608
        if row[place] is None and crc == crc32(repr(tuple(row)).encode()):
            row[place] = message
            sealed = crc32(repr(tuple(row)).encode())
            file.execute(f"UPDATE trial SET message = ?, crc = ? {where}", (message, sealed, *key))  # noqa: S608
