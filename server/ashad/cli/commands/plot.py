"""`ashad plot`: a study as a picture, for a paper or a chat. Needs the extra `plot`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import client_options, study_argument
from ashad.cli.errors import CommandError
from ashad.cli.rpc import connect
from ashad.cli.views import output

_KINDS = ("svg", "png", "pdf")


@click.command()
@study_argument
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write: .svg, .png or .pdf.",
)
@client_options
@click.pass_context
def plot(ctx: click.Context, name: str, path: Path) -> None:
    """Draw a study: learning curves, best so far, rung ladder.

    Learning curves are coloured by the state of the trial, with the rungs as lines; the best so
    far is drawn against the resource spent and against the wall-clock; the ladder shows the
    entries of each rung by value, and the cut-off.
    """
    kind = path.suffix.lstrip(".").lower()
    if kind not in _KINDS:
        raise click.UsageError(f"-o: {path.name} ends in none of .{', .'.join(_KINDS)}", ctx)
    if importlib.util.find_spec("matplotlib") is None:
        raise CommandError("ashad plot draws with matplotlib: pip install 'ashad[plot]'")
    from ashad.cli.views.plot_data import gather  # noqa: PLC0415
    from ashad.cli.views.plot_figure import draw  # noqa: PLC0415  # half a second

    with connect(ctx) as daemon:
        study = daemon.call("GetStudy", pb.GetStudyRequest(study=name)).study
        trials = daemon.pages("ListTrials", pb.ListTrialsRequest(study=name), "trials")
        reports = daemon.pages("ListReports", pb.ListReportsRequest(study=name), "reports")
        search = gather(study, trials, reports)
    with output.replacing(path) as made:
        draw(search, made, kind)
    output.say(f"{path}: {search.title()}")
