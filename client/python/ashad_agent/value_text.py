"""Values as a command line or a variable holds them, and times as people read them. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from ashad_client.text import seconds_from_text
from ashad_client.values import Native


def text_of(value: Native) -> str:
    """Write a parameter: true and false in lower case, numbers so that they read back the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def json_of(params: Mapping[str, Native]) -> str:
    """Write a configuration as JSON on one line."""
    return json.dumps(params, ensure_ascii=False)


def quoted(value: str) -> str:
    """Quote a text for eval by any POSIX shell: nothing in it is ever run or expanded."""
    return shlex.quote(value)


def seconds_of(text: str) -> float:
    """Read a duration such as "90", "12m" or "3h50m". Raises `ValueError`."""
    return float(seconds_from_text(text))


def short(seconds: float) -> str:
    """Write a measured time for people: 4.2s, 3m05s, 2h11m."""
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    return f"{hours}h{left:02d}m" if hours else f"{minutes}m{rest:02d}s"
