"""Trials or reports of a study by typed columns. Says which pages to ask for; asks nobody.

A number that is not there is None; one that is NaN says that the training diverged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Any

from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import Native, TrialState, native

# What the values of a column are: whole numbers, numbers, text, truth values, instants and
# durations in microseconds; MIXED where the choices of one parameter are of several types.
INTEGER, NUMBER, TEXT, TRUTH = "integer", "number", "text", "truth"
INSTANT, DURATION, MIXED = "instant", "duration", "mixed"

_TRIAL = {
    "trial": INTEGER,
    "state": TEXT,
    "reason": TEXT,
    "origin": TEXT,
    "bracket": INTEGER,
    "rung": INTEGER,
    "attempt": INTEGER,
    "worker": TEXT,
    "resource": INTEGER,
    "value": NUMBER,
    "best_value": NUMBER,
    "best_resource": INTEGER,
    "spent": INTEGER,
    "lost_leases": INTEGER,
    "checkpoint_uri": TEXT,
    "message": TEXT,
    "create_time": INSTANT,
    "update_time": INSTANT,
    "worker_time": DURATION,
}
_REPORT = {
    "trial": INTEGER,
    "attempt": INTEGER,
    "resource": INTEGER,
    "value": NUMBER,
    "action": TEXT,
    "reason": TEXT,
    "bracket": INTEGER,
    "rung": INTEGER,
    "rank": INTEGER,
    "size": INTEGER,
    "quota": INTEGER,
    "cutoff": NUMBER,
    "late": TRUTH,
    "checkpoint_uri": TEXT,
    "time": INSTANT,
    "commit_seq": INTEGER,
}
_BROKEN = "broken_constraints"
_BOUND = {_BROKEN: TEXT, "feasible": TRUTH}  # of a study with outcome constraints
_KINDS = {bool: TRUTH, int: INTEGER, float: NUMBER, str: TEXT}
_MICRO = 1_000_000
_MOST_COLUMNS, _MOST_ROWS, _MOST_VALUES = 100, 10_000, 200_000  # of one answer


@dataclass
class Column:
    """One column: its values in the order of the rows, None where there is none."""

    name: str
    kind: str
    values: list[Any] = field(default_factory=list)


class TrialReader:
    """Reads the trials of a study by number. Ask what `request` says and `take` the answer."""

    rpc = rpc.QUERY_TRIALS

    def __init__(self, study: pb.Study, metrics: Sequence[str] = ()) -> None:
        params = [(f"params.{one.name}", _domain(one)) for one in study.spec.space]
        others = [(f"metrics.{name}", NUMBER) for name in metrics]
        bound = _BOUND.items() if study.spec.outcome_constraints else ()
        kinds = (*_TRIAL.items(), *bound, *params, *others)
        self._columns = [Column(name, kind) for name, kind in kinds]
        self._study, self._token = study.name, ""
        asked = [column for column in self._columns if column.name != "feasible"]
        self._parts = list(_parts(asked, _MOST_COLUMNS - 1))
        self._rows: dict[int, int] = {}  # where a trial stands

    def request(self) -> pb.QueryTrialsRequest | None:
        """Return what to ask next; None when all is read."""
        if not self._parts:
            return None
        names = ["trial", *(column.name for column in self._parts[0])]
        size = min(_MOST_ROWS, _MOST_VALUES // len(names))
        return pb.QueryTrialsRequest(
            study=self._study, columns=names, page_size=size, page_token=self._token
        )

    def take(self, answer: pb.QueryTrialsResponse) -> None:
        """Read a page."""
        numbers, *columns = answer.columns
        first = self._parts[0][0] is self._columns[0]
        if first:
            for number in numbers.integers:
                self._rows[number] = len(self._rows)
        rows = [self._rows.get(number) for number in numbers.integers]
        for column, message in zip(self._parts[0], columns):
            column.values += [None] * (len(self._rows) - len(column.values))
            for row, value in zip(rows, _values(column, message)):
                if row is not None:  # of a trial that is younger than the first columns
                    column.values[row] = value
        self._token = answer.next_page_token
        if not self._token:
            self._parts.pop(0)

    def columns(self) -> list[Column]:
        """Return what was read."""
        found = {column.name: column for column in self._columns}
        value, resource = found["value"].values, found["resource"].values
        value[:] = [  # the latest report had one, which was no number
            float("nan") if one is None and at else one for one, at in zip(value, resource)
        ]
        if _BROKEN in found:
            broken = found[_BROKEN].values
            found["feasible"].values = [
                None if number is None or isnan(number) else text is None
                for number, text in zip(value, broken)
            ]
        return self._columns


class ReportReader:
    """Reads the reports of a study in the order they were committed, as `TrialReader` does."""

    rpc = rpc.LIST_REPORTS

    def __init__(self, study: pb.Study) -> None:
        bound = _BOUND if study.spec.outcome_constraints else {}
        self._columns = {name: Column(name, kind) for name, kind in {**_REPORT, **bound}.items()}
        self._study, self._token, self._rows = study.name, "", 0
        self._read = False

    def request(self) -> pb.ListReportsRequest | None:
        """Return what to ask next; None when all is read."""
        if self._read:
            return None
        return pb.ListReportsRequest(study=self._study, page_size=1000, page_token=self._token)

    def take(self, answer: pb.ListReportsResponse) -> None:
        """Read a page; a metric that comes up later has no value before."""
        for report in answer.reports:
            for name, value in _report(report):
                self._column(name).values.append(value)
            if _BROKEN in self._columns:
                self._columns[_BROKEN].values.append("; ".join(report.broken_constraints) or None)
                feasible = not report.infeasible if report.HasField("value") else None
                self._columns["feasible"].values.append(feasible)
            self._rows += 1
            for column in self._columns.values():
                column.values += [None] * (self._rows - len(column.values))
        self._token = answer.next_page_token
        self._read = not self._token

    def columns(self) -> list[Column]:
        """Return what was read."""
        return list(self._columns.values())

    def _column(self, name: str) -> Column:
        if name not in self._columns:
            self._columns[name] = Column(name, NUMBER, [None] * self._rows)
        return self._columns[name]


def _report(report: pb.StoredReport) -> Iterator[tuple[str, Any]]:
    decision = report.decision
    action = pb.Action.Name(decision.action) if decision.action in pb.Action.values() else ""
    yield "trial", report.trial
    yield "attempt", report.attempt
    yield "resource", report.resource
    yield "value", report.value if report.HasField("value") else float("nan")
    yield "action", action.replace("ACTION_", "").lower()
    yield "reason", decision.reason or None
    if decision.HasField("rung"):
        yield from (("bracket", decision.bracket), ("rung", decision.rung))
        yield from (("rank", decision.rank), ("size", decision.size), ("quota", decision.quota))
        yield "late", decision.late
    yield "cutoff", decision.cutoff if decision.HasField("cutoff") else None
    yield "checkpoint_uri", report.checkpoint_uri or None
    yield "time", report.time.ToMicroseconds()
    yield "commit_seq", report.commit_seq
    for metric in report.metrics:
        yield f"metrics.{metric.name}", metric.value


def _parts(columns: list[Column], most: int) -> Iterator[list[Column]]:
    for first in range(0, len(columns), most):
        yield columns[first : first + most]


def _domain(parameter: pb.ParameterSpec) -> str:
    kind = parameter.WhichOneof("kind")
    if kind == "categorical":
        return _kind_of(native(choice) for choice in parameter.categorical.choices)
    if kind == "constant":
        return _kind_of([native(parameter.constant)])
    return INTEGER if kind == "int_range" else NUMBER


def _kind_of(values: Iterable[Native]) -> str:
    kinds = {_KINDS[type(value)] for value in values}
    if kinds == {INTEGER, NUMBER}:
        return NUMBER
    return kinds.pop() if len(kinds) == 1 else MIXED


def _values(column: Column, message: pb.Column) -> list[Any]:
    values: list[Any]
    if message.doubles:
        values = list(message.doubles)
        if column.kind in (INSTANT, DURATION):
            values = [round(value * _MICRO) if not isnan(value) else None for value in values]
    elif message.integers:
        values = list(message.integers)
        if column.name == "state":
            values = [str(TrialState(value)) for value in values]
    else:
        choices = [native(value) for value in message.dictionary]
        if column.kind == NUMBER:
            choices = [float(choice) for choice in choices]
        values = [choices[place] if choices else None for place in message.indexes]
        if column.kind == TEXT and not column.name.startswith("params."):
            values = [value or None for value in values]
    for row in message.missing:
        values[row] = None
    return values
