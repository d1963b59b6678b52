"""What a plot is drawn from: each trial's curve, each rung's entries, the best so far.

Read once from the daemon, in arrays; knows nothing of how it is drawn.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.views import text

if TYPE_CHECKING:
    from collections.abc import Iterable

WENT_ON, WAITING, STOPPED, IN_FULL = "went on", "waiting", "stopped", "in full"
_S = pb.TrialState
STATES = {
    _S.TRIAL_STATE_STOPPED: "stopped",
    _S.TRIAL_STATE_PAUSED: "paused",
    _S.TRIAL_STATE_QUEUED: "queued",
    _S.TRIAL_STATE_CANCELLED: "cancelled",
    _S.TRIAL_STATE_INFEASIBLE: "infeasible",
    _S.TRIAL_STATE_FAILED: "failed",
    _S.TRIAL_STATE_RUNNING: "running",
    _S.TRIAL_STATE_COMPLETED: "completed",
}


@dataclass
class Curve:
    """One trial: resource and value of its reports in their order.

    NaN where it diverged, and where a new attempt goes back: no line leads there.
    """

    state: str = ""
    resource: array[int] = field(default_factory=lambda: array("q"))
    value: array[float] = field(default_factory=lambda: array("d"))
    attempt: int = 0
    at: int = 0  # where the attempt stands
    saved: int = 0  # the resource of the latest checkpoint


@dataclass
class RungEntry:
    """One trial in a rung."""

    trial: int
    value: float
    action: int


@dataclass
class Best:
    """A new best value: what had been spent by then, and seconds since the study was made."""

    spent: int
    seconds: float
    value: float


@dataclass
class Search:
    """All that is drawn of a study."""

    study: pb.Study
    curves: dict[int, Curve]
    rungs: dict[tuple[int, int], list[RungEntry]]  # by bracket and rung
    best: list[Best]
    spent: int = 0
    seconds: float = 0.0  # from the study's making to the last report

    @property
    def resource(self) -> str:
        """Name what the resource counts."""
        return self.study.spec.resource or "epoch"

    def fate(self, rung: pb.Rung, entry: RungEntry) -> str:
        """Say what became of an entry of a rung."""
        if rung.level == self.study.spec.max_resource:
            return IN_FULL
        if entry.action == pb.ACTION_STOP:
            return STOPPED
        if entry.action == pb.ACTION_CONTINUE:
            return WENT_ON
        curve = self.curves[entry.trial]
        if max(curve.resource) > rung.level or curve.state in ("running", "completed"):
            return WENT_ON
        return WAITING if curve.state == "paused" else STOPPED

    def title(self) -> str:
        """Write what the study came to."""
        counts, best = self.study.counts, self.study.best
        words = [
            text.count(counts.created, "trial"),
            text.count(self.study.total_resource, self.resource),
        ]
        if best.params:
            value = f"{self.study.spec.metric} {text.number(best.value)}"
            words.append(f"best {value} by trial {best.trial} at {self.resource} {best.resource}")
        return f"{self.study.name}: {', '.join(words)}"


def gather(
    study: pb.Study, trials: Iterable[pb.Trial], reports: Iterable[pb.StoredReport]
) -> Search:
    """Take in what the daemon tells of a study."""
    curves = {trial.trial: Curve(STATES.get(trial.state, "other")) for trial in trials}
    search = Search(study, curves, {}, [])
    sign = -1 if study.spec.goal == pb.GOAL_MAXIMIZE else 1
    least = math.inf
    for report in reports:
        curve = curves.setdefault(report.trial, Curve("running"))  # made after the trials were read
        value = report.value if report.HasField("value") else math.nan
        search.spent += _step(curve, report)
        search.seconds = report.time.seconds - study.create_time.seconds + report.time.nanos / 1e9
        if curve.resource and report.resource <= curve.resource[-1]:
            curve.resource.append(report.resource)
            curve.value.append(math.nan)
        curve.resource.append(report.resource)
        curve.value.append(value)
        if sign * value < least:
            least = sign * value
            search.best.append(Best(search.spent, search.seconds, value))
        decision = report.decision
        if decision.HasField("rung"):
            entries = search.rungs.setdefault((decision.bracket, decision.rung), [])
            entries.append(RungEntry(report.trial, value, decision.action))
    return search


def _step(curve: Curve, report: pb.StoredReport) -> int:
    """Return what a report spent: a new attempt begins at the latest checkpoint."""
    if report.attempt != curve.attempt:
        curve.attempt, curve.at = report.attempt, curve.saved
    spent = report.resource - curve.at
    curve.at = report.resource
    if report.checkpoint_uri:
        curve.saved = report.resource
    return spent
