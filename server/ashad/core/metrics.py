"""The metrics of a report beside the judged one, as its row keeps them: JSON text. Only reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache


@lru_cache(maxsize=256)
def read(text: str | None) -> Mapping[str, float]:
    """Return the metrics by name; NaN and infinities are among them."""
    given = json.loads(text) if text else {}
    return {name: float(value) for name, value in given.items()}


def lacking(names: Iterable[str], text: str | None) -> list[str]:
    """Return those of the names that a report has no metric of, each once."""
    given = read(text)
    return [name for name in dict.fromkeys(names) if name not in given]
