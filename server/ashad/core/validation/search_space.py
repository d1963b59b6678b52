"""What a caller may get wrong in a space, its conditions, its grid, or a configuration of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from ashad.core.prior import has_prior, prior_mistakes
from ashad.core.space import Choice, Domain, Float, Int, Params, Value
from ashad.core.spec import StudySpec

MAX_AXIS = 100_000  # points of one parameter in a grid
MAX_SCALED = 10_000  # points of one parameter in a grid that are computed one by one
MAX_COMBINATIONS = 2_000  # of parents in a grid
MAX_GRID = 10_000_000  # points in all
INT64 = 2**63

Mistake = tuple[str, str]


def conditions(spec: StudySpec) -> Iterator[Mistake]:
    """Yield what is wrong with the conditions of a space."""
    before = {name: number for number, name in enumerate(spec.space)}
    for name, conditions in spec.when.items():
        field = f"spec.space[{name[:200]}].when"
        if len(conditions) > 16:
            yield field, "at most 16 conditions"
        for parent, values in conditions[:16]:
            domain = spec.space.get(parent)
            if domain is None or before[parent] >= before.get(name, 0):
                yield field, f"{parent[:200]!r} must be a parameter that stands before it"
            elif not isinstance(domain, (Choice, Int)):
                yield field, f"{parent} must be a choice or a whole number"
            elif not values:
                yield field, f"name a value of {parent}"
            else:
                for value in values:  # each as the parent takes it, since it is compared by type
                    taken = domain.accept(value)
                    if taken is None or type(taken) is not type(value):
                        yield field, f"{parent} {domain.refuse(value)}"


def configuration(spec: StudySpec, given: Params) -> Iterator[Mistake]:
    """Yield what is wrong with values for some parameters, by their names."""
    space, when = spec.space, spec.when
    for name, value in given.items():
        domain = space.get(name)
        if domain is None:
            yield repr(name[:200]), "there is no such parameter in the space"
        elif domain.accept(value) is None:
            yield name, domain.refuse(value)
        for parent, values in when.get(name, ()):
            taken = space[parent].accept(given[parent]) if parent in given else None
            if parent in space and taken not in values:
                yield name, f"allowed only where {parent} is {_listed(values)}"


def grid(spec: StudySpec) -> Iterator[Mistake]:
    """Yield why there is no grid of a space, or one too large."""
    size = combinations = 1
    parents = {parent for conditions in spec.when.values() for parent, _ in conditions}
    for name, domain in spec.space.items():
        if any(domain_mistakes(domain)):
            return
        if has_prior(domain):
            yield (
                f"spec.space[{name}]",
                "a grid takes all points alike: no weights, no mean",
            )
            return
        combinations *= (_points(domain) or 1) if name in parents else 1
        if combinations > MAX_COMBINATIONS:
            yield (
                "spec.space",
                f"at most {MAX_COMBINATIONS} combinations of parents of conditions in a grid",
            )
            return
        points = _points(domain)
        if points is None:
            yield f"spec.space[{name}]", "a range in a grid needs grid_points or step"
        elif points > (most := MAX_SCALED if _scaled(domain) else MAX_AXIS):
            yield f"spec.space[{name}]", f"at most {most} points of this parameter in a grid"
            return
        size *= points or 1
        if size > MAX_GRID:
            yield "spec.space", f"the grid has more than {MAX_GRID} points; use fewer grid_points"
            return


def domain_mistakes(domain: Domain) -> Iterator[str]:
    """Yield what is wrong with one parameter."""
    if isinstance(domain, Float):
        if not (math.isfinite(domain.low) and math.isfinite(domain.high)):
            yield "both ends must be finite numbers"
        elif domain.low > domain.high:
            yield f"low {domain.low} is above high {domain.high}"
        if not (math.isfinite(domain.step) and domain.step >= 0):
            yield "step must be a positive number, or left out"
        elif domain.step and (domain.high - domain.low) / domain.step > 10**9:
            yield "step is too small: at most 10^9 steps"
    elif isinstance(domain, Int):
        if not -INT64 <= domain.low <= domain.high < INT64:
            yield f"low {domain.low} must not be above high {domain.high}, both of 64 bits"
        if domain.step < 1:
            yield "step must be at least 1"
    elif isinstance(domain, Choice):
        yield from _choices(domain.choices)
    else:
        yield from value_mistakes(domain.value)
    if isinstance(domain, (Float, Int)):
        if domain.log and domain.low <= 0:
            yield "a log scale needs a low end above 0"
        if domain.log and domain.step > isinstance(domain, Int) and domain.low <= domain.step / 2:
            yield "on a log scale low must be above half of the step"
        if domain.grid_points < 0:
            yield "grid_points must be at least 1, or left out for all"
    yield from prior_mistakes(domain)


def value_mistakes(value: Value) -> Iterator[str]:
    """Yield what is wrong with one value, whatever its parameter."""
    if isinstance(value, float) and not math.isfinite(value):
        yield "NaN and infinities are no values"
    if isinstance(value, str) and len(value.encode("utf-8", "replace")) > 8192:
        yield "a text value has at most 8192 bytes"
    if isinstance(value, int) and not -INT64 <= value < INT64:
        yield "a whole number has 64 bits"


def _choices(choices: tuple[Value, ...]) -> Iterator[str]:
    if not choices:
        yield "a choice needs at least one value; leave one, to fix it"
    if len(choices) > 10_000:
        yield "at most 10000 choices"
        return
    for (_, choice), many in Counter((type(c), c) for c in choices).most_common(1):
        if many > 1:
            yield f"two choices are equal: {choice!r:.100} is there {many} times; leave it once"
    for choice in choices:
        if type(choice) is not bool and (type(choice) is not int or not -INT64 <= choice < INT64):
            yield from value_mistakes(choice)


def _listed(values: tuple[Value, ...]) -> str:
    return " or ".join(str(value)[:100] for value in values[:20])


def _scaled(domain: Domain) -> bool:
    return isinstance(domain, Float) or (isinstance(domain, Int) and domain.log)


def _points(domain: Domain) -> int | None:
    """Return how many points a grid has of this parameter, without making them."""
    if isinstance(domain, Int):
        if domain.grid_points:
            return min(domain.grid_points, domain.high - domain.low + 1)
        return (domain.high - domain.low) // domain.step + 1
    if isinstance(domain, Float):
        if domain.grid_points:
            return domain.grid_points
        if domain.step:
            return int((domain.high - domain.low) / domain.step) + 1
        return 1 if domain.low == domain.high else None
    return len(domain.choices) if isinstance(domain, Choice) else 1
