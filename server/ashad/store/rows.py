"""Records to rows and back, each row with a checksum that is verified whenever it is read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple
from zlib import crc32

from ashad.core.records import Change, Decision, Event, Record, Report, TrialRow
from ashad.store.failures import Damaged


class StudyRow(NamedTuple):
    """A study: who it is, how it stands, and its spec under its limits of now, as JSON."""

    id: int
    name: str
    uid: str
    seed: int
    created: int
    mode: str
    spec: str


_DECISION = Decision._fields[:-1]  # an answer that names the current attempt is never stored
_PLAIN_REPORT = Report._fields[:-1]

COLUMNS: dict[str, tuple[str, ...]] = {
    "study": StudyRow._fields,
    "event": ("study", *Event._fields),
    "trial": ("study", *TrialRow._fields),
    "change": ("study", *Change._fields),
    "report": ("study", *_PLAIN_REPORT, *_DECISION, "entry"),
}

# What a rung knows of a report, with a checksum of its own (`entry`), and in an index of its own:
# a study is read from these alone, and they may be millions.
ENTRY = ("study", "seq", "trial", "bracket", "first_rung", "last_rung", "value", "rung", "reason")


def _insert(table: str, verb: str) -> str:
    columns = (*COLUMNS[table], "crc")
    # Names come from COLUMNS above, values are bound.
    return f"{verb} INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


# History is only ever added to; a study and a trial show their latest state.
WRITE = {
    "study": _insert("study", "INSERT OR REPLACE"),
    "event": _insert("event", "INSERT"),
    "trial": _insert("trial", "INSERT OR REPLACE"),
    "change": _insert("change", "INSERT"),
    "report": _insert("report", "INSERT"),
}


DELETED = "DELETED"  # mode of a study that is gone; its row stays, and says that it was there

# Some of what such a study has in the file: values are study, study, most rows.
PURGE = tuple(
    f"DELETE FROM {table} WHERE study = ? AND {key} IN "  # noqa: S608 - our names
    f"(SELECT {key} FROM {table} WHERE study = ? LIMIT ?)"
    for table, key in (("report", "seq"), ("change", "seq"), ("trial", "number"), ("event", "seq"))
)


def gone(study: StudyRow) -> StudyRow:
    """Return the row of a study that is deleted; its name is free for another."""
    return study._replace(name=f"{study.id}:{study.name}", mode=DELETED, spec="{}")


@cache
def select(table: str, where: str) -> str:
    """Return the statement that reads whole rows of a table."""
    # Names come from COLUMNS, `where` from this package, values are bound.
    return f"SELECT {', '.join(COLUMNS[table])}, crc FROM {table} WHERE {where}"  # noqa: S608


def seal(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row with its checksum behind it."""
    plain = tuple(values)  # the repr of a named tuple is another
    return (*plain, crc32(repr(plain).encode()))


def open_row(table: str, row: Sequence[Any]) -> tuple[Any, ...]:
    """Return the row without its checksum, or refuse it by name."""
    values = tuple(row[:-1])
    if crc32(repr(values).encode()) != row[-1]:
        key = (
            f"id {row[0]}" if table == "study" else f"study {row[0]}, {COLUMNS[table][1]} {row[1]}"
        )
        raise Damaged(f"table {table}, {key}: the row is not what was written")
    return values


def to_row(study: int, record: Record) -> tuple[str, tuple[Any, ...]]:
    """Return (table, sealed row) of a record."""
    if isinstance(record, Report):
        return "report", seal((study, *record[:-1], *record.decision[:-1], _entry(study, record)))
    if isinstance(record, TrialRow):
        return "trial", seal((study, *record))
    if isinstance(record, Change):
        return "change", seal((study, *record))
    return "event", seal((study, *record))


def open_entry(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the columns `ENTRY` without their checksum, or refuse the row by name."""
    values = row[:-1]
    if crc32(repr(values).encode()) != row[-1]:
        raise Damaged(f"table report, study {row[0]}, seq {row[1]}: not the entry that was written")
    return values


def _entry(study: int, record: Report) -> int | None:
    if record.first_rung is None:
        return None
    d = record.decision
    values = (
        study, record.seq, record.trial, d.bracket, record.first_rung, record.last_rung,
        record.value, d.rung, d.reason,
    )  # fmt: skip
    return crc32(repr(values).encode())


def report(row: Sequence[Any]) -> Report:
    """Return the report of a row of `report`."""
    values = open_row("report", row)[1:-1]
    split = len(_PLAIN_REPORT)
    return Report._make((*values[:split], Decision(*values[split:])))


def trial(row: Sequence[Any]) -> TrialRow:
    """Return the trial of a row of `trial`."""
    return TrialRow._make(open_row("trial", row)[1:])


def change(row: Sequence[Any]) -> Change:
    """Return the change of a row of `change`."""
    return Change._make(open_row("change", row)[1:])


def event(row: Sequence[Any]) -> Event:
    """Return the event of a row of `event`."""
    return Event._make(open_row("event", row)[1:])


def study(row: Sequence[Any]) -> StudyRow:
    """Return the study of a row of `study`."""
    return StudyRow._make(open_row("study", row))
