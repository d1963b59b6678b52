"""What the calls about studies return: the contract's messages in plain Python, field by field.

The names are those of the contract, where each is explained. What is not set is None, parameters
and metrics are dicts, an instant is a `datetime` in UTC, a duration a `timedelta`; a spec stays the
contract's message, as `create_study` takes it. Printed, a record is one line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from ashad_client import decision
from ashad_client.decision import Decision
from ashad_client.dialect.study import is_repeated
from ashad_client.text import clean
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import Native, State, StudyState, TrialState, params_of


class Record:
    """What all of them share."""

    def HasField(self, name: str) -> bool:  # noqa: N802
        """Whether a field is set: as of the messages that these were, for one release more."""
        return getattr(self, name) is not None


@dataclass(frozen=True)
class TrialCounts(Record):
    """Trials of a study by state, and what went wrong by kind."""

    created: int
    queued: int
    running: int
    paused: int
    completed: int
    stopped: int
    failed: int
    infeasible: int
    cancelled: int
    failed_error: int
    failed_lost: int
    failed_metric_missing: int
    lost_leases: int
    released: int
    diverged_reports: int


@dataclass(frozen=True)
class Rung(Record):
    """The trials that reached one level."""

    rung: int
    level: int
    planned_trials: int
    size: int
    quota: int
    cutoff: float | None
    promoted: int
    paused: int


@dataclass(frozen=True)
class Bracket(Record):
    """One ladder of rungs, the lowest first."""

    bracket: int
    planned_trials: int
    rungs: list[Rung]


@dataclass(frozen=True)
class BestResult(Record):
    """The best value of any report of a study. More is told by `Client.best`."""

    trial: int
    resource: int
    value: float
    params: dict[str, Native]
    seed: int | None


@dataclass(frozen=True)
class SpaceVersion(Record):
    """What trials are drawn from, from `first_trial` on, and what is other than before."""

    version: int
    first_trial: int
    time: datetime | None
    changes: list[str]


@dataclass(frozen=True, repr=False)
class StudyStatus(Record):
    """A study as it stands."""

    name: str
    spec: pb.StudySpec
    state: StudyState
    reason: str
    create_time: datetime | None
    counts: TrialCounts
    total_resource: int
    brackets: list[Bracket]
    best: BestResult | None
    note: str
    labels: list[str]
    space_versions: list[SpaceVersion]

    def __repr__(self) -> str:
        resource, best = clean(self.spec.resource or "epoch"), self.best
        told = f"{self.counts.created} trials, {self.counts.running} running"
        told += f", {self.total_resource} {resource}s"
        if best is not None:
            metric = clean(self.spec.metric)
            told += f", best {metric} {best.value:.6g} by trial {best.trial} at {best.resource}"
        return f"<study {clean(self.name)}: {_because(self.state, self.reason)}, {told}>"

    def _repr_html_(self) -> str:
        from ashad_client.tables.html import study_html  # noqa: PLC0415

        return study_html(self)


@dataclass(frozen=True, repr=False)
class TrialStatus(Record):
    """A trial as it stands; a `Trial` is one that this process trains."""

    trial: int
    state: TrialState
    reason: str
    params: dict[str, Native]
    origin: str
    bracket: int
    attempt: int
    worker: str
    resource: int
    value: float | None
    best_value: float | None
    checkpoint_uri: str
    create_time: datetime | None
    update_time: datetime | None
    worker_time: timedelta
    message: str
    lost_leases: int
    seed: int | None
    note: str
    labels: list[str]
    attributes: dict[str, str]
    parent_trial: int | None = None
    donor_trial: int | None = None
    donor_resource: int = 0
    broken_constraints: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        value = "no value" if self.value is None else f"value {self.value:.6g}"
        state = _because(self.state, self.reason)
        return f"<trial {self.trial}: {state} at {self.resource}, {value}, {_shown(self.params)}>"

    def _repr_html_(self) -> str:
        from ashad_client.tables.html import trial_html  # noqa: PLC0415

        return trial_html(self)


@dataclass(frozen=True)
class AttemptStatus(Record):
    """One attempt at a trial, as it was given out."""

    attempt: int
    worker: str
    time: datetime | None
    start_resource: int
    attributes: dict[str, str]


@dataclass(frozen=True, repr=False)
class StoredReport(Record):
    """One stored report, with what was decided."""

    trial: int
    attempt: int
    resource: int
    value: float | None
    metrics: dict[str, float]
    checkpoint_uri: str
    decision: Decision
    time: datetime | None
    commit_seq: int
    infeasible: bool
    broken_constraints: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        value = "diverged" if self.value is None else f"{self.value:.6g}"
        others = f" {_shown(self.metrics)}" if self.metrics else ""
        told = f"{self.decision.action} {clean(self.decision.reason)}"
        where = f"trial {self.trial}, attempt {self.attempt}, at {self.resource}"
        return f"<report of {where}: {value}{others}, {told}>"


@dataclass(frozen=True)
class RungEntry(Record):
    """One trial in a rung, as a decision saw it."""

    rank: int
    trial: int
    value: float | None
    within_quota: bool
    infeasible: bool
    front: int = 0


@dataclass(frozen=True)
class Explanation(Record):
    """One decision in a sentence, with the rung it saw. A promotion has no report: None."""

    report: StoredReport | None
    sentence: str
    entries: list[RungEntry]


@dataclass(frozen=True)
class TrialExplanation(Record):
    """A trial, and its decisions at rungs, the oldest first."""

    trial: TrialStatus
    explanations: list[Explanation]
    commit_seq: int


_PLAIN = (
    TrialCounts,
    Rung,
    SpaceVersion,
    Bracket,
    BestResult,
    StoredReport,
    RungEntry,
    Explanation,
)
_RECORDS: dict[str, Any] = {one.__name__: one for one in _PLAIN}
_RECORDS |= {"Study": StudyStatus, "Trial": TrialStatus, "Attempt": AttemptStatus}
_RECORDS["ExplainTrialResponse"] = TrialExplanation
_STATES: dict[str, Any] = {"StudyState": StudyState, "TrialState": TrialState}
_KEPT = ("StudySpec",)


def study(message: pb.Study) -> StudyStatus:
    """Read a study."""
    made: StudyStatus = _record(message)
    return made


def trial(message: pb.Trial) -> TrialStatus:
    """Read a trial."""
    made: TrialStatus = _record(message)
    return made


def attempt(message: pb.Attempt) -> AttemptStatus:
    """Read an attempt."""
    made: AttemptStatus = _record(message)
    return made


def report(message: pb.StoredReport) -> StoredReport:
    """Read a report."""
    made: StoredReport = _record(message)
    return made


def explanation(message: pb.ExplainTrialResponse) -> TrialExplanation:
    """Read why a trial stands where it stands."""
    made: TrialExplanation = _record(message)
    return made


def _record(message: Any) -> Any:
    kind = message.DESCRIPTOR
    return _RECORDS[kind.name](**{field.name: _field(message, field) for field in kind.fields})


def _field(message: Any, field: Any) -> Any:
    value, kind = getattr(message, field.name), field.message_type
    if kind is None:
        if field.enum_type is not None:
            return _STATES[field.enum_type.name](value)
        if is_repeated(field):
            return list(value)
        return value if not field.has_presence or message.HasField(field.name) else None
    if kind.name == "Parameter":
        return params_of(value)
    if kind.name in ("Metric", "Attribute"):
        return {one.name: one.value for one in value}
    if is_repeated(field):
        return [_record(item) for item in value]
    if kind.name == "Duration":
        return value.ToTimedelta()
    if not message.HasField(field.name) and kind.name not in ("TrialCounts", "Trial", *_KEPT):
        return decision.read(value) if kind.name == "Decision" else None
    if kind.name == "Timestamp":
        return value.ToDatetime().replace(tzinfo=timezone.utc)
    if kind.name == "Decision":
        return decision.read(value)
    return value if kind.name in _KEPT else _record(value)


def _because(state: State, reason: str) -> str:
    return f"{state} ({clean(reason)})" if reason else str(state)


def _shown(values: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{clean(name)!r}: {value!r}" for name, value in values.items()) + "}"
