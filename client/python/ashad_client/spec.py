"""What a study is made of, in plain Python: the same keys and nesting as in a study file.

`loguniform(1e-4, 1e-1)` is `{"float": [1e-4, 1e-1], "log": True}`, as a file says
`{float = [1e-4, 1e-1], log = true}`. The reader is that of the files (`ashad_client.dialect`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ashad_client.dialect.file import read_file
from ashad_client.dialect.parameters import read_parameter
from ashad_client.dialect.study import read, read_fields
from ashad_client.dialect.table import Mistakes, Table
from ashad_client.errors import invalid
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import by_name

MAX_DEPTH = 32
Parameter = dict[str, Any]
When = Mapping[str, Any]


def uniform(
    low: float,
    high: float,
    step: float | None = None,
    grid_points: int | None = None,
    *,
    mean: float | None = None,
    sigma: float | None = None,
    when: When | None = None,
) -> Parameter:
    """Draw a real number from low to high, both included; with `step`, only low, low + step, ...

    `mean`: where good values are expected, a normal prior of the deviation `sigma`, by default a
    quarter of the range. `when={"optimizer": "sgd"}`: the parameter is there only where the
    optimizer is sgd; a list for one of several.
    """
    rest = {"grid_points": grid_points, "mean": mean, "sigma": sigma, "when": when}
    return _said({"float": [low, high], "step": step, **rest})


def loguniform(
    low: float,
    high: float,
    grid_points: int | None = None,
    *,
    mean: float | None = None,
    sigma: float | None = None,
    when: When | None = None,
) -> Parameter:
    """Draw a real number whose logarithm is uniform; `low` must be above 0.

    With `mean`, log-normal about it as the median; `sigma` counts in natural logarithms.
    """
    rest = {"grid_points": grid_points, "mean": mean, "sigma": sigma, "when": when}
    return _said({"float": [low, high], "log": True, **rest})


def integer(
    low: int,
    high: int,
    *,
    step: int | None = None,
    log: bool | None = None,
    grid_points: int | None = None,
    mean: float | None = None,
    sigma: float | None = None,
    when: When | None = None,
) -> Parameter:
    """Draw a whole number from low to high, both included; `log` for equal ratios."""
    rest = {"grid_points": grid_points, "mean": mean, "sigma": sigma, "when": when}
    return _said({"int": [low, high], "step": step, "log": log, **rest})


def choice(
    *values: Any, weights: Sequence[float] | None = None, when: When | None = None
) -> Parameter:
    """Draw one of the values: numbers, text or bools, mixed as you like.

    `weights`: how likely each is, in proportion; without them each is as likely.
    """
    odds = None if weights is None else list(weights)
    return _said({"choice": list(values), "weights": odds, "when": when})


def study_spec(spec: Mapping[str, Any]) -> pb.StudySpec:
    """Read a spec from a dict. Raises `Error` that names every key that is wrong, at most twenty.

    `{"metric": "validation_error", "goal": "minimize", "max_resource": 27,
    "space": {"lr": loguniform(1e-4, 1e-1), "layers": integer(1, 4), "seed": 7},
    "algorithm": {"type": "asha", "eta": 3}, "limits": {"max_trials": 100, "max_duration": "1h"}}`;
    without an algorithm it is `asha` with its defaults.
    """
    mistakes = Mistakes()
    _, message = read(_plain(by_name("spec", spec)), mistakes)
    _refuse(mistakes)
    return message


def load(path: str | os.PathLike[str]) -> tuple[str, pb.StudySpec]:
    """Read a study file: its name (empty if it has none) and its spec.

    `client.create_study(*ashad_client.load("study.toml"))`. The file is TOML; what the command line
    refuses in it is refused here in the same words, each mistake with its key, the first twenty.
    Raises `Error`. Python 3.9 and 3.10 need the package tomli.
    """
    name, message, mistakes = read_file(Path(path))
    if mistakes:
        raise invalid("; ".join(mistakes))
    return name, message


def changed_space(
    now: Iterable[pb.ParameterSpec], changes: Mapping[str, Any]
) -> list[pb.ParameterSpec]:
    """Read parameters that change or are added, and put them into a space."""
    mistakes = Mistakes()
    table = Table(_plain(by_name("space", changes)), "space", mistakes)
    known = {parameter.name: parameter for parameter in now}
    places = {name: number for number, name in enumerate(known)}
    for name in sorted(table.data, key=lambda name: places.get(name, len(places))):
        parameter = read_parameter(table, name, known)
        if parameter is not None:
            known[name] = parameter
    _refuse(mistakes)
    return list(known.values())


def limits_message(limits: Mapping[str, Any]) -> pb.StudyLimits:
    """Read limits from a dict; `max_duration` as text, "90m", or in seconds."""
    mistakes = Mistakes()
    message = pb.StudyLimits()
    table = Table(_plain(limits), "limits", mistakes)
    read_fields(table, message)
    table.done()
    _refuse(mistakes, "INVALID_LIMITS")  # as the daemon calls it
    return message


def _said(parameter: Parameter) -> Parameter:
    return {key: value for key, value in parameter.items() if value is not None}


def _plain(value: Any, depth: int = 0) -> Any:
    """Return dicts, lists and scalars: tuples are lists, numpy scalars are what they hold."""
    if depth > MAX_DEPTH:
        raise invalid(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner, depth + 1) for inner in value]
    if not isinstance(value, (bool, int, float, str)) and hasattr(value, "item"):
        return value.item()
    return value


def _refuse(mistakes: Mistakes, reason: str = "INVALID_ARGUMENT") -> None:
    if mistakes.lines:
        raise invalid("; ".join(mistakes.lines), reason)
