"""What a plot is drawn from: each trial's curve, each rung's entries, the best so far.

Read once from the daemon, in arrays; knows nothing of how it is drawn.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from ashad_client.text import count, number
from ashad_client.v1 import ashad_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NEARLY_ALL = 0.95  # of the times between two reports
_FAR = 10.0  # times that: nothing was trained
_SHORT_S = 60.0  # no time is idle that is shorter
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
    """A new best value: what had been spent by then, and seconds in which something was trained."""

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
    seconds: float = 0.0  # from the first report to the last, without what was idle
    idle: float = 0.0  # seconds that were left out, since nothing was reported
    metrics: set[str] = field(default_factory=set)  # that were reported beside the judged one
    metric: str = ""  # whose curves are drawn, where it is not the judged one

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
            count(counts.created, "trial"),
            count(self.study.total_resource, self.resource),
        ]
        if best.params:
            value = f"{self.study.spec.metric} {number(best.value)}"
            words.append(f"best {value} by trial {best.trial} at {self.resource} {best.resource}")
        return f"{self.study.name}: {', '.join(words)}"


def gather(
    study: pb.Study,
    trials: Iterable[pb.Trial],
    reports: Iterable[pb.StoredReport],
    metric: str = "",
) -> Search:
    """Take in what the daemon tells of a study. `metric`: of the curves, if not the judged one."""
    curves = {trial.trial: Curve(STATES.get(trial.state, "other")) for trial in trials}
    search = Search(study, curves, {}, [], metric="" if metric == study.spec.metric else metric)
    times = array("d")
    at: list[int] = []  # of each new best value, its place among the reports
    sign = -1 if study.spec.goal == pb.GOAL_MAXIMIZE else 1
    least = math.inf
    for report in reports:
        curve = curves.setdefault(report.trial, Curve("running"))  # made after the trials were read
        value = report.value if report.HasField("value") else math.nan
        search.spent += _step(curve, report)
        times.append(report.time.seconds + report.time.nanos / 1e9)
        search.metrics.update(one.name for one in report.metrics)
        if curve.resource and report.resource <= curve.resource[-1]:
            curve.resource.append(report.resource)
            curve.value.append(math.nan)
        curve.resource.append(report.resource)
        curve.value.append(_other(report, search.metric) if search.metric else value)
        if sign * value < least and not report.infeasible:
            least = sign * value
            search.best.append(Best(search.spent, 0.0, value))
            at.append(len(times) - 1)
        decision = report.decision
        if decision.HasField("rung"):
            entries = search.rungs.setdefault((decision.bracket, decision.rung), [])
            entries.append(RungEntry(report.trial, value, decision.action))
    search.idle, clock = _clock(times)
    search.seconds = clock[-1] if clock else 0.0
    for best, place in zip(search.best, at):
        best.seconds = clock[place]
    return search


def _other(report: pb.StoredReport, metric: str) -> float:
    return next((one.value for one in report.metrics if one.name == metric), math.nan)


def _clock(times: Sequence[float]) -> tuple[float, Sequence[float]]:
    """Return what was idle, and for each report the seconds since the first, without that.

    A study may be made long before it is trained, and rest over night: on a clock that counts
    this, all that happened is one spike. Idle is a time that is far longer than nearly all others
    between two reports.
    """
    gaps = array("d", (max(0.0, after - before) for before, after in zip(times, times[1:])))
    usual = sorted(gaps)[math.ceil(_NEARLY_ALL * len(gaps)) - 1] if gaps else 0.0
    most = max(_SHORT_S, _FAR * usual)
    idle = sum(gap for gap in gaps if gap > most)
    clock = accumulate((gap if gap <= most else usual for gap in gaps), initial=0.0)
    return idle, array("d", clock)[: len(times)]


def _step(curve: Curve, report: pb.StoredReport) -> int:
    """Return what a report spent: a new attempt begins at the latest checkpoint."""
    if report.attempt != curve.attempt:
        curve.attempt, curve.at = report.attempt, curve.saved
    spent = report.resource - curve.at
    curve.at = report.resource
    if report.checkpoint_uri:
        curve.saved = report.resource
    return spent


def newest(brackets: Sequence[pb.Bracket], rows: int) -> Sequence[pb.Bracket]:
    """Return the newest brackets that have so many rungs at most, and one at least."""
    first = len(brackets)
    while first and (rows := rows - len(brackets[first - 1].rungs)) >= 0:
        first -= 1
    return brackets[min(first, max(0, len(brackets) - 1)) :]
