"""`ashad export`: all trials or reports of a study as CSV, JSON, JSON lines or Parquet."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import TextType, client_options, study_argument
from ashad.cli.commands.trial import lineage_of
from ashad.cli.errors import CommandError
from ashad.cli.rpc import Daemon, connect
from ashad.cli.views import best_view, lineage_view, output, trial_view
from ashad.cli.views.plain import json_text, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


_FORMATS = ("csv", "json", "jsonl", "parquet")


class Target(TextType):
    """A format, or a file whose suffix is one."""

    name = "csv|json|jsonl|parquet|FILE"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what is neither."""
        if value not in _FORMATS and Path(value).suffix.lower()[1:] not in _FORMATS:
            self.fail(f"{value} ends in none of .{', .'.join(_FORMATS)}", param, ctx)
        return value


@click.command()
@study_argument
@click.option(
    "--what", type=click.Choice(["trials", "reports"]), default="trials", show_default=True
)
@click.option(
    "--schedule",
    is_flag=True,
    help="Of a population: the best trial's parameters by resource, for training it again.",
)
@click.option(
    "--front",
    is_flag=True,
    help='Only the trials that no other dominates, of combination = "pareto".',
)
@click.option(
    "-o",
    "target",
    type=Target(),
    default="csv",
    show_default=True,
    help="How to write it, or the file to write, by its suffix: -o digits.csv.",
)
@click.option(
    "--output",
    "path",
    type=click.Path(path_type=Path),
    help="File to write, whatever its suffix.",
)
@client_options
@click.pass_context
def export(
    ctx: click.Context,
    *,
    name: str,
    what: str,
    schedule: bool,
    front: bool,
    target: str,
    path: Path | None,
) -> None:
    """Write all trials or reports of a study.

    In CSV, text that a spreadsheet would take for a formula is prefixed with an apostrophe.
    Parquet has a type for each column, and needs pyarrow.
    """
    output_format = target
    if target not in _FORMATS:
        if path is not None:
            raise click.UsageError("-o names a file, and --output another: give one", ctx)
        path = Path(target)
        output_format = path.suffix.lower()[1:]
    for flag, given in {"schedule": schedule, "front": front}.items():
        if given and (what != "trials" or output_format == "parquet"):
            raise click.UsageError(f"--{flag} is of trials, as csv, json or jsonl, alone", ctx)
        what = flag if given else what
    if output_format == "parquet":
        _export_parquet(ctx, name, what, path)
        return
    with connect(ctx) as daemon, _opened(path) as file:
        columns, row, messages = _source(daemon, name, what)
        if output_format == "csv":
            output.write_csv(file, columns, map(row, messages))
        else:
            made = (m if isinstance(m, dict) else plain(m) for m in messages)
            lines = (json_text(message) for message in made)
            output.write_json_lines(file, lines, as_array=output_format == "json")


def _export_parquet(ctx: click.Context, name: str, what: str, path: Path | None) -> None:
    from ashad_client.tables import columns, frame  # noqa: PLC0415

    if path is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is no text for a terminal: -o digits.parquet", ctx)
    if importlib.util.find_spec("pyarrow") is None:
        raise CommandError("Parquet is written with pyarrow: pip install 'ashad[parquet]'")
    parquet: Any = importlib.import_module("pyarrow.parquet")
    with connect(ctx) as daemon, contextlib.ExitStack() as stack:
        study = daemon.call("GetStudy", pb.GetStudyRequest(study=name)).study
        reports = what == "reports"
        judged = [one.metric for one in study.spec.objectives if one.metric != study.spec.metric]
        trials = functools.partial(columns.TrialReader, metrics=judged)
        reader: Any = columns.ReportReader(study) if reports else trials(study)
        while (request := reader.request()) is not None:
            reader.take(daemon.call(reader.rpc.name, request))
        found = reader.columns()
        if not reports and study.spec.combination in best_view.ORDERED:
            value = next(one for one in found if one.name == "value")
            found.append(replace(value, name=f"metrics.{study.spec.metric}"))
        regular = path is not None and (path.is_file() or not path.exists())
        target: Any = sys.stdout.buffer if path is None else path
        if path is not None and regular:
            target = stack.enter_context(output.replacing(path))
        parquet.write_table(frame.arrow(found), target)


