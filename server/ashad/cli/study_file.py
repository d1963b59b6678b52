"""A study file as plain data: TOML or YAML 1.2 text, bounded in size and depth, nothing executed.

YAML is built from parser events by hand: no tags, no anchors, no duplicate keys, and `1e-4` is a
number, `on` is text and `010` is ten, as YAML 1.2 has it.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"

# Strings (closed or not) and comments are skipped; what is left can nest.
_TOML_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\.|[^"\\\n])*(?:"|(?=\n)|\Z)'
    r"|'[^'\n]*(?:'|(?=\n)|\Z)"
    r"|#[^\n]*|[\[\]{}.,=\n]",
    re.DOTALL,
)
_PLAIN: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"~|null|Null|NULL|"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?[0-9]{1,400}"), int),
    (re.compile(r"0o[0-7]{1,400}"), lambda text: int(text, 0)),
    (re.compile(r"0x[0-9a-fA-F]{1,400}"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), lambda t: float(t.replace(".", ""))),
)


class UnreadableError(ValueError):
    """The file is not what its name says, or too large or too deep."""


def load(path: Path) -> dict[str, Any]:
    """Read the top table of a .toml, .yaml or .yml file."""
    parsers = {".toml": parse_toml, ".yaml": parse_yaml, ".yml": parse_yaml}
    parse = parsers.get(path.suffix.lower())
    if parse is None:
        raise UnreadableError("must end in .toml, .yaml or .yml")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UnreadableError(f"larger than {MAX_BYTES:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not UTF-8 text (byte {error.start})") from None
    return parse(text)


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML whose depth was bounded first, for the parser recurses."""
    depth = dots = 0
    for match in _TOML_TOKEN.finditer(text):
        mark = match[0]
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        if mark == ".":
            dots += 1
        elif len(mark) == 1:
            dots = 0
        if depth > MAX_DEPTH or dots > MAX_DEPTH:
            raise UnreadableError(_TOO_DEEP)
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        raise UnreadableError(f"not TOML: {error}") from None
    _bound_depth(data)
    return data


def _bound_depth(data: object) -> None:
    """Headers and dotted keys nest too: look at the result, without recursion."""
    level = [data]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    if any(isinstance(item, dict | list) for item in level):
        raise UnreadableError(_TOO_DEEP)


def parse_yaml(text: str) -> dict[str, Any]:
    """Parse one YAML document whose top is a mapping."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "broken"
        raise UnreadableError(f"not YAML: {problem}{where}") from None
    if builder.documents != 1:
        raise UnreadableError(f"must hold one YAML document, not {builder.documents}")
    if not isinstance(builder.top, dict):
        raise UnreadableError("must be a table of keys and values at the top")
    return builder.top


class _Builder:
    """Makes dicts and lists of YAML events, and refuses what a study file has no use for."""

    def __init__(self) -> None:
        self.documents = 0
        self.top: object = None
        self._open: list[dict[str, Any] | list[Any]] = []
        self._keys: list[str | None] = []  # per open container, the key that waits for its value

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
        elif isinstance(event, yaml.AliasEvent):
            raise _at(event, "anchors and aliases (& and *) are not taken")
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._check_node(event)
            if len(self._open) >= MAX_DEPTH:
                raise _at(event, _TOO_DEEP)
            made: dict[str, Any] | list[Any] = (
                {} if isinstance(event, yaml.MappingStartEvent) else []
            )
            self._put(event, made)
            self._open.append(made)
            self._keys.append(None)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.ScalarEvent):
            self._check_node(event)
            self._put(event, _scalar(event))

    def _check_node(self, event: Any) -> None:
        if event.anchor is not None:
            raise _at(event, "anchors and aliases (& and *) are not taken")
        if event.tag is not None:
            raise _at(event, "tags (!...) are not taken")

    def _put(self, event: yaml.Event, value: object) -> None:
        if not self._open:
            self.top = value
        elif isinstance(parent := self._open[-1], list):
            parent.append(value)
        elif (key := self._keys[-1]) is not None:
            parent[key] = value
            self._keys[-1] = None
        else:
            self._keys[-1] = _key(event, value, parent)


def _key(event: yaml.Event, value: object, parent: dict[str, Any]) -> str:
    if not isinstance(value, str):
        raise _at(event, "a key must be text; put it in quotes")
    if value in parent:
        raise _at(event, f'the key "{value}" is there twice')
    return value


def _scalar(event: yaml.ScalarEvent) -> object:
    if not event.value.isascii() and any("\ud800" <= char <= "\udfff" for char in event.value):
        raise _at(event, "half a surrogate pair is not text")  # the slow loader lets it pass
    if not event.implicit[0]:  # quoted
        return event.value
    for pattern, convert in _PLAIN:
        if pattern.fullmatch(event.value):
            return convert(event.value)
    return event.value


def _at(event: yaml.Event, problem: str) -> UnreadableError:
    mark = event.start_mark
    where = f"line {mark.line + 1}: " if mark else ""
    return UnreadableError(f"{where}{problem}")
