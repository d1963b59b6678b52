"""The space of a study file, and values fitted to it: from a file, or from NAME=VALUE."""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli import strict
from ashad.cli.errors import close_match
from ashad.cli.strict import Mistakes, Table, describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_KINDS = ("float", "int", "choice", "const")
_FORMS = (
    "write {float = [low, high]}, {int = [low, high]}, {choice = [...]}, {const = ...} or the value"
)
_INTEGER = re.compile(r"[-+]?[0-9]{1,20}")
_REAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def read_space(table: Table) -> list[pb.ParameterSpec]:
    """Read all parameters, in the order of the file."""
    known: dict[str, pb.ParameterSpec] = {}
    for name in table.data:
        parameter = read_parameter(table, name, known)
        if parameter is not None:
            known[name] = parameter
    return list(known.values())


def read_parameter(
    space: Table, name: str, known: Mapping[str, pb.ParameterSpec]
) -> pb.ParameterSpec | None:
    """Read one parameter: a range, a list of choices, or a constant. `known`: those before it."""
    raw = space.data[name]
    if isinstance(raw, list):
        space.wrong(name, f"must not be a list: {_FORMS}")
        return None
    if not isinstance(raw, dict):
        constant = space.checked(name, lambda: scalar(raw))
        return None if constant is None else pb.ParameterSpec(name=name, constant=constant)
    table = Table(raw, space.at(name), space.mistakes)
    kinds = [kind for kind in _KINDS if table.has(kind)]
    if len(kinds) != 1:
        many = f"has {' and '.join(kinds)}, only one can be" if kinds else "says no range"
        hints = "" if kinds else "".join(close_match(key, _KINDS) for key in raw)
        space.wrong(name, f"{many}: {_FORMS}{hints}")
        return None
    before = len(space.mistakes.lines)
    read = {"float": _float, "int": _int, "choice": _choice, "const": _const}
    parameter = read[kinds[0]](table)
    conditions = _conditions(table, known)
    table.done(where=f" for a parameter with {kinds[0]}")
    if parameter is None or len(space.mistakes.lines) > before:
        return None
    parameter.name = name
    parameter.when.extend(conditions)
    return parameter


def _conditions(table: Table, known: Mapping[str, pb.ParameterSpec]) -> list[pb.Condition]:
    """Read when = {PARAMETER = value} or {PARAMETER = [values]}."""
    when = table.table("when")
    found: list[pb.Condition] = []
    if when is None:
        return found
    for parent in when.data:
        if parent not in known:
            when.wrong(parent, "must be a parameter that stands above")
            continue
        raw = when.data[parent]
        values = raw if isinstance(raw, list) else [raw]
        read = [
            when.checked(parent, functools.partial(fit, known[parent], value)) for value in values
        ]
        found.append(pb.Condition(parameter=parent, values=[v for v in read if v is not None]))
    return found


def _float(table: Table) -> pb.ParameterSpec | None:
    low, high = _ends(table, "float", strict.real)
    step = table.number("step", above=0)
    points = table.integer("grid_points", least=1, bits=32)
    if low is None or high is None:
        _scale(table)
        return None
    return pb.ParameterSpec(
        float_range=pb.FloatRange(
            low=low, high=high, scale=_scale(table), step=step or 0, grid_points=points or 0
        )
    )


def _int(table: Table) -> pb.ParameterSpec | None:
    low, high = _ends(table, "int", strict.integer)
    step = table.integer("step", least=1)
    points = table.integer("grid_points", least=1, bits=32)
    if low is None or high is None:
        _scale(table)
        return None
    return pb.ParameterSpec(
        int_range=pb.IntRange(
            low=low, high=high, scale=_scale(table), step=step or 0, grid_points=points or 0
        )
    )


def _ends(table: Table, key: str, read: Any) -> tuple[Any, Any]:
    ends = table.array(key)
    if ends is None:
        return None, None
    if len(ends) != 2:
        table.wrong(key, f"must be [low, high], not a list of {len(ends)}")
        return None, None
    low, high = (_item(table, key, index, read) for index in (0, 1))
    return low, high


def _item(table: Table, key: str, index: int, read: Any) -> Any:
    """Read one item of a list; its mistake is kept under key[index]."""
    try:
        return read(table.data[key][index])
    except ValueError as error:
        table.mistakes.add(f"{table.at(key)}[{index}]", str(error))
        return None


def _scale(table: Table) -> pb.Scale:
    log = table.boolean("log")
    if log is None:
        return pb.SCALE_UNSPECIFIED
    return pb.SCALE_LOG if log else pb.SCALE_LINEAR


