"""`ashad init`: writes a commented study file; never over one that is there."""

from __future__ import annotations

import re
import shlex
import sys
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import click
from ashad_client.text import clean

from ashad.cli.arguments import Word
from ashad.cli.errors import CommandError
from ashad.cli.scaffold import script_options
from ashad.cli.scaffold.proposal import NAME, ParameterDraft, Proposal, between, proposal, toml
from ashad.cli.scaffold.study_text import StudyDraft
from ashad.cli.studyfile.study import read_file
from ashad.cli.views import output

if TYPE_CHECKING:
    from collections.abc import Sequence

_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_EXAMPLE = ParameterDraft("lr", "{ float = [1e-4, 0.1], log = true }", "an example", "--lr {lr}")
_EPOCHS = 27


@click.command()
@click.argument("command", nargs=-1, type=Word(), metavar="[-- COMMAND...]")
@click.option(
    "-f",
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default="study.toml",
    show_default=True,
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--name", type=Word(), help="Of the study. Default: that of this folder.")
@click.option("--metric", type=Word(), help="As the program prints it.")
@click.option("--goal", type=click.Choice(["minimize", "maximize"]))
@click.option("--max-resource", type=click.IntRange(1, 10**12), help="Epochs of a full trial.")
@click.option("--max-trials", type=click.IntRange(1, 10**9), default=81, show_default=True)
@click.option(
    "-p",
    "--param",
    "params",
    type=Word(),
    multiple=True,
    metavar="NAME=LOW..HIGH",
    help="A parameter; also NAME=A,B,C. Repeat.",
)
def init(
    command: tuple[str, ...],
    path: Path,
    *,
    force: bool,
    name: str | None,
    metric: str | None,
    goal: str | None,
    max_resource: int | None,
    max_trials: int,
    params: tuple[str, ...],
) -> None:
    """Write a commented study file, to be checked and changed.

    Behind -- the command that trains: `ashad init -- python train.py`. It is run up to where it
    reads its options by argparse, and they become parameters with a range around their default.
    Without a command: by -p, or by a few questions in a terminal.
    """
    if path.suffix != ".toml":
        raise click.UsageError(f"-f: {path} must end in .toml")
    if path.exists() and not force:
        raise CommandError(f"{path} is there already; name another with -f, or --force writes over")
    asked = not command and not params and at_a_terminal()
    drafts = [_parameter(text) for text in params]
    if len({draft.name for draft in drafts}) < len(drafts):
        raise click.UsageError("-p: a parameter is named twice")
    found = proposal(script_options.options_of(command)) if command else Proposal([], [])
    given = {draft.name for draft in drafts}
    drafts += [draft for draft in found.parameters if draft.name not in given]
    draft = StudyDraft(
        name=name or _NO_NAME.sub("-", Path.cwd().name).strip("-._") or "study",
        metric=metric or (_ask("Metric, as the program prints it", "loss") if asked else "loss"),
        goal=goal or (_ask_goal() if asked else "minimize"),
        resource=found.resource or "epoch",
        max_resource=max_resource or found.max_resource or (_ask_epochs() if asked else _EPOCHS),
        max_trials=max_trials,
        parameters=drafts or (_ask_parameters() if asked else []) or [_EXAMPLE],
        left=found.left,
    )
    draft.command = _command(command, draft.parameters, found.settled)
    _write(path, draft)


def at_a_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _write(path: Path, draft: StudyDraft) -> None:
    with output.replacing(path) as made:
        made.write_text(draft.text(path.name), encoding="utf-8")
        checked = made.with_suffix(".toml")
        made.rename(checked)
        try:
            read_file(checked)
        finally:
            checked.rename(made)
    output.say(f"{path}: {len(draft.parameters)} parameters, up to {draft.max_trials} trials")
    for flag, why in draft.left:
        output.say(f"  left as it is: {flag} ({why})")
    output.say("Check the ranges and the metric in it. Then:")
    output.say(f"  {draft.run(path.name)}")


def _command(command: Sequence[str], drafts: list[ParameterDraft], settled: list[str]) -> str:
    words = shlex.join(command) if command else "python train.py"
    return " ".join([words, *settled, *(draft.argument for draft in drafts)])


def _parameter(text: str) -> ParameterDraft:
    """Read NAME=LOW..HIGH or NAME=A,B,C."""
    name, equals, rest = text.partition("=")
    if not equals or not NAME.fullmatch(name) or not ("," in rest or ".." in rest):
        raise click.UsageError(f'-p: "{clean(text)}" is not NAME=LOW..HIGH, nor NAME=A,B,C')
    low, dots, high = rest.partition("..")
    if not dots:
        choices = ", ".join(toml(_number(word)) for word in rest.split(","))
        return ParameterDraft(name, f"{{ choice = [{choices}] }}", "", f"--{name} {{{name}}}")
    ends = _number(low), _number(high)
    if isinstance(ends[0], str) or isinstance(ends[1], str) or not ends[0] < ends[1] < inf:
        raise click.UsageError(f'-p: "{clean(rest)}" is not LOW..HIGH, two numbers in order')
    return ParameterDraft(name, between(ends[0], ends[1]), "", f"--{name} {{{name}}}")


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:  # two tries
            continue
    return text


def _ask(what: str, default: str) -> str:
    found: str = click.prompt(what, default=default, type=Word())
    return found


def _ask_goal() -> str:
    goals = click.Choice(["minimize", "maximize"])
    found: str = click.prompt("Is a small or a large one good", type=goals, default="minimize")
    return found


def _ask_epochs() -> int:
    found: int = click.prompt("Epochs of a full training", type=click.IntRange(1), default=_EPOCHS)
    return found


def _ask_parameters() -> list[ParameterDraft]:
    output.say("Parameters, such as lr=1e-4..0.1 or optimizer=adam,sgd; an empty line ends.")
    found: list[ParameterDraft] = []
    while text := click.prompt("Parameter", default="", show_default=False, type=Word()):
        try:
            draft = _parameter(text)
            found = [*(known for known in found if known.name != draft.name), draft]
        except click.UsageError as error:
            output.say(error.message.removeprefix("-p: "))
    return found
