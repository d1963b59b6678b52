"""A study as plain data: tables, lists and scalars, from a file or a dict; to the contract's spec.

Types, widths and names are checked here; what a search may look like is the daemon's to judge. A
number that may be left out is not 0, since 0 would mean that it was.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ashad_client.dialect import parameters
from ashad_client.dialect.table import (
    Mistakes,
    Table,
    WrongValueError,
    describe,
    integer,
    real,
)
from ashad_client.v1 import ashad_pb2 as pb

DEFAULT_ALGORITHM = "asha"
_SPEC = pb.StudySpec.DESCRIPTOR
_OTHER = (
    '; "optuna" has gp and cmaes (method), any other library or class of your own is asked by '
    '"python" (factory), where the daemon allows it by --samplers'
)
_LEAST = {"seed": 0, "population": 2}  # 1 of any other
_OBJECTIVES_MISSING = (
    "is missing: combination is of metrics that are judged together; write [objectives.NAME] "
    'with goal = "minimize" or "maximize" for each'
)
_OF_OBJECTIVES = "weight", "scale", "reference", "tolerance", "relative_tolerance", "target"
_CONSTRAINTS = {"constraints": "min_lr < max_lr", "outcome_constraints": "latency_ms <= 20"}


def read(data: Mapping[str, Any], mistakes: Mistakes) -> tuple[str, pb.StudySpec]:
    """Read the top table: its name, empty if it has none, and the spec without what is wrong."""
    top = Table(data, "", mistakes)
    spec = pb.StudySpec()
    name = top.text("name") or ""
    alone = not (top.has("objectives") or top.has("combination"))
    _put(
        spec,
        metric=top.text("metric", required=alone),
        goal=top.word("goal", words(_SPEC.fields_by_name["goal"]), required=alone),
        combination=top.word("combination", words(_SPEC.fields_by_name["combination"])),
        resource=top.text("resource"),
        max_resource=top.integer("max_resource", least=1, required=True),
        seed=top.integer("seed", least=lowest(_SPEC.fields_by_name["seed"])),
        failure_policy=top.word("failure_policy", words(_SPEC.fields_by_name["failure_policy"])),
    )
    _read_objectives(top, spec)
    if top.has("combination") and not top.has("objectives"):
        top.wrong("objectives", _OBJECTIVES_MISSING)
    _read_kind(top, spec, "algorithm", default=DEFAULT_ALGORITHM)
    _read_kind(top, spec, "sampler")
    known: dict[str, pb.ParameterSpec | None] = {}
    if (table := top.table("space", required=True)) is not None:
        spec.space.extend(parameters.read_space(table))
        known = dict.fromkeys(table.data)
        known.update({parameter.name: parameter for parameter in spec.space})
    if (points := top.array("points_to_evaluate")) is not None:
        spec.points_to_evaluate.extend(
            parameters.read_points(points, "points_to_evaluate", known, mistakes)
        )
    for key, such_as in _CONSTRAINTS.items():
        for index, item in enumerate(top.array(key) or []):
            said = top.checked_item(key, index, functools.partial(_text, item, such_as))
            getattr(spec, key).append(said or "")
    for key in ("limits", "lease"):
        if (table := top.table(key)) is not None:
            getattr(spec, key).SetInParent()
            read_fields(table, getattr(spec, key))
            table.done(places=_elsewhere(key))
    for oneof in ("algorithm", "sampler"):
        for kind in kinds(oneof).values():
            if top.has(kind.name):
                top.moved(kind.name, f'write {oneof} = {{type = "{word(kind)}"}}')
    top.done(places=places())
    return name, spec


def kinds(oneof: str) -> dict[str, Any]:
    """Return the algorithms or samplers of the contract, by their words."""
    return {word(kind): kind for kind in _SPEC.oneofs_by_name[oneof].fields}


def word(kind: Any) -> str:
    """Return the word of an algorithm or sampler: "grid" of `grid_sampler`."""
    name: str = kind.name
    return name.removesuffix("_sampler")


def words(field: Any) -> dict[str, int]:
    """Return the words of an enum: "stopping" is ASHA_VARIANT_STOPPING."""
    return words_of(field.enum_type)


def words_of(enum: Any) -> dict[str, int]:
    """Return the words of an enum by its descriptor."""
    values = enum.values
    prefix = len(values[0].name) - len("UNSPECIFIED")
    return {value.name[prefix:].lower(): value.number for value in values if value.number}


def read_fields(table: Table, message: Any, *, but: str = "") -> None:
    """Set each field of a message, but one, from the key of its name."""
    for field in message.DESCRIPTOR.fields:
        if field.name == but:
            continue
        if field.enum_type is not None:
            found: Any = table.word(field.name, words(field))
        elif field.message_type is not None:
            found = table.duration(field.name)
        elif is_repeated(field):
            found = _list(table, field)
        elif field.cpp_type == field.CPPTYPE_BOOL:
            found = table.boolean(field.name)
        elif field.cpp_type == field.CPPTYPE_DOUBLE:
            found = table.number(field.name, above=lowest(field))
        elif field.cpp_type == field.CPPTYPE_STRING:
            found = table.text(field.name)
        else:
            bits = 32 if field.cpp_type == field.CPPTYPE_INT32 else 64
            found = table.integer(field.name, least=lowest(field), bits=bits)
        _put(message, **{field.name: found})


def lowest(field: Any) -> int | None:
    """Return the least whole number that a field takes, or what a real one must be above."""
    if field.cpp_type == field.CPPTYPE_DOUBLE:
        return None if field.has_presence else 1 if field.name == "eta" else 0
    return _LEAST.get(field.name, 1)


def places() -> dict[str, str]:
    """Return where each key stands that is not at the top: {"eta": "in [algorithm]"}."""
    found: dict[str, str] = {}
    for oneof in ("algorithm", "sampler"):
        for kind in kinds(oneof).values():
            found.update(dict.fromkeys(kind.message_type.fields_by_name, f"in [{oneof}]"))
    for name in ("limits", "lease"):
        table: Any = _SPEC.fields_by_name[name].message_type
        found.update(dict.fromkeys(table.fields_by_name, f"in [{name}]"))
    found.update(dict.fromkeys(_OF_OBJECTIVES, "in [objectives.NAME]"))
    return found


def _elsewhere(here: str) -> dict[str, str]:
    """Return where keys stand that are not in this table."""
    tops = [field.name for field in _SPEC.fields if field.message_type is None]
    found = {name: place for name, place in places().items() if place != f"in [{here}]"}
    return {**found, **dict.fromkeys(tops, "at the top of the file")}


def _read_objectives(top: Table, spec: pb.StudySpec) -> None:
    """Read a table for each of the metrics that are judged together, in their order."""
    table = top.table("objectives")
    for name in () if table is None else table.data:
        one = table.table(name)  # type: ignore[union-attr]
        if one is None:
            continue
        made = spec.objectives.add(metric=name)
        read_fields(one, made, but="metric")
        if not one.has("goal"):
            one.wrong("goal", 'is missing: "minimize" or "maximize"')
        one.done(places=_elsewhere("objectives.NAME"))


def _read_kind(top: Table, spec: pb.StudySpec, oneof: str, default: str = "") -> None:
    """Read {type = KIND, ...}, the settings of an algorithm or sampler."""
    table = top.table(oneof)
    known = kinds(oneof)
    if table is None:
        if default and not top.has(oneof):
            getattr(spec, known[default].name).SetInParent()
        return
    kind = table.text("type", required=True)
    if kind is None:
        return
    if kind not in known:
        other = _OTHER if oneof == "sampler" else ""
        table.word("type", dict.fromkeys(known, 0), otherwise=other)
        return
    chosen = getattr(spec, known[kind].name)
    chosen.SetInParent()
    read_fields(table, chosen)
    others = _of_other_kinds(oneof, kind)
    table.done(where=f' for type "{kind}"', places=_elsewhere(oneof), others=others)


def _of_other_kinds(oneof: str, chosen: str) -> dict[str, str]:
    """Return of which kinds the keys are that one kind has not."""
    found: dict[str, list[str]] = {}
    for name, kind in kinds(oneof).items():
        for key in kind.message_type.fields_by_name if name != chosen else ():
            found.setdefault(key, []).append(f'"{name}"')
    return {key: " or ".join(names) for key, names in found.items()}


def _text(item: object, such_as: str) -> str:
    if not isinstance(item, str):
        raise WrongValueError(f'must be text, such as "{such_as}", not {describe(item)}')
    return item


def _list(table: Table, field: Any) -> list[Any]:
    """Read a list of text, of real numbers, or of whole ones from 1 on, as the field has it."""

    def read(item: object) -> object:
        if field.cpp_type == field.CPPTYPE_STRING:
            return _text(item, "lr")
        if field.cpp_type == field.CPPTYPE_DOUBLE:
            return real(item)
        return integer(item, least=1, bits=32)

    found = [
        table.checked_item(field.name, index, functools.partial(read, item))
        for index, item in enumerate(table.array(field.name) or [])
    ]
    return [item for item in found if item is not None]


def is_repeated(field: Any) -> bool:
    """Whether a field holds a list."""
    found = getattr(field, "is_repeated", None)  # which old versions of protobuf lack
    return bool(field.label == field.LABEL_REPEATED if found is None else found)


def _put(message: Any, **fields: Any) -> None:
    """Set the fields that were there."""
    for name, value in fields.items():
        if value is None:
            continue
        if hasattr(value, "DESCRIPTOR"):
            getattr(message, name).CopyFrom(value)
        elif isinstance(value, list):
            getattr(message, name).extend(value)
        else:
            setattr(message, name, value)
