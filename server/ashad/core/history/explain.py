"""Why: a stored decision in one sentence that a person can check against the rung it saw."""

from __future__ import annotations

from ashad.core import metrics
from ashad.core.brackets.entry import Placement
from ashad.core.brackets.population import Pbt
from ashad.core.brackets.rule import promote
from ashad.core.history.records import EXPLOITED, IMPORTED, Report
from ashad.core.outcomes import broken
from ashad.core.spec import StudySpec

_ENDED = {
    "STUDY_STOPPED": "the study was stopped",
    "MAX_DURATION": "the study reached its time limit",
    "MAX_TOTAL_RESOURCE": "the study had spent its total resource",
    "TARGET_REACHED": "the study reached its target value",
    "MAX_FAILED_TRIALS": "too many trials of the study had failed",
    "MAX_INFEASIBLE_TRIALS": "too many configurations of the study were infeasible",
}

_DRAWN = {
    "SAMPLER_TIMED_OUT": "its sampler gave no answer in time",
    "SAMPLER_ENDED": "the process of its sampler ended before it answered",
    "SAMPLER_ANSWER_INVALID": "what its sampler answered is no configuration of the space",
    "SAMPLER_BREAKS_CONSTRAINT": "what its sampler proposed breaks a constraint",
}


def drawn(reason: str) -> str:
    """Return why the configuration of a trial is a random draw and none of its sampler."""
    why = _DRAWN.get(reason, "its sampler failed")
    return (
        f"Its configuration is a random draw, because {why} ({reason}); the daemon's log has more."
    )


def promoted(rung: int, placement: Placement, spec: StudySpec, cutoff: float | None) -> str:
    """Return why a waiting trial was promoted, with the rung as it was then."""
    cut = _cut(cutoff, spec)
    if spec.synchronous:
        return (
            f"Promoted from rung {rung}: its round was over with {placement.size} trials, of which "
            f"it was at rank {placement.rank}, and the best {placement.quota} continue{cut}."
        )
    return (
        f"Promoted from rung {rung}: it was then at rank {placement.rank} of {placement.size}, and "
        f"{_best(placement.size, placement.quota, spec)}{cut}."
    )


def turn(rung: int) -> str:
    """Return why a member of a population that waited goes on."""
    return f"Goes on towards rung {rung}: of the members that waited it was the furthest behind."


def began(parent: int, donor: int, resource: int, changed: str, spec: StudySpec) -> str:
    """Return where a trial comes from that began with another's checkpoint."""
    return (
        f"It goes on for trial {parent}, from the checkpoint of trial {donor} at "
        f"{spec.resource} {resource} and with its parameters changed: {changed}."
    )


def belongs(version: int, first: int) -> str:
    """Return which version of a space that has changed a trial belongs to."""
    return f"It belongs to version {version} of the space, which begins with trial {first}."


def goes_on(successor: int, donor: int) -> str:
    """Return what becomes of a trial that exploits another."""
    return f"exploited trial {donor}: trial {successor} goes on from its checkpoint"


def sentence(report: Report, spec: StudySpec) -> str:
    """Return why this report was answered as it was, with the numbers that were compared."""
    d = report.decision
    value = "a value that is no finite number" if report.value is None else f"{report.value:.6g}"
    who = f"trial {report.trial}" + (f", attempt {report.attempt}," if report.attempt > 1 else "")
    if spec.objectives:
        value += f" {'with' if spec.coordinates else 'of'} {_told(report, spec)}"
    beyond = [
        f"{bound.metric} {number:.6g} {'>' if bound.upper else '<'} {bound.bound:.6g}"
        for bound, number in broken(spec.outcome_constraints, report.metrics)
    ]
    if beyond and report.value is not None:
        value += f", infeasible: {', '.join(beyond)}"
    head = f"At {spec.resource} {report.resource}, {who} reported {spec.metric} {value}"
    if d.reason == IMPORTED:
        place = f" It counts in rung {d.rung}, at rank {d.rank} of {d.size}."
        return f"{head}, before it was imported.{'' if d.rung is None else place}"
    if d.rung is None:
        ended = f" It was stopped, because {_ended(d.reason)}." if d.action == "STOP" else ""
        return f"{head}. That is between two rungs.{ended}"
    late = f", late for its level {d.level}" if d.late else ""
    place = f"rank {d.rank} of {d.size} in rung {d.rung}"
    if isinstance(spec.algorithm, Pbt):
        place = f"rung {d.rung}, rank {d.rank} of the {d.size} members that have reached one"
        return f"{head}: {place}{late}. {_of_member(report, spec, spec.algorithm)}"
    return f"{head}: {place}{late}. {_verdict(report, spec)}"