def _choice(table: Table) -> pb.ParameterSpec | None:
    choices = table.array("choice")
    if choices is None:
        return None
    if not choices:
        table.wrong("choice", "must hold at least one value")
        return None
    read = [_item(table, "choice", index, scalar) for index in range(len(choices))]
    return pb.ParameterSpec(categorical=pb.Categorical(choices=[v for v in read if v is not None]))


def _const(table: Table) -> pb.ParameterSpec | None:
    constant = table.checked("const", lambda: scalar(table.raw("const")))
    return None if constant is None else pb.ParameterSpec(constant=constant)


def scalar(found: object) -> pb.ParameterValue:
    """Take one value in its own type."""
    if isinstance(found, bool):
        return pb.ParameterValue(bool_value=found)
    if isinstance(found, int):
        return pb.ParameterValue(int_value=strict.integer(found))
    if isinstance(found, float):
        return pb.ParameterValue(double_value=strict.real(found))
    if isinstance(found, str):
        return pb.ParameterValue(string_value=found)
    raise ValueError(f"must be a number, text, true or false, not {describe(found)}")


def value_of(value: pb.ParameterValue) -> str | int | float | bool | None:
    """Give a value of the contract in its Python type."""
    kind = value.WhichOneof("kind")
    return None if kind is None else getattr(value, kind)


def read_points(
    tables: Sequence[object],
    path: str,
    space: Mapping[str, pb.ParameterSpec | None],
    mistakes: Mistakes,
) -> list[pb.Configuration]:
    """Read configurations; a name of the space whose own line was wrong maps to None."""
    points = []
    for index, raw in enumerate(tables):
        where = f"{path}[{index}]"
        if not isinstance(raw, dict):
            mistakes.add(where, f"must be a table, not {describe(raw)}")
            continue
        table = Table(raw, where, mistakes)
        values = {}
        for name in raw:
            parameter = space.get(name)
            if parameter is not None:
                values[name] = table.checked(name, functools.partial(fit, parameter, raw[name]))
        table.done(space, where=" (not in the space)")
        points.append(configuration(values, space))
    return points


def configuration(
    values: Mapping[str, pb.ParameterValue | None], order: Iterable[str]
) -> pb.Configuration:
    """Bring values into the order of the space, in which parameters always travel."""
    return pb.Configuration(
        params=[pb.Parameter(name=name, value=values[name]) for name in order if values.get(name)]
    )


def fit(parameter: pb.ParameterSpec, found: object) -> pb.ParameterValue:
    """Fit a value of a file to the type of its parameter."""
    kind = parameter.WhichOneof("kind")
    if kind == "float_range":
        return pb.ParameterValue(double_value=strict.real(found))
    if kind == "int_range":
        return pb.ParameterValue(int_value=strict.integer(found))
    value = scalar(found)
    choices = _choices(parameter)
    if value in choices:
        return value
    if not isinstance(found, bool | str):  # 1 for 1.0
        for choice in choices:
            known = value_of(choice)
            if not isinstance(known, bool | str) and known == found:
                return choice
    raise ValueError(f"must be {_listed(choices)}, not {describe(found)}")


def fit_text(parameter: pb.ParameterSpec, text: str) -> pb.ParameterValue:
    """Fit text that was typed to the type of its parameter."""
    kind = parameter.WhichOneof("kind")
    if kind == "float_range":
        return pb.ParameterValue(double_value=strict.real(_number(text)))
    if kind == "int_range":
        return pb.ParameterValue(int_value=strict.integer(_number(text)))
    choices = _choices(parameter)
    same = [choice for choice in choices if text in _spellings(choice)]
    if not same and _REAL.fullmatch(text):
        numbers = [c for c in choices if c.WhichOneof("kind") in {"int_value", "double_value"}]
        same = [choice for choice in numbers if value_of(choice) == float(text)]
    if len(same) > 1:
        raise ValueError(f'"{text}" may be {_listed(same)}; put text in double quotes')
    if not same:
        raise ValueError(f"must be {_listed(choices)}, not {describe(text)}")
    return same[0]


def _number(text: str) -> object:
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) else text


def _spellings(choice: pb.ParameterValue) -> set[str]:
    value = value_of(choice)
    spelled = json.dumps(value, ensure_ascii=False)
    return {value, spelled} if isinstance(value, str) else {spelled}


def _choices(parameter: pb.ParameterSpec) -> list[pb.ParameterValue]:
    if parameter.WhichOneof("kind") == "constant":
        return [parameter.constant]
    return list(parameter.categorical.choices)


def _listed(choices: Sequence[pb.ParameterValue]) -> str:
    words = [json.dumps(value_of(choice), ensure_ascii=False) for choice in choices[:12]]
    return " or ".join(words) + (" or ..." if len(choices) > 12 else "")
