"""What the contract says of its fields, read from the comments of ashad.proto itself."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[2]
# In a wheel it lies in the package; in a checkout where it is kept.
FILES = (_PACKAGE / "ashad.proto", _PACKAGE.parents[1] / "proto" / "ashad" / "v1" / "ashad.proto")
_OPEN = re.compile(r"(?:message|enum|oneof|service) (\w+) \{")
_FIELD = re.compile(r"(?:optional |repeated )?(?:[\w.]+ )?(\w+) = \d+")
_DEFAULT = re.compile(r" ?\b(?:0|Not set|0 or 1): ([^.]*(?:\.\d[^.]*)*)\.|^(\w+) if not set\.")


@cache
def _comments() -> dict[tuple[str, str], str]:
    """Return the comment before each field or value, by the message or enum and its name."""
    text = next(path for path in FILES if path.is_file()).read_text(encoding="utf-8")
    found: dict[tuple[str, str], str] = {}
    owner, said = "", []
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("//"):
            said.append(line.removeprefix("//").strip())
            continue
        opened, field = _OPEN.match(line), _FIELD.match(line)
        if opened and not line.startswith("oneof"):
            owner = opened[1]
            found[owner, ""] = " ".join(said)
        elif field:
            found[owner, field[1]] = " ".join(said)
        elif opened:
            found[owner, opened[1]] = " ".join(said)
        said = []
    return found


def meaning(owner: str, name: str = "") -> str:
    """Return what the contract says of a field or value, without what holds where it is not set."""
    return _DEFAULT.sub("", _comments()[owner, name]).strip()


def default(owner: str, name: str) -> str:
    """Return what holds where a field is not set, in the words of the contract; or nothing."""
    match = _DEFAULT.search(_comments()[owner, name])
    return (match[1] or match[2].lower()) if match else ""
