"""`ashad why`: each decision about a trial in a sentence, with the rung as the decision saw it.

Without a trial: why workers of the study have to wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import MAX_INT64, client_options, study_argument
from ashad.cli.operations.completion import trials
from ashad.cli.rpc import connect
from ashad.cli.views import output, plain, quota_view, sentences, text
from ashad.cli.views.best_view import ORDERED
from ashad.cli.views.study_view import params_text

if TYPE_CHECKING:
    from ashad.cli.views.output import Row

_IN_FULL = "MAX_RESOURCE"  # nothing is cut at the top rung
_VERBS = {pb.ACTION_CONTINUE: "goes on", pb.ACTION_STOP: "stops", pb.ACTION_PAUSE: "pauses"}


@click.command()
@study_argument
@click.argument(
    "number",
    metavar="[TRIAL]",
    required=False,
    type=click.IntRange(0, MAX_INT64),
    shell_complete=trials,
)
@click.option(
    "-o", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@client_options
@click.pass_context
def why(ctx: click.Context, name: str, number: int | None, output_format: str) -> None:
    """Say why a trial stands where it does, or why workers wait."""
    with connect(ctx) as daemon:
        if number is None:
            stands = daemon.call("GetStudy", pb.GetStudyRequest(study=name))
            if output_format == "json":
                output.print_json(plain.plain(stands))
                return
            for sentence in quota_view.standing(stands):
                output.say(sentence)
            return
        found = daemon.call("ExplainTrial", pb.ExplainTrialRequest(study=name, trial=number))
        if output_format == "json":
            output.print_json(plain.plain(found))
            return
        stands = daemon.call("GetStudy", pb.GetStudyRequest(study=name))
    _tell(name, stands, found)


def _tell(name: str, stands: pb.GetStudyResponse, found: pb.ExplainTrialResponse) -> None:
    trial, spec = found.trial, stands.study.spec
    resource = spec.resource or "epoch"
    for sentence in sentences.trial(trial, name, spec):
        output.say(sentence)
    if trial.state == pb.TRIAL_STATE_QUEUED:
        for sentence in quota_view.held_back(stands):
            output.say(sentence)
    output.say(f"Its configuration: {params_text(trial.params)}")
    for explanation in found.explanations:
        output.say()
        _tell_one(spec, resource, explanation)
    if not found.explanations:
        output.say("No decision was made about it at a rung so far.")


def _tell_one(spec: pb.StudySpec, resource: str, explanation: pb.Explanation) -> None:
    if not explanation.HasField("report"):
        output.say(explanation.sentence)
        return
    report, decision = explanation.report, explanation.report.decision
    value = text.number(report.value) if report.HasField("value") else "diverged"
    where = ""
    if decision.HasField("rung"):
        where = f" (bracket {decision.bracket}, rung {decision.rung})"
    output.say(f"At {resource} {report.resource}, {spec.metric} {value}{where}:")
    output.say(f"  {explanation.sentence}")
    if explanation.entries:
        output.say(f"  {_summary(spec, resource, decision)}")
        output.print_table(_rows(spec, explanation), indent=4)


def _summary(spec: pb.StudySpec, resource: str, decision: pb.Decision) -> str:
    held = f"The rung at {resource} {decision.level} held {text.count(decision.size, 'trial')}"
    held += _ordered(spec)
    if decision.reason == _IN_FULL:
        return f"{held}:"
    if not decision.quota:
        return f"{held}, too few for one to continue:"
    best = "the best one" if decision.quota == 1 else f"the best {decision.quota:,}"
    value = ""
    if decision.HasField("cutoff"):
        better = "higher" if spec.goal == pb.GOAL_MAXIMIZE else "lower"
        value = f", cut-off {spec.metric} {text.number(decision.cutoff)} ({better} is better)"
    return f"{held}; {best} may continue{value}:"


def _ordered(spec: pb.StudySpec) -> str:
    """Say what orders a rung that no single number does."""
    if spec.combination not in ORDERED:
        return ""
    first, *others = (one.metric for one in spec.objectives)
    if spec.combination == pb.COMBINATION_PARETO:
        return f" by their fronts in {', '.join((first, *others))}"
    return f" by {first}, where that is equal by {', then '.join(others)}"


def _rows(spec: pb.StudySpec, explanation: pb.Explanation) -> list[Row]:
    """Give the entries; a gap in the ranks is a line of its own."""
    rows: list[Row] = []
    before = 0
    fronts = spec.combination == pb.COMBINATION_PARETO
    for entry in explanation.entries:
        if entry.rank > before + 1:
            between = text.count(entry.rank - before - 1, "trial")
            gap: Row = {"rank": "..."} | ({"front": "..."} if fronts else {})
            gap |= {"trial": "...", spec.metric: "...", "": f"{between} more"}
            rows.append(gap)
        before = entry.rank
        value = entry.value if entry.HasField("value") else "diverged or failed"
        notes = _note(spec, entry, explanation), "infeasible" if entry.infeasible else ""
        row: Row = {"rank": entry.rank} | ({"front": entry.front or None} if fronts else {})
        row |= {"trial": entry.trial, spec.metric: value, "": ", ".join(filter(None, notes))}
        rows.append(row)
    return rows


def _note(spec: pb.StudySpec, entry: Any, explanation: pb.Explanation) -> str:
    report = explanation.report
    in_full = report.decision.reason == _IN_FULL
    if entry.trial == report.trial:
        verb = _VERBS.get(report.decision.action, plain.word(report.decision, "action"))
        return f"<- this trial, {'trained in full' if in_full else verb}"
    if in_full:
        return "trained in full" if entry.HasField("value") else ""
    if spec.combination in ORDERED:  # no value is a cut-off
        return "within the best" if entry.within_quota else "not within the best"
    if entry.rank == report.decision.quota:
        return "within the best; the cut-off"
    return "within the best" if entry.within_quota else "below the cut-off"
