"""How a trial and a report are shown: a line, a row, a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.views import plain, sentences, text
from ashad.cli.views.output import print_fields, print_note, say
from ashad.cli.views.study_view import params_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ashad.cli.views.output import Row

TRIAL_COLUMNS = (
    *("trial", "state", "reason", "origin", "bracket", "attempt", "worker"),
    *("resource", "value", "best_value", "checkpoint_uri", "create_time", "update_time"),
    *("worker_seconds", "lost_leases", "message", "seed", "labels", "note", "attributes"),
    *("parent_trial", "donor_trial", "donor_resource", "feasible", "broken_constraints"),
)
REPORT_COLUMNS = (
    *("trial", "attempt", "resource", "value", "action", "reason", "bracket", "rung", "level"),
    *("rank", "size", "quota", "cutoff", "next_resource", "late", "checkpoint_uri", "time"),
    *("commit_seq", "metrics", "feasible", "broken_constraints"),
)


def line(trial: pb.Trial) -> Row:
    """Give the columns of the table of trials; what a narrow terminal cuts comes last."""
    return {
        "trial": trial.trial,
        "state": _short_state(trial),
        "resource": trial.resource,
        "value": plain.optional(trial, "value"),
        "best": plain.optional(trial, "best_value"),
        "worker": trial.worker,
        "worker time": text.elapsed_text(trial.worker_time),
        "labels": ", ".join(trial.labels),
        "params": params_text(trial.params),
    }


SPARE = ("worker", "worker time", "labels")  # columns that a narrow table of trials does without
_USUAL = ("", "BELOW_CUTOFF", "MAX_RESOURCE")  # reasons that the state tells already


def _short_state(trial: pb.Trial) -> str:
    word = plain.word(trial, "state") if trial.reason in _USUAL else state(trial)
    broken = "; ".join(trial.broken_constraints)
    return f"{word}, breaks {broken}" if broken else word


# What trials may be ordered by; those without a value come last, then by number.
ORDERS = ("trial", "best", "value", "resource", "worker-time")


def ordered(trials: Iterable[pb.Trial], spec: pb.StudySpec, by: str) -> list[pb.Trial]:
    """Order trials: values the better first, resource and time the most first."""
    sign = -1 if spec.goal == pb.GOAL_MAXIMIZE else 1
    keys = {
        "trial": lambda t: (t.trial,),
        "best": lambda t: (not t.HasField("best_value"), sign * t.best_value, t.trial),
        "value": lambda t: (not t.HasField("value"), sign * t.value, t.trial),
        "resource": lambda t: (-t.resource, t.trial),
        "worker-time": lambda t: (-text.duration_seconds(t.worker_time), t.trial),
    }
    return sorted(trials, key=keys[by])


def row(trial: pb.Trial) -> Row:
    """Give the columns of the CSV of trials; parameters come last, as params.NAME."""
    cells = {name: getattr(trial, name, None) for name in TRIAL_COLUMNS}
    cells |= {
        "state": plain.word(trial, "state"),
        "value": plain.optional(trial, "value"),
        "best_value": plain.optional(trial, "best_value"),
        "create_time": text.instant_text(trial.create_time),
        "update_time": text.instant_text(trial.update_time),
        "parent_trial": plain.optional(trial, "parent_trial"),
        "donor_trial": plain.optional(trial, "donor_trial"),
        "donor_resource": trial.donor_resource or None,
        "worker_seconds": text.duration_seconds(trial.worker_time),
        **_feasibility(trial),
        "labels": ", ".join(trial.labels),
        "attributes": plain.json_text(plain.plain(trial)["attributes"])
        if trial.attributes
        else None,
    }
    return cells | {f"params.{name}": v for name, v in plain.params(trial.params).items()}


def report_row(report: pb.StoredReport) -> Row:
    """Give the columns of the CSV of reports; metrics beside the judged one are one JSON cell."""
    decision = plain.plain(report.decision)
    cells = {name: decision.get(name) for name in REPORT_COLUMNS}
    return cells | {
        "trial": report.trial,
        "attempt": report.attempt,
        "resource": report.resource,
        "value": plain.optional(report, "value"),
        "checkpoint_uri": report.checkpoint_uri,
        "time": text.instant_text(report.time),
        "commit_seq": report.commit_seq,
        "metrics": plain.json_text(plain.plain(report)["metrics"]) if report.metrics else None,
        **_feasibility(report),
    }


def _feasibility(of: pb.Trial | pb.StoredReport) -> Row:
    """Give whether a report, or the latest one of a trial, keeps all outcome constraints."""
    return {
        "feasible": not of.broken_constraints if of.HasField("value") else None,
        "broken_constraints": "; ".join(of.broken_constraints) or None,
    }


def state(trial: pb.Trial) -> str:
    """Write the state with its reason."""
    word = plain.word(trial, "state")
    return f"{word} ({trial.reason})" if trial.reason else word


def page(
    trial: pb.Trial, study: str, spec: pb.StudySpec, attempts: Iterable[pb.Attempt] = ()
) -> None:
    """Tell everything about one trial, in sentences."""
    first, *others = sentences.trial(trial, study, spec)
    say(first)
    print_fields(
        {
            f"  {parameter.name}": params_text([parameter]).partition("=")[2]
            for parameter in trial.params
        }
    )
    for sentence in others:
        say(sentence)
    for attempt in attempts:
        if attempt.attributes:
            say(f"Attempt {attempt.attempt}, by {attempt.worker}:")
            print_fields({f"  {one.name}": one.value for one in attempt.attributes})
    print_fields({"labels": ", ".join(trial.labels)})
    print_note(trial.note)
    say(f"Each decision about it: ashad why {study} {trial.trial}")
