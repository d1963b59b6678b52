"""A live trial: queued or running, or not yet committed in the state it has come to.

The same fields as its row; the row is what is kept when it is no longer live.
"""

from __future__ import annotations

import json
from operator import attrgetter

from ashad.core.history.records import (
    CONTINUE,
    PAUSE,
    PAUSED,
    QUEUED,
    RUNNING,
    STOP,
    Decision,
    Report,
    TrialRow,
)
from ashad.core.space import Params

_fields = attrgetter(*TrialRow._fields)
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class Trial:
    """One trial, mutable; only `State` and the deciders change it."""

    __slots__ = (*TrialRow._fields, "last", "token")

    number: int
    seq: int
    created: int
    updated: int
    state: str
    reason: str | None
    params: str
    origin: str
    bracket: int
    rung: int
    attempt: int
    worker: str | None
    start: int
    resource: int
    at: int
    checkpoint: str | None
    checkpoint_resource: int
    value: float | None
    best_value: float | None
    best_resource: int
    best_seq: int
    spent: int
    worker_time: int
    assigned: int
    lost: int
    message: str | None
    reported: int
    parent: int | None
    donor: int | None
    donor_resource: int
    last: Report | None  # the latest report of the current attempt
    token: str  # of the current attempt, once it was asked for

    def __init__(self, row: TrialRow) -> None:
        (
            self.number,
            self.seq,
            self.created,
            self.updated,
            self.state,
            self.reason,
            self.params,
            self.origin,
            self.bracket,
            self.rung,
            self.attempt,
            self.worker,
            self.start,
            self.resource,
            self.at,
            self.checkpoint,
            self.checkpoint_resource,
            self.value,
            self.best_value,
            self.best_resource,
            self.best_seq,
            self.spent,
            self.worker_time,
            self.assigned,
            self.lost,
            self.message,
            self.reported,
            self.parent,
            self.donor,
            self.donor_resource,
        ) = row
        self.last, self.token = None, ""

    def row(self) -> TrialRow:
        """Return the row of this trial as it stands."""
        return TrialRow._make(_fields(self))

    def configuration(self) -> Params:
        """Return its params as values."""
        params: Params = json.loads(self.params)
        return params

    def absorb(self, report: Report, *, maximize: bool, feasible: bool = True) -> int:
        """Take in a report of the current attempt; return the resource that it spent.

        Live and restored trials become alike by it. One that is not feasible is never the best.
        """
        resource, value = report.resource, report.value
        spent = resource - self.at
        self.spent += spent
        self.at = resource
        if resource > self.resource:  # noqa: PLR1730 - half the price of max
            self.resource = resource
        self.value = value
        self.reported = 1
        self.last = report
        if report.checkpoint:
            self.checkpoint, self.checkpoint_resource = report.checkpoint, resource
        if report.last_rung is not None:
            self.rung = report.last_rung + 1
        best = self.best_value
        if (
            feasible
            and value is not None
            and (best is None or (value > best if maximize else value < best))
        ):
            self.best_value = value
            self.best_resource = resource
            self.best_seq = report.seq
        return spent

    def stored_decision(self) -> tuple[Decision, int]:
        """Return what its worker should know, and the sequence number of the commit that holds it.

        That is the decision of its latest report, unless something else has ended the attempt.
        """
        live, last = self.state in (QUEUED, RUNNING), self.last
        if self.state == QUEUED and self.reason == "RELEASED":
            return Decision(STOP, "RELEASED", self.bracket), self.seq
        if last is not None and (live or last.decision.action != CONTINUE):
            return last.decision, last.seq
        if live:
            return Decision(CONTINUE, "BETWEEN_RUNGS", self.bracket), self.seq
        action = PAUSE if self.state == PAUSED else STOP
        return Decision(action, self.reason or self.state, self.bracket), self.seq


def new_row(
    number: int, seq: int, time: int, params: Params, origin: str, bracket: int
) -> TrialRow:
    """Return the row of a trial that has just been made and waits for its first worker."""
    return TrialRow(
        number=number,
        seq=seq,
        created=time,
        updated=time,
        state=QUEUED,
        reason=None,
        params=_encode(params),
        origin=origin,
        bracket=bracket,
        rung=0,
        attempt=0,
        worker=None,
        start=0,
        resource=0,
        at=0,
        checkpoint=None,
        checkpoint_resource=0,
        value=None,
        best_value=None,
        best_resource=0,
        best_seq=0,
        spent=0,
        worker_time=0,
        assigned=0,
        lost=0,
        message=None,
        reported=0,
    )
