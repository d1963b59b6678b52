"""`ashad best`: the best trial of a study, its parameters ready to paste."""

from __future__ import annotations

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import client_options, study_argument
from ashad.cli.errors import CommandError
from ashad.cli.rpc import Daemon, connect
from ashad.cli.views import best_view, output


@click.command(short_help="Print the best trial, its parameters ready to paste.")
@study_argument
@click.option(
    "--by",
    type=click.Choice(list(best_view.MEANINGS)),
    default="best",
    show_default=True,
    help="best: of any report; last: what trials came to; "
    f"smoothed: the mean of {best_view.WINDOW} reports in a row.",
)
@click.option(
    "-o",
    "output_format",
    type=click.Choice(["text", "json", "args"]),
    default="text",
    show_default=True,
    help="args: only the parameters, as --name=value.",
)
@client_options
@click.pass_context
def best(ctx: click.Context, name: str, by: str, output_format: str) -> None:
    """Print the best trial of a study, with its parameters ready to paste.

    The best value of any report may be one lucky epoch: beside it stand the trials that are best
    by their last value, and by the mean of a few reports in a row.

    To train it once more: python train.py $(ashad best digits -o args)
    """
    with connect(ctx) as daemon:
        study = daemon.call("GetStudy", pb.GetStudyRequest(study=name)).study
        ways = by if output_format != "text" else None
        found = _found(daemon, study, ways)
        if by not in found:
            raise CommandError(_why_none(study, by))
        chosen = found.pop(by)
        request = pb.GetTrialRequest(study=name, trial=chosen.trial)
        trial = daemon.call("GetTrial", request).trial
    if output_format == "json":
        output.print_json(best_view.as_data(study, trial, chosen))
    elif output_format == "args":
        output.say(best_view.arguments(trial))
    else:
        best_view.show(study, trial, chosen, found.values())


def _found(daemon: Daemon, study: pb.Study, only: str | None) -> dict[str, best_view.BestTrial]:
    """Return the best by each meaning, or by one of them."""
    name, found = study.name, {}
    if only in (None, "best"):
        found["best"] = best_view.by_best(study)
    if only in (None, "last"):
        trials = daemon.pages("ListTrials", pb.ListTrialsRequest(study=name), "trials")
        found["last"] = best_view.by_last(study, trials)
    if only in (None, "smoothed"):
        reports = daemon.pages("ListReports", pb.ListReportsRequest(study=name), "reports")
        found["smoothed"] = best_view.by_smoothed(study, reports)
    return {by: best for by, best in found.items() if best is not None}


def _why_none(study: pb.Study, by: str) -> str:
    name = study.name
    if not study.HasField("best"):
        return f"study {name} has no report yet; train it: ashad run {name} -- COMMAND"
    return f"study {name} has no {best_view.MEANINGS[by]} yet; see ashad best {name} --by best"
