"""Records to rows and back, each row with a checksum that is verified whenever it is read.

A report is most of the file and most of the work: its row says in small numbers what was decided
(`words`), its time counts from a later year (`EPOCH`), and its checksum is that of packed numbers.
What it did in a rung is a row of its own, in `entry`: a study is read from these alone, and they
may be millions. Never works anything out that a later rule might work out otherwise.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from math import nan
from typing import Any, NamedTuple
from zlib import crc32

from ashad.core.history.records import Annotation, Change, Decision, Event, Report, TrialRow
from ashad.store.codes import BRACKET, ENTERED, NUMBERS, WORDS
from ashad.store.errors import DamagedError


class StudyRow(NamedTuple):
    """A study: who it is, how it stands, and its spec under its limits of now, as JSON."""

    id: int
    name: str
    uid: str
    seed: int
    created: int
    mode: str
    spec: str


EPOCH = 1_893_456_000_000_000  # 2030; six bytes reach from mid-2025 to mid-2034, then it is eight

COLUMNS: dict[str, tuple[str, ...]] = {
    "study": StudyRow._fields,
    "event": ("study", *Event._fields),
    "trial": ("study", *TrialRow._fields),
    "change": ("study", *Change._fields),
    "annotation": ("study", *Annotation._fields),
    "attributes": ("study", "number", "body"),
    "report": (
        *("study", "seq", "since_2030", "trial", "attempt", "resource", "verdict"),
        *("next_resource", "value", "metrics", "checkpoint"),
    ),
    "entry": (
        *("study", "seq", "trial", "first_rung", "last_rung", "rung", "verdict"),
        *("level", "rank", "size", "quota", "value", "cutoff"),
    ),
}

_SPLIT = len(COLUMNS["report"]) + 1  # where the entry begins, in a row of `select_reports`

_report_numbers = struct.Struct("<8qd").pack
_entry_numbers = struct.Struct("<11q2d").pack


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
    "annotation": _insert("annotation", "INSERT OR REPLACE"),
    "attributes": _insert("attributes", "INSERT OR IGNORE"),
    "report": _insert("report", "INSERT"),
    "entry": _insert("entry", "INSERT"),
}

# Of a batch of at least `LARGE` so many reports by one statement: each gives the interpreter's lock
# away, and gets it back only when nobody else wants to run.
MANY, LARGE = 32, 128
VALUES = MANY * (len(COLUMNS["report"]) + 1)
WRITE_MANY = WRITE["report"] + f", ({', '.join('?' * (VALUES // MANY))})" * (MANY - 1)

DELETED = "DELETED"  # mode of a study that is gone; its row stays, and says that it was there

# Some of what such a study has in the file: values are study, study, most rows.
PURGE = tuple(
    f"DELETE FROM {table} WHERE study = ? AND {COLUMNS[table][1]} IN "  # noqa: S608 - our names
    f"(SELECT {COLUMNS[table][1]} FROM {table} WHERE study = ? LIMIT ?)"
    for table in ("entry", "report", "change", "attributes", "annotation", "trial", "event")
)


def gone(study: StudyRow) -> StudyRow:
    """Return the row of a study that is deleted; its name is free for another."""
    return study._replace(name=f"{study.id}:{study.name}", mode=DELETED, spec="{}")


# The attributes of an assignment stand in a row that it may share with others.
BODY = (
    "(SELECT body FROM attributes AS a WHERE a.study = change.study "
    "AND a.number = change.attributes) AS attributes"
)


@cache
def having(labels: int) -> str:
    """Return the statement that finds the trials with so many labels, of the study that is ?1."""
    has = " AND ? IN (SELECT value FROM json_each(labels))" * labels
    return f"SELECT trial FROM annotation WHERE study = ?1{has}"  # noqa: S608 - our names


@cache
def select(table: str, where: str, index: str = "") -> str:
    """Return the statement that reads whole rows of a table, by an index where one is named.

    The planner knows no sizes: to it, all rows of a study are as few as those of a trial.
    """
    # Names come from COLUMNS, `where` and `index` from this package, values are bound.
    by = f"INDEXED BY {index}" if index else ""
    columns = [BODY if name == "attributes" else name for name in COLUMNS[table]]
    return f"SELECT {', '.join(columns)}, crc FROM {table} {by} WHERE {where}"  # noqa: S608


@cache
def select_reports(where: str) -> str:
    """Return the statement that reads whole reports; `report` makes one of each row.

    `where` calls the trial `report.trial`; where it names one, the index of trials is used.
    """
    by = "INDEXED BY report_trial" if "report.trial = ?" in where else ""
    columns = [
        f"{table}.{name}" for table in ("report", "entry") for name in (*COLUMNS[table], "crc")
    ]
    return (
        f"SELECT {', '.join(columns)} FROM report {by} "  # noqa: S608 - our names
        f"LEFT JOIN entry USING (study, seq) WHERE {where}"
    )


def seal(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row with its checksum behind it; not for a report or an entry."""
    plain = tuple(values)  # the repr of a named tuple is another
    return (*plain, _text_crc(plain))


def open_row(table: str, row: Sequence[Any]) -> tuple[Any, ...]:
    """Return the row without its checksum, or refuse it by name."""
    values = tuple(row[:-1])
    try:
        right = _CRC.get(table, _text_crc)(values) == row[-1]
    except struct.error:  # something is no number
        right = False
    if not right:
        key = (
            f"id {row[0]}" if table == "study" else f"study {row[0]}, {COLUMNS[table][1]} {row[1]}"
        )
        raise DamagedError(f"table {table}, {key}: the row is not what was written")
    return values


def _text_crc(values: tuple[Any, ...]) -> int:
    return crc32(repr(values).encode())


