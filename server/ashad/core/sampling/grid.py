"""The grid: every combination of the points of each parameter, its last parameter changes fastest.

A parameter that is not there in a combination does not multiply it: each point stands once.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from ashad.core.constraints import broken
from ashad.core.sampling.draw import Draw
from ashad.core.space import Params, Space, Value, When, active
from ashad.core.spec import Sampler


@dataclass(frozen=True, slots=True)
class GridSampler(Sampler):
    """Every point of the grid once."""

    gridded: ClassVar[bool] = True

    def configuration(self, draw: Draw) -> Params:
        """Return a point of the grid."""
        spec = draw.spec
        return configuration(spec.space, spec.when, draw.index, spec.constraints)


def size(space: Space, when: When, constraints: tuple[str, ...] = ()) -> int:
    """Return how many points there are, of those that keep the constraints."""
    if constraints:
        return len(_kept(_Whole(space, when), constraints))
    return _grid(_Whole(space, when)).count(0, {})


def configuration(
    space: Space, when: When, index: int, constraints: tuple[str, ...] = ()
) -> Params:
    """Return a point, of those that keep the constraints."""
    if constraints:
        index = _kept(_Whole(space, when), constraints)[index]
    return _grid(_Whole(space, when)).at(index)


class _Grid:
    """Counts the points below each choice of the parameters that others depend on."""

    def __init__(self, space: Space, when: When) -> None:
        self.names = list(space)
        self.axes: list[list[Value]] = [domain.grid() or [] for domain in space.values()]
        self.when = when
        self.parents = {parent for conditions in when.values() for parent, _ in conditions}
        self._counts: dict[tuple[int, str], int] = {}

    def count(self, at: int, chosen: Params) -> int:
        """Return the combinations of the parameters from number `at` on; `chosen`: the parents."""
        found = 1
        for number in range(at, len(self.names)):  # a call only where it branches: there are few
            name, axis = self.names[number], self.axes[number]
            if not active(self.when, chosen, name):
                continue
            if name not in self.parents:
                found *= len(axis)
            elif len(axis) == 1:
                chosen = chosen | {name: axis[0]}
            else:
                key = number, repr(chosen)
                if key not in self._counts:
                    below = (self.count(number + 1, chosen | {name: value}) for value in axis)
                    self._counts[key] = sum(below)
                return found * self._counts[key]
        return found

    def at(self, index: int) -> Params:
        """Return point number `index`."""
        point: Params = {}
        chosen: Params = {}
        for number, (name, axis) in enumerate(zip(self.names, self.axes, strict=True)):
            if not active(self.when, chosen, name):
                continue
            if name in self.parents:
                for value in axis:
                    below = self.count(number + 1, chosen | {name: value})
                    if index < below:
                        break
                    index -= below
                chosen[name] = point[name] = value
            else:
                digit, index = divmod(index, self.count(number + 1, chosen))
                point[name] = axis[digit]
        return point


class _Whole:
    """A space as a key of a cache: choices of 1, 1.0 and True are equal, but not the same."""

    def __init__(self, space: Space, when: When) -> None:
        self.space, self.when = space, when
        self._text = repr((list(space.items()), when))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Whole) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


@lru_cache(maxsize=32)
def _kept(whole: _Whole, constraints: tuple[str, ...]) -> array[int]:
    """Return the numbers of the points that keep the constraints."""
    grid = _grid(whole)
    many = grid.count(0, {})
    return array("I", (n for n in range(many) if broken(constraints, grid.at(n)) is None))


@lru_cache(maxsize=32)
def _grid(whole: _Whole) -> _Grid:
    return _Grid(whole.space, whole.when)
