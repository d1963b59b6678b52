"""Trials that pass some tests, in some order, from a place on.

SQLite looks through the trials of a study and keeps no more than a page of them. The rows of trials
that run are out of date: whoever asks brings them, and they are tested and merged in here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ashad.core.history.records import RUNNING, TrialRow
from ashad.core.space import Params, Value
from ashad.store import rows
from ashad.store.queries.columns import ColumnTest, TrialColumn, order_key

if TYPE_CHECKING:
    from ashad.store.queries.column_cache import ColumnCache
    from ashad.store.reader import Reader


class OrderPlace(NamedTuple):
    """Where a trial stands in an order: its value there, None where it has none, and its number."""

    value: Value | None
    number: int


class TrialQuery(NamedTuple):
    """Which trials, and in which order; those without a value come last, ties by number."""

    states: Sequence[str]  # empty: all
    tests: Sequence[ColumnTest]
    order: TrialColumn
    descending: bool


def find(
    reader: Reader,
    study: int,
    query: TrialQuery,
    running: Iterable[TrialRow],
    after: OrderPlace | None,
    most: int,
    cache: ColumnCache | None = None,
) -> list[OrderPlace]:
    """Return the first places after one, at most so many; `running` are rows as they stand now."""
    found = list[OrderPlace]()
    if not query.states or set(query.states) - {RUNNING}:
        known = None if cache is None else cache.find(reader, study, query, after, most)
        if known is None:
            found = _stored(reader, study, query, after, most)
        else:
            found = [OrderPlace(*place) for place in known]
    if not query.states or RUNNING in query.states:
        found += _of_rows(reader, study, query, running)
    found.sort(key=lambda place: place.number)
    found.sort(key=lambda place: order_key(place.value), reverse=query.descending)
    found.sort(key=lambda place: place.value is None)
    if after is not None:  # of the rows that were brought, some may stand before it
        found = [place for place in found if _follows(place, after, descending=query.descending)]
    return found[:most]


def running_rows(reader: Reader, study: int) -> list[TrialRow]:
    """Return the rows of the trials that run, by an index: there are few, of perhaps millions."""
    waits = "state IN ('QUEUED', 'RUNNING', 'PAUSED')"  # as the index has it
    where = f"study = ? AND state = 'RUNNING' AND {waits} ORDER BY number"
    statement = rows.select("trial", where, "trial_waits")
    return [rows.trial(row) for row in reader.rows(statement, (study,))]


def rows_of(reader: Reader, study: int, numbers: Iterable[int]) -> dict[int, TrialRow]:
    """Return the rows of these trials, by number."""
    where = "study = ? AND number IN (SELECT value FROM json_each(?))"
    found = reader.rows(rows.select("trial", where), (study, json.dumps(list(numbers))))
    return {row.number: row for row in map(rows.trial, found)}


def configurations(reader: Reader, study: int, numbers: Iterable[int]) -> dict[int, Params]:
    """Return the configurations of these trials, by number."""
    found = reader.rows(
        "SELECT number, params FROM trial WHERE study = ? "
        "AND number IN (SELECT value FROM json_each(?))",
        (study, json.dumps(list(numbers))),
    )
    return {number: json.loads(params) for number, params in found}


def _stored(
    reader: Reader, study: int, query: TrialQuery, after: OrderPlace | None, most: int
) -> list[OrderPlace]:
    """Return the first of the trials that do not run: those with a value, then those without."""
    conditions, values = ["study = ?", "state <> 'RUNNING'"], list[Any]([study])
    if query.states:
        conditions.append(f"state IN ({', '.join('?' * len(query.states))})")
        values += query.states
    for test in query.tests:
        for condition, bound in test.sql():
            conditions.append(f"({condition})")
            values += bound
    by, down = query.order.sql, query.descending

    def ask(more: list[str], bound: list[Any], order: str, left: int) -> list[OrderPlace]:
        where = " AND ".join([*conditions, *more])
        statement = f"SELECT {by}, number FROM trial WHERE {where} ORDER BY {order} LIMIT ?"  # noqa: S608
        return [OrderPlace(*row) for row in reader.rows(statement, (*values, *bound, left))]

    found = list[OrderPlace]()
    if after is None or after.value is not None:
        there, place = [f"{by} IS NOT NULL"], list[Any]()
        if after is not None:  # a range first, by which the key of the table is looked up
            there += [
                f"{by} {'<=' if down else '>='} ?",
                f"({by} {'<' if down else '>'} ? OR number > ?)",
            ]
            place = [after.value, after.value, after.number]
        direction = "DESC" if down else ""
        order = f"number {direction}" if by == "number" else f"{by} {direction}, number"
        found = ask(there, place, order, most)
        after = None
    if len(found) < most and by != "number":
        number = -1 if after is None else after.number
        found += ask([f"{by} IS NULL", "number > ?"], [number], "number", most - len(found))
    return found


def _of_rows(
    reader: Reader, study: int, query: TrialQuery, running: Iterable[TrialRow]
) -> Iterable[OrderPlace]:
    tests = [test for test in query.tests if not test.column.beside]
    others = [test for test in query.tests if test.column.beside]
    rows = list(running)
    known = _passing(reader, study, others, rows) if others else None
    for row in rows:
        params = json.loads(row.params)
        if (known is None or row.number in known) and all(t.passes(row, params) for t in tests):
            yield OrderPlace(query.order.value(row, params), row.number)


def _passing(
    reader: Reader, study: int, tests: Iterable[ColumnTest], running: Iterable[TrialRow]
) -> set[int]:
    """Return which of these trials pass tests of what is beside their rows."""
    conditions = ["study = ?1", "number IN (SELECT value FROM json_each(?))"]
    values: list[Any] = [study, json.dumps([row.number for row in running])]
    for test in tests:
        for condition, bound in test.sql():
            conditions.append(f"({condition})")
            values += bound
    where = " AND ".join(conditions)
    found = reader.rows(f"SELECT number FROM trial WHERE {where}", values)  # noqa: S608 - our words
    return {number for (number,) in found}


def remarks_of(
    reader: Reader, study: int, numbers: Iterable[int]
) -> dict[int, tuple[str, list[str]]]:
    """Return the notes and labels of those of these trials that have any, by number."""
    found = reader.rows(
        "SELECT trial, note, labels FROM annotation WHERE study = ? "
        "AND trial IN (SELECT value FROM json_each(?))",
        (study, json.dumps(list(numbers))),
    )
    return {trial: (note, json.loads(labels)) for trial, note, labels in found}


def _follows(place: OrderPlace, after: OrderPlace, *, descending: bool) -> bool:
    if place.value is None or after.value is None:
        same = place.value is None and after.value is None
        return place.number > after.number if same else place.value is None
    here, there = order_key(place.value), order_key(after.value)
    if here == there:
        return place.number > after.number
    return (here < there) if descending else (here > there)
