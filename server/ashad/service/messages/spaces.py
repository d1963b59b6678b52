"""Spaces and their values to messages, and back. Refuses what is malformed, naming the field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.errors import invalid
from ashad.core.space import (
    Choice,
    Constant,
    Domain,
    Float,
    Int,
    Params,
    Space,
    Value,
    When,
    whole_number,
)
from ashad.core.spec import StudySpec

T = TypeVar("T")


def parameter(plain: StudySpec, name: str) -> pb.ParameterSpec:
    """Return one parameter of a space, with its conditions."""
    message = _written(name, plain.space[name])
    for parent, values in plain.when.get(name, ()):
        condition = message.when.add(parameter=parent)
        _list(condition.values, values)
    return message


def _written(name: str, domain: Domain) -> pb.ParameterSpec:
    if isinstance(domain, Constant):
        return pb.ParameterSpec(name=name, constant=value(domain.value))
    if isinstance(domain, Choice):
        message = pb.ParameterSpec(name=name)
        _list(message.categorical.choices, domain.choices)
        message.categorical.weights.extend(domain.weights)
        return message
    rest: dict[str, Any] = {
        "scale": pb.SCALE_LOG if domain.log else pb.SCALE_LINEAR,
        "grid_points": domain.grid_points,
        "mean": domain.mean,
        "sigma": domain.sigma,
    }
    if isinstance(domain, Int):
        whole = pb.IntRange(low=domain.low, high=domain.high, step=domain.step, **rest)
        return pb.ParameterSpec(name=name, int_range=whole)
    real = pb.FloatRange(low=domain.low, high=domain.high, step=domain.step, **rest)
    return pb.ParameterSpec(name=name, float_range=real)


_FIELDS = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}


def fill(message: pb.Configuration | pb.Assignment, params: Params) -> None:
    """Add params to a message that has them, in their order."""
    add = message.params.add  # messages made in place: half the time of messages copied
    for name, value in params.items():
        setattr(add(name=name).value, _FIELDS[type(value)], value)


def _list(messages: Any, values: Iterable[Value]) -> None:
    for value in values:
        setattr(messages.add(), _FIELDS[type(value)], value)


def value(plain: Value) -> pb.ParameterValue:
    """Return one value."""
    return pb.ParameterValue(**{_FIELDS[type(plain)]: plain})  # type: ignore[arg-type]


def space(message: Iterable[pb.ParameterSpec]) -> Space:
    """Return the space of a message."""
    found: Space = {}
    for param in message:
        field = f"spec.space[{param.name[:200]!r}]"
        if param.name in found:
            raise invalid(field, "it is given twice", "INVALID_SPEC")
        found[param.name] = _read(param, field)
    return found


def when(message: Iterable[pb.ParameterSpec], space: Space) -> When:
    """Return the conditions of a space."""

    def of(condition: pb.Condition) -> tuple[str, tuple[Value, ...]]:
        values = _values(condition.values, "spec.space.when")
        if isinstance(space.get(condition.parameter), Int):  # some languages send 1 as 1.0
            whole = map(whole_number, values)
            values = tuple(v if w is None else w for v, w in zip(values, whole, strict=True))
        return condition.parameter, values

    return {param.name: tuple(map(of, param.when)) for param in message if param.when}


def _read(param: pb.ParameterSpec, field: str) -> Domain:
    scales = {pb.SCALE_UNSPECIFIED: False, pb.SCALE_LINEAR: False, pb.SCALE_LOG: True}
    kind = param.WhichOneof("kind")
    if kind == "float_range":
        real = param.float_range
        log = enum(f"{field}.scale", real.scale, scales)
        mean = real.mean if real.HasField("mean") else None
        return Float(real.low, real.high, log, real.step, real.grid_points, mean, real.sigma)
    if kind == "int_range":
        whole = param.int_range
        log = enum(f"{field}.scale", whole.scale, scales)
        mean, step = whole.mean if whole.HasField("mean") else None, whole.step or 1
        return Int(whole.low, whole.high, log, step, whole.grid_points, mean, whole.sigma)
    if kind == "categorical":
        weights = tuple(param.categorical.weights)
        return Choice(_values(param.categorical.choices, field), weights)
    if kind == "constant":
        return Constant(_value(param.constant, field))
    raise invalid(field, "set one of float_range, int_range, categorical, constant", "INVALID_SPEC")


def _value(message: pb.ParameterValue, field: str) -> Value:
    return _values((message,), field)[0]


def _values(messages: Iterable[pb.ParameterValue], field: str) -> tuple[Value, ...]:
    try:
        return tuple([getattr(message, message.WhichOneof("kind")) for message in messages])
    except TypeError:
        raise invalid(field, "the value is not set", "INVALID_CONFIGURATION") from None


def enum(field: str, number: int, meanings: dict[Any, T]) -> T:
    """Return what a value of an enum means."""
    if number not in meanings:
        raise invalid(field, f"{number} is not a value of this enum", "INVALID_SPEC")
    return meanings[number]
