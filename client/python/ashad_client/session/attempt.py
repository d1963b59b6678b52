"""One attempt at one trial: what the assignment said, how far it is, and what was decided.

Pure: it makes the requests of the attempt and takes in their answers; it sends nothing.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ashad_client.decision import CONTINUE, STOP, Decision, read
from ashad_client.errors import invalid
from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import Native, params_of

if TYPE_CHECKING:
    from ashad_client.trackers.run_log import RunLog

_MESSAGE_LIMIT = 4096
_NO_HEARTBEAT_S = 15.0  # where a daemon names none


@dataclass
class PendingCall:
    """One call that must reach the daemon, in its place in the order."""

    attempt: Attempt
    rpc: rpc.Rpc[Any, Any]
    request: Any
    answered: bool = False

    def __str__(self) -> str:
        where = f" at {self.request.resource}" if self.rpc is rpc.REPORT else ""
        return f"{self.rpc.name} of {self.attempt}{where}"


class Attempt:
    """The state of the trial that a client holds."""

    def __init__(self, assignment: pb.Assignment) -> None:
        self.study = assignment.study
        self.number = assignment.trial
        self.attempt = assignment.attempt
        self.params: dict[str, Native] = params_of(assignment.params)
        self.bracket = assignment.bracket
        self.start_resource = assignment.start_resource
        self.target_resource = assignment.target_resource
        self.max_resource = assignment.max_resource
        self.resume_checkpoint = assignment.resume_checkpoint_uri
        self.metric = assignment.metric
        self.seed = assignment.seed
        self.heartbeat_s = assignment.heartbeat_interval.ToTimedelta().total_seconds()
        if self.heartbeat_s <= 0:
            self.heartbeat_s = _NO_HEARTBEAT_S
        self.position = self.start_resource
        self.taken = False  # the caller has it in hand
        self.in_loop = False  # ... and it ends with the body of a loop
        self.ended_by_heartbeat = (
            False  # a heartbeat brought the stop: the daemon still waits to hear from us
        )
        self.decision = Decision(CONTINUE, next_resource=assignment.next_resource)
        self.run_log: RunLog | None = None  # trackers that are told what is reported
        self._token = assignment.lease_token

    def __str__(self) -> str:
        return f"trial {self.study}/{self.number} (attempt {self.attempt})"

    @property
    def over(self) -> bool:
        """Whether there is nothing more to train or to say in this attempt."""
        return self.decision.should_stop

    @property
    def open(self) -> bool:
        """Whether the daemon may still take it for running."""
        return self.ended_by_heartbeat or not self.over

    def end(self, reason: str) -> None:
        """End it from this side."""
        self.decision, self.ended_by_heartbeat = Decision(STOP, reason), False

    def steps(self) -> Iterator[int]:
        """Yield the resources still to be trained, until it is over."""
        step = self.position + 1
        while step <= self.target_resource and not self.over:
            yield step
            step = max(step, self.position) + 1

    def take(self, message: pb.Decision) -> bool:
        """Take in a decision of the daemon; return whether it ends the attempt."""
        decision, self.ended_by_heartbeat = read(message), False
        if decision.should_stop or not self.over:  # a late CONTINUE reopens nothing
            self.decision = decision
        return decision.should_stop

    # --- the requests of an attempt ---

    def report(
        self, resource: Any, checkpoint: str | None, metrics: Mapping[str, Any]
    ) -> PendingCall:
        """Make a report. Raises `Error` where it cannot be sent."""
        try:
            whole = -1 if isinstance(resource, bool) else operator.index(resource)
        except TypeError:
            whole = -1
        if whole < 0:
            raise invalid(f"resource: a whole number, not {resource!r:.100}{_recipe(resource)}")
        if not metrics:
            raise invalid(f"report at least the metric of the study: {self.metric}=...")
        request = pb.ReportRequest(
            **self._key(),
            resource=whole,
            metrics=[pb.Metric(name=name, value=_float(name, v)) for name, v in metrics.items()],
            checkpoint_uri=_uri(checkpoint),
        )
        return PendingCall(self, rpc.REPORT, request)

    def heartbeat(self) -> pb.HeartbeatRequest:
        """Make a sign of life."""
        return pb.HeartbeatRequest(**self._key())

    def completion(self) -> PendingCall:
        """End: the training ended by itself."""
        return PendingCall(self, rpc.COMPLETE, pb.CompleteTrialRequest(**self._key()))

    def failure(self, message: str, *, infeasible: bool = False) -> PendingCall:
        """End: the training broke, or the configuration cannot work."""
        kind = pb.FAILURE_KIND_INFEASIBLE if infeasible else pb.FAILURE_KIND_ERROR
        text = message.encode("utf-8", "replace").decode("utf-8")[:_MESSAGE_LIMIT]
        request = pb.FailTrialRequest(**self._key(), kind=kind, message=text)
        return PendingCall(self, rpc.FAIL, request)

    def release(self) -> PendingCall:
        """End: give it back."""
        return PendingCall(self, rpc.RELEASE, pb.ReleaseTrialRequest(**self._key()))

    def _key(self) -> dict[str, Any]:
        return {
            "study": self.study,
            "trial": self.number,
            "attempt": self.attempt,
            "lease_token": self._token,
        }


def describe(error: BaseException) -> str:
    """Say an exception in one text: its type and its message."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _recipe(resource: Any) -> str:
    """Say what to report instead of a part of a unit, as seconds have them."""
    if not (isinstance(resource, float) and math.isfinite(resource)):
        return ""
    return (
        "; report whole units, such as int(elapsed), or let the study count a finer one, such as "
        "tenths of a second: int(10 * elapsed), with max_resource ten times as large"
    )


def _float(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise invalid(f"metric {name}: a number, not {value!r:.100}") from None


def _uri(checkpoint: Any) -> str:
    if checkpoint is None:
        return ""
    if isinstance(checkpoint, (str, os.PathLike)):
        return os.fsdecode(checkpoint)
    raise invalid(f"checkpoint: a URI or a path, not {checkpoint!r}; metrics go by keyword")
