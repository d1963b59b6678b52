"""How a study is shown: a line, a row, a page, and the table of its rungs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.views import plain, text
from ashad.cli.views.output import print_fields, print_note, print_table, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ashad.cli.views.output import Row

_STATES = (
    *("queued", "running", "paused"),
    *("completed", "stopped", "failed", "infeasible", "cancelled"),
)


def params_text(params: Iterable[pb.Parameter]) -> str:
    """Write a configuration on one line."""
    return " ".join(f"{name}={_short(value)}" for name, value in plain.params(params).items())


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and re.search(r'[\s"]', value):
        return plain.json_text(value)
    return text.number(value) if isinstance(value, float) else str(value)


def line(study: pb.Study, waits: str = "") -> Row:
    """Give the columns of the table of studies; `waits`: the quotas that its workers wait for."""
    best = plain.optional(study, "best")
    limit = plain.optional(study.spec.limits, "max_trials")
    return {
        "study": study.name,
        "state": state(study),
        "trials": f"{study.counts.created}/{limit}" if limit else str(study.counts.created),
        "running": study.counts.running,
        "failed": study.counts.failed,
        "resource": study.total_resource,
        "metric": study.spec.metric,
        "best": best.value if best else None,
        "trial": best.trial if best else None,
        "waits for": waits,
        "labels": ", ".join(study.labels),
    }


def row(study: pb.Study, waits: str = "") -> Row:
    """Give the columns of the CSV of studies; `waits`: as of `line`."""
    best = plain.optional(study, "best")
    return {
        "study": study.name,
        "state": plain.word(study, "state"),
        "reason": study.reason,
        "algorithm": study.spec.WhichOneof("algorithm"),
        "metric": study.spec.metric,
        "goal": plain.word(study.spec, "goal"),
        "max_resource": study.spec.max_resource,
        "created": study.counts.created,
        **{name: getattr(study.counts, name) for name in _STATES},
        "total_resource": study.total_resource,
        "best_value": best.value if best else None,
        "best_trial": best.trial if best else None,
        "create_time": text.instant_text(study.create_time),
        "labels": ", ".join(study.labels),
        "note": study.note,
        "waits_for": waits,
    }


def state(study: pb.Study) -> str:
    """Write the state with its reason."""
    word = plain.word(study, "state")
    return f"{word} ({study.reason})" if study.reason else word


def algorithm(spec: pb.StudySpec) -> str:
    """Write the algorithm with its settings on one line."""
    name = spec.WhichOneof("algorithm")
    if name is None:
        return ""
    settings = plain.plain(getattr(spec, name))
    words = [f"{key} {_short(value)}" for key, value in settings.items() if value]
    return ", ".join([name, *words])


def sampler(spec: pb.StudySpec) -> str | None:
    """Write the sampler with its settings on one line; None where draws are independent."""
    name = spec.WhichOneof("sampler")
    if name is None:
        return None
    settings = plain.plain(getattr(spec, name))
    words = [f"{key} {_short(value)}" for key, value in settings.items() if value]
    return ", ".join([name.removesuffix("_sampler"), *words])


def objectives(spec: pb.StudySpec) -> str | None:
    """Write the metrics that are judged together, and how, on one line; None for one alone."""
    if not spec.objectives:
        return None
    points = spec.combination in (pb.COMBINATION_PARETO, pb.COMBINATION_LEXICOGRAPHIC)
    usual = {"weight": 1.0 if points else None, "scale": 1.0, "reference": 0.0}
    usual |= {"tolerance": 0.0, "relative_tolerance": 0.0, "target": None}
    told = []
    for one in spec.objectives:
        words = [
            f"{key} {text.number(getattr(one, key))}"
            for key, unsaid in usual.items()
            if (one.HasField(key) if key == "target" else getattr(one, key) != unsaid)
        ]
        told.append(" ".join([one.metric, plain.word(one, "goal"), *words]))
    return f"{plain.word(spec, 'combination')} of {', '.join(told)}"


def limits(spec: pb.StudySpec) -> str:
    """Write the limits that bind on one line."""
    bound = []
    for field, value in spec.limits.ListFields():
        word = text.duration_text(value) if field.message_type else text.number(value)
        bound.append(f"{field.name} {word}")
    return ", ".join(bound) or "none"


def page(study: pb.Study) -> None:
    """Print everything about one study."""
    best = plain.optional(study, "best")
    counts = study.counts
    resource = study.spec.resource or "epoch"
    now = [f"{getattr(counts, word)} {word}" for word in _STATES if getattr(counts, word)]
    lost = {
        "lost lease": counts.lost_leases,
        "released attempt": counts.released,
        "diverged report": counts.diverged_reports,
    }
    print_fields(
        {
            "study": study.name,
            "state": state(study),
            "created": text.instant_text(study.create_time),
            "metric": f"{study.spec.metric} ({plain.word(study.spec, 'goal')})",
            "objectives": objectives(study.spec),
            "resource": f"{resource}, {study.spec.max_resource} for a trial in full",
            "algorithm": algorithm(study.spec),
            "sampler": sampler(study.spec),
            "constraints": "; ".join(study.spec.constraints),
            "outcome constraints": "; ".join(study.spec.outcome_constraints),
            "limits": limits(study.spec),
            "seed": str(study.spec.seed) if study.spec.HasField("seed") else None,
            "trials": f"{counts.created}: {', '.join(now)}" if now else "0",
            "also": ", ".join(text.count(many, what) for what, many in lost.items() if many),
            "spent": text.count(study.total_resource, resource),
            "best": best
            and f"{text.number(best.value)} by trial {best.trial} at {resource} {best.resource}: "
            f"{params_text(best.params)}",
            "labels": ", ".join(study.labels),
        }
    )
    for made in study.space_versions[1:]:
        say(f"space: version {made.version}, from trial {made.first_trial} on")
        for line in made.changes:
            say(f"  {line}")
    print_note(study.note)
    if ended := left(study):
        say(ended)
    if study.brackets:
        say()
        print_table([_rung(bracket, rung, study.spec.metric) for bracket, rung in _rungs(study)])


def left_below_the_top(study: pb.Study) -> str | None:
    """Say what is left of a study that is over and paused all and trained nobody in full."""
    over = plain.word(study, "state") in ("finished", "stopped")
    rungs = [rung for _, rung in _rungs(study) if rung.size]
    if not over or study.counts.completed or not study.counts.paused or not rungs:
        return None
    resource = study.spec.resource or "epoch"
    level = max(rung.level for rung in rungs)
    here = sum(rung.paused for rung in rungs if rung.level == level)
    kept = "the latest checkpoint of each paused trial is kept (none of them is obsolete)"
    wait = f"{text.count(here, 'trial')} paused at {resource} {level:,}, the furthest"
    return f"Nobody was trained to {resource} {study.spec.max_resource:,}: {wait}; {kept}."


def _rungs(study: pb.Study) -> list[tuple[pb.Bracket, pb.Rung]]:
    return [(bracket, rung) for bracket in study.brackets for rung in bracket.rungs]


def _rung(bracket: pb.Bracket, rung: pb.Rung, metric: str) -> Row:
    return {
        "bracket": bracket.bracket,
        "rung": rung.rung,
        "level": rung.level,
        "trials": rung.size,
        "may go on": rung.quota,
        f"cut-off {metric}": plain.optional(rung, "cutoff"),
        "went on": rung.promoted,
        "paused": rung.paused,
    }


def plan(study: pb.Study) -> None:
    """Print the rungs with the planned trials, and what that costs against training all in full."""
    resource = study.spec.resource or "epoch"
    rows = []
    total = in_full = 0
    for bracket in study.brackets:
        before = 0
        for rung in bracket.rungs:
            cost = rung.planned_trials * (rung.level - before)
            rows.append(_plan_row(bracket.bracket, rung, resource, cost))
            total, before = total + cost, rung.level
        in_full += bracket.planned_trials * study.spec.max_resource
    print_table(rows)
    if not rows:
        return
    if any(not bracket.planned_trials for bracket in study.brackets):
        say("No limit of trials is set: the search goes on until another limit ends it or you do.")
        return
    say()
    say(f"Planned: {text.count(total, resource)}. {_comparison(study, total, in_full, resource)}")


def left(study: pb.Study) -> str:
    """Say what is left of a promotion study that ended before any trial was trained in full."""
    top = sum(bracket.rungs[-1].size for bracket in study.brackets if bracket.rungs)
    if study.state == pb.STUDY_STATE_ACTIVE or not study.counts.paused or top:
        return ""
    resource = study.spec.resource or "epoch"
    furthest = max(rung.level for _, rung in _rungs(study) if rung.size)
    limit = study.spec.limits.max_trials
    raised = f" --max-trials {3 * limit}" if limit else " with another limit"
    return (
        f"No trial was trained in full: {text.count(study.counts.paused, 'trial')} paused, the "
        f"furthest at {resource} {furthest} of {study.spec.max_resource}. They and their "
        f"checkpoints are kept, and go on when a limit is raised: "
        f"ashad study update {study.name}{raised}"
    )


def _plan_row(bracket: int, rung: pb.Rung, resource: str, cost: int) -> Row:
    return {
        "bracket": bracket,
        "rung": rung.rung,
        f"at {resource}": rung.level,
        "planned trials": rung.planned_trials or None,
        f"resource ({resource}s)": cost or None,
    }


def _comparison(study: pb.Study, total: int, in_full: int, resource: str) -> str:
    trials = sum(bracket.planned_trials for bracket in study.brackets)
    whole = f"{text.count(trials, 'configuration')} in full: {text.count(in_full, resource)}"
    if total >= in_full:
        return f"This trains {whole}."
    return f"Training {whole}; {1 - total / in_full:.0%} saved."
