"""`ashad study`: make, watch, steer and delete studies."""

from __future__ import annotations

import sys
import uuid
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ashad_client.fleet.demand import demand_of
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli import annotation
from ashad.cli.arguments import MAX_INT64, Limit, Word, client_options, study_argument
from ashad.cli.commands.best import answers
from ashad.cli.commands.schema import schema
from ashad.cli.errors import CommandError
from ashad.cli.rpc import connect
from ashad.cli.study_change import change
from ashad.cli.study_where import where
from ashad.cli.studyfile.study import read_file
from ashad.cli.views import output, quota_view, study_view
from ashad.cli.views.plain import plain

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration


@click.group()
def study() -> None:
    """Make, show, steer and delete studies."""


study.add_command(schema)
study.add_command(where)
study.add_command(change)


@study.command()
@click.option(
    "-f",
    "--file",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    help="Study file, .toml or .yaml; `ashad study schema` tells its keys.",
)
@click.argument("name", metavar="[NAME]", required=False, type=Word())
@click.option("--dry-run", is_flag=True, help="Let the daemon check it, and make nothing.")
@click.option("--if-not-exists", is_flag=True, help="Always so; taken for the sake of scripts.")
@client_options
@click.pass_context
def create(
    ctx: click.Context, path: Path, name: str | None, dry_run: bool, if_not_exists: bool
) -> None:
    """Make a study from a file, and print its rungs.

    NAME goes before the name in the file. A study of this name with an equal specification is left
    as it is; with another one it is an error.
    """
    del if_not_exists
    file_name, spec = read_file(path)
    name = name or file_name
    if not name:
        raise click.UsageError(f"name the study: NAME, or the key name in {path}", ctx)
    request = pb.CreateStudyRequest(
        study=name, spec=spec, request_id=str(uuid.uuid4()), validate_only=dry_run
    )
    with connect(ctx) as daemon:
        response: pb.CreateStudyResponse = daemon.call("CreateStudy", request)
    made = response.study
    verb = "is in order; nothing was made" if dry_run else "made"
    if not response.created and not dry_run:
        verb = "was there already, with an equal specification"
    output.say(f"study {name} {verb}")
    output.say(f"{study_view.algorithm(made.spec)}; limits: {study_view.limits(made.spec)}")
    output.say()
    study_view.plan(made)
    for warning in response.warnings:
        output.say(f"warning: {warning}", err=True)


@study.command("list")
@annotation.label_option
@output.format_option
@client_options
@click.pass_context
def list_(ctx: click.Context, labels: tuple[str, ...], output_format: str) -> None:
    """List all studies."""
    with connect(ctx) as daemon:
        found = daemon.pages("ListStudies", pb.ListStudiesRequest(labels=labels), "studies")
        studies, waits = list(found), {}
        with suppress(CommandError):  # an older daemon has no quotas
            quotas = daemon.pages("ListQuotas", pb.ListQuotasRequest(), "quotas")
            waits = quota_view.waits(quotas)
        empty = "no study yet; `ashad init` writes a study file, `ashad study create -f` makes it"
        if labels:
            empty = f"no study has the label {' and '.join(labels)}"
        output.show_list(
            output_format,
            studies,
            lambda one: study_view.line(one, waits.get(one.name, "")),
            lambda one: study_view.row(one, waits.get(one.name, "")),
            empty=empty,
            more=lambda one: {"waits_for": waits.get(one.name, "")},
        )


@study.command()
@study_argument
@output.format_option
@client_options
@click.pass_context
def show(ctx: click.Context, name: str, output_format: str) -> None:
    """Show a study: state, limits, counts, rungs, best trial."""
    with connect(ctx) as daemon:
        answer = daemon.call("GetStudy", pb.GetStudyRequest(study=name))
        found = answer.study
        left = study_view.left_below_the_top(found) if output_format == "table" else None
        best = answers(daemon, name, ["best"]).get("best") if left else None
    _show(found, output_format)
    for use in answer.quotas if output_format == "table" else ():
        output.say(quota_view.sentence(use, name))
    if left:
        output.say()
        output.say(left)
        if best is not None and best.trial.checkpoint_uri:
            output.say(f"That of the best, trial {best.trial.trial}: {best.trial.checkpoint_uri}")


def _show(found: pb.Study, output_format: str) -> None:
    if output_format == "json":
        output.print_json(plain(found))
    elif output_format == "csv":
        output.print_csv([study_view.row(found)])
    else:
        study_view.page(found)


