"""A study file: TOML text to plain data, bounded in size and depth, and on to name and spec.

Executes nothing. Other kinds of text are read by parsers that the caller brings.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

from ashad_client.dialect.study import read
from ashad_client.dialect.table import Mistakes
from ashad_client.v1 import ashad_pb2 as pb

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
Parser = Callable[[str], "dict[str, Any]"]

# Strings (closed or not) and comments are skipped; what is left can nest.
_TOML_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\.|[^"\\\n])*(?:"|(?=\n)|\Z)'
    r"|'[^'\n]*(?:'|(?=\n)|\Z)"
    r"|#[^\n]*|[\[\]{}.,=\n]",
    re.DOTALL,
)


class UnreadableError(ValueError):
    """The file is not what its name says, or too large or too deep."""


def read_file(
    path: Path, others: Mapping[str, Parser] | None = None
) -> tuple[str, pb.StudySpec, list[str]]:
    """Read name (empty if the file has none), spec, and the first twenty mistakes, path and all.

    `others`: what reads other files than .toml, by their suffix.
    """
    mistakes = Mistakes()
    try:
        name, spec = read(load(path, others), mistakes)
    except UnreadableError as error:
        return "", pb.StudySpec(), [f"{path}: {error}"]
    except OSError as error:
        return "", pb.StudySpec(), [f"{path}: {error.strerror}"]
    return name, spec, [f"{path}: {line}" for line in mistakes.lines]


def read_toml(content: bytes) -> tuple[str, pb.StudySpec, list[str]]:
    """Read name, spec and the first twenty mistakes of TOML that came without a path."""
    mistakes = Mistakes()
    try:
        name, spec = read(parse_toml(_text(content)), mistakes)
    except UnreadableError as error:
        return "", pb.StudySpec(), [str(error)]
    return name, spec, mistakes.lines


def load(path: Path, others: Mapping[str, Parser] | None = None) -> dict[str, Any]:
    """Read the top table of a file. Raises `UnreadableError`."""
    parsers = {".toml": parse_toml, **(others or {})}
    parse = parsers.get(path.suffix.lower())
    if parse is None:
        *most, last = parsers
        raise UnreadableError(f"must end in {', '.join(most)}{' or ' if most else ''}{last}")
    with path.open("rb") as file:
        return parse(_text(file.read(MAX_BYTES + 1)))


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise UnreadableError(f"larger than {MAX_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not UTF-8 text (byte {error.start})") from None


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
            raise UnreadableError(TOO_DEEP)
    toml = _tomllib()
    try:
        data: dict[str, Any] = toml.loads(text)
    except ValueError as error:
        raise UnreadableError(f"not TOML: {error}") from None
    bound_depth(data)
    return data


def bound_depth(data: object) -> None:
    """Refuse data nested too deep; headers and dotted keys nest too. Without recursion."""
    level = [data]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    if any(isinstance(item, (dict, list)) for item in level):
        raise UnreadableError(TOO_DEEP)


def _tomllib() -> Any:
    """Return what reads TOML: in the standard library from Python 3.11 on."""
    for name in ("tomllib", "tomli"):
        if importlib.util.find_spec(name) is not None:
            return importlib.import_module(name)
    raise UnreadableError("reading TOML needs Python 3.11 or newer, or the package tomli")
