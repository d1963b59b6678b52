"""A finite space, counted: the number of each configuration and the configuration of each number.

Where parameters depend on others, there is a case for each combination of what the conditions tell
apart, and each case is a product. Nothing is listed: a range of 64 bits costs as much as a choice
of two.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property
from math import prod
from typing import NamedTuple

from ashad.core.space import Domain, Params, Space, Value, When, active

MAX_CASES = 20_000  # times the parameters of each
ABSENT, OTHER = -2, -1  # what a parent may be besides a value that a condition names


class Axis(NamedTuple):
    """The values of one parameter in a case: all but `without`, or value number `only`."""

    name: str
    domain: Domain
    size: int
    without: list[int]
    only: int | None = None

    def number(self, value: Value) -> int:
        """Return the number of a value among these."""
        if self.only is not None:
            return 0
        index = self.domain.index(value)
        return index - bisect_left(self.without, index)

    def value(self, number: int) -> Value:
        """Return the value of a number."""
        if self.only is not None:
            return self.domain.nth(self.only)
        for index in self.without:
            number += index <= number
        return self.domain.nth(number)


class Enumeration:
    """The configurations of a finite space, numbered from 0; the last parameter changes fastest."""

    def __init__(self, space: Space, named: dict[str, list[int]], cases: list[list[Axis]]) -> None:
        self.space, self.named = space, named
        self._cases = cases
        self.offsets: list[int] = []
        self.size = 0
        for axes in cases:
            self.offsets.append(self.size)
            self.size += prod(axis.size for axis in axes)
        self.by_parents = {self._parents_of(axes): number for number, axes in enumerate(cases)}

    @cached_property
    def axes(self) -> list[dict[str, Axis]]:
        """The axes of each case, by parameter."""
        return [{axis.name: axis for axis in axes} for axes in self._cases]

    @classmethod
    def of(cls, space: Space, when: When) -> Enumeration | None:
        """Return the enumeration; None where there is no end, or more than `MAX_CASES` cases."""
        if any(domain.size() is None for domain in space.values()):
            return None
        named = _named(space, when)
        cases: list[tuple[dict[str, Value | None], list[Axis]]] = [({}, [])]
        for name, domain in space.items():
            split = _axes(name, domain, named.get(name))
            for chosen, axes in list(cases):
                if not active(when, chosen, name):  # type: ignore[arg-type]
                    continue
                before = list(axes) if len(split) > 1 else axes
                for number, (value, axis) in enumerate(split):
                    if number:
                        cases.append((chosen | {name: value}, [*before, axis]))
                    else:
                        axes.append(axis)
                if name in named:
                    chosen[name] = split[0][0]
            if len(cases) * len(space) > MAX_CASES:
                return None
        return cls(space, named, [axes for _, axes in cases])

    def number(self, params: Params) -> int:
        """Return the number of a configuration."""
        parents = tuple(self._parent(name, params) for name in self.named)
        case = self.by_parents[parents]
        found = 0
        for axis in self._cases[case]:
            found = found * axis.size + axis.number(params[axis.name])
        return self.offsets[case] + found

    def configuration(self, number: int) -> Params:
        """Return the configuration of a number."""
        case = bisect_right(self.offsets, number) - 1
        number -= self.offsets[case]
        params: Params = {}
        for axis in reversed(self._cases[case]):
            number, digit = divmod(number, axis.size)
            params[axis.name] = axis.value(digit)
        return dict(reversed(params.items()))

    def _parent(self, name: str, params: Params) -> int:
        if name not in params:
            return ABSENT
        index = self.space[name].index(params[name])
        return index if index in self.named[name] else OTHER

    def _parents_of(self, axes: list[Axis]) -> tuple[int, ...]:
        found = {axis.name: OTHER if axis.only is None else axis.only for axis in axes}
        return tuple(found.get(name, ABSENT) for name in self.named)


def _named(space: Space, when: When) -> dict[str, list[int]]:
    """Return of each parent the numbers of the values that conditions name."""
    found: dict[str, set[int]] = {}
    for conditions in when.values():
        for parent, values in conditions:
            taken = [value for value in values if space[parent].accept(value) is not None]
            found.setdefault(parent, set()).update(map(space[parent].index, taken))
    return {name: sorted(found[name]) for name in space if name in found}


def _axes(name: str, domain: Domain, named: list[int] | None) -> list[tuple[Value | None, Axis]]:
    """Return the axes of a parameter: one for each value that conditions name, one for the rest."""
    size = domain.size()
    assert size is not None
    axes: list[tuple[Value | None, Axis]] = [
        (domain.nth(index), Axis(name, domain, 1, [], index)) for index in named or ()
    ]
    rest = size - len(axes)
    return [*axes, (None, Axis(name, domain, rest, named or []))] if rest else axes
