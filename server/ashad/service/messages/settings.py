"""The settings of an algorithm or sampler, between its class and its message.

Derived from the row of `core.kinds`, the fields of the class and the descriptor of the message: a
field of the message that is not set is the default of the class; an enum is a word in lower case.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.errors import invalid
from ashad.core.kinds import Kind, kind_of
from ashad.core.spec import Algorithm, Sampler


def read(message: pb.StudySpec, oneof: Any, kinds: Iterable[Kind]) -> Any:
    """Return the settings that are set in a oneof, None where none are."""
    name = message.WhichOneof(oneof)
    if name is None:
        return None
    kind = next(kind for kind in kinds if kind.field == name)
    inner = getattr(message, name)
    given = {}
    for field in dataclasses.fields(kind.settings):
        key = field.metadata.get("key", field.name)
        value = _read(inner, inner.DESCRIPTOR.fields_by_name[key], f"spec.{name}.{key}")
        if value is not None:
            given[field.name] = (
                field.metadata["words"][value] if "words" in field.metadata else value
            )
    return kind.settings(**given)


def write(message: pb.StudySpec, settings: Algorithm | Sampler) -> None:
    """Set the settings in their field, defaults filled in."""
    inner = getattr(message, kind_of(settings).field)
    inner.SetInParent()
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        key = field.metadata.get("key", field.name)
        value = getattr(settings, field.name)
        for word, meaning in field.metadata.get("words", {}).items():
            value = word if meaning is value else value
        descriptor = inner.DESCRIPTOR.fields_by_name[key]
        if descriptor.enum_type is not None:
            value = _words(descriptor.enum_type).inverse[value]
        if isinstance(value, tuple):
            getattr(inner, key).extend(value)
        else:
            setattr(inner, key, value)


class _Words:
    """The words of an enum: ASHA_VARIANT_STOPPING is "stopping"."""

    def __init__(self, enum: Any) -> None:
        prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
        self.of = {v.number: v.name.removeprefix(prefix).lower() for v in enum.values if v.number}
        self.inverse = {word: number for number, word in self.of.items()}


_known: dict[str, _Words] = {}


def _words(enum: Any) -> _Words:
    if enum.full_name not in _known:
        _known[enum.full_name] = _Words(enum)
    return _known[enum.full_name]


def _read(message: Any, field: Any, path: str) -> Any:
    """Return the value of a field, None where it is not set and the default counts."""
    value = getattr(message, field.name)
    if field.enum_type is not None:
        if value and value not in _words(field.enum_type).of:
            raise invalid(path, f"{value} is not a value of this enum", "INVALID_SPEC")
        return _words(field.enum_type).of.get(value)
    if field.has_presence:
        return value if message.HasField(field.name) else None
    if not isinstance(value, (int, float, str)):
        return tuple(value)
    return value or None
