"""`ashad trial`: the trials of a study."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

import click
from ashad_client.dialect.parameters import configuration
from ashad_client.dialect.table import close_match
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli import annotation
from ashad.cli.arguments import MAX_INT64, Word, client_options, study_argument, trial_argument
from ashad.cli.rpc import Daemon, connect
from ashad.cli.studyfile.values import fit_text
from ashad.cli.views import lineage_view, output, trial_view
from ashad.cli.views.plain import optional as plain_optional
from ashad.cli.views.plain import plain, words
from ashad.cli.views.study_view import params_text

_STATES = words(pb.TrialState)


@click.group()
def trial() -> None:
    """List, show, trace, enqueue, retry and cancel trials."""


@trial.command("list")
@study_argument
@click.option(
    "--state", "states", multiple=True, type=click.Choice(list(_STATES)), help="Only these; repeat."
)
@click.option(
    "--sort",
    "order",
    type=click.Choice(trial_view.ORDERS),
    default="trial",
    show_default=True,
    help="best, value: the better first; resource, worker-time: the most first.",
)
@annotation.label_option
@click.option("--limit", type=click.IntRange(1, MAX_INT64), help="Only the first so many.")
@click.option("--top", type=click.IntRange(1, MAX_INT64), help="The best so many.")
@output.format_option
@client_options
@click.pass_context
def list_(
    ctx: click.Context,
    *,
    name: str,
    states: tuple[str, ...],
    labels: tuple[str, ...],
    order: str,
    limit: int | None,
    top: int | None,
    output_format: str,
) -> None:
    """List the trials of a study; --top 10 the best ten."""
    if top is not None and (limit is not None or order != "trial"):
        raise click.UsageError("--top stands for --sort best --limit: give it alone", ctx)
    if top is not None:
        order, limit = "best", top
    chosen = [pb.TrialState.Name(_STATES[state]) for state in states]
    request = pb.ListTrialsRequest(study=name, states=chosen, labels=labels)
    with connect(ctx) as daemon:
        trials = daemon.pages("ListTrials", request, "trials")
        if order != "trial":
            trials = iter(trial_view.ordered(trials, _spec(daemon, name), order))
        empty = f"no trial of {name} yet; train it: ashad run {name} -- COMMAND"
        if states:
            empty = f"no trial of {name} is {' or '.join(states)}"
        if labels:
            empty = f"no such trial of {name} has the label {' and '.join(labels)}"
        output.show_list(
            output_format,
            itertools.islice(trials, limit),
            trial_view.line,
            trial_view.row,
            empty=empty,
            spare=trial_view.SPARE,
        )


@trial.command()
@study_argument
@trial_argument
@output.format_option
@client_options
@click.pass_context
def show(ctx: click.Context, name: str, number: int, output_format: str) -> None:
    """Show a trial."""
    with connect(ctx) as daemon:
        answer = daemon.call("GetTrial", pb.GetTrialRequest(study=name, trial=number))
        spec = _spec(daemon, name)
    found, attempts = answer.trial, answer.attempts
    if output_format == "json":
        output.print_json(plain(found) | {"attempts": [plain(attempt) for attempt in attempts]})
    elif output_format == "csv":
        output.print_csv([trial_view.row(found)])
    else:
        trial_view.page(found, name, spec, attempts)


@trial.command()
@study_argument
@click.argument("number", metavar="[TRIAL]", type=click.IntRange(0, MAX_INT64), required=False)
@client_options
@click.pass_context
def lineage(ctx: click.Context, name: str, number: int | None) -> None:
    """Draw which trial began from whose checkpoint, as a tree.

    Of a study with population based training. With TRIAL only the way that led to it; the
    parameters along that way, to train it again: ashad export STUDY --schedule
    """
    with connect(ctx) as daemon:
        resource = _spec(daemon, name).resource or "epoch"
        if number is not None:
            shown = lineage_of(daemon, name, number)
        else:
            request = pb.ListTrialsRequest(study=name)
            shown = list(daemon.pages("ListTrials", request, "trials"))
    for line in lineage_view.tree(shown, resource):
        output.say(line)


def lineage_of(daemon: Daemon, name: str, number: int) -> list[pb.Trial]:
    """Return a trial and those whose checkpoints led to it, the first of them first."""
    found: list[pb.Trial] = []
    wanted: int | None = number
    while wanted is not None:
        request = pb.GetTrialRequest(study=name, trial=wanted)
        found.insert(0, daemon.call("GetTrial", request).trial)
        wanted = plain_optional(found[0], "donor_trial")
    return found


@trial.command()
@study_argument
@trial_argument
@annotation.note_options
@client_options
@click.pass_context
def note(
    ctx: click.Context, *, name: str, number: int, text: str | None, edit: bool, clear: bool
) -> None:
    """Set the note of a trial, or print it.

    TEXT is Markdown by custom; - reads it from the standard input. Without TEXT it is printed.
    """
    annotation.note(ctx, name, number, text=text, edit=edit, clear=clear)


@trial.command()
@study_argument
@trial_argument
@annotation.label_options
@client_options
@click.pass_context
def label(
    ctx: click.Context, name: str, number: int, labels: tuple[str, ...], remove: tuple[str, ...]
) -> None:
    """Add labels to a trial, remove some, and print them.

    `ashad trial list STUDY --label LABEL` finds it by them.
    """
    annotation.label(ctx, name, number, labels=labels, remove=remove)


@trial.command()
@study_argument
@click.argument("values", metavar="[PARAM=VALUE]...", nargs=-1, type=Word())
@client_options
@click.pass_context
def enqueue(ctx: click.Context, name: str, values: tuple[str, ...]) -> None:
    """Queue a configuration; what is left out is drawn.

    Values are read by the study's space: `ashad trial enqueue digits lr=0.1 batch_size=64`.
    """
    with connect(ctx) as daemon:
        request = pb.EnqueueTrialRequest(
            study=name,
            configuration=_configuration(ctx, _spec(daemon, name), values),
            request_id=str(uuid.uuid4()),
        )
        made = daemon.call("EnqueueTrial", request).trial
    _say_made(name, made)


@trial.command()
@study_argument
@trial_argument
@client_options
@click.pass_context
def retry(ctx: click.Context, name: str, number: int) -> None:
    """Queue the configuration of a trial again, as a new trial.

    For one that failed because its command was wrong: it counts as failed all the same, and the
    new one counts toward max_trials; `ashad study update --max-trials` makes room.
    """
    with connect(ctx) as daemon:
        found = daemon.call("GetTrial", pb.GetTrialRequest(study=name, trial=number)).trial
        request = pb.EnqueueTrialRequest(
            study=name,
            configuration=pb.Configuration(params=found.params),
            request_id=str(uuid.uuid4()),
        )
        made = daemon.call("EnqueueTrial", request).trial
    _say_made(name, made)


def _say_made(name: str, made: pb.Trial) -> None:
    params = params_text(made.params)
    output.say(f"trial {made.trial} of {name}: {trial_view.state(made)}, {params}")


def _configuration(
    ctx: click.Context, spec: pb.StudySpec, values: tuple[str, ...]
) -> pb.Configuration:
    known = {parameter.name: parameter for parameter in spec.space}
    fitted: dict[str, Any] = {}
    for pair in values:
        key, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f'"{pair}" is not PARAM=VALUE', ctx)
        if key not in known:
            raise click.UsageError(f'no parameter "{key}"{close_match(key, known)}', ctx)
        if key in fitted:
            raise click.UsageError(f"{key} is given twice", ctx)
        try:
            fitted[key] = fit_text(known[key], value)
        except ValueError as error:
            raise click.UsageError(f"{key}: {error}", ctx) from None
    return configuration(fitted, known)


@trial.command()
@study_argument
@trial_argument
@client_options
@click.pass_context
def cancel(ctx: click.Context, name: str, number: int) -> None:
    """Cancel a trial; a running one stops at its next report."""
    with connect(ctx) as daemon:
        found = daemon.call("CancelTrial", pb.CancelTrialRequest(study=name, trial=number)).trial
    output.say(f"trial {number} of {name}: {trial_view.state(found)}")


def _spec(daemon: Daemon, name: str) -> pb.StudySpec:
    spec: pb.StudySpec = daemon.call("GetStudy", pb.GetStudyRequest(study=name)).study.spec
    return spec
