"""Several seeds or folds of one configuration as its resource: what all of them came to so far.

The values of each replicate travel in the checkpoint's name, in a form that every client reads, so
that a trial that is promoted, or whose worker died, goes on with the next one. It trains nothing
and reports nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Protocol, TypedDict, final
from urllib.parse import quote, unquote

from ashad_client.errors import invalid

_PREFIX = "ashad:replicates:"
_MOST = 4096  # characters of a checkpoint
_64_BITS = (1 << 64) - 1


class HeldTrial(Protocol):
    """As much of a trial as is asked for."""

    study: str
    start_resource: int
    resume_checkpoint: str


class Told(TypedDict):
    """What to report: `trial.report(number, **told)`."""

    checkpoint: str
    metrics: dict[str, float]


@final
class Replicates:
    """The replicates of one trial, which its resource counts from 1.

    A rung compares the trials by their mean, or a quantile, over as many replicates as its level
    says, so that a configuration that does badly with the first ones never gets the others.
    """

    def __init__(self, held: HeldTrial, quantile: float | None) -> None:
        if quantile is not None and not (isinstance(quantile, (int, float)) and 0 <= quantile <= 1):
            raise invalid(f"quantile: a number from 0 to 1, not {quantile!r:.100}")
        self._study, self._quantile = held.study, quantile
        self._values: dict[str, list[float]] = _read(held)

    def seed(self, number: int) -> int:
        """Return a seed for replicate `number`, 31 bits, the same for every trial of the study.

        Configurations are compared under the same chance, which tells them apart sooner. FNV-1a of
        "STUDY/NUMBER", mixed as in SplitMix64: the same in every language.
        """
        mixed = 0xCBF29CE484222325
        for byte in f"{self._study}/{number}".encode():
            mixed = (mixed ^ byte) * 0x100000001B3 & _64_BITS
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _64_BITS
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _64_BITS
        return (mixed ^ mixed >> 31) >> 33

    def add(self, metrics: Mapping[str, Any] | None = None, **values: Any) -> Told:
        """Take the metrics of the next replicate; return what to report of all of them.

        Every replicate has the same metrics. Raises `Error` for one that lacks a metric or has
        another, and where the values are too many for a checkpoint's name.
        """
        said = {name: float(value) for name, value in {**(metrics or {}), **values}.items()}
        if not said or (self._values and said.keys() != self._values.keys()):
            before = ", ".join(self._values) or "at least one metric"
            raise invalid(f"add: each replicate has the same metrics: {before}")
        kept = {name: [*self._values.get(name, ()), value] for name, value in said.items()}
        checkpoint = _written(kept)
        if len(checkpoint) > _MOST:
            raise invalid(
                f"add: the values of {len(next(iter(kept.values())))} replicates are too many to "
                f"be kept: {len(checkpoint)} of {_MOST} characters; report fewer metrics"
            )
        self._values = kept
        return {"checkpoint": checkpoint, "metrics": {n: self._of(v) for n, v in kept.items()}}

    def _of(self, values: list[float]) -> float:
        if any(math.isnan(value) for value in values):
            return math.nan
        if self._quantile is None:
            total = sum(values)
            return math.fsum(values) / len(values) if math.isfinite(total) else total
        ranked, place = sorted(values), self._quantile * (len(values) - 1)
        low = math.floor(place)
        share, high = place - low, min(low + 1, len(values) - 1)
        return ranked[low] if not share else ranked[low] * (1 - share) + ranked[high] * share


def _written(values: dict[str, list[float]]) -> str:
    """Return the checkpoint: `ashad:replicates:error=1.0,2.0;loss=0.5,NaN`."""
    many = (
        f"{quote(name, safe='')}={','.join(map(json.dumps, values[name]))}"
        for name in sorted(values)
    )
    return _PREFIX + ";".join(many)


def _read(held: HeldTrial) -> dict[str, list[float]]:
    """Return the values until now, which the checkpoint of the trial names."""
    if not held.start_resource:
        return {}
    text, values = held.resume_checkpoint, {}
    try:
        for one in text.removeprefix(_PREFIX).split(";") if text.startswith(_PREFIX) else ():
            name, many = one.split("=")
            values[unquote(name)] = [float(value) for value in many.split(",")]
    except ValueError:
        values = {}
    if {len(many) for many in values.values()} != {held.start_resource}:
        raise invalid(
            f"replicates: the trial goes on after {held.start_resource}, and its checkpoint has "
            "not so many values: report each replicate with what `add` returns"
        )
    return values
