"""`ashad study change`: another space for the trials that are not drawn yet."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import Word, client_options, study_argument
from ashad.cli.rpc import connect
from ashad.cli.studyfile import space_edit
from ashad.cli.studyfile.study import read_space
from ashad.cli.views import output

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def _texts(name: str, metavar: str, help_text: str) -> Callable[[F], F]:
    return click.option(f"--{name}", multiple=True, type=Word(), metavar=metavar, help=help_text)


@click.command()
@study_argument
@click.argument("path", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@_texts("range", "NAME=LOW..HIGH", "Other ends of a range; repeat.")
@_texts("add-choice", "NAME=VALUE", "One choice more; repeat.")
@_texts("remove-choice", "NAME=VALUE", "One choice less; repeat.")
@_texts("set", "TOML", "A parameter, changed or added, as a study file says it; repeat.")
@_texts("past", "NAME=VALUE", "Of an added parameter: what the trials until now had; repeat.")
@click.option("--if-version", type=click.IntRange(1), help="Refuse if it is another by now.")
@click.option("--dry-run", is_flag=True, help="Let the daemon check it, and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@client_options
@click.pass_context
def change(
    ctx: click.Context,
    *,
    name: str,
    path: Path | None,
    range: tuple[str, ...],  # noqa: A002 - the name of the flag
    add_choice: tuple[str, ...],
    remove_choice: tuple[str, ...],
    set: tuple[str, ...],  # noqa: A002
    past: tuple[str, ...],
    if_version: int | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Change the space of a study that runs, for the trials that are not drawn yet.

    Of a study file only [space] is read. Trials keep their configurations, and rungs stay.

    A parameter in TOML is as a study file says it: --set 'drop = {float = [0.0, 0.5]}'.
    """
    given = (range, add_choice, remove_choice, set)
    if path is not None and any(given):
        raise click.UsageError("give a FILE or what is to be other, not both", ctx)
    if path is None and not any(given):
        raise click.UsageError("say what is to be other: --range, --set, or a study FILE", ctx)
    with connect(ctx) as daemon:
        now: pb.Study = daemon.call("GetStudy", pb.GetStudyRequest(study=name)).study
        latest = now.space_versions[-1].version if now.space_versions else 1
        found = now.spec.space if path is None else read_space(path)
        space = {parameter.name: parameter for parameter in found}
        options = ("--range", "--add-choice", "--remove-choice", "--set")
        space_edit.edit(space, dict(zip(options, given, strict=True)))
        request = pb.ChangeSpaceRequest(
            study=name,
            space=space.values(),
            past_values=space_edit.past_values(space, past),
            request_id=str(uuid.uuid4()),
            if_version=if_version or latest,
            validate_only=True,
        )
        made: pb.SpaceVersion = daemon.call("ChangeSpace", request).version
        if made.version == latest:
            output.say(f"study {name}: the space is so already, version {made.version}")
            return
        for line in made.changes:
            output.say(line)
        if dry_run:
            output.say(f"study {name}: version {made.version} is in order; nothing was changed")
            return
        if not yes:
            if not sys.stdin.isatty():
                raise click.UsageError("there is nobody to ask here: add --yes to change it", ctx)
            click.confirm(f"Draw from it from trial {made.first_trial} on?", abort=True)
        request.validate_only = False
        made = daemon.call("ChangeSpace", request).version
    output.say(f"study {name}: version {made.version} of the space, from trial {made.first_trial}")
