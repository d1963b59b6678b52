"""Objectives: several metrics judged together, and the one number that they make. Never ranks.

    weighted_sum   the sum of      weight * (value - reference) / scale
    chebyshev      the largest of  weight * (value - reference) / scale

Each term is turned round where larger is better, so that the smaller number is the better one. The
terms are added in the order of the objectives, in doubles: the same metrics make the same number on
every machine. A metric that is no finite number makes NaN.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, nan

from ashad.core import metrics

WEIGHTED_SUM, CHEBYSHEV = "weighted_sum", "chebyshev"
COMBINATIONS = (WEIGHTED_SUM, CHEBYSHEV)
FEWEST, MOST = 2, 10


@dataclass(frozen=True, slots=True)
class Objective:
    """One of the metrics."""

    metric: str
    maximize: bool
    weight: float = 1.0
    scale: float = 1.0
    reference: float = 0.0

    def term(self, value: float) -> float:
        """Return what a value of it adds; smaller is better."""
        beyond = value - self.reference
        return self.weight * (-beyond if self.maximize else beyond) / self.scale


def missing(objectives: Sequence[Objective], given: str | None) -> list[str]:
    """Return the metrics that a report lacks; of one that diverged none is asked for."""
    read = metrics.read(given)
    names = [one.metric for one in objectives]
    if any(name in read and not isfinite(read[name]) for name in names):
        return []
    return metrics.lacking(names, given)


def combined(objectives: Sequence[Objective], combination: str, given: str | None) -> float:
    """Return the number that the metrics of a report make, NaN where one is no finite number."""
    read = metrics.read(given)
    values = [read.get(one.metric, nan) for one in objectives]
    if not all(map(isfinite, values)):
        return nan
    terms = [one.term(value) for one, value in zip(objectives, values, strict=True)]
    if combination == CHEBYSHEV:
        return max(terms)
    total = 0.0
    for term in terms:
        total += term
    return total


def mistakes(
    objectives: Sequence[Objective], combination: str, judged: str, *, maximize: bool
) -> Iterator[tuple[str, str]]:
    """Yield (field, fix) of what is wrong with the objectives of a study."""
    if not objectives:
        if combination:
            yield "combination", "it is of objectives, and there are none: leave it out"
        return
    if not FEWEST <= len(objectives) <= MOST:
        alone = "one alone is the study's metric; " * (len(objectives) == 1)
        yield "objectives", f"{alone}give {FEWEST} to {MOST}"
    if maximize:
        yield "goal", f"smaller is better of a {combination}: leave it out"
    taken: set[str] = set()
    for number, one in enumerate(objectives[:MOST]):
        field, name = f"objectives[{number}]", one.metric[:100]
        if not (1 <= len(one.metric) <= 200 and one.metric.isprintable()):
            yield f"{field}.metric", "a name has 1 to 200 printable characters"
        elif one.metric == judged:
            yield f"{field}.metric", f"{name!r} is also what is computed of them: name one of both"
        elif one.metric in taken:
            yield f"{field}.metric", f"{name!r} is given twice"
        taken.add(one.metric)
        for key in ("weight", "scale"):
            if not 0 < getattr(one, key) <= 1e100:
                yield f"{field}.{key}", "give a number above 0, at most 1e100"
        if not abs(one.reference) <= 1e100:
            yield f"{field}.reference", "give a number of at most 1e100 either way"
