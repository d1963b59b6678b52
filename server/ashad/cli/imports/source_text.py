"""JSON and YAML of other tools as plain data, bounded in size and depth; nothing is executed.

W&B reads YAML 1.1, where 1e-4 is text, on is true and 010 is eight; `parse_old_yaml` does so too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ashad_client.dialect.file import UnreadableError, bound_depth

from ashad.cli.studyfile.yaml_text import implicit, load_yaml

if TYPE_CHECKING:
    from pathlib import Path

MAX_FILE = 64 << 20  # bytes; a journal of 10^5 trials has about as many

_YAML_1_1 = (
    (
        "bool",
        r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
        "yYnNtTfFoO",
    ),
    (
        "float",
        r"[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?",
        "-+.0123456789",
    ),
    ("float", r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+."),
    (
        "int",
        r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+",
        "-+0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
)
_IMPLICIT = implicit(_YAML_1_1)


def read_text(path: Path, most: int = MAX_FILE) -> str:
    """Return the text of a file, or refuse it: too large, a pickle, or no text."""
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise UnreadableError(f"{path.name}: larger than {most:,} bytes")
    if content[:1] == b"\x80":
        raise UnreadableError(f"{path.name}: a pickle, which runs code when it is read; not taken")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path.name}: not UTF-8 text (byte {error.start})") from None


def parse_json(text: str, what: str) -> Any:
    """Parse JSON; NaN and Infinity are numbers, as these tools write them."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{what}: not JSON: {error}") from None
    bound_depth(data)
    return data


def json_lines(text: str, what: str) -> list[Any]:
    """Parse JSON lines; a last line that was cut in writing is left out."""
    lines = text.split("\n")
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(parse_json(line, f"{what}, line {number}"))
        except UnreadableError:
            if number < len(lines):
                raise
    return found


def parse_old_yaml(text: str) -> dict[str, Any]:
    """Parse YAML as version 1.1 has it."""
    return load_yaml(text, _IMPLICIT, version="1.1")