def _told(report: Report, spec: StudySpec) -> str:
    """Return the metrics of which the judged number was computed."""
    given = metrics.read(report.metrics)
    named = [one.metric for one in spec.objectives if one.metric in given]
    return ", ".join(f"{name} {given[name]:.6g}" for name in named)


def _verdict(report: Report, spec: StudySpec) -> str:
    d = report.decision
    quota = _best(d.size, d.quota, spec)
    cut = _cut(d.cutoff, spec)
    if d.reason == "MAX_RESOURCE":
        return f"It is trained in full, to {spec.resource} {spec.max_resource}: completed."
    if d.reason == "DIVERGED":
        return "Such a value ranks last and never continues: stopped."
    if d.reason == "RUNG_REACHED" and spec.synchronous:
        return "It paused there until all trials of its round have come; then the best continue."
    if d.reason == "RUNG_REACHED":
        if not d.quota:
            return f"It paused there: {quota} yet."
        return f"It paused there: {quota}{cut}; the best of them is promoted when a worker is free."
    if d.reason == "BELOW_CUTOFF":
        return f"It was stopped: {quota}{cut}."
    if d.reason == "IN_TOP":
        following = f"The next decision is at {spec.resource} {d.next_resource}."
        return f"It continued: {quota}{cut}. {following}"
    return f"It was among the {d.quota} that may continue, but {_ended(d.reason)}: stopped."


def _of_member(report: Report, spec: StudySpec, settings: Pbt) -> str:
    d = report.decision
    ends = settings.ends(d.size)
    cut = _cut(d.cutoff, spec)
    lower = f"It was among the {ends} worst" if report.value is not None else "It diverged"
    if d.reason == EXPLOITED:
        return f"{lower}{cut}: ended, and another goes on from a checkpoint of the {ends} best."
    if d.reason == "NO_DONOR":
        return (
            f"{lower}{cut}, and continued: none of the {ends} best has both a better value and "
            "a checkpoint."
        )
    if d.reason == "MAX_TRIALS":
        return f"{lower}{cut}, and continued: limits.max_trials allows no trial more."
    if d.reason == "RUNG_REACHED":
        return "It paused there, since members that are further behind waited for a worker."
    if d.reason == "IN_TOP":
        following = f"The next comparison is at {spec.resource} {d.next_resource}."
        return f"It continued: not among the {ends} worst{cut}. {following}"
    if d.reason == "DIVERGED":
        return "Such a value ranks last, and there was no checkpoint to go on from: stopped."
    if d.reason == "MAX_RESOURCE":
        return _verdict(report, spec)
    return f"It was stopped, because {_ended(d.reason)}."


def _best(size: int, quota: int, spec: StudySpec) -> str:
    if not spec.promotion and not promote(1, size, spec.eta):
        return "at least the best one may continue"
    return f"the best floor({size} / {float(spec.eta):g}) = {quota} may continue"


def _cut(cutoff: float | None, spec: StudySpec) -> str:
    better = "higher" if spec.maximize else "lower"
    return "" if cutoff is None else f", cut-off {cutoff:.6g} ({better} is better)"


def _ended(reason: str) -> str:
    return _ENDED.get(reason, f"of {reason}")
