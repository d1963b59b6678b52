"""What a study is made of, in plain Python: `loguniform(1e-4, 1e-1)` and a dict of the spec.

The dict has the names of the contract's `StudySpec`; enums are lower-case words ("minimize"), times
are seconds, the space is a dict by name. It only translates: whether a spec makes sense is for the
daemon to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ashad_client.errors import Error, invalid
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import configuration, typed


def uniform(low: float, high: float, step: float = 0.0, grid_points: int = 0) -> pb.ParameterSpec:
    """Draw a real number from low to high, both included; with `step`, only low, low + step, ..."""
    return pb.ParameterSpec(
        float_range=pb.FloatRange(low=low, high=high, step=step, grid_points=grid_points)
    )


def loguniform(low: float, high: float, grid_points: int = 0) -> pb.ParameterSpec:
    """Draw a real number whose logarithm is uniform; `low` must be above 0."""
    span = pb.FloatRange(low=low, high=high, scale=pb.SCALE_LOG, grid_points=grid_points)
    return pb.ParameterSpec(float_range=span)


def integer(
    low: int, high: int, *, step: int = 1, log: bool = False, grid_points: int = 0
) -> pb.ParameterSpec:
    """Draw a whole number from low to high, both included; `log` for equal ratios."""
    scale = pb.SCALE_LOG if log else pb.SCALE_LINEAR
    return pb.ParameterSpec(
        int_range=pb.IntRange(
            low=low, high=high, scale=scale, step=0 if step == 1 else step, grid_points=grid_points
        )
    )


def choice(*values: Any) -> pb.ParameterSpec:
    """Draw one of the values: numbers, text or bools, mixed as you like."""
    return pb.ParameterSpec(
        categorical=pb.Categorical(choices=[typed(value, "choice") for value in values])
    )


def space(parameters: Mapping[str, Any]) -> list[pb.ParameterSpec]:
    """Name the parameters of a space; a plain value is a constant."""
    named = []
    for name, what in parameters.items():
        spec = pb.ParameterSpec(name=name)
        if isinstance(what, pb.ParameterSpec):
            spec.MergeFrom(what)
            spec.name = name
        else:
            spec.constant.CopyFrom(typed(what, name))
        named.append(spec)
    return named


def study_spec(spec: Mapping[str, Any]) -> pb.StudySpec:
    """Read a spec from a dict. Raises `Error` that names the key that is wrong.

    `{"metric": "validation_error", "goal": "minimize", "max_resource": 27,
    "space": {"lr": loguniform(1e-4, 1e-1), "layers": integer(1, 4), "seed": 7},
    "asha": {"eta": 3}, "limits": {"max_trials": 100, "max_duration": 3600}}`; without an algorithm
    it is `asha` with its defaults.
    """
    rest = dict(spec)
    parameters = rest.pop("space", {})
    points = rest.pop("points_to_evaluate", ())
    message = pb.StudySpec()
    _fill(message, rest, "")
    message.space.extend(space(parameters) if isinstance(parameters, Mapping) else parameters)
    message.points_to_evaluate.extend(
        point if isinstance(point, pb.Configuration) else configuration(point) for point in points
    )
    if message.WhichOneof("algorithm") is None:
        message.asha.SetInParent()
    return message


def limits_message(limits: Mapping[str, Any]) -> pb.StudyLimits:
    """Read limits from a dict; `max_duration` in seconds."""
    message = pb.StudyLimits()
    _fill(message, limits, "limits.")
    return message


def _fill(message: Any, values: Mapping[str, Any], path: str) -> None:
    fields = message.DESCRIPTOR.fields_by_name
    for name, value in values.items():
        if name not in fields:
            raise invalid(f"{path}{name}: no such key; there are {', '.join(sorted(fields))}")
        try:
            _set(message, fields[name], value, f"{path}{name}")
        except Error:
            raise
        except (TypeError, ValueError, AttributeError) as error:
            raise invalid(f"{path}{name}: {value!r:.100} does not fit: {error}") from None


def _set(message: Any, field: Any, value: Any, path: str) -> None:
    kind = field.message_type
    if kind is None and field.enum_type is None:
        if isinstance(value, (list, tuple)):
            getattr(message, field.name).extend(value)
        else:
            setattr(message, field.name, value)
    elif kind is None:
        setattr(message, field.name, _enum(field.enum_type, value, path))
    elif isinstance(value, type(getattr(message, field.name))):
        getattr(message, field.name).CopyFrom(value)
    elif kind.full_name == "google.protobuf.Duration":
        seconds = value.total_seconds() if hasattr(value, "total_seconds") else float(value)
        getattr(message, field.name).FromNanoseconds(round(seconds * 1e9))
    elif isinstance(value, Mapping):
        getattr(message, field.name).SetInParent()
        _fill(getattr(message, field.name), value, f"{path}.")
    else:
        raise invalid(f"{path}: a dict of {', '.join(sorted(kind.fields_by_name))}, please")


def _enum(kind: Any, value: Any, path: str) -> int:
    words = {_word(kind, known.name): known.number for known in kind.values}
    found: int | None = words.get(str(value).lower()) if isinstance(value, str) else value
    if found is None:
        raise invalid(f"{path}: one of {', '.join(list(words)[1:])}, not {value!r}")
    return found


def _word(kind: Any, name: str) -> str:
    """Shorten ASHA_VARIANT_STOPPING to "stopping"."""
    zero: str = kind.values_by_number[0].name
    return name[len(zero) - len("UNSPECIFIED") :].lower()
