"""The search space: what may be drawn for each parameter. Pure values; no generator state anywhere.

A draw is a function of one uniform number u in [0, 1): who makes u decides what is reproducible.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from ashad.core.scale import between, decimals, middle, nearest_step, position, spread, ticks

Value = int | float | str | bool
Params = dict[str, Value]


class Values(tuple[Value, ...]):  # noqa: SLOT001 - what it looks up by is cached
    """Some values, looked up in constant time; 1, 1.0 and True are three of them."""

    @cached_property
    def _places(self) -> dict[tuple[type, Value], int]:
        return {(type(value), value): i for i, value in reversed(list(enumerate(self)))}

    def __contains__(self, value: object) -> bool:
        return (type(value), value) in self._places

    def find(self, value: Value) -> int | None:
        """Return the place of a value, None where it is not one of them."""
        return self._places.get((type(value), value))


@dataclass(frozen=True, slots=True)
class Float:
    """A real number of [low, high]; with `step` only low, low + step, ..."""

    low: float
    high: float
    log: bool = False
    step: float = 0.0
    grid_points: int = 0
    mean: float | None = None  # of a normal prior; None: all of the range is as likely
    sigma: float = 0.0

    def size(self) -> int | None:
        """Return how many values there are; None is no bound."""
        if self.step > 0:
            return self._steps() + 1
        return 1 if self.low == self.high else None

    def nth(self, index: int) -> float:
        """Return value number `index`, exact as written in decimal: 0.3, not 3 * 0.1."""
        low, step, denominator = decimals(self.low, self.step)
        return min((low + index * step) / denominator, self.high)

    def index(self, value: Value) -> int:
        """Return the number of a value."""
        assert not isinstance(value, str)
        return round((value - self.low) / self.step) if self.step > 0 else 0

    def position(self, value: Value) -> float:
        """Return where a value lies: the middle of all u that are drawn as it."""
        assert not isinstance(value, str)
        if self.step > 0 and self.log:
            return middle(self.low, self.nth(self._steps()), self.step, value)
        if self.step > 0:
            return (self.index(value) + 0.5) / (self._steps() + 1)
        return position(self.low, self.high, value, log=self.log)

    def draw(self, u: float) -> float:
        """Return the value at u: equal distances count alike, or equal ratios on a log scale."""
        if self.step > 0 and self.log:
            return self.nth(nearest_step(self.low, self.nth(self._steps()), self.step, u))
        if self.step > 0:
            return self.nth(min(int(u * (self._steps() + 1)), self._steps()))
        return between(self.low, self.high, u, log=self.log)

    def grid(self) -> list[Value] | None:
        """Return the points of a grid, or None where the range has neither points nor step."""
        if self.step > 0:
            return [self.nth(i) for i in spread(self.grid_points, self._steps())]
        if self.grid_points:
            at = ticks(self.grid_points)
            return [between(self.low, self.high, u, log=self.log) for u in at]
        return [self.low] if self.low == self.high else None

    def accept(self, value: Value) -> float | None:
        """Return `value` as this parameter takes it, or None if it does not."""
        if isinstance(value, (bool, str)) or not self.low <= value <= self.high:
            return None
        if self.step <= 0:
            return float(value)
        near = self.nth(min(self.index(value), self._steps()))
        return near if abs(near - value) <= 1e-6 * self.step else None

    def refuse(self, value: Value) -> str:
        """Say why a value is not taken, and which are."""
        off = not isinstance(value, (bool, str)) and self.low <= value <= self.high
        if not off:
            return f"must be a number from {self.low} to {self.high}, not {_shown(value)}"
        assert not isinstance(value, str)
        low = min(math.floor((value - self.low) / self.step), self._steps())
        near = [self.nth(i) for i in range(low, min(low + 2, self._steps() + 1))]
        return f"{value} is off the step of {self.step}; the nearest values are {_listed(near)}"

    def _steps(self) -> int:
        # A high end that is a whole number of steps away counts, although 0.3 / 0.1 < 3 in binary.
        return math.floor((self.high - self.low) / self.step * (1 + 1e-12) + 1e-9)


@dataclass(frozen=True, slots=True)
class Int:
    """A whole number of [low, high]; with `step` only low, low + step, ..."""

    low: int
    high: int
    log: bool = False
    step: int = 1
    grid_points: int = 0
    mean: float | None = None  # of a normal prior; None: all of the range is as likely
    sigma: float = 0.0

    def size(self) -> int | None:
        """Return how many values there are."""
        return (self.high - self.low) // self.step + 1

    def nth(self, index: int) -> int:
        """Return value number `index`."""
        return self.low + index * self.step

    def index(self, value: Value) -> int:
        """Return the number of a value."""
        return (int(value) - self.low) // self.step

    def position(self, value: Value) -> float:
        """Return where a value lies: the middle of all u that are drawn as it."""
        assert not isinstance(value, str)
        if self.log and self.step > 1:
            return middle(self.low, self._last(), self.step, value)
        if self.log:
            return position(self.low - 0.5, self.high + 0.5, value, log=True)
        count = (self.high - self.low) // self.step + 1
        return (self.index(value) + 0.5) / count

    def draw(self, u: float) -> int:
        """Return the value at u; on a log scale the end points get their full weight."""
        if self.log and self.step > 1:
            return self.nth(nearest_step(self.low, self._last(), self.step, u))
        if self.log:
            exact = between(self.low - 0.5, self.high + 0.5, u, log=True)
            return min(max(round(exact), self.low), self.high)
        # u has 53 bits: whole-number arithmetic keeps every number of a 64-bit range within reach.
        count = (self.high - self.low) // self.step + 1
        return self.low + int(u * 2**53) * count // 2**53 * self.step

    def grid(self) -> list[Value] | None:
        """Return the points of a grid: `grid_points` of them, else every number."""
        if not (self.log and self.grid_points) or self.step > 1:
            steps = (self.high - self.low) // self.step
            return [self.nth(i) for i in spread(self.grid_points, steps)]
        at = ticks(min(self.grid_points, self.high - self.low + 1))
        points = (between(self.low, self.high, u, log=True) for u in at)
        return list(dict.fromkeys(round(point) for point in points))

    def accept(self, value: Value) -> int | None:
        """Return `value` as this parameter takes it, or None; 2.0 is a whole number."""
        whole = whole_number(value)
        if whole is None or not self.low <= whole <= self.high:
            return None
        return whole if (whole - self.low) % self.step == 0 else None

    def refuse(self, value: Value) -> str:
        """Say why a value is not taken, and which are."""
        whole = whole_number(value)
        if whole is None or not self.low <= whole <= self.high:
            return f"must be a whole number from {self.low} to {self.high}, not {_shown(value)}"
        low = whole - (whole - self.low) % self.step
        near = [n for n in (low, low + self.step) if n <= self.high]
        return f"{whole} is off the step of {self.step}; the nearest values are {_listed(near)}"

    def _last(self) -> int:
        return self.high - (self.high - self.low) % self.step


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a list; choices of different type are different (1, 1.0, True, "1")."""

    choices: tuple[Value, ...]
    weights: tuple[float, ...] = ()  # none: each is as likely

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", Values(self.choices))

    def size(self) -> int | None:
        """Return how many choices there are."""
        return len(self.choices)

    def nth(self, index: int) -> Value:
        """Return choice number `index`."""
        return self.choices[index]

    def index(self, value: Value) -> int:
        """Return the number of a choice."""
        found = self._find(value)
        assert found is not None
        return found

    def position(self, value: Value) -> float:
        """Return where a value lies: the middle of all u that are drawn as it."""
        return (self.index(value) + 0.5) / len(self.choices)

    def draw(self, u: float) -> Value:
        """Return the choice at u."""
        return self.choices[int(u * len(self.choices))]

    def grid(self) -> list[Value] | None:
        """Return all choices."""
        return list(self.choices)

    def accept(self, value: Value) -> Value | None:
        """Return `value` as this parameter takes it, or None if it does not."""
        found = self._find(value)
        return None if found is None else self.choices[found]

    def refuse(self, value: Value) -> str:
        """Say why a value is not taken, and which are."""
        shown = ", ".join(map(_shown, self.choices[:20]))
        more = ", ..." if len(self.choices) > 20 else ""
        return f"must be one of {shown}{more}, not {_shown(value)}"

    def _find(self, value: Value) -> int | None:
        assert isinstance(self.choices, Values)
        return self.choices.find(value)


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same value."""

    value: Value

    def size(self) -> int | None:
        """Return 1."""
        return 1

    def index(self, value: Value) -> int:  # noqa: ARG002 - the shape of a domain
        """Return 0."""
        return 0

    def nth(self, index: int) -> Value:  # noqa: ARG002 - the shape of a domain
        """Return the value."""
        return self.value

    def position(self, value: Value) -> float:  # noqa: ARG002 - the shape of a domain
        """Return the middle: there is nothing else."""
        return 0.5

    def draw(self, u: float) -> Value:  # noqa: ARG002 - the shape of a domain
        """Return the value."""
        return self.value

    def grid(self) -> list[Value] | None:
        """Return the value."""
        return [self.value]

    def accept(self, value: Value) -> Value | None:
        """Return `value` as this parameter takes it, or None if it does not."""
        return self.value if Values((self.value,)).find(value) is not None else None

    def refuse(self, value: Value) -> str:
        """Say why a value is not taken, and which is."""
        return f"must be {_shown(self.value)}, the constant, not {_shown(value)}"


Domain = Float | Int | Choice | Constant
Space = dict[str, Domain]
# A parameter is there only where each parent is, and has one of the values beside it.
When = dict[str, tuple[tuple[str, tuple[Value, ...]], ...]]


def active(when: When, chosen: Params, name: str) -> bool:
    """Whether a parameter is there, given the values of those before it in the space."""
    return all(
        parent in chosen and chosen[parent] in values for parent, values in when.get(name, ())
    )


def place(space: Space, when: When, given: Params, at: Callable[[str], float]) -> Params:
    """Return a whole configuration in the order of the space: `given`, else the draw at `at`."""
    params: Params = {}
    for name, domain in space.items():
        if active(when, params, name):
            params[name] = given[name] if name in given else domain.draw(at(name))
    return params


def whole_number(value: Value) -> int | None:
    """Return a whole number, 2.0 as 2; None of anything else."""
    if isinstance(value, (bool, str)) or (isinstance(value, float) and not value.is_integer()):
        return None
    return int(value)


def _shown(value: Value) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:99]}…"


def _listed(values: Iterable[Value]) -> str:
    return " and ".join(map(str, values))
