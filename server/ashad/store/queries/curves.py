"""Some of the reports of a trial, spread over all of them."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ashad.store.reader import Reader

IN_FULL = (
    1000  # reports of a trial that are all read; of more, as many are looked for as are wanted
)


class Point(NamedTuple):
    """A report: how far the training was, and the metric, NaN where there was none."""

    resource: int
    value: float


def points(
    reader: Reader, study: int, trial: int, metric: str | None, most: int
) -> tuple[list[Point], bool]:
    """Return reports of a trial in their order, and whether there are more."""
    values, value = _value(metric)
    select = (
        f"SELECT seq, resource, {value} FROM report INDEXED BY report_trial "  # noqa: S608 - our words
        "WHERE study = ? AND trial = ?"
    )
    key = (*values, study, trial)
    found = reader.rows(f"{select} ORDER BY seq LIMIT ?", (*key, IN_FULL + 1))
    thinned = len(found) > IN_FULL
    if thinned:
        last = reader.rows(f"{select} ORDER BY seq DESC LIMIT 1", key)[0]
        first, by_seq = found[0][0], dict[int, tuple[Any, ...]]()
        for n in range(most - 1):
            at = first + (last[0] - first) * n // (most - 1)
            row = reader.rows(f"{select} AND seq >= ? ORDER BY seq LIMIT 1", (*key, at))[0]
            by_seq[row[0]] = row
        by_seq[last[0]] = last
        found = list(by_seq.values())
    return [Point(resource, _number(value)) for _, resource, value in found], thinned


def _value(metric: str | None) -> tuple[tuple[str, ...], str]:
    if metric is None:
        return (), "value"
    return (metric,), "(SELECT value FROM json_each(metrics) WHERE key = ?)"


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else nan
