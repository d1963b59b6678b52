"""What a trial can be filtered, ordered and shown by: each column as SQL and of a row.

A trial that runs has a row that is out of date, so what is asked of the file in SQL is asked of the
row of such a trial in Python; both say the same.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from ashad.core.history.records import TrialRow
from ashad.core.space import Choice, Constant, Float, Params, Space, Value

SECOND = 1_000_000
# A number of 32 bits for each trial, evenly spread (Fibonacci hashing) and each once.
GOLDEN, BITS = 2_654_435_769, (1 << 32) - 1


class ColumnKind(enum.Enum):
    """What the values of a column are."""

    INTEGER = "whole numbers"
    NUMBER = "numbers"
    WORD = "text"
    CHOICE = "values of any type"


@dataclass(frozen=True)
class TrialColumn:
    """A column: its expression in SQL, and its value in a row and the configuration of that.

    One that is `beside` the row has neither: what is asked of it is asked in the file, of whatever
    trial, since it is no part of what memory knows better.
    """

    name: str
    kind: ColumnKind
    sql: str
    value: Callable[[TrialRow, Params], Value | None]
    among: str = ""  # of one beside the row: that the trial, of study ?1, has a `text` that is {}

    @property
    def beside(self) -> bool:
        """Whether it stands in a table of its own."""
        return bool(self.among)

    @property
    def numeric(self) -> bool:
        """Whether all of its values are numbers."""
        return self.kind in (ColumnKind.INTEGER, ColumnKind.NUMBER)

    def type_sql(self) -> str:
        """Return the expression of a choice's type."""
        return self.sql.replace("json_extract(", "json_type(")


def order_key(value: Value | None) -> tuple[bool, Any]:
    """Return what values are ordered by, as SQLite does: numbers, then text."""
    return isinstance(value, str), 0 if value is None else value


def sample(number: Any) -> Any:
    """Return a number of 32 bits that looks random: by it, the first trials are a fair sample."""
    return number * GOLDEN & BITS


def _of(name: str, kind: ColumnKind, sql: str = "", attribute: str = "") -> TrialColumn:
    get = attrgetter(attribute or sql or name)
    return TrialColumn(name, kind, sql or name, lambda row, _: get(row))


def _seconds(name: str, sql: str) -> TrialColumn:
    get = attrgetter(sql)
    return TrialColumn(
        name, ColumnKind.NUMBER, f"{sql} / {SECOND}.0", lambda row, _: get(row) / SECOND
    )


_I, _N, _W = ColumnKind.INTEGER, ColumnKind.NUMBER, ColumnKind.WORD
_COLUMNS = (
    _of("trial", _I, "number"),
    _of("state", _W),
    _of("reason", _W),
    _of("origin", _W),
    _of("bracket", _I),
    TrialColumn(
        "rung", _I, "nullif(rung - 1, -1)", lambda row, _: row.rung - 1 if row.rung else None
    ),
    _of("attempt", _I),
    _of("worker", _W),
    _of("resource", _I),
    _of("value", _N),
    _of("best_value", _N),
    TrialColumn(
        "best_resource",
        _I,
        "nullif(best_resource, 0)",
        lambda row, _: row.best_resource or None,
    ),
    _of("spent", _I),
    _of("lost_leases", _I, "lost"),
    _of("checkpoint_uri", _W, "checkpoint"),
    _of("message", _W),
    _seconds("create_time", "created"),
    _seconds("update_time", "updated"),
    _seconds("worker_time", "worker_time"),
    TrialColumn("sample", _I, f"(number * {GOLDEN} & {BITS})", lambda row, _: sample(row.number)),
)
COLUMNS = {column.name: column for column in _COLUMNS}


def _beside(name: str, among: str) -> TrialColumn:
    return TrialColumn(name, ColumnKind.WORD, "NULL", lambda *_: None, among)


REMARKS = {
    "labels": _beside(
        "labels",
        "number IN (SELECT trial FROM (SELECT trial, value AS text FROM annotation, "
        "json_each(labels) WHERE study = ?1) WHERE {})",
    ),
    "note": _beside(
        "note",
        "number IN (SELECT trial FROM (SELECT trial, note AS text FROM annotation "
        "WHERE study = ?1) WHERE text <> '' AND {})",
    ),
}


