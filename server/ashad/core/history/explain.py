"""Why: a stored decision in one sentence that a person can check against the rung it saw."""

from __future__ import annotations

from ashad.core.brackets.rung import Placement
from ashad.core.history.records import Report
from ashad.core.spec import StudySpec

_ENDED = {
    "STUDY_STOPPED": "the study was stopped",
    "MAX_DURATION": "the study reached its time limit",
    "MAX_TOTAL_RESOURCE": "the study had spent its total resource",
    "TARGET_REACHED": "the study reached its target value",
    "MAX_FAILED_TRIALS": "too many trials of the study had failed",
    "MAX_INFEASIBLE_TRIALS": "too many configurations of the study were infeasible",
}


def promoted(rung: int, placement: Placement, spec: StudySpec, cutoff: float | None) -> str:
    """Return why a waiting trial was promoted, with the rung as it was then."""
    cut = "" if cutoff is None else f", down to {cutoff:.6g}"
    if spec.synchronous:
        return (
            f"Promoted from rung {rung}: its round was over with {placement.size} trials, of which "
            f"it was at rank {placement.rank}, and the best {placement.quota} go on{cut}."
        )
    return (
        f"Promoted from rung {rung}: it was then at rank {placement.rank} of {placement.size}, and "
        f"the best floor({placement.size} / {float(spec.eta):g}) = {placement.quota} "
        f"may go on{cut}."
    )


def sentence(report: Report, spec: StudySpec) -> str:
    """Return why this report was answered as it was, with the numbers that were compared."""
    d = report.decision
    value = "a value that is no finite number" if report.value is None else f"{report.value:.6g}"
    who = f"trial {report.trial}" + (f", attempt {report.attempt}," if report.attempt > 1 else "")
    head = f"At {spec.resource} {report.resource}, {who} reported {spec.metric} {value}"
    if d.rung is None:
        ended = f" It was stopped, because {_ended(d.reason)}." if d.action == "STOP" else ""
        return f"{head}. That is between two rungs.{ended}"
    late = f", late for its level {d.level}" if d.late else ""
    place = f"rank {d.rank} of {d.size} in rung {d.rung}"
    return f"{head}: {place}{late}. {_verdict(report, spec)}"


def _verdict(report: Report, spec: StudySpec) -> str:
    d = report.decision
    quota = f"the best floor({d.size} / {float(spec.eta):g}) = {d.quota} may go on"
    if not spec.promotion and d.size < spec.eta:
        quota = "at least the best one may go on"
    cut = "" if d.cutoff is None else f", down to {d.cutoff:.6g}"
    if d.reason == "MAX_RESOURCE":
        return f"It is trained in full, to {spec.resource} {spec.max_resource}: completed."
    if d.reason == "DIVERGED":
        return "Such a value ranks last and never goes on: stopped."
    if d.reason == "RUNG_REACHED" and spec.synchronous:
        return "It paused there until all trials of its round have come; then the best go on."
    if d.reason == "RUNG_REACHED":
        if not d.quota:
            return f"It paused there: {quota} yet."
        return f"It paused there: {quota}{cut}; the best of them is promoted when a worker is free."
    if d.reason == "BELOW_CUTOFF":
        return f"It was stopped: {quota}{cut}."
    if d.reason == "IN_TOP":
        return (
            f"It went on: {quota}{cut}. The next decision is at {spec.resource} {d.next_resource}."
        )
    return f"It was among the {d.quota} that may go on, but {_ended(d.reason)}: stopped."


def _ended(reason: str) -> str:
    return _ENDED.get(reason, f"of {reason}")
