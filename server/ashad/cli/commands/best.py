"""`ashad best`: the best trial of a study, its parameters ready to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import client_options, study_argument
from ashad.cli.errors import CommandError
from ashad.cli.rpc import Daemon, connect
from ashad.cli.views import best_view, output

if TYPE_CHECKING:
    from collections.abc import Iterable


@click.command(short_help="Print the best trial, its parameters ready to paste.")
@study_argument
@click.option(
    "--by",
    type=click.Choice(list(best_view.BY)),
    default="best",
    show_default=True,
    help="best: of any report; last: what trials came to; smoothed: of three reports in a row.",
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
        others = [] if output_format != "text" else [one for one in best_view.BY if one != by]
        found = answers(daemon, name, [by, *others])
        if by not in found:
            raise CommandError(_why_none(study, by))
    if output_format == "json":
        output.print_json(best_view.as_data(study, by, found[by]))
    elif output_format == "args":
        output.say(best_view.arguments(found[by].trial))
    else:
        best_view.show(study.spec, found)


def answers(daemon: Daemon, name: str, wanted: Iterable[str]) -> dict[str, pb.GetBestTrialResponse]:
    """Ask for the best trial by each of these meanings; those that no trial has are left out."""
    found = {}
    for by in wanted:
        request = pb.GetBestTrialRequest(study=name, by=pb.BestBy.Name(best_view.BY[by]))
        answer = daemon.call("GetBestTrial", request)
        if answer.HasField("trial"):
            found[by] = answer
    return found


def _why_none(study: pb.Study, by: str) -> str:
    name = study.name
    if not study.HasField("best"):
        return f"study {name} has no report yet; train it: ashad run {name} -- COMMAND"
    return f"study {name} has no {best_view.MEANINGS[by]} yet; see ashad best {name} --by best"