def _source(daemon: Daemon, name: str, what: str) -> tuple[Sequence[str], Any, Iterator[Any]]:
    spec = daemon.call("GetStudy", pb.GetStudyRequest(study=name)).study.spec
    if what == "reports":
        reports = daemon.pages("ListReports", pb.ListReportsRequest(study=name), "reports")
        return trial_view.REPORT_COLUMNS, trial_view.report_row, reports
    names = [f"params.{parameter.name}" for parameter in spec.space]
    judged = [f"metrics.{one.metric}" for one in spec.objectives]
    if what == "front":
        if spec.combination != pb.COMBINATION_PARETO:
            raise CommandError(f'{name} has a best trial and no front: it is not of "pareto"')
        answer = daemon.call("GetBestTrial", pb.GetBestTrialRequest(study=name))
        columns = [*trial_view.TRIAL_COLUMNS, *judged, *names]
        return columns, functools.partial(_front_row, spec), iter(answer.front)
    if what == "schedule":
        rows = lineage_view.schedule(_best_lineage(daemon, name))
        return [*lineage_view.SCHEDULE_COLUMNS, *names], dict, iter(rows)
    trials = daemon.pages("ListTrials", pb.ListTrialsRequest(study=name), "trials")
    row: Callable[[pb.Trial], output.Row] = trial_view.row
    if judged:
        found = functools.cache(functools.partial(_judged, daemon, name, spec))
        row = functools.partial(_judged_row, found)  # asked only where rows are written
    return [*trial_view.TRIAL_COLUMNS, *judged, *names], row, trials


def _judged(daemon: Daemon, name: str, spec: pb.StudySpec) -> dict[int, output.Row]:
    """Give the objectives of the latest report of each trial."""
    judged = [one.metric for one in spec.objectives]
    asked = ["value" if one == spec.metric else f"metrics.{one}" for one in judged]
    request = pb.QueryTrialsRequest(study=name, columns=["trial", *asked])
    found: dict[int, output.Row] = {}
    columns = daemon.pages("QueryTrials", request, "columns")
    for numbers in columns:  # of each page, and then its others
        told = [[*next(columns).doubles] for _ in judged]
        for number, *values in zip(numbers.integers, *told, strict=True):
            pairs = zip(judged, values, strict=True)
            found[number] = {f"metrics.{one}": v for one, v in pairs if not math.isnan(v)}
    return found


def _judged_row(found: Callable[[], dict[int, output.Row]], trial: pb.Trial) -> output.Row:
    return trial_view.row(trial) | found().get(trial.trial, {})


def _front_row(spec: pb.StudySpec, one: pb.FrontEntry) -> output.Row:
    metrics = best_view.front_metrics(spec, one).items()
    return trial_view.row(one.trial) | {f"metrics.{name}": value for name, value in metrics}


def _best_lineage(daemon: Daemon, name: str) -> list[pb.Trial]:
    answer = daemon.call("GetBestTrial", pb.GetBestTrialRequest(study=name))
    if not answer.HasField("trial"):
        raise CommandError(f"study {name} has no report yet; train it: ashad run {name} -- COMMAND")
    return lineage_of(daemon, name, answer.trial.trial)


@contextlib.contextmanager
def _opened(path: Path | None) -> Iterator[IO[str]]:
    """Open the output; a file appears under its name only when it is whole."""
    if path is None:
        yield sys.stdout
    elif path.exists() and not path.is_file():  # a pipe, a device
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    else:
        with output.replacing(path) as made, made.open("w", encoding="utf-8", newline="") as file:
            yield file
