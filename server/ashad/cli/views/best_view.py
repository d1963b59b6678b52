"""Which trial is the best, by what is asked: its best, last or smoothed value. Asks nothing itself.

The best value of any report may be one lucky epoch; what a trial came to, or the mean of a few
reports in a row, is less easily lucky. Which is meant is always said.
"""

from __future__ import annotations

import shlex
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.views import plain, study_view, text
from ashad.cli.views.output import print_fields, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WINDOW = 3  # reports in a row of which the mean is taken
MEANINGS = {
    "best": "the best value of any report",
    "last": "the best last value of a trial",
    "smoothed": f"the best mean of {WINDOW} reports in a row",
}


@dataclass(frozen=True, slots=True)
class BestTrial:
    """The best trial by one of the meanings."""

    by: str
    trial: int
    resource: int
    value: float


def by_best(study: pb.Study) -> BestTrial | None:
    """Return the trial of the best value that was ever reported."""
    if not study.HasField("best"):
        return None
    best = study.best
    return BestTrial("best", best.trial, best.resource, best.value)


def by_last(study: pb.Study, trials: Iterable[pb.Trial]) -> BestTrial | None:
    """Return the trial whose latest value is the best; infeasible ones are left out."""
    found = [
        BestTrial("last", t.trial, t.resource, t.value)
        for t in trials
        if t.HasField("value") and t.state != pb.TRIAL_STATE_INFEASIBLE
    ]
    return _first(study.spec, found)


def by_smoothed(study: pb.Study, reports: Iterable[pb.StoredReport]) -> BestTrial | None:
    """Return the trial with the best mean of so many reports in a row; a diverged one breaks it."""
    windows: dict[int, deque[float]] = defaultdict(lambda: deque(maxlen=WINDOW))
    at: dict[int, int] = {}
    found = []
    for report in reports:
        window = windows[report.trial]
        if report.resource <= at.get(report.trial, 0) or not report.HasField("value"):
            window.clear()  # a new attempt went back, or it diverged
        at[report.trial] = report.resource
        if report.HasField("value"):
            window.append(report.value)
        if len(window) == WINDOW:
            mean = sum(window) / WINDOW
            found.append(BestTrial("smoothed", report.trial, report.resource, mean))
            best = _first(study.spec, found)
            found = [best] if best else []
    return found[0] if found else None


def _first(spec: pb.StudySpec, found: Sequence[BestTrial]) -> BestTrial | None:
    sign = -1 if spec.goal == pb.GOAL_MAXIMIZE else 1
    return min(found, key=lambda one: (sign * one.value, one.trial), default=None)


def arguments(trial: pb.Trial) -> str:
    """Write a configuration as --name=value, safe to paste into a shell."""
    return shlex.join(
        f"--{name}={_typed(value)}" for name, value in plain.params(trial.params).items()
    )


def show(study: pb.Study, trial: pb.Trial, best: BestTrial, others: Iterable[BestTrial]) -> None:
    """Print the best trial with its parameters, ready to paste, and who is best otherwise."""
    resource = study.spec.resource or "epoch"
    say(f"Best {study.spec.metric}: {_said(best, resource)} ({MEANINGS[best.by]})")
    print_fields({f"  {parameter.name}": _exact(parameter) for parameter in trial.params})
    if trial.HasField("seed"):
        say(f"Its seed: {trial.seed}")
    if trial.checkpoint_uri:
        say(f"Its latest checkpoint: {trial.checkpoint_uri}")
    say(f"To paste: {arguments(trial)}")
    for other in others:
        same = ", the same trial" if other.trial == best.trial else ""
        say(f"{MEANINGS[other.by].capitalize()}: {_said(other, resource)}{same}.")


def as_data(study: pb.Study, trial: pb.Trial, best: BestTrial) -> dict[str, Any]:
    """Give the best trial as plain data."""
    return {
        "study": study.name,
        "metric": study.spec.metric,
        "goal": plain.word(study.spec, "goal"),
        "by": best.by,
        "value": best.value,
        "trial": best.trial,
        "resource": best.resource,
        "params": plain.params(trial.params),
        "seed": plain.optional(trial, "seed"),
        "checkpoint_uri": trial.checkpoint_uri,
        "arguments": arguments(trial),
    }


def _said(best: BestTrial, resource: str) -> str:
    return f"{text.number(best.value)}, trial {best.trial} at {resource} {best.resource}"


def _exact(parameter: pb.Parameter) -> str:
    return study_view.params_text([parameter]).partition("=")[2]


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, float) else str(value)
