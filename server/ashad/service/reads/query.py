"""QueryTrials: trials that pass some filters, in some order, a page at a time, by columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from math import isnan, nan
from typing import Any, NamedTuple

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.errors import invalid
from ashad.core.history.records import RUNNING, TrialRow
from ashad.core.outcomes import broken_texts
from ashad.core.space import Params, Value
from ashad.core.spec import StudySpec
from ashad.core.validation.remarks import check_attribute
from ashad.service.messages import from_proto, spaces
from ashad.service.reads import pages
from ashad.store import Reader
from ashad.store.queries.column_cache import ColumnCache
from ashad.store.queries.columns import (
    COLUMNS,
    REMARKS,
    ColumnKind,
    ColumnTest,
    TrialColumn,
    attribute,
    parameter,
)
from ashad.store.queries.trials import (
    OrderPlace,
    TrialQuery,
    find,
    remarks_of,
    rows_of,
    running_rows,
)

MOST_ROWS, MOST_VALUES, MOST_COLUMNS = 10_000, 200_000, 100
MOST_FILTERS, MOST_CHOICES = 50, 1000
TEXT_BYTES = 1024 * 1024  # a page is cut short rather than with more text than this
USUAL = ("trial", "state", "reason", "bracket", "resource", "value", "best_value")
PARAMS, METRICS, ATTRIBUTES = "params.", "metrics.", "attributes."


class MetricColumn(NamedTuple):
    """Another metric of the latest report."""

    name: str


class BrokenColumn(NamedTuple):
    """The outcome constraints that the latest report breaks, as text."""

    name: str = "broken_constraints"


Shown = TrialColumn | MetricColumn | BrokenColumn


class Asked(NamedTuple):
    """What is asked for: which trials, which of their columns, and from where on."""

    query: TrialQuery
    columns: Sequence[Shown]
    kind: str  # of list, which a token is good for
    after: OrderPlace | None
    size: int


def asked(
    request: pb.QueryTrialsRequest, states: Sequence[str], spec: StudySpec, uid: str
) -> Asked:
    """Return what a request asks for, or refuse it by the name of the field."""
    size = from_proto.page_size(request.page_size, MOST_ROWS)
    columns = _columns(request.columns, spec)
    if len(request.filters) > MOST_FILTERS:
        raise invalid("filters", f"at most {MOST_FILTERS}")
    tests = [_test(f"filters[{i}]", test, spec) for i, test in enumerate(request.filters)]
    if sum(len(test.one_of) for test in tests) > MOST_CHOICES:
        raise invalid("filters", f"at most {MOST_CHOICES} values of one_of together")
    order = _column("order_by", request.order_by or "trial", spec)
    if order.beside:
        raise invalid("order_by", f"there is no order by {order.name}; filter by it")
    same = pb.QueryTrialsRequest(
        states=request.states,
        filters=request.filters,
        order_by=order.name,
        descending=request.descending,
    )
    kind = f"query/{same.SerializeToString(deterministic=True).hex()}"
    place = pages.place(kind, uid, request.page_token, size)
    return Asked(
        TrialQuery(states, tests, order, request.descending),
        columns,
        kind,
        OrderPlace(*json.loads(place.after)) if place.after else None,
        max(1, min(size, MOST_VALUES // len(columns))),
    )


def query(reader: Reader, memory: pages.Memory, wanted: Asked, cache: ColumnCache) -> bytes:
    """Return a page of what was asked for."""
    running = _running(reader, memory) if RUNNING in (wanted.query.states or (RUNNING,)) else {}
    places = find(
        reader, memory.number, wanted.query, running.values(), wanted.after, wanted.size + 1, cache
    )
    stored = [place.number for place in places if place.number not in running]
    rows = rows_of(reader, memory.number, stored) | running
    shown = [place.number for place in places[: wanted.size]]
    page = _Page(reader, memory, wanted.columns, shown)
    for place in places[: wanted.size]:
        if page.full:
            break
        page.add(rows[place.number])
    token = ""
    if page.rows < len(places):
        last = json.dumps(places[page.rows - 1], ensure_ascii=False)
        token = pages.token(wanted.kind, memory.uid, last)
    answer = pb.QueryTrialsResponse(
        columns=page.columns(),
        rows=page.rows,
        next_page_token=token,
        commit_seq=reader.last_seq(memory.number),
    )
    return answer.SerializeToString()


def likely(spec: StudySpec) -> list[TrialColumn]:
    """Return what trials are most often ordered and filtered by."""
    params = (parameter(spec.space, name) for name in spec.space)
    return [COLUMNS["state"], COLUMNS["best_value"], *(one for one in params if one is not None)]


def _running(reader: Reader, memory: pages.Memory) -> dict[int, TrialRow]:
    """Return the trials that run, as they stand in the snapshot."""
    reported = reader.reported(memory.number, after=memory.seq)
    return {
        row.number: pages.current(reader, memory, row, reported)
        for row in running_rows(reader, memory.number)
    }


class _Page:
    """A page under construction, column by column."""

    def __init__(
        self,
        reader: Reader,
        memory: pages.Memory,
        columns: Sequence[Shown],
        numbers: Iterable[int],
    ) -> None:
        self._archive, self._outcomes = reader.archive(memory.number), memory.outcomes
        self._attributes = any(column.name.startswith(ATTRIBUTES) for column in columns)
        said = any(column.name in REMARKS for column in columns)
        self._said = remarks_of(reader, memory.number, numbers) if said else {}
        self._last = any(isinstance(column, (MetricColumn, BrokenColumn)) for column in columns)
        self._made = [_Filling(column) for column in columns]
        self.rows = 0

    @property
    def full(self) -> bool:
        """Whether there is no room for more text."""
        return sum(column.bytes for column in self._made) > TEXT_BYTES

    def add(self, row: TrialRow) -> None:
        """Add a trial."""
        params: Params = json.loads(row.params)
        last = self._archive.last_report(row.number) if self._last else None
        metrics = json.loads(last.metrics) if last is not None and last.metrics else {}
        beside = self._beside(row)
        for column in self._made:
            of = column.column
            if isinstance(of, MetricColumn):
                found = metrics.get(of.name)
                column.add(None if found is None else float(found))
            elif isinstance(of, BrokenColumn):
                found = last and broken_texts(self._outcomes, last.value, last.metrics)
                column.add("; ".join(found or ()) or None)
            elif of.beside:
                column.add(beside.get(of.name))
            else:
                column.add(of.value(row, params))
        self.rows += 1

    def _beside(self, row: TrialRow) -> dict[str, str]:
        """Return what stands beside a row, by column."""
        note, labels = self._said.get(row.number, ("", []))
        found = {"note": note, "labels": ", ".join(labels)}
        if self._attributes:
            told = self._archive.attributes(row.number, row.attempt)
            found |= {f"{ATTRIBUTES}{k}": v for k, v in json.loads(told or "{}").items()}
        return {name: value for name, value in found.items() if value}

    def columns(self) -> Iterable[pb.Column]:
        """Return the columns."""
        return [column.message() for column in self._made]


class _Filling:
    """The values of one column."""

    def __init__(self, column: Shown) -> None:
        self.column = column
        self._values: list[Any] = []
        self._missing: list[int] = []
        self._places: dict[tuple[type, Value], int] = {}
        self.bytes = 0
        kind = ColumnKind.NUMBER if isinstance(column, MetricColumn) else ColumnKind.WORD
        if isinstance(column, TrialColumn):
            kind = column.kind
        state = isinstance(column, TrialColumn) and column.name == "state"
        self._field = (
            "integers"
            if kind is ColumnKind.INTEGER or state
            else {ColumnKind.NUMBER: "doubles"}.get(kind, "indexes")
        )
        self._state = state

    def add(self, value: Value | None) -> None:
        """Add the value of the next row."""
        if value is None:
            self._missing.append(len(self._values))
            self._values.append(nan if self._field == "doubles" else 0)
        elif self._state:
            self._values.append(pb.TrialState.Value(f"TRIAL_STATE_{value}"))
        elif self._field == "indexes":
            key = type(value), value
            if key not in self._places:
                self._places[key] = len(self._places)
                self.bytes += len(value) if isinstance(value, str) else 8
            self._values.append(self._places[key])
        else:
            self._values.append(value)

    def message(self) -> pb.Column:
        """Return the column."""
        of = self.column
        name = f"{METRICS}{of.name}" if isinstance(of, MetricColumn) else of.name
        made = pb.Column(name=name, missing=self._missing)
        getattr(made, self._field).extend(self._values)
        for _, value in self._places:
            made.dictionary.append(spaces.value(value))
        return made


def _columns(names: Sequence[str], spec: StudySpec) -> list[Shown]:
    if len(names) > MOST_COLUMNS:
        raise invalid("columns", f"at most {MOST_COLUMNS}")
    if not names:
        names = [*USUAL, *(f"{PARAMS}{name}" for name in spec.space)][:MOST_COLUMNS]
    return [_shown(f"columns[{i}]", name, spec) for i, name in enumerate(names)]


def _shown(field: str, name: str, spec: StudySpec) -> Shown:
    if name.startswith(METRICS):
        return MetricColumn(name.removeprefix(METRICS))
    return BrokenColumn() if name == BrokenColumn().name else _column(field, name, spec)


def _column(field: str, name: str, spec: StudySpec) -> TrialColumn:
    if name.startswith(PARAMS):
        found = parameter(spec.space, name.removeprefix(PARAMS))
    elif name.startswith(ATTRIBUTES):
        check_attribute(field, name.removeprefix(ATTRIBUTES))
        found = attribute(name.removeprefix(ATTRIBUTES))
    else:
        found = COLUMNS.get(name) or REMARKS.get(name)
    if found is None:
        known = ", ".join([*COLUMNS, *REMARKS, f"{PARAMS}NAME", f"{ATTRIBUTES}NAME"])
        raise invalid(field, f"{name[:200]!r} is no column of this study; take one of {known}")
    return found


def _test(field: str, message: pb.TrialFilter, spec: StudySpec) -> ColumnTest:
    column = _column(f"{field}.column", message.column, spec)
    if column.name == "state":
        raise invalid(f"{field}.column", "for states there is the field `states`")
    numbers = column.kind is not ColumnKind.WORD

    def number(name: str) -> int | float | None:
        if not message.HasField(name):
            return None
        value = _value(f"{field}.{name}", getattr(message, name))
        if not numbers or isinstance(value, (str, bool)) or isnan(value):
            fix = "give a number" if numbers else f"{column.name} has no numbers"
            raise invalid(f"{field}.{name}", fix)
        return value

    one_of = tuple(_value(f"{field}.one_of", one) for one in message.one_of)
    if column.kind is ColumnKind.WORD and not all(isinstance(one, str) for one in one_of):
        raise invalid(f"{field}.one_of", f"{column.name} is text: give string values")
    if column.numeric and any(isinstance(one, (str, bool)) for one in one_of):
        raise invalid(f"{field}.one_of", f"{column.name} has numbers: give numbers")
    if message.contains and column.numeric:
        raise invalid(f"{field}.contains", f"{column.name} has numbers, no text")
    test = ColumnTest(
        column,
        number("at_least"),
        number("at_most"),
        one_of,
        message.contains,
        message.missing if message.HasField("missing") else None,
    )
    if test == ColumnTest(column):
        raise invalid(field, "set at least one of at_least, at_most, one_of, contains, missing")
    return test


def _value(field: str, message: pb.ParameterValue) -> Value:
    kind = message.WhichOneof("kind")
    if kind is None:
        raise invalid(field, "the value is not set")
    value: Value = getattr(message, kind)
    return value
