"""A manifest as YAML: blocks, and quotes where text could be read as something else. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# What is text to every reader of YAML 1.1 and 1.2; anything else is quoted, as JSON has it.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
_UNUSUAL = re.compile(r"[^ -~]")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def yaml_of(data: Any) -> str:
    """Write a mapping, its lists and its values."""
    return "\n".join(_lines(data)) + "\n"


def _lines(data: Any) -> Iterator[str]:
    if isinstance(data, dict) and data:
        for key, value in data.items():
            if isinstance(value, (dict, list)) and value:
                yield f"{_scalar(key)}:"
                yield from (f"  {line}" for line in _lines(value))
            else:
                yield f"{_scalar(key)}: {_scalar(value)}"
    elif isinstance(data, list) and data:
        for value in data:
            first, *rest = _lines(value)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield _scalar(data)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    # As JSON, but for the two halves in which that writes a character beyond U+FFFF.
    text = json.dumps(value, ensure_ascii=False)
    return _UNUSUAL.sub(lambda one: f"\\U{ord(one[0]):08X}", text)
