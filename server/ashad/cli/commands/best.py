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
    from collections.abc import Iterable, Sequence


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

    Of a study with combination = "pareto": the trials that no other dominates; with
    combination = "lexicographic": the first in the order of the objectives. Both by the latest
    report of each trial.

    To train it once more: python train.py $(ashad best digits -o args)
    """
    with connect(ctx) as daemon:
        study = daemon.call("GetStudy", pb.GetStudyRequest(study=name)).study
        found = found_by(daemon, study, by, others=output_format == "text")
    by = next(iter(found), by)
    if not found:
        raise CommandError(_why_none(study, by))
    if study.spec.combination == pb.COMBINATION_PARETO:
        _show_front(study, found[by].front, output_format)
    elif output_format == "json":
        output.print_json(best_view.as_data(study, by, found[by]))
    elif output_format == "args":
        output.say(best_view.arguments(found[by].trial))
    else:
        best_view.show(study.spec, found)


def _show_front(study: pb.Study, front: Sequence[pb.FrontEntry], output_format: str) -> None:
    if output_format == "args":
        fix = f"choose one of the front: ashad best {study.name} -o json has the arguments of each"
        raise CommandError(f"no trial of {study.name} is the best; {fix}")
    if output_format == "json":
        output.print_json(best_view.front_data(study, front))
    else:
        best_view.show_front(study.spec, front)


def found_by(
    daemon: Daemon, study: pb.Study, by: str = "best", *, others: bool = True
) -> dict[str, pb.GetBestTrialResponse]:
    """Ask for the best trial by this meaning, and by the others; empty where there is none.

    One that several metrics judge in an order of their own has one meaning.
    """
    alone = best_view.ORDERED.get(study.spec.combination)
    if alone is not None:
        found = answers(daemon, study.name, ["last"])
        return {alone: found["last"]} if found else {}
    words = [by, *(word for word in best_view.BY if word != by)] if others else [by]
    found = answers(daemon, study.name, words)
    return found if by in found else {}


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
