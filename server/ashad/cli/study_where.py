"""`ashad study where`: which daemon of several has a study."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import click
from ashad_client.errors import Error
from ashad_client.security import Security, secure
from ashad_client.settings import target_of
from ashad_client.text import split_targets
from ashad_client.transport.channel import open_channel
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli import config
from ashad.cli.arguments import Word
from ashad.cli.errors import CommandError, NoAnswerError
from ashad.cli.operations.completion import studies
from ashad.cli.rpc import WAYS, Daemon
from ashad.cli.views import output, study_view

if TYPE_CHECKING:
    from ashad.cli.views.output import Row

_ANSWER_S = 10.0
_AT_ONCE = 16


class Answer(NamedTuple):
    """What one daemon has, or why it does not say."""

    address: str
    studies: list[pb.Study]
    failure: CommandError | None = None


@click.command()
@click.argument("name", metavar="[STUDY]", required=False, type=Word(), shell_complete=studies)
@output.format_option
@config.settings(*WAYS)
@click.pass_context
def where(ctx: click.Context, name: str | None, output_format: str) -> None:
    """Say which daemon has a study, of all those in --address.

    Without STUDY it lists the studies of all. Each address is asked, with the same CA and token.
    Exit code 1: none of them has it; 69: one did not answer, and the others have it not.
    """
    try:
        targets = target_of(config.value(ctx, "address"))
        security = secure(targets, **{way: config.value(ctx, way) for way in WAYS[1:]})
    except Error as error:
        raise click.UsageError(error.message) from None
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(
            pool.map(lambda address: _ask(address, security, name), split_targets(targets))
        )
    rows = [_row(answer.address, study) for answer in answers for study in answer.studies]
    if rows or not name:
        _print(output_format, rows)
    failed = [answer for answer in answers if answer.failure is not None]
    for answer in failed:
        said = str(answer.failure)
        output.say(said if answer.address in said else f"{answer.address}: {said}", err=True)
    if name and len(rows) > 1:
        places = " and ".join(str(row["address"]) for row in rows)
        output.say(f"warning: {places} each have a study {name}: they share no trials", err=True)
    if name and rows:
        return
    silent = any(isinstance(answer.failure, NoAnswerError) for answer in failed)
    text = f"no daemon that answered has study {name}" if name else "not every daemon answered"
    if silent:
        raise NoAnswerError(text)
    if name or failed:
        raise CommandError(text)


def _ask(address: str, security: Security, name: str | None) -> Answer:
    with open_channel(address, security) as channel:
        daemon = Daemon(address, security, channel)
        try:
            if not name:
                pages = daemon.pages("ListStudies", pb.ListStudiesRequest(), "studies")
                return Answer(address, list(pages))
            found = daemon.call("GetStudy", pb.GetStudyRequest(study=name), _ANSWER_S)
        except CommandError as error:
            absent = error.reason == "STUDY_NOT_FOUND"
            return Answer(address, [], None if absent else error)
        return Answer(address, [found.study])


def _row(address: str, study: pb.Study) -> Row:
    told = study_view.line(study)
    return {
        "address": address,
        **{key: told[key] for key in ("study", "state", "trials", "running")},
    }


def _print(output_format: str, rows: list[Row]) -> None:
    if output_format == "json":
        output.print_json(rows)
    elif output_format == "csv":
        output.print_csv(rows)
    elif rows:
        output.print_table(rows)
    else:
        output.say("no study yet on any of them")
