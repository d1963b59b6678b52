"""The asked metric among those that a framework has. Guesses no name: a near miss is refused."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from ashad_client.errors import Error, invalid


def value_of(metric: str, values: Mapping[str, Any], framework: str) -> Any:
    """Return the value of `metric`. Raises `Error` METRIC_MISSING, which names what there is."""
    if metric not in values:
        raise missing(metric, values, framework)
    return values[metric]


def missing(metric: str, names: Iterable[str], framework: str) -> Error:
    """Make the error for a metric that the framework does not have."""
    there = sorted(str(name) for name in names)
    near = difflib.get_close_matches(metric, there, 1)
    has = ", ".join(there) if there else "none at all"
    meant = f"; did you mean {near[0]!r}?" if near else "."
    return invalid(
        f"{framework} has no metric {metric!r}, it has: {has}{meant} Name it with metric=...",
        "METRIC_MISSING",
    )
