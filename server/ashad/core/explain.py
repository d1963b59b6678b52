"""Why: a stored decision in one sentence that a person can check against the rung it saw."""

from __future__ import annotations

from ashad.core.records import Report
from ashad.core.spec import StudySpec

_ENDED = {
    "STUDY_STOPPED": "the study was stopped",
    "MAX_DURATION": "the study reached its time limit",
    "MAX_TOTAL_RESOURCE": "the study had spent its total resource",
    "TARGET_REACHED": "the study reached its target value",
    "MAX_FAILED_TRIALS": "too many trials of the study had failed",
    "MAX_INFEASIBLE_TRIALS": "too many configurations of the study were infeasible",
}


def sentence(report: Report, spec: StudySpec) -> str:
    """Return why this report was answered as it was, with the numbers that were compared."""
    d = report.decision
    told = (
        f"{spec.metric} {_number(report)}"
        if report.value is not None
        else f"{spec.metric} diverged"
    )
    head = f"At {spec.resource} {report.resource} attempt {report.attempt} of trial {report.trial} told {told}"
    if d.rung is None:
        ended = f": it was stopped because {_ended(d.reason)}" if d.action == "STOP" else ""
        return f"{head}; no rung was reached{ended}."
    late = f", after its level {d.level}" if d.late else ""
    rank = f"{head} and entered rung {d.rung} of bracket {d.bracket}{late} at rank {d.rank} of {d.size}"
    return f"{rank}. {_verdict(report, spec)}"


def _verdict(report: Report, spec: StudySpec) -> str:
    d = report.decision
    best = f"the best floor({d.size} / {float(spec.eta):g}) = {d.quota} go on"
    if not spec.promotion and d.size < spec.eta:
        best = "at least the best 1 goes on"
    cut = "" if d.cutoff is None else f"; the cut-off was {d.cutoff:.6g}"
    if d.reason == "MAX_RESOURCE":
        return f"It was trained in full, to {spec.resource} {spec.max_resource}: completed."
    if d.reason == "DIVERGED":
        return "A value that is not a finite number ranks last and never goes on: stopped."
    if d.reason == "RUNG_REACHED":
        return f"It paused there; {best}{cut}. It is promoted when a worker is free and it is among them."
    if d.reason == "BELOW_CUTOFF":
        return f"It was stopped, because {best}{cut}."
    if d.reason == "IN_TOP":
        return f"It went on, because {best}{cut}; next decision at {d.next_resource}."
    return f"It was within the quota of {d.quota}, but {_ended(d.reason)}: stopped."


def _ended(reason: str) -> str:
    return _ENDED.get(reason, f"of {reason}")


def _number(report: Report) -> str:
    return f"{report.value:.6g}"
