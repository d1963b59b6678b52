"""YAML 1.2 text as plain data, bounded in size and depth, nothing executed.

It is read by ruamel.yaml in the core schema of YAML 1.2: `1e-4` is a number, `on` is text and
`010` is ten. No tags, no anchors, no duplicate keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ashad_client.dialect.file import MAX_DEPTH, TOO_DEEP, UnreadableError
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, ScalarEvent
from ruamel.yaml.resolver import VersionedResolver

MAX_YAML_BYTES = 1 << 16  # the parser is in Python
Implicit = dict[str, list[tuple[str, re.Pattern[str]]]]

# Plain scalars of the core schema; anything else is text. Characters: those one can begin with.
_CORE = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]{1,400}|0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+."),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
)


def parse_yaml(text: str) -> dict[str, Any]:
    """Parse one YAML document whose top is a mapping."""
    return load_yaml(text, _IMPLICIT)


def load_yaml(text: str, scalars: Implicit, version: str = "1.2") -> dict[str, Any]:
    """Parse YAML with the plain scalars of a schema, by their first character."""
    if len(text) > MAX_YAML_BYTES:
        raise UnreadableError(f"YAML larger than {MAX_YAML_BYTES:,} characters; write TOML")
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version
    resolver = type("_Resolver", (_Resolver,), {"scalars": scalars})
    yaml.Resolver, yaml.Composer, yaml.Constructor = resolver, _Composer, _Constructor
    try:
        documents = list(yaml.load_all(text))
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "broken"
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(f"not YAML: {problem}{where}") from None
    if len(documents) != 1:
        raise UnreadableError(f"must hold one YAML document, not {len(documents)}")
    if not isinstance(documents[0], dict):
        raise UnreadableError("must be a table of keys and values at the top")
    return documents[0]


class _Resolver(VersionedResolver):
    """Plain scalars as the schema has them: no dates, no sexagesimals."""

    scalars: Implicit

    @property
    def versioned_resolver(self) -> dict[Any, Any]:
        return self.scalars


def implicit(schema: Iterable[tuple[str, str, Iterable[str]]]) -> Implicit:
    """Return the scalars of a schema by their first character."""
    found: Implicit = {}
    for kind, pattern, first in schema:
        for char in first:
            found.setdefault(char, []).append(
                (f"tag:yaml.org,2002:{kind}", re.compile(f"(?:{pattern})\\Z"))
            )
    return found


_IMPLICIT = implicit(_CORE)


class _Composer(Composer):
    """Nodes without anchors, aliases and tags."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent) or event.anchor is not None:
            raise _at(event, "anchors and aliases (& and *) are not taken")
        if getattr(event, "tag", None) is not None:
            raise _at(event, "tags (!...) are not taken")
        if self.depth >= MAX_DEPTH and not isinstance(event, ScalarEvent):
            raise _at(event, TOO_DEEP)
        return super().compose_node(parent, index)


class _Constructor(SafeConstructor):
    """Tables whose keys are text, each there once."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise _at(key, "a key must be text; put it in quotes")
            if key.value in seen:
                raise _at(key, f'the key "{key.value}" is there twice')
            seen.add(key.value)
        found: dict[str, Any] = super().construct_mapping(node, deep=deep)
        return found


def _at(event: Any, problem: str) -> UnreadableError:
    return UnreadableError(f"line {event.start_mark.line + 1}: {problem}")