def attribute(name: str) -> TrialColumn:
    """Return the column of an attribute: of the latest attempt, by the few that differ."""
    assert _SAFE.fullmatch(name)  # it goes into a statement
    return _beside(
        f"attributes.{name}",
        "(number, attempt) IN (SELECT trial, attempt FROM change INDEXED BY change_attributes "  # noqa: S608
        "WHERE study = ?1 AND attributes IN (SELECT number FROM (SELECT number, "
        f"json_extract(body, '$.\"{name}\"') AS text FROM attributes WHERE study = ?1) "
        "WHERE text IS NOT NULL AND {}))",
    )


_SAFE = re.compile(r"[A-Za-z0-9_.-]+")


def parameter(space: Space, name: str) -> TrialColumn | None:
    """Return the column of a parameter; None where the space has none of this name."""
    domain = space.get(name)
    if domain is None:
        return None
    assert _SAFE.fullmatch(name)  # as the space was checked: it goes into a statement
    if isinstance(domain, (Choice, Constant)):
        kind = ColumnKind.CHOICE
    else:
        kind = ColumnKind.NUMBER if isinstance(domain, Float) else ColumnKind.INTEGER
    sql = f"json_extract(params, '$.\"{name}\"')"
    return TrialColumn(f"params.{name}", kind, sql, lambda _, params: params.get(name))


@dataclass(frozen=True)
class ColumnTest:
    """What a column must be; all that is set must hold. No value passes none but `missing`."""

    column: TrialColumn
    at_least: int | float | None = None
    at_most: int | float | None = None
    one_of: tuple[Value, ...] = ()
    contains: str = ""
    missing: bool | None = None

    def sql(self) -> Iterator[tuple[str, tuple[Value, ...]]]:
        """Yield conditions, with the values that are bound to them."""
        column = self.column
        if column.beside:
            yield from self._beside()
            return
        number = "" if column.numeric else f" AND {column.type_sql()} IN ('integer', 'real')"
        if self.at_least is not None:
            yield f"{column.sql} >= ?{number}", (self.at_least,)
        if self.at_most is not None:
            yield f"{column.sql} <= ?{number}", (self.at_most,)
        if self.one_of:
            if column.kind is ColumnKind.CHOICE:
                places = ", ".join(["(?, ?)"] * len(self.one_of))
                pairs = tuple(part for value in self.one_of for part in (_type(value), value))
                yield f"({column.type_sql()}, {column.sql}) IN (VALUES {places})", pairs
            else:
                yield f"{column.sql} IN ({', '.join('?' * len(self.one_of))})", self.one_of
        if self.contains:
            text = f" AND {column.type_sql()} = 'text'" if column.kind is ColumnKind.CHOICE else ""
            yield f"instr(lower({column.sql}), ?) > 0{text}", (lower(self.contains),)
        if self.missing is not None:
            yield f"{column.sql} IS {'' if self.missing else 'NOT '}NULL", ()

    def _beside(self) -> Iterator[tuple[str, tuple[Value, ...]]]:
        column, wanted = self.column, []
        if self.one_of:
            wanted.append((f"text IN ({', '.join('?' * len(self.one_of))})", self.one_of))
        if self.contains:
            wanted.append(("instr(lower(text), ?) > 0", (lower(self.contains),)))
        for condition, bound in wanted:
            yield column.among.format(condition), bound
        if self.missing is not None:
            there = column.among.format("1")
            yield f"NOT ({there})" if self.missing else there, ()

    def passes(self, row: TrialRow, params: Params) -> bool:
        """Whether a row passes, as `sql` says."""
        return self.holds(self.column.value(row, params))

    def holds(self, value: Value | None) -> bool:
        """Whether a value passes."""
        if value is None:
            return self == ColumnTest(self.column, missing=True)
        if self.missing:
            return False
        if self.at_least is not None or self.at_most is not None:
            if isinstance(value, (str, bool)):
                return False
            if self.at_least is not None and value < self.at_least:
                return False
            if self.at_most is not None and value > self.at_most:
                return False
        if self.one_of:
            alike = [one for one in self.one_of if one == value]
            if self.column.kind is ColumnKind.CHOICE:
                alike = [one for one in alike if _type(one) == _type(value)]
            if not alike:
                return False
        return not self.contains or (
            isinstance(value, str) and lower(self.contains) in lower(value)
        )


_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def lower(text: str) -> str:
    """Return text with the letters A to Z made small, as SQLite does."""
    return text.translate(_LOWER)


def _type(value: Value) -> str:
    """Return the type of a value as JSON has it: 1, 1.0 and true are three choices."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return {int: "integer", float: "real", str: "text"}[type(value)]
