"""`ashad plot`: a study as a picture, for a paper or a chat. Needs the extra `plot`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import Word, client_options, study_argument
from ashad.cli.errors import CommandError
from ashad.cli.rpc import Daemon, connect
from ashad.cli.views import output, text

_KINDS = ("svg", "png", "pdf")
_SHOWN = 20  # metrics that are named


@click.command(short_help="Draw a study, or its parameters, for a paper or a chat.")
@study_argument
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write: .svg, .png or .pdf.",
)
@click.option("--metric", type=Word(), help="Draw the curves of another metric that was reported.")
@click.option("--params", is_flag=True, help="Draw the best value of each trial by parameter.")
@click.option(
    "--front", is_flag=True, help='Draw the front by two objectives, of combination = "pareto".'
)
@client_options
@click.pass_context
def plot(
    ctx: click.Context, name: str, path: Path, metric: str | None, *, params: bool, front: bool
) -> None:
    """Draw a study: learning curves, best so far, rung ladder; or its parameters.

    Learning curves are coloured by the state of the trial, with the rungs as lines; the best so
    far is drawn against the resource spent and against the wall-clock, from the first report and
    without the time in which nothing was trained; the ladder shows the entries of each rung by
    value, and the cut-off.
    """
    kind = path.suffix.lstrip(".").lower()
    if kind not in _KINDS:
        raise click.UsageError(f"-o: {path.name} ends in none of .{', .'.join(_KINDS)}", ctx)
    if front and (metric or params):
        raise click.UsageError("--front is a picture of its own: give it alone", ctx)
    if metric and params:
        raise click.UsageError("--params draws the judged metric: leave --metric out", ctx)
    if importlib.util.find_spec("matplotlib") is None:
        raise CommandError("ashad plot draws with matplotlib: pip install 'ashad[plot]'")
    with connect(ctx) as daemon:
        study = daemon.call("GetStudy", pb.GetStudyRequest(study=name)).study
        if front:
            said = _front(daemon, study, path)
        else:
            said = _params(daemon, study, path) if params else _search(daemon, study, path, metric)
    output.say(f"{path}: {said}")


def _search(daemon: Daemon, study: pb.Study, path: Path, metric: str | None) -> str:
    from ashad_client.plots.search_data import gather  # noqa: PLC0415
    from ashad_client.plots.search_figure import draw  # noqa: PLC0415  # half a second

    name = study.name
    trials = daemon.pages("ListTrials", pb.ListTrialsRequest(study=name), "trials")
    reports = daemon.pages("ListReports", pb.ListReportsRequest(study=name), "reports")
    search = gather(study, trials, reports, metric or "")
    if search.metric and search.metric not in search.metrics:
        listed = ", ".join(sorted(search.metrics)[:_SHOWN]) or "none beside the judged one"
        raise CommandError(f'no report of {name} has a metric "{metric}"; there are: {listed}')
    with output.replacing(path) as made:
        draw(search, made, path.suffix.lstrip(".").lower())
    return search.title()


def _front(daemon: Daemon, study: pb.Study, path: Path) -> str:
    from ashad_client.plots.front_figure import draw  # noqa: PLC0415

    name = study.name
    if study.spec.combination != pb.COMBINATION_PARETO:
        raise CommandError(f'{name} has a best trial and no front: it is not of "pareto"')
    found = daemon.call("GetBestTrial", pb.GetBestTrialRequest(study=name)).front
    reports = daemon.pages("ListReports", pb.ListReportsRequest(study=name), "reports")
    with output.replacing(path) as made:
        draw(study, found, reports, made, path.suffix.lstrip(".").lower())
    return f"{name}: front of {text.count(len(found), 'trial')}"


def _params(daemon: Daemon, study: pb.Study, path: Path) -> str:
    from ashad_client.plots.parameter_figure import MOST, draw  # noqa: PLC0415

    request = pb.ListTrialsRequest(study=study.name)
    trials = list(daemon.pages("ListTrials", request, "trials"))
    asked = pb.GetParameterImportanceRequest(study=study.name)
    answer = daemon.call("GetParameterImportance", asked)
    importance = {one.name: one.importance for one in answer.parameters}
    with output.replacing(path) as made:
        draw(study, trials, importance, made, path.suffix.lstrip(".").lower())
    first = next((f", the most important is {one.name}" for one in answer.parameters), "")
    many = min(MOST, len(study.spec.space))
    return f"{study.name}: {many} parameters of {len(trials):,} trials{first}"
