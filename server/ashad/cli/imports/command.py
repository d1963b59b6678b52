"""`ashad import`: a study from the files of another tool, and a report of what was not carried."""

from __future__ import annotations

import uuid
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import click
from ashad_client.dialect.file import UnreadableError
from ashad_client.dialect.parameters import configuration, fit
from ashad_client.dialect.study import read
from ashad_client.dialect.table import Mistakes
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import Word, client_options
from ashad.cli.errors import InvalidFileError
from ashad.cli.imports import wandb
from ashad.cli.imports.draft_text import report_lines, study_text
from ashad.cli.imports.recognition import KNOWN, recognise
from ashad.cli.imports.source_text import read_text
from ashad.cli.rpc import connect
from ashad.cli.views import output, study_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ashad.cli.imports.draft import ImportDraft

MOST_TRIALS, MOST_VALUES = 100, 2_000  # of one call


@click.command("import", short_help="Make a study of what another tool has.")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--study", "name", type=Word(), help="Its name here. Default: its name there.")
@click.option("--of", type=Word(), default="", help="Which study of a storage that has several.")
@click.option("--metric", type=Word(), default="", help="Where the source does not tell it.")
@click.option("--goal", type=click.Choice(["minimize", "maximize"]))
@click.option("--max-resource", type=click.IntRange(1, 10**12), help="Epochs of a full trial.")
@click.option("--resource", type=Word(), help="What it counts.")
@click.option(
    "--runs",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Beside a W&B sweep: the table of its runs, exported as CSV.",
)
@click.option("--dry-run", is_flag=True, help="Print the study file and the report; make nothing.")
@client_options
@click.pass_context
def import_(
    ctx: click.Context,
    path: Path,
    *,
    name: str | None,
    of: str,
    metric: str,
    goal: str | None,
    max_resource: int | None,
    resource: str | None,
    runs: Path | None,
    dry_run: bool,
) -> None:
    """Make a study of what another tool has in FILE, a file or a folder.

    Taken are an Optuna storage (SQLite, journal), a Syne Tune experiment, a folder of Ray Tune's
    results, a W&B sweep, a Determined experiment, a Katib Experiment, a search space of NNI or
    ConfigSpace. What was guessed and what is not carried is told line by line. Pickles are never
    read.
    """
    try:
        draft = _found(path, of, metric)
        draft.metric, draft.goal = metric or draft.metric, goal or draft.goal
        draft.max_resource = max_resource or draft.max_resource
        draft.resource = resource or draft.resource
        if runs is not None:
            wandb.add_runs(draft, read_text(runs))
        draft.settle()
        draft.name = name or draft.name
    except UnreadableError as error:
        raise InvalidFileError(f"{path}: {error}") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise InvalidFileError(f"{path}: not as that tool writes it: {error!r}") from None
    if dry_run:
        output.print_lines(study_text(draft))
    for line in report_lines(draft):
        output.say(line, err=dry_run)  # beside the file, which `study create` takes
    if not dry_run:
        _make(ctx, path, draft)
    elif draft.missing():
        output.say(f"warning: {_lacking(draft)}, or write it into the file", err=True)
    else:
        _checked(path, draft)


def requests(draft: ImportDraft, name: str, spec: pb.StudySpec) -> Iterator[pb.ImportTrialsRequest]:
    """Yield the calls that import the trials, each with a key that is a digest of its content."""
    space = {parameter.name: parameter for parameter in spec.space}
    part, room = pb.ImportTrialsRequest(study=name), MOST_VALUES
    for trial in draft.trials:
        room -= len(trial.reports)
        if part.trials and (room < 0 or len(part.trials) >= MOST_TRIALS):
            yield _keyed(part)
            part, room = pb.ImportTrialsRequest(study=name), MOST_VALUES - len(trial.reports)
        values = {key: fit(space[key], value) for key, value in trial.params.items()}
        state = pb.TRIAL_STATE_COMPLETED if trial.completed else pb.TRIAL_STATE_STOPPED
        part.trials.add(
            params=configuration(values, space).params,
            state=state,
            reports=[pb.PastReport(resource=at, value=value) for at, value in trial.reports],
            note=f"trial {trial.name} of {draft.source}"[:200],
        )
    if part.trials:
        yield _keyed(part)


def _keyed(part: pb.ImportTrialsRequest) -> pb.ImportTrialsRequest:
    content = part.SerializeToString(deterministic=True)
    part.request_id = f"import-{blake2b(content, digest_size=16).hexdigest()}"
    return part


def _found(path: Path, of: str, metric: str) -> ImportDraft:
    source = recognise(path)
    if source is None:
        raise UnreadableError(f"is none of {KNOWN}")
    return source.read(of, metric)


def _lacking(draft: ImportDraft) -> str:
    missing = draft.missing()
    flags = ", ".join("--" + key.replace("_", "-") for key in missing)
    return f"the source does not tell {', '.join(missing)}; give {flags}"


def _checked(path: Path, draft: ImportDraft) -> tuple[str, pb.StudySpec]:
    mistakes = Mistakes()
    name, spec = read(draft.data(), mistakes)
    if mistakes.lines:
        raise InvalidFileError(*(f"{path}: {line}" for line in mistakes.lines))
    return name, spec


def _make(ctx: click.Context, path: Path, draft: ImportDraft) -> None:
    if draft.missing():
        raise InvalidFileError(f"{path}: {_lacking(draft)}")
    name, spec = _checked(path, draft)
    request = pb.CreateStudyRequest(study=name, spec=spec, request_id=str(uuid.uuid4()))
    with connect(ctx) as daemon:
        response: pb.CreateStudyResponse = daemon.call("CreateStudy", request)
        verb = "made" if response.created else "was there already, with an equal specification"
        output.say(f"study {name} {verb}")
        made = [daemon.call("ImportTrials", part) for part in requests(draft, name, spec)]
    if made:
        last = made[-1].first_trial + made[-1].trials - 1
        output.say(f"trials {made[0].first_trial} to {last} are imported; `ashad why {name} 0`")
    for warning in response.warnings:
        output.say(f"warning: {warning}", err=True)
    output.say()
    study_view.plan(response.study)
