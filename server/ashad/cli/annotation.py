"""What people say of a study or a trial: the commands `note` and `label` of both groups.

Reads what is to be said and prints what stands; whether it may be said, the daemon decides.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.arguments import Word
from ashad.cli.rpc import connect
from ashad.cli.views.output import print_lines, say

if TYPE_CHECKING:
    from collections.abc import Callable

label_option = click.option(
    "--label", "labels", multiple=True, type=Word(), help="Only those with this label; repeat."
)
_text = click.argument("text", metavar="[TEXT]", required=False, type=Word())
_edit = click.option("--edit", is_flag=True, help="Write it in the editor.")
_clear = click.option("--clear", is_flag=True, help="Have none.")
_labels = click.argument("labels", metavar="[LABEL]...", nargs=-1, type=Word())
_remove = click.option("--remove", multiple=True, type=Word(), help="Remove this one; repeat.")


def note_options(command: Any) -> Any:
    """Take what `note` needs."""
    return _text(_edit(_clear(command)))


def label_options(command: Any) -> Any:
    """Take what `label` needs."""
    return _labels(_remove(command))


def note(
    ctx: click.Context,
    name: str,
    trial: int | None,
    *,
    text: str | None,
    edit: bool,
    clear: bool,
) -> None:
    """Set the note of a study or a trial, or print it where nothing is to be set."""
    if (text is not None) + edit + clear > 1:
        raise click.UsageError("give one of TEXT, --edit and --clear", ctx)
    if text == "-":
        text = sys.stdin.read().rstrip("\n")
    with connect(ctx) as daemon:
        found = _found(daemon.call, name, trial)
        if edit:
            text = click.edit(found.note, extension=".md")
            if text is None:
                say("it was not saved: the note stays as it was")
                return
            text = text.rstrip("\n")
        if clear:
            text = ""
        if text is not None:
            _annotate(daemon.call, name, trial, note=text)
            say(f"{_subject(name, trial)} has {'this note' if text else 'no note'}")
            return
    print_lines(found.note)


def label(
    ctx: click.Context,
    name: str,
    trial: int | None,
    *,
    labels: tuple[str, ...],
    remove: tuple[str, ...],
) -> None:
    """Add and remove labels of a study or a trial, and print those that it has."""
    with connect(ctx) as daemon:
        if labels or remove:
            more = {"add_labels": labels, "remove_labels": remove}
            found = _annotate(daemon.call, name, trial, **more)
        else:
            found = _found(daemon.call, name, trial)
    say(f"{_subject(name, trial)}: {', '.join(found.labels) or 'no label'}")


def _subject(name: str, trial: int | None) -> str:
    return f"study {name}" if trial is None else f"trial {trial} of {name}"


def _found(call: Callable[..., Any], name: str, trial: int | None) -> Any:
    if trial is None:
        return call("GetStudy", pb.GetStudyRequest(study=name)).study
    return call("GetTrial", pb.GetTrialRequest(study=name, trial=trial)).trial


def _annotate(call: Callable[..., Any], name: str, trial: int | None, **more: Any) -> Any:
    if trial is None:
        return call("AnnotateStudy", pb.AnnotateStudyRequest(study=name, **more)).study
    return call("AnnotateTrial", pb.AnnotateTrialRequest(study=name, trial=trial, **more)).trial
