"""Values as a command line or a variable holds them, and times as people type them. Pure."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from collections.abc import Mapping

from ashad_client.values import Native

_DURATION = re.compile(
    r"(?:([0-9]{1,8})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,10})m)?(?:([0-9]{1,12}(?:\.[0-9]{1,9})?)s?)?"
)
_SECONDS = (86400, 3600, 60, 1)
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def text_of(value: Native) -> str:
    """Write a parameter: true and false in lower case, numbers so that they read back the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def json_of(params: Mapping[str, Native]) -> str:
    """Write a configuration as JSON on one line."""
    return json.dumps(params, ensure_ascii=False)


def clean(text: str) -> str:
    r"""Write what could drive a terminal, or forge a line, as \n, \x1b or \u202e."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        ascii(char)[1:-1] if unicodedata.category(char) in _UNSAFE else char for char in text
    )


def quoted(value: str) -> str:
    """Quote a text for eval by any POSIX shell: nothing in it is ever run or expanded."""
    return shlex.quote(value)


def seconds_of(text: str) -> float:
    """Read "90", "90s", "12m", "3h50m" or "1d". Raises ValueError that says the form."""
    match = _DURATION.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise ValueError(f'{text!r} is no duration, such as "90s", "12m" or "3h50m"')
    return sum(float(part) * unit for part, unit in zip(match.groups(), _SECONDS) if part)


def short(seconds: float) -> str:
    """Write a measured time for people: 4.2s, 3m05s, 2h11m."""
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    return f"{hours}h{left:02d}m" if hours else f"{minutes}m{rest:02d}s"
