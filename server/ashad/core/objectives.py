"""Objectives: several metrics judged together, and the number or the point they make. Never ranks.

    weighted_sum   the sum of      weight * (value - reference) / scale
    chebyshev      the largest of  weight * (value - reference) / scale
    pareto         no number: a point, with a coordinate for each metric; the judged metric is the
                   first of them
    lexicographic  a point as well, whose coordinates are compared one after the other: each is the
                   step of its metric's tolerance, or the value where it has none

Each term is turned round where larger is better, so that the smaller number is the better one. The
terms are added in the order of the objectives, in doubles: the same metrics make the same number on
every machine. A metric that is no finite number makes NaN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, nan

from ashad.core import metrics, tolerance

WEIGHTED_SUM, CHEBYSHEV = "weighted_sum", "chebyshev"
PARETO, LEXICOGRAPHIC = "pareto", "lexicographic"
_NAME = re.compile(r"[A-Za-z0-9_./-]{1,200}")
FEWEST, MOST, MOST_COORDINATES = 2, 10, 4


@dataclass(frozen=True, slots=True)
class Objective:
    """One of the metrics."""

    metric: str
    maximize: bool
    weight: float = 1.0
    scale: float = 1.0
    reference: float = 0.0
    tolerance: float = 0.0  # how wide steps are; 0: none
    relative_tolerance: float = 0.0  # by which share they grow; 0: they do not
    target: float | None = None  # what is good enough

    def term(self, value: float) -> float:
        """Return what a value of it adds; smaller is better."""
        beyond = value - self.reference
        return self.weight * (-beyond if self.maximize else beyond) / self.scale

    def coordinate(self, value: float) -> float:
        """Return a value of it turned so that smaller is better; -0.0 becomes 0.0."""
        return (-value if self.maximize else value) + 0.0

    def place(self, value: float) -> float:
        """Return what a value of it is compared by in the order of goals; smaller is better."""
        turned = self.coordinate(value)
        target = None if self.target is None else self.coordinate(self.target)
        if target is not None and turned < target:
            turned = target
        if self.tolerance:
            return tolerance.even_step(turned, target or 0.0, self.tolerance)
        if self.relative_tolerance:
            return tolerance.growing_step(turned, target or 1.0, self.relative_tolerance)
        return turned

    def reaches(self, value: float) -> bool:
        """Whether a value of it is on the step of its target, or beyond."""
        return self.target is not None and self.place(value) == self.place(self.target)

    def equals(self, value: float) -> tuple[float, float]:
        """Return the ends of the step that a value is on: between them values count as equal."""
        place, target = self.place(value), self.coordinate(self.target or 0.0)
        ends = self.coordinate(value), self.coordinate(value)
        if self.tolerance:
            ends = tolerance.even_edges(int(place), target, self.tolerance)
        elif self.relative_tolerance:
            ends = tolerance.growing_edges(int(place), target or 1.0, self.relative_tolerance)
        low, high = sorted(map(self.coordinate, ends))
        return low, high


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


def coordinates(objectives: Sequence[Objective], combination: str) -> int:
    """Return how many coordinates points have; 0 where trials are judged by one number."""
    return len(objectives) if combination in (PARETO, LEXICOGRAPHIC) else 0


def point(
    objectives: Sequence[Objective], combination: str, value: float, given: str | None
) -> tuple[float, ...]:
    """Return the point that a report makes, of the judged metric and its others.

    There is none where one of them is no finite number.
    """
    found = values(objectives, value, given)
    if not all(map(isfinite, found)):
        return ()
    pairs = zip(objectives, found, strict=True)
    if combination == LEXICOGRAPHIC:
        return tuple(one.place(found) for one, found in pairs)
    return tuple(one.coordinate(found) for one, found in pairs)


def values(objectives: Sequence[Objective], value: float, given: str | None) -> tuple[float, ...]:
    """Return what a report has of each objective, of the judged metric and its others."""
    read = metrics.read(given)
    return (value, *(read.get(one.metric, nan) for one in objectives[1:]))


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
    if coordinates(objectives, combination):
        if (judged, maximize) != (objectives[0].metric, objectives[0].maximize):
            yield "metric", "it is the first of the objectives, with its goal: leave both out"
        if combination == PARETO and len(objectives) > MOST_COORDINATES:
            yield "objectives", f"give {FEWEST} to {MOST_COORDINATES} to be compared by dominance"
    else:
        if maximize:
            yield "goal", f"smaller is better of a {combination}: leave it out"
        if any(one.metric == judged for one in objectives):
            fix = f"{judged!r} is one of the objectives, and it names what is computed of them: "
            yield "metric", fix + "leave it out, or give another name"
    taken: set[str] = set()
    for number, one in enumerate(objectives[:MOST]):
        field, name = _field(objectives, number), one.metric[:100]
        if not (1 <= len(one.metric) <= 200 and one.metric.isprintable()):
            yield f"{field}.metric", "a name has 1 to 200 printable characters"
        elif one.metric in taken:
            yield f"{field}.metric", f"{name!r} is given twice"
        taken.add(one.metric)
        for key in ("weight", "scale"):
            if not 0 < getattr(one, key) <= 1e100:
                yield f"{field}.{key}", "give a number above 0, at most 1e100"
        for key in ("reference", "target"):
            if not abs(getattr(one, key) or 0.0) <= 1e100:
                yield f"{field}.{key}", "give a number of at most 1e100 either way"
        if one.tolerance and not 1e-100 <= one.tolerance <= 1e100:
            yield f"{field}.tolerance", "give a number from 1e-100 to 1e100, or leave it out"
        if one.relative_tolerance and not 1e-9 <= one.relative_tolerance <= 1e6:
            fix = "give a share from 1e-9 to 1e6, such as 0.01, or leave it out"
            yield f"{field}.relative_tolerance", fix
        last = number == len(objectives) - 1
        for key, fix in _foreign_settings(one, combination, last=last):
            yield f"{field}{key}", fix


def _foreign_settings(one: Objective, combination: str, *, last: bool) -> Iterator[tuple[str, str]]:
    """Yield what an objective has that its combination does not ask for, or lacks."""
    compared = one.tolerance or one.relative_tolerance or one.target is not None
    plain = (one.weight, one.scale, one.reference) == (1.0, 1.0, 0.0)
    if combination in (PARETO, LEXICOGRAPHIC) and not plain:
        yield "", "weight, scale and reference are of a sum: leave them out, or combination"
    if combination != LEXICOGRAPHIC:
        if compared:
            fix = "tolerances and targets are of goals in order: leave them out, or say "
            yield "", f'{fix}combination = "{LEXICOGRAPHIC}"'
    elif one.tolerance and one.relative_tolerance:
        yield ".relative_tolerance", "give it or tolerance, not both"
    elif not (compared or last):
        fix = "give how near counts as equal, or a target: without, what follows it never decides"
        yield ".tolerance", fix


def _field(objectives: Sequence[Objective], number: int) -> str:
    """Return an objective by its name, as files have it; by its number where no name is its own."""
    name = objectives[number].metric
    own = [one.metric for one in objectives].count(name) == 1
    return f"objectives[{name if own and _NAME.fullmatch(name) else number}]"
