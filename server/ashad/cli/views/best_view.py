"""How the best trial is shown, with its parameters ready to paste, and by what it is the best.

The best value of any report may be one lucky epoch; what a trial came to, or the mean of a few
reports in a row, is less easily lucky. Which is meant is always said.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.views import plain, study_view, text
from ashad.cli.views.output import print_fields, print_table, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ashad.cli.views.output import Row

BY = plain.words(pb.BestBy)
MEANINGS = {
    "best": "the best value of any report",
    "last": "the best last value of a trial",
    "smoothed": "the best mean of three reports in a row",
    "order": "the first in the order of the objectives, by the latest report of each trial",
    "front": "trial that no other dominates",
}
ORDERED = {pb.COMBINATION_PARETO: "front", pb.COMBINATION_LEXICOGRAPHIC: "order"}


def arguments(trial: pb.Trial) -> str:
    """Write a configuration as --name=value, as the agent's {args}: of a boolean --name or nothing.

    Safe to paste into a shell.
    """
    values = plain.params(trial.params).items()
    words = (_argument(name, value) for name, value in values)
    return shlex.join(word for word in words if word)


def show(spec: pb.StudySpec, answers: Mapping[str, pb.GetBestTrialResponse]) -> None:
    """Print the first of the best trials with its parameters, and who is best otherwise."""
    (by, best), *others = answers.items()
    if by == "front":
        show_front(spec, best.front)
        return
    trial = best.trial
    say(f"Best {spec.metric}: {_said(best, spec)} ({MEANINGS.get(by, by)})")
    print_fields({f"  {parameter.name}": _exact(parameter) for parameter in trial.params})
    if trial.HasField("seed"):
        say(f"Its seed: {trial.seed}")
    if trial.checkpoint_uri:
        say(f"Its latest checkpoint: {trial.checkpoint_uri}")
    if best.report.metrics:
        metrics = (f"{one.name} {text.number(one.value)}" for one in best.report.metrics)
        say(f"Reported with it: {', '.join(metrics)}")
    say(f"To paste: {arguments(trial)}")
    for otherwise, other in others:
        same = ", the same trial" if other.trial.trial == trial.trial else ""
        say(f"{MEANINGS.get(otherwise, otherwise).capitalize()}: {_said(other, spec)}{same}.")


def show_front(spec: pb.StudySpec, front: Sequence[pb.FrontEntry]) -> None:
    """Print the trials that no other dominates, with their objectives."""
    first = spec.objectives[0].metric
    say(f"{text.count(len(front), 'trial')} that no other dominates, by {first}:")
    print_table([_front_row(spec, one) for one in front])


def front_metrics(spec: pb.StudySpec, one: pb.FrontEntry) -> dict[str, float]:
    """Give the objectives of a trial, in their order."""
    told = {metric.name: metric.value for metric in one.report.metrics}
    told[spec.metric] = one.report.value
    return {each.metric: told[each.metric] for each in spec.objectives}


def front_data(study: pb.Study, front: Sequence[pb.FrontEntry]) -> dict[str, Any]:
    """Give the front as plain data."""
    trials = [
        {
            "trial": one.trial.trial,
            "resource": one.report.resource,
            "metrics": front_metrics(study.spec, one),
            "params": plain.params(one.trial.params),
            "seed": plain.optional(one.trial, "seed"),
            "checkpoint_uri": one.trial.checkpoint_uri,
            "arguments": arguments(one.trial),
        }
        for one in front
    ]
    return {"study": study.name, "front": trials}


def _front_row(spec: pb.StudySpec, one: pb.FrontEntry) -> Row:
    return {
        "trial": one.trial.trial,
        "resource": one.report.resource,
        **front_metrics(spec, one),
        "params": study_view.params_text(one.trial.params),
    }


def as_data(study: pb.Study, by: str, best: pb.GetBestTrialResponse) -> dict[str, Any]:
    """Give the best trial as plain data."""
    return {
        "study": study.name,
        "metric": study.spec.metric,
        "goal": plain.word(study.spec, "goal"),
        "by": by,
        "value": best.value,
        "trial": best.trial.trial,
        "resource": best.report.resource,
        "params": plain.params(best.trial.params),
        "seed": plain.optional(best.trial, "seed"),
        "metrics": plain.plain(best.report)["metrics"] if best.report.metrics else {},
        "checkpoint_uri": best.trial.checkpoint_uri,
        "arguments": arguments(best.trial),
    }


def _said(best: pb.GetBestTrialResponse, spec: pb.StudySpec) -> str:
    where = f"{spec.resource or 'epoch'} {best.report.resource}"
    return f"{text.number(best.value)}, trial {best.trial.trial} at {where}"


def _exact(parameter: pb.Parameter) -> str:
    return study_view.params_text([parameter]).partition("=")[2]


def _argument(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"--{name}" if value else ""
    return f"--{name}={value!r}" if isinstance(value, float) else f"--{name}={value}"