_COUNT = Limit("number", click.IntRange(1, MAX_INT64))
_LIMITS = {
    "max_trials": (_COUNT, "Trials in all."),
    "max_concurrent_trials": (_COUNT, "Trials running at one time."),
    "max_total_resource": (
        _COUNT,
        "End when trials have reported so much.",
    ),
    "max_duration": (Limit("duration"), 'Time since creation, such as "12h".'),
    "target_value": (Limit("value", click.FLOAT), "End when a report reaches this value."),
    "max_failed_trials": (_COUNT, "End when so many trials have failed."),
}


def _limit_options(command: Any) -> Any:
    for name, (kind, help_text) in reversed(_LIMITS.items()):
        flag = "--" + name.replace("_", "-")
        command = click.option(flag, type=kind, default=None, help=help_text)(command)
    return command


@study.command()
@study_argument
@_limit_options
@client_options
@click.pass_context
def update(ctx: click.Context, /, name: str, **given: float | str | Duration | None) -> None:
    """Raise, lower or remove limits; `none` removes one.

    A finished study goes on when the limit that ended it is raised.
    """
    chosen = {limit: value for limit, value in given.items() if value is not None}
    if not chosen:
        raise click.UsageError("name at least one limit", ctx)
    limits: dict[str, Any] = {k: v for k, v in chosen.items() if not isinstance(v, str)}
    request = pb.UpdateStudyRequest(study=name, limits=pb.StudyLimits(**limits))
    request.update_mask.paths.extend(chosen)
    with connect(ctx) as daemon:
        found = daemon.call("UpdateStudy", request).study
    output.say(f"study {name}: {study_view.state(found)}; limits: {study_view.limits(found.spec)}")


@study.command()
@study_argument
@annotation.note_options
@client_options
@click.pass_context
def note(ctx: click.Context, name: str, text: str | None, edit: bool, clear: bool) -> None:
    """Set the note of a study, or print it.

    TEXT is Markdown by custom; - reads it from the standard input. Without TEXT it is printed.
    """
    annotation.note(ctx, name, None, text=text, edit=edit, clear=clear)


@study.command()
@study_argument
@annotation.label_options
@client_options
@click.pass_context
def label(ctx: click.Context, name: str, labels: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Add labels to a study, remove some, and print them.

    `ashad study list --label LABEL` finds it by them.
    """
    annotation.label(ctx, name, None, labels=labels, remove=remove)


@study.command()
@study_argument
@click.option("-o", "output_format", type=click.Choice(["text", "json"]), default="text")
@client_options
@click.pass_context
def demand(ctx: click.Context, name: str, output_format: str) -> None:
    """Say how many workers would have a trial now, those that have one included.

    What scales a fleet reads it. `none` (JSON: null): any number. While the study goes on it is one
    or more; of promotions it tells those that are certain, and the next worker may find another.
    """
    with connect(ctx) as daemon:
        answer = daemon.call("GetStudy", pb.GetStudyRequest(study=name))
        found = demand_of(answer.study, answer.quotas)
    workers = found.workers
    if output_format == "json":
        output.print_json({"workers": workers, **asdict(found)})
        return
    new = "any number" if found.new is None else found.new
    parts = f"{found.running} running, {found.queued} queued, {found.promotable} promotable"
    output.say(f"{'none' if workers is None else workers}: {parts}, {new} new")


def _steer(ctx: click.Context, rpc: str, request: Any) -> None:
    with connect(ctx) as daemon:
        found = daemon.call(rpc, request).study
    output.say(f"study {found.name}: {study_view.state(found)}")


@study.command()
@study_argument
@client_options
@click.pass_context
def pause(ctx: click.Context, name: str) -> None:
    """Hand out no more trials until resumed; running trials go on."""
    _steer(ctx, "PauseStudy", pb.PauseStudyRequest(study=name))


@study.command()
@study_argument
@client_options
@click.pass_context
def resume(ctx: click.Context, name: str) -> None:
    """End a pause."""
    _steer(ctx, "ResumeStudy", pb.ResumeStudyRequest(study=name))


@study.command()
@study_argument
@client_options
@click.pass_context
def stop(ctx: click.Context, name: str) -> None:
    """End a study for good; running trials stop at their next report."""
    _steer(ctx, "StopStudy", pb.StopStudyRequest(study=name))


@study.command()
@study_argument
@click.option("--force", is_flag=True, help="Delete even while trials are running.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@client_options
@click.pass_context
def delete(ctx: click.Context, name: str, force: bool, yes: bool) -> None:
    """Delete a study with all its trials and reports."""
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("there is nobody to ask here: add --yes to delete", ctx)
        output.say(f"This deletes study {name} with all its trials and reports.")
        click.confirm("Delete it?", abort=True)
    with connect(ctx) as daemon:
        daemon.call("DeleteStudy", pb.DeleteStudyRequest(study=name, force=force))
    output.say(f"study {name}: deleted")
