"""Another version of a space, as it is typed: from the space of now and what is to be other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import click
from ashad_client.dialect.file import UnreadableError, parse_toml
from ashad_client.dialect.parameters import fit, read_parameter, scalar, value_of
from ashad_client.dialect.table import Mistakes, Table
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.studyfile.values import fit_text, typed

Space = dict[str, pb.ParameterSpec]
_RANGE = re.compile(r"(.+?)\.\.(.+)")


def edit(space: Space, given: Mapping[str, Sequence[str]]) -> None:
    """Do what is typed, by its option; refuse two that say the same of a parameter, or all of it.

    Of those the first would be lost without a word.
    """
    said: dict[str, str] = {}
    for option, texts in given.items():
        for text in texts:
            typed_now = f"{option} {text}"
            for name in _EDITS[option](space, text):
                before = said.setdefault(name, typed_now)
                both = before.startswith(_BESIDE) and option in _BESIDE
                if before != typed_now and not both:
                    raise click.UsageError(
                        f"{typed_now}: {before} changes {name} already; give one of them"
                    )


def _with_range(space: Space, text: str) -> Sequence[str]:
    """Give a range other ends: NAME=LOW..HIGH."""
    name, ends = _pair(text, "--range")
    found = _RANGE.fullmatch(ends)
    kind = space[name].WhichOneof("kind") if name in space else None
    if kind not in ("float_range", "int_range"):
        raise click.UsageError(f"--range {text}: {name} is {_instead(space, name)}")
    if found is None:
        raise click.UsageError(f"--range {text}: write NAME=LOW..HIGH, such as lr=1e-5..0.1")
    for end, word in zip(("low", "high"), found.groups(), strict=True):
        value = _taken("--range", text, lambda: fit_text(space[name], word))  # noqa: B023
        setattr(getattr(space[name], kind), end, value_of(value))
    return [name]


def _with_choice(space: Space, text: str) -> Sequence[str]:
    """Add a choice: NAME=VALUE."""
    name, word = _pair(text, "--add-choice")
    choices = _choices(space, name, f"--add-choice {text}")
    choices.append(_taken("--add-choice", text, lambda: scalar(typed(word))))
    return [name]


def _without_choice(space: Space, text: str) -> Sequence[str]:
    """Remove a choice: NAME=VALUE."""
    name, word = _pair(text, "--remove-choice")
    choices = _choices(space, name, f"--remove-choice {text}")
    choices.remove(_taken("--remove-choice", text, lambda: fit_text(space[name], word)))
    return [name]


def _with_parameter(space: Space, text: str) -> Sequence[str]:
    """Take a parameter as a study file says it: NAME = {float = [0.0, 0.5]}."""
    mistakes = Mistakes()
    try:
        table = Table(parse_toml(text), "", mistakes)
    except UnreadableError as error:
        raise click.UsageError(f"--set {text}: {error}") from None
    for name in table.data:
        parameter = read_parameter(table, name, space)
        if parameter is not None:
            space[name] = parameter
    if mistakes.lines:
        raise click.UsageError(f"--set {text}: {'; '.join(mistakes.lines)}")
    return list(table.data)


_EDITS: dict[str, Callable[[Space, str], Sequence[str]]] = {
    "--range": _with_range,
    "--add-choice": _with_choice,
    "--remove-choice": _without_choice,
    "--set": _with_parameter,
}
_BESIDE = ("--add-choice", "--remove-choice")  # of one parameter, several of these


def past_values(space: Space, texts: Sequence[str]) -> list[pb.Parameter]:
    """Read what parameters that are added were until now: NAME=VALUE."""
    found: list[pb.Parameter] = []
    for text in texts:
        name, word = _pair(text, "--past")
        if name in [one.name for one in found]:
            raise click.UsageError(f"--past {text}: {name} has a value already; give one of them")
        parameter = space.get(name)
        real = parameter is not None and parameter.WhichOneof("kind") == "float_range"
        value = typed(word)
        if real and parameter is not None:
            made = _taken("--past", text, lambda: fit(parameter, value))  # noqa: B023
        else:
            made = _taken("--past", text, lambda: scalar(value))  # noqa: B023
        found.append(pb.Parameter(name=name, value=made))
    return found


def _pair(text: str, option: str) -> tuple[str, str]:
    name, is_there, value = text.partition("=")
    if not is_there:
        raise click.UsageError(f"{option} {text}: write NAME=VALUE")
    return name.strip(), value.strip()


def _choices(space: Space, name: str, said: str) -> list[pb.ParameterValue]:
    if name not in space or space[name].WhichOneof("kind") != "categorical":
        raise click.UsageError(f"{said}: {name} is {_instead(space, name)}")
    categorical = space[name].categorical
    if categorical.weights:
        raise click.UsageError(f"{said}: {name} has weights; give all of it by --set")
    return categorical.choices  # type: ignore[return-value]


def _instead(space: Space, name: str) -> str:
    if name not in space:
        return f"no parameter of the study; it has {', '.join(list(space)[:20])}"
    kind = space[name].WhichOneof("kind")
    words = {"categorical": "a choice", "constant": "a constant"}
    return words.get(str(kind), "a range")


def _taken(option: str, text: str, read: Callable[[], pb.ParameterValue]) -> pb.ParameterValue:
    try:
        return read()
    except ValueError as error:
        raise click.UsageError(f"{option} {text}: {error}") from None
