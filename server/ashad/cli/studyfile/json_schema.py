"""The study file as a JSON Schema (draft 2020-12), by which editors complete and check it."""

from __future__ import annotations

from typing import Any

from ashad.cli.studyfile import reference
from ashad.cli.studyfile.reference import Key, KeyTable, Schema


def schema() -> Schema:
    """Return the schema; what a search may look like beyond it is the daemon's to judge."""
    tables = reference.tables()
    top, parts = tables[0], {table.path: table for table in tables if not table.kind}
    made = _object(top) | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A study of ashad",
    }
    point = {"type": "object", "additionalProperties": reference.scalar()}
    inner: dict[str, Schema] = {
        "algorithm": _one_of(tables, "algorithm"),
        "sampler": _one_of(tables, "sampler"),
        "space": {"type": "object", "minProperties": 1, "additionalProperties": _parameter(tables)},
        "points_to_evaluate": {"type": "array", "items": point},
        "objectives": {
            "type": "object",
            "minProperties": 2,
            "additionalProperties": _object(parts["objectives.NAME"]),
        },
        "limits": _object(parts["limits"]),
        "lease": _object(parts["lease"]),
    }
    for name, part in inner.items():
        made["properties"][name] |= part
    judged = [key.name for key in top.keys if key.unless == "objectives"]
    made["required"] = [name for name in made["required"] if name not in judged]
    made["anyOf"] = [{"required": judged}, {"required": ["objectives"]}]
    return made


def _one_of(tables: list[KeyTable], path: str) -> Schema:
    found = []
    for table in tables:
        if table.path == path:
            made = _object(table)
            kind = {"const": table.kind, "description": table.meaning}
            made["properties"] = {"type": kind, **made["properties"]}
            made["required"] = ["type", *made.get("required", [])]
            found.append(made)
    return {"type": "object", "oneOf": found}


def _parameter(tables: list[KeyTable]) -> Schema:
    forms = [_object(table) for table in tables if table.path == "space.NAME"]
    return {"anyOf": [*forms, reference.scalar() | {"description": "Always this value."}]}


def _object(table: KeyTable) -> Schema:
    made: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {key.name: _property(key) for key in table.keys},
    }
    required = [key.name for key in table.keys if key.required]
    return made | ({"required": required} if required else {})


def _property(key: Key) -> Schema:
    default = f" Default: {key.default}." if key.default else ""
    return {**key.schema, "description": f"{key.meaning}{default}"}
