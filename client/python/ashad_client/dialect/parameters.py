"""The space of a study, its conditions, and values fitted to it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable

from ashad_client.dialect import table as strict
from ashad_client.dialect.table import Mistakes, Table, close_match, describe
from ashad_client.v1 import ashad_pb2 as pb

_NUMBERS = ("int_value", "double_value")
# Of each kind of a parameter: the field of the contract, and the keys beside it.
SHAPES = {
    "float": ("float_range", ("log", "step", "grid_points", "mean", "sigma")),
    "int": ("int_range", ("log", "step", "grid_points", "mean", "sigma")),
    "choice": ("categorical", ("weights",)),
    "const": ("constant", ()),
}
_FORMS = (
    "write {float = [low, high]}, {int = [low, high]}, {choice = [...]}, {const = ...} or the value"
)


def read_space(table: Table) -> list[pb.ParameterSpec]:
    """Read all parameters, in their order."""
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
    kinds = [kind for kind in SHAPES if table.has(kind)]
    if len(kinds) != 1:
        many = f"has {' and '.join(kinds)}, only one can be" if kinds else "says no range"
        hints = "" if kinds else "".join(close_match(key, SHAPES) for key in raw)
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
            when.wrong(parent, "must be a parameter named before it")
            continue
        raw = when.data[parent]
        values = raw if isinstance(raw, list) else [raw]
        taken = fitter(known[parent])
        read = [when.checked(parent, functools.partial(taken, value)) for value in values]
        found.append(pb.Condition(parameter=parent, values=[v for v in read if v is not None]))
    return found


def _float(table: Table) -> pb.ParameterSpec | None:
    return _range(table, "float", strict.real, lambda: table.number("step", above=0), pb.FloatRange)


def _int(table: Table) -> pb.ParameterSpec | None:
    return _range(table, "int", strict.integer, lambda: table.integer("step", least=1), pb.IntRange)


def _range(table: Table, key: str, end: Any, step: Any, message: Any) -> pb.ParameterSpec | None:
    low, high = _ends(table, key, end)
    fields = {
        "step": step() or 0,
        "grid_points": table.integer("grid_points", least=1, bits=32) or 0,
        "scale": _scale(table),
        "sigma": table.number("sigma", above=0) or 0,
    }
    mean = table.number("mean")
    if low is None or high is None:
        return None
    return pb.ParameterSpec(**{f"{key}_range": message(low=low, high=high, mean=mean, **fields)})


def _ends(table: Table, key: str, read: Any) -> tuple[Any, Any]:
    ends = table.array(key)
    if ends is None:
        return None, None
    if len(ends) != 2:
        table.wrong(key, f"must be [low, high], not a list of {len(ends)}")
        return None, None
    low, high = (
        table.checked_item(key, i, functools.partial(read, end)) for i, end in enumerate(ends)
    )
    return low, high


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
    read = [
        table.checked_item("choice", i, functools.partial(scalar, choice))
        for i, choice in enumerate(choices)
    ]
    weights = [
        table.checked_item("weights", i, functools.partial(strict.real, weight))
        for i, weight in enumerate(table.array("weights") or [])
    ]
    made = pb.Categorical(choices=[v for v in read if v is not None])
    made.weights.extend(weight for weight in weights if weight is not None)
    return pb.ParameterSpec(categorical=made)


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
    fitters = {name: fitter(found) for name, found in space.items() if found is not None}
    for index, raw in enumerate(tables):
        where = f"{path}[{index}]"
        if not isinstance(raw, dict):
            mistakes.add(where, f"must be a table, not {describe(raw)}")
            continue
        table = Table(raw, where, mistakes)
        values = {}
        for name in raw:
            if name in fitters:
                values[name] = table.checked(name, functools.partial(fitters[name], raw[name]))
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
    """Fit a value to the type of its parameter; 2.0 is a whole number."""
    return fitter(parameter)(found)


def fitter(parameter: pb.ParameterSpec) -> Callable[[object], pb.ParameterValue]:
    """Return what fits values to the type of a parameter, each in constant time."""
    kind = parameter.WhichOneof("kind")
    if kind == "float_range":
        return lambda found: pb.ParameterValue(double_value=strict.real(found))
    if kind == "int_range":
        return _whole
    choices = choices_of(parameter)
    # A number that is none of them stands for its equal: 1 for 1.0.
    known = {value_of(c): c for c in reversed(choices) if c.WhichOneof("kind") in _NUMBERS}
    exact = {(type(value_of(choice)), value_of(choice)): choice for choice in reversed(choices)}

    def choose(found: object) -> pb.ParameterValue:
        scalar(found)
        value: Any = found
        if (type(value), value) in exact:
            return exact[type(value), value]
        if not isinstance(value, (bool, str)) and value in known:
            return known[value]
        raise ValueError(f"must be {listed(choices)}, not {describe(found)}")

    return choose


def _whole(found: object) -> pb.ParameterValue:
    whole = isinstance(found, float) and found.is_integer()
    return pb.ParameterValue(int_value=strict.integer(int(found) if whole else found))  # type: ignore[call-overload]


def choices_of(parameter: pb.ParameterSpec) -> list[pb.ParameterValue]:
    """Return the values of a choice or a constant."""
    if parameter.WhichOneof("kind") == "constant":
        return [parameter.constant]
    return list(parameter.categorical.choices)


def listed(choices: Sequence[pb.ParameterValue]) -> str:
    """Write the first twelve values as a person would say them."""
    words = [json.dumps(value_of(choice), ensure_ascii=False) for choice in choices[:12]]
    return " or ".join(words) + (" or ..." if len(choices) > 12 else "")
