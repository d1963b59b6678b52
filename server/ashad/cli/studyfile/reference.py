"""The reference of the study file: every key with its type, bounds, default and meaning.

Nothing is listed a second time: the keys and types are those of the contract and of its dialect,
the kinds those of the core's table, the meanings the comments of the contract.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from ashad_client.dialect import parameters, study
from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.studyfile import comments
from ashad.core import kinds

_SPEC = pb.StudySpec.DESCRIPTOR
_TABLES = (
    *("objectives", "algorithm", "sampler", "space", "points_to_evaluate", "limits", "lease"),
)
Schema = dict[str, Any]  # JSON Schema
_POINTS: Schema = {"type": "array", "items": {"type": "object"}}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table. `schema`: what it may hold, as JSON Schema."""

    name: str
    meaning: str
    schema: Schema
    default: str = ""
    required: bool = False
    unless: str = ""  # the key that makes a required one needless


@dataclass(frozen=True, slots=True)
class KeyTable:
    """One table of the file; `kind` is what its `type` says, for algorithms and samplers."""

    path: str
    meaning: str
    keys: tuple[Key, ...]
    kind: str = ""


def tables() -> list[KeyTable]:
    """Return all tables of the file, the top first."""
    top = KeyTable("", "The top of the file.", tuple(_top()))
    shared = [
        KeyTable(name, _said(name), tuple(fields(_SPEC.fields_by_name[name].message_type)))
        for name in ("limits", "lease")
    ]
    return [top, _objectives(), *_kinds("algorithm"), *_kinds("sampler"), *_parameters(), *shared]


def _top() -> list[Key]:
    name = Key("name", _meaning("CreateStudyRequest", "study"), {"type": "string"})
    plain = [f for f in _SPEC.fields if f.containing_oneof is None or len(_group(f)) == 1]
    found = [_key(field) for field in plain if field.name not in _TABLES]
    required = {"metric": "objectives", "goal": "objectives", "max_resource": ""}
    keys = [
        name,
        *(_needed(key, required[key.name]) if key.name in required else key for key in found),
    ]
    default = {"algorithm": f'type = "{study.DEFAULT_ALGORITHM}"', "sampler": 'type = "random"'}
    return keys + [
        Key(
            table,
            _said(table),
            _POINTS if table == "points_to_evaluate" else {},
            default.get(table, ""),
            required=table == "space",
        )
        for table in _TABLES
    ]


def _objectives() -> KeyTable:
    message = _SPEC.fields_by_name["objectives"].message_type
    keys = [_needed(key) if key.name == "goal" else key for key in fields(message)]
    named = tuple(key for key in keys if key.name != "metric")
    return KeyTable("objectives.NAME", _said("objectives"), named)


def _group(field: Any) -> list[Any]:
    return list(field.containing_oneof.fields)


def _said(name: str) -> str:
    return _meaning("StudySpec", name).replace(" Exactly one must be set.", "")


def _kinds(oneof: str) -> list[KeyTable]:
    rows = kinds.ALGORITHMS if oneof == "algorithm" else kinds.SAMPLERS
    known = study.kinds(oneof)
    return [
        KeyTable(oneof, kind.help, tuple(fields(known[kind.name].message_type)), kind.name)
        for kind in rows
    ]


def _parameters() -> list[KeyTable]:
    when = Key("when", _meaning("ParameterSpec", "when"), _when())
    made = []
    for kind, (field, shape) in parameters.SHAPES.items():
        holds = pb.ParameterSpec.DESCRIPTOR.fields_by_name[field]
        meaning = _meaning("ParameterSpec", field)
        first = Key(kind, meaning, _holds(kind), required=True)
        others = [] if holds.message_type is None else [*fields(holds.message_type)]
        keys = [key for key in others if key.name in shape]
        if "log" in shape:
            said = "Spread evenly by order of magnitude."
            keys.insert(0, Key("log", said, {"type": "boolean"}, "false"))
        made.append(KeyTable("space.NAME", meaning, (first, *keys, when), kind))
    return made


def _holds(kind: str) -> Schema:
    number = {"float": "number", "int": "integer"}.get(kind)
    if number:
        return {"type": "array", "items": {"type": number}, "minItems": 2, "maxItems": 2}
    return {"type": "array", "items": scalar(), "minItems": 1} if kind == "choice" else scalar()


def _when() -> Schema:
    values = {"anyOf": [scalar(), {"type": "array", "items": scalar()}]}
    return {"type": "object", "additionalProperties": values}


def scalar() -> Schema:
    """Return what a value of a parameter may be."""
    return {"type": ["string", "number", "boolean"]}


def fields(message: Any) -> list[Key]:
    """Return a key for each field of a message, as `dialect.study.read_fields` reads it."""
    return [_key(field) for field in message.fields]


def _key(field: Any) -> Key:
    owner = field.containing_type.name
    meaning, default = _meaning(owner, field.name), comments.default(owner, field.name)
    if field.enum_type is not None:
        words = study.words(field)
        names = {value.number: value.name for value in field.enum_type.values}
        said = {word: _meaning(field.enum_type.name, names[n]) for word, n in words.items()}
        meaning = " ".join([meaning, *(f"{word}: {text}" for word, text in said.items())]).strip()
        unset = _meaning(field.enum_type.name, names[0]).rstrip(".")
        default = default or ("" if ":" in unset else unset.lower())
    return Key(field.name, meaning, _schema(field), default)


def _needed(key: Key, unless: str = "") -> Key:
    return replace(key, required=True, unless=unless)


def _meaning(owner: str, name: str) -> str:
    """Return a comment of the contract, with the words of files for its enums."""
    text = comments.meaning(owner, name)
    for enum in pb.DESCRIPTOR.enum_types_by_name.values():
        for word, number in study.words_of(enum).items():
            text = re.sub(rf"\b{enum.values_by_number[number].name}\b", f'"{word}"', text)
    return text


def _schema(field: Any) -> Schema:
    if field.enum_type is not None:
        return {"enum": list(study.words(field))}
    if field.message_type is not None:
        return {"anyOf": [{"type": "string"}, {"type": "number", "minimum": 0}]}  # a duration
    if study.is_repeated(field) and field.cpp_type == field.CPPTYPE_STRING:
        return {"type": "array", "items": {"type": "string"}}
    if study.is_repeated(field) and field.cpp_type == field.CPPTYPE_DOUBLE:
        return {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}}
    if study.is_repeated(field):
        return {"type": "array", "items": {"type": "integer", "minimum": 1}}
    if field.cpp_type == field.CPPTYPE_BOOL:
        return {"type": "boolean"}
    if field.cpp_type == field.CPPTYPE_STRING:
        return {"type": "string"}
    if field.cpp_type == field.CPPTYPE_DOUBLE:
        above = study.lowest(field)
        return {"type": "number"} | ({} if above is None else {"exclusiveMinimum": above})
    bits = 31 if field.cpp_type == field.CPPTYPE_INT32 else 63
    return {"type": "integer", "minimum": study.lowest(field), "maximum": 2**bits - 1}
