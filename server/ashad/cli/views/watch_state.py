"""What a watcher knows: the study as it stands, its running trials, and what happened last.

Takes in what `WatchStudy` tells; bounded by what runs now, never by the size of the study.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.views import plain, sentences, text

if TYPE_CHECKING:
    from collections.abc import Iterable

_RATE_S = 10.0  # the span over which reports are counted
_RECENT = 50
_OVER = (pb.STUDY_STATE_FINISHED, pb.STUDY_STATE_STOPPED)
_ENDED = ("completed", "stopped", "failed", "infeasible", "cancelled")


def over(study: pb.Study) -> bool:
    """Whether nothing more can come of it, unless a limit is raised."""
    return study.state in _OVER and not study.counts.running


class Watched:
    """One study, as far as it was told."""

    def __init__(self, study: pb.Study, running: Iterable[pb.Trial]) -> None:
        self.study = study
        self.running = {trial.trial: trial for trial in running}
        self.recent: deque[str] = deque(maxlen=_RECENT)
        self.trouble = ""  # why nothing is told now
        self.began = time.monotonic()
        self._reports: deque[tuple[float, int]] = deque()

    def take(self, answer: pb.WatchStudyResponse) -> list[str]:
        """Take in an answer; return what happened, a line for each event."""
        lines = []
        for change in answer.changes:
            said = self._change(change)
            if said:
                lines.append(f"{_clock(change)}  {said}")
        reports = sum(change.HasField("report") for change in answer.changes)
        self._reports.append((time.monotonic(), reports))
        if answer.HasField("study"):
            before, self.study = self.study.best, answer.study
            if (best := self.study.best).value != before.value and best.params:
                lines.append(f"{_clock(answer)}  best so far: {best_text(self.study)}")
        self.recent.extend(lines)
        return lines

    def over(self) -> bool:
        """Whether nothing more can come of it, unless a limit is raised."""
        return over(self.study)

    def rate(self) -> float:
        """Return reports a second of late."""
        now = time.monotonic()
        while self._reports and self._reports[0][0] < now - _RATE_S:
            self._reports.popleft()
        return sum(many for _, many in self._reports) / min(_RATE_S, max(1.0, now - self.began))

    def ended(self) -> int:
        """Return how many trials have ended for good."""
        return sum(getattr(self.study.counts, word) for word in _ENDED)

    def saved(self) -> tuple[int, int]:
        """Return (resource, share in percent) that early stopping saved on the trials so far."""
        counts, spec = self.study.counts, self.study.spec
        in_full = (counts.completed + counts.stopped + counts.paused) * spec.max_resource
        spent = self.study.total_resource - sum(t.resource for t in self.running.values())
        saved = max(0, in_full - spent)
        return saved, round(100 * saved / in_full) if in_full else 0

    def best_running(self) -> list[pb.Trial]:
        """Return the running trials, the best last value first."""
        sign = -1 if self.study.spec.goal == pb.GOAL_MAXIMIZE else 1
        return sorted(
            self.running.values(),
            key=lambda t: (not t.HasField("value"), sign * t.value, t.trial),
        )

    def _change(self, change: pb.StudyChange) -> str:
        if change.HasField("report"):
            trial = self.running.get(change.report.trial)
            if trial is not None:
                maximize = self.study.spec.goal == pb.GOAL_MAXIMIZE
                _absorb(trial, change.report, maximize=maximize)
        if change.HasField("trial"):
            trial = change.trial
            if trial.state == pb.TRIAL_STATE_RUNNING:
                self.running[trial.trial] = trial
            else:
                self.running.pop(trial.trial, None)
        return _sentence(change, self.study.spec)


def _absorb(trial: pb.Trial, report: pb.StoredReport, *, maximize: bool) -> None:
    trial.resource = max(trial.resource, report.resource)
    if not report.HasField("value"):
        trial.ClearField("value")
        return
    value = trial.value = report.value
    best = trial.best_value
    if report.infeasible:
        return
    if not trial.HasField("best_value") or (value > best if maximize else value < best):
        trial.best_value = value


def _clock(told: pb.StudyChange | pb.WatchStudyResponse) -> str:
    return time.strftime("%H:%M:%S", time.localtime(told.time.seconds))


def best_text(study: pb.Study) -> str:
    """Write the best result on one line."""
    best, resource = study.best, study.spec.resource or "epoch"
    value = f"{study.spec.metric} {text.number(best.value)}"
    return f"{value}, trial {best.trial} at {resource} {best.resource}"


def _sentence(change: pb.StudyChange, spec: pb.StudySpec) -> str:
    """Say what happened; nothing of a report that only went on."""
    if change.HasField("report"):
        return _decided(change.report, spec)
    if not change.HasField("trial"):
        return f"study {change.kind.lower()}"
    trial, who = change.trial, f"trial {change.trial.trial}"
    if change.kind == "ASSIGNED":
        again = f", attempt {trial.attempt}" if trial.attempt > 1 else ""
        return f"{who} runs on {trial.worker}{again}"
    said = {
        "LOST": f"{who} lost its worker {trial.worker}",
        "RELEASED": f"{who} was given back by {trial.worker}",
        "RECLAIMED": f"{who} is back at {trial.worker}",
        "FAILED": f"{who} failed: {trial.message or trial.reason}",
    }
    return said.get(change.kind, f"{who} {change.kind.lower()}")


def _decided(report: pb.StoredReport, spec: pb.StudySpec) -> str:
    decision, resource = report.decision, spec.resource or "epoch"
    if not decision.HasField("rung") and decision.action == pb.ACTION_CONTINUE:
        return ""
    value = text.number(report.value) if report.HasField("value") else "diverged"
    verb = {pb.ACTION_CONTINUE: "goes on", pb.ACTION_PAUSE: "paused"}.get(
        decision.action, "completed" if decision.reason == "MAX_RESOURCE" else "stopped"
    )
    said = f"trial {report.trial} {verb} at {resource} {report.resource}: {spec.metric} {value}"
    if decision.HasField("rung"):
        return f"{said}, rank {decision.rank:,} of {decision.size:,}"
    return f"{said} ({sentences.reason(decision.reason)})"


def summary(watched: Watched) -> str:
    """Write how the study stands on one line."""
    study = watched.study
    counts, limit = study.counts, plain.optional(study.spec.limits, "max_trials")
    trials = (
        f"{counts.created:,} of {limit:,} trials" if limit else text.count(counts.created, "trial")
    )
    words = [
        trials,
        f"{counts.running:,} running",
        f"{counts.failed:,} failed" if counts.failed else "",
        f"{text.count(study.total_resource, study.spec.resource or 'epoch')} spent",
        f"{watched.saved()[1]}% saved" if watched.saved()[0] else "",
        f"best {best_text(study)}" if study.HasField("best") else "",
    ]
    return ", ".join(word for word in words if word)