def _report_crc(row: tuple[Any, ...]) -> int:
    """Return the checksum of a row of `report`, four bytes with a sign; NaN stands for NULL."""
    value, metrics, checkpoint = row[8:]
    crc = crc32(_report_numbers(*row[:8], nan if value is None else value))
    if metrics is not None or checkpoint is not None:
        crc = crc32(repr((metrics, checkpoint)).encode(), crc)
    return crc - 0x80000000


def _entry_crc(row: tuple[Any, ...]) -> int:
    value, cutoff = row[11:]
    value, cutoff = nan if value is None else value, nan if cutoff is None else cutoff
    return crc32(_entry_numbers(*row[:11], value, cutoff)) - 0x80000000


def _change_crc(values: tuple[Any, ...]) -> int:
    """Return the checksum of a change; one without attributes has that of version 1."""
    return _text_crc(values if values[-1] is not None else values[:-1])


def _trial_crc(values: tuple[Any, ...]) -> int:
    """Return the checksum of a trial; one without a parent has that of version 1."""
    return _text_crc(values if values[-3] is not None else values[:-3])


_CRC = {"trial": _trial_crc, "report": _report_crc, "entry": _entry_crc, "change": _change_crc}


_TABLES = {Event: "event", Annotation: "annotation"}


def to_row(study: int, record: TrialRow | Event | Annotation) -> tuple[str, tuple[Any, ...]]:
    """Return (table, sealed row) of a record that stands in one row."""
    if isinstance(record, TrialRow):
        values = (study, *record)
        return "trial", (*values, _trial_crc(values))
    return _TABLES[type(record)], seal((study, *record))


def of_change(study: int, record: Change) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    """Return the sealed rows of `change` and, where it has attributes, of `attributes`."""
    values, body = (study, *record[:-1]), record.attributes
    if body is None:
        return (*values, None, _text_crc(values)), None
    row = _attributes(study, body)
    return (*values, row[1], _text_crc((*values, body))), row


@lru_cache(1024)  # most attempts of a worker are alike
def _attributes(study: int, body: str) -> tuple[Any, ...]:
    digest = blake2b(body.encode(), digest_size=8).digest()
    return seal((study, int.from_bytes(digest, "big", signed=True), body))


def of_report(study: int, record: Report) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    """Return the sealed rows of `report` and, where a rung was entered, of `entry`."""
    (
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
        decision,
        stands,
    ) = record
    since = time - EPOCH
    entry: tuple[Any, ...] | None = None
    if first is None:
        verdict, onward = _between(decision, diverged)
    else:
        verdict, onward = _verdict(decision, diverged)
        verdict += ENTERED
        ranked = value if stands is None else stands
        placed = (*decision[4:8], ranked, decision.cutoff)  # level, rank, size, quota
        plain = (study, seq, trial, first, last, decision.rung, verdict, *placed)
        entry = (*plain, _entry_crc(plain))
    numbers = (study, seq, since, trial, attempt, resource, verdict, onward)
    if metrics is None and checkpoint is None and value is not None:  # nearly all
        crc = crc32(_report_numbers(*numbers, value)) - 0x80000000
        return (*numbers, value, None, None, crc), entry
    row = (*numbers, value, metrics, checkpoint)
    return (*row, _report_crc(row)), entry


def _verdict(decision: Decision, diverged: str | None) -> tuple[int, int]:
    """Return the verdict and the next resource of a report that entered no rung."""
    number = NUMBERS[decision.action, decision.reason, diverged]
    return number + decision.bracket * BRACKET, decision.next_resource


_between = lru_cache(1024)(_verdict)  # nearly all are alike


def report(row: Sequence[Any]) -> Report:
    """Return the report of a row of `select_reports`."""
    return report_of(open_row("report", row[:_SPLIT]), row[_SPLIT:])


def report_of(found: tuple[Any, ...], placed: Sequence[Any] | None) -> Report:
    """Return the report of an opened row of `report` and, if it entered a rung, its `entry`."""
    study, seq, since, trial, attempt, resource, verdict, onward = found[:8]
    value, metrics, checkpoint = found[8:]
    bracket, number = divmod(verdict, BRACKET)
    words = WORDS[number]
    first = last = rung = cutoff = stands = None
    level = rank = size = quota = late = 0
    if words.entered:
        if not placed or placed[0] is None:
            raise DamagedError(f"table report, study {study}, seq {seq}: its rung entry is missing")
        entry = open_row("entry", placed)
        first, last, rung, _, level, rank, size, quota, ranked, cutoff = entry[3:]
        stands = None if ranked == value else ranked
        late = int(resource > level)
    decided = (words.action, words.reason, bracket, rung, level, rank, size, quota, cutoff)
    who = (seq, since + EPOCH, trial, attempt, resource)
    told = (value, words.diverged, metrics, checkpoint, first, last)
    return Report(*who, *told, Decision(*decided, onward, late), stands)


def trial(row: Sequence[Any]) -> TrialRow:
    """Return the trial of a row of `trial`."""
    return TrialRow._make(open_row("trial", row)[1:])


def change(row: Sequence[Any]) -> Change:
    """Return the change of a row of `change`."""
    return Change._make(open_row("change", row)[1:])


def annotation(row: Sequence[Any]) -> Annotation:
    """Return the annotation of a row of `annotation`."""
    return Annotation._make(open_row("annotation", row)[1:])


def event(row: Sequence[Any]) -> Event:
    """Return the event of a row of `event`."""
    return Event._make(open_row("event", row)[1:])


def study(row: Sequence[Any]) -> StudyRow:
    """Return the study of a row of `study`."""
    return StudyRow._make(open_row("study", row))
