"""Trials that pass some tests, in some order, from a place on.

SQLite looks through the trials of a study and keeps no more than a page of them. The rows of trials
that run are out of date: whoever asks brings them, and they are tested and merged in here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ashad.core.history.records import RUNNING, STATES, TrialRow
from ashad.core.space import Params, Value
from ashad.store import rows
from ashad.store.queries.columns import ColumnTest, TrialColumn

if TYPE_CHECKING:
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
) -> list[OrderPlace]:
    """Return the first places after one, at most so many; `running` are rows as they stand now."""
    states = [state for state in query.states or STATES if state != RUNNING]
    found = _stored(reader, study, query, states, after, most) if states else []
    if not query.states or RUNNING in query.states:
        found += _of_rows(query, running)
    found.sort(key=lambda place: place.number)
    found.sort(key=lambda place: _order(place.value), reverse=query.descending)
    found.sort(key=lambda place: place.value is None)
    if after is not None:  # of the rows that were brought, some may stand before it
        found = [place for place in found if _follows(place, after, descending=query.descending)]
    return found[:most]


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
    reader: Reader,
    study: int,
    query: TrialQuery,
    states: Sequence[str],
    after: OrderPlace | None,
    most: int,
) -> list[OrderPlace]:
    conditions, values = ["study = ?"], list[Any]([study])
    conditions.append(f"state IN ({', '.join('?' * len(states))})")
    values += states
    for test in query.tests:
        for condition, bound in test.sql():
            conditions.append(f"({condition})")
            values += bound
    by, down = query.order.sql, query.descending
    if after is not None and after.value is None:
        conditions.append(f"{by} IS NULL AND number > ?")
        values.append(after.number)
    elif after is not None:
        conditions.append(
            f"({by} {'<' if down else '>'} ? OR {by} = ? AND number > ? OR {by} IS NULL)"
        )
        values += [after.value, after.value, after.number]
    if by == "number":  # the key of the table: nothing is sorted
        order = f"number {'DESC' if down else ''}"
    else:
        order = f"{by} IS NULL, {by} {'DESC' if down else ''}, number"
    statement = (
        f"SELECT {by}, number FROM trial WHERE {' AND '.join(conditions)} "  # noqa: S608 - our words
        f"ORDER BY {order} LIMIT ?"
    )
    return [OrderPlace(*found) for found in reader.rows(statement, (*values, most))]


def _of_rows(query: TrialQuery, running: Iterable[TrialRow]) -> Iterable[OrderPlace]:
    for row in running:
        params = json.loads(row.params)
        if all(test.passes(row, params) for test in query.tests):
            yield OrderPlace(query.order.value(row, params), row.number)


def _order(value: Value | None) -> tuple[bool, Any]:
    """Return what values are ordered by, as SQLite does: numbers, then text."""
    return isinstance(value, str), 0 if value is None else value


def _follows(place: OrderPlace, after: OrderPlace, *, descending: bool) -> bool:
    if place.value is None or after.value is None:
        same = place.value is None and after.value is None
        return place.number > after.number if same else place.value is None
    here, there = _order(place.value), _order(after.value)
    if here == there:
        return place.number > after.number
    return (here < there) if descending else (here > there)
