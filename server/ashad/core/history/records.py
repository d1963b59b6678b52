"""What happened, in the past tense and for ever: the rows that the store keeps.

Records carry outcomes (the params drawn, the rungs entered, what was decided), never only the
question, so that a later change of a rule leaves history as it was. Times are whole microseconds
since 1970.
"""

from __future__ import annotations

from typing import NamedTuple

CONTINUE, STOP, PAUSE = "CONTINUE", "STOP", "PAUSE"

QUEUED, RUNNING, PAUSED = "QUEUED", "RUNNING", "PAUSED"
COMPLETED, STOPPED, FAILED = "COMPLETED", "STOPPED", "FAILED"
INFEASIBLE, CANCELLED = "INFEASIBLE", "CANCELLED"
STATES = (QUEUED, RUNNING, PAUSED, COMPLETED, STOPPED, FAILED, INFEASIBLE, CANCELLED)
LIVE = (QUEUED, RUNNING)
FAILURES = ("ERROR", "LOST", "METRIC_MISSING")  # why a trial failed
EXPLOITED = "EXPLOITED"  # reason of a trial that another goes on for, from its donor's checkpoint
SPACE_CHANGED = "SPACE_CHANGED"  # kind of an event
IMPORTED = "IMPORTED"  # kind of an event, reason of its trials and of their reports


class AttemptKey(NamedTuple):
    """One attempt at a trial, as its worker names it. The token proves that it was issued."""

    trial: int
    attempt: int
    token: str = ""


class ReportContent(NamedTuple):
    """What a worker reports. `value` may be NaN or infinite: it is recorded, and ranks last."""

    resource: int
    value: float
    metrics: str | None = None  # the other metrics as JSON text, for outcome constraints
    checkpoint: str | None = None  # URI of a checkpoint at this resource


class Decision(NamedTuple):
    """What a training process should do, and why. `cutoff` is in units of the metric."""

    action: str
    reason: str
    bracket: int = 0
    rung: int | None = None  # the rung that decided; None where none was entered
    level: int = 0
    rank: int = 0
    size: int = 0
    quota: int = 0
    cutoff: float | None = None
    next_resource: int = 0
    late: int = 0
    current_attempt: int = 0


class Report(NamedTuple):
    """One report and its decision. Key: (trial, attempt, resource)."""

    seq: int
    time: int
    trial: int
    attempt: int
    resource: int
    value: float | None  # None where it diverged
    diverged: str | None  # "nan", "inf" or "-inf"
    metrics: str | None  # the other metrics, as JSON; NaN and infinities as text
    checkpoint: str | None
    first_rung: int | None  # the rungs it entered, from ...
    last_rung: int | None  # ... to
    decision: Decision
    stands: float | None = None  # what it stands for in its rungs, where that is not `value`


class Change(NamedTuple):
    """A trial changed state other than by a report. Key of an assignment: `request`."""

    seq: int
    time: int
    trial: int
    # ENQUEUED EXPLORED ASSIGNED LOST RELEASED RECLAIMED COMPLETED FAILED INFEASIBLE CANCELLED
    kind: str
    state: str  # afterwards
    attempt: int
    reason: str | None = None
    message: str | None = None
    worker: str | None = None
    request: str | None = None
    start: int | None = None
    target: int | None = None
    checkpoint: str | None = None
    # ASSIGNED: the rung it heads for; FAILED, LOST: the rung entered as worst; CANCELLED: where
    # it waited
    rung: int | None = None
    attributes: str | None = None  # ASSIGNED: where and how it runs, as JSON


class TrialRow(NamedTuple):
    """A trial as its last change of state left it."""

    number: int
    seq: int
    created: int
    updated: int
    state: str
    reason: str | None
    params: str  # JSON
    origin: str
    bracket: int
    rung: int  # the next rung it would enter
    attempt: int
    worker: str | None
    start: int
    resource: int  # highest reported
    at: int  # reached in the current attempt
    checkpoint: str | None
    checkpoint_resource: int
    value: float | None  # latest
    best_value: float | None
    best_resource: int
    best_seq: int
    spent: int  # resource, over all attempts
    worker_time: int
    assigned: int
    lost: int
    message: str | None
    reported: int  # 0 or 1: whether it ever reported
    parent: int | None = None  # the trial that it goes on for, ...
    donor: int | None = None  # ... the one whose checkpoint it began from, ...
    donor_resource: int = 0  # ... and at which resource


class BestReport(NamedTuple):
    """The best valid report so far; the smallest tuple is the best, ties to the oldest."""

    score: float
    seq: int
    trial: int
    resource: int
    value: float


class Event(NamedTuple):
    """Something that happened to the study itself."""

    seq: int
    time: int
    # CREATED UPDATED SPACE_CHANGED PAUSED RESUMED STOPPED IMPORTED ANNOTATED TRIAL_ANNOTATED
    kind: str
    body: str  # JSON: the spec, new limits or space, past trials, what was said of study or trial


ANNOTATIONS = ("ANNOTATED", "TRIAL_ANNOTATED")  # kinds of events: of the study, of a trial
OF_STUDY = -1  # instead of the number of a trial


class Annotation(NamedTuple):
    """What people say of a trial, or of the study: the latest of it; events are its history."""

    trial: int  # or OF_STUDY
    seq: int
    note: str = ""
    labels: str = "[]"  # JSON, in order


Record = Report | Change | TrialRow | Event | Annotation
