"""The search space: what may be drawn for each parameter. Pure values; no generator state anywhere.

A draw is a function of one uniform number u in [0, 1): who makes u decides what is reproducible.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

Value = int | float | str | bool
Params = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Float:
    """A real number of [low, high]; with `step` only low, low + step, ..."""

    low: float
    high: float
    log: bool = False
    step: float = 0.0
    grid_points: int = 0

    def position(self, value: Value) -> float:
        """Return where a value lies: the middle of all u that are drawn as it."""
        assert not isinstance(value, str)
        if self.step > 0:
            return (round((value - self.low) / self.step) + 0.5) / (self._steps() + 1)
        return _where(self.low, self.high, value, log=self.log)

    def draw(self, u: float) -> float:
        """Return the value at u: equal distances count alike, or equal ratios on a log scale."""
        if self.step > 0:
            return self._at(min(int(u * (self._steps() + 1)), self._steps()))
        return _between(self.low, self.high, u, log=self.log)

    def grid(self) -> list[Value] | None:
        """Return the points of a grid, or None where the range has neither points nor step."""
        if self.step > 0:
            return [self._at(i) for i in _spread(self.grid_points, self._steps())]
        if self.grid_points:
            ticks = _ticks(self.grid_points)
            return [_between(self.low, self.high, float(u), log=self.log) for u in ticks]
        return [self.low] if self.low == self.high else None

    def accept(self, value: Value) -> float | None:
        """Return `value` as this parameter takes it, or None if it does not."""
        if isinstance(value, (bool, str)) or not self.low <= value <= self.high:
            return None
        return float(value)

    def wants(self) -> str:
        """Return what it takes, in words."""
        return f"give a number from {self.low:g} to {self.high:g}"

    def _steps(self) -> int:
        # A high end that is a whole number of steps away counts, although 0.3 / 0.1 < 3 in binary.
        return math.floor((self.high - self.low) / self.step * (1 + 1e-12) + 1e-9)

    def _at(self, index: int) -> float:
        return min(self.low + index * self.step, self.high)


@dataclass(frozen=True, slots=True)
class Int:
    """A whole number of [low, high]; with `step` only low, low + step, ..."""

    low: int
    high: int
    log: bool = False
    step: int = 1
    grid_points: int = 0

    def position(self, value: Value) -> float:
        """Return where a value lies: the middle of all u that are drawn as it."""
        assert not isinstance(value, str)
        if self.log:
            return _where(self.low - 0.5, self.high + 0.5, value, log=True)
        count = (self.high - self.low) // self.step + 1
        return ((int(value) - self.low) // self.step + 0.5) / count

    def draw(self, u: float) -> int:
        """Return the value at u; on a log scale the end points get their full weight."""
        if self.log:
            exact = _between(self.low - 0.5, self.high + 0.5, u, log=True)
            return min(max(round(exact), self.low), self.high)
        # u has 53 bits: whole-number arithmetic keeps every number of a 64-bit range within reach.
        count = (self.high - self.low) // self.step + 1
        return self.low + int(u * 2**53) * count // 2**53 * self.step

    def grid(self) -> list[Value] | None:
        """Return the points of a grid: `grid_points` of them, else every number."""
        if not (self.log and self.grid_points):
            steps = (self.high - self.low) // self.step
            return [self.low + i * self.step for i in _spread(self.grid_points, steps)]
        ticks = _ticks(min(self.grid_points, self.high - self.low + 1))
        points = (_between(self.low, self.high, float(u), log=True) for u in ticks)
        return list(dict.fromkeys(round(point) for point in points))

    def accept(self, value: Value) -> int | None:
        """Return `value` as this parameter takes it, or None if it does not."""
        if isinstance(value, (bool, str)) or value != int(value):
            return None
        return int(value) if self.low <= value <= self.high else None

    def wants(self) -> str:
        """Return what it takes, in words."""
        return f"give a whole number from {self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a list; choices of different type are different (1, 1.0, True, "1")."""

    choices: tuple[Value, ...]

    def position(self, value: Value) -> float:
        """Return where a value lies: the middle of all u that are drawn as it."""
        return (next(i for i, c in enumerate(self.choices) if same(c, value)) + 0.5) / len(
            self.choices
        )

    def draw(self, u: float) -> Value:
        """Return the choice at u."""
        return self.choices[int(u * len(self.choices))]

    def grid(self) -> list[Value] | None:
        """Return all choices."""
        return list(self.choices)

    def accept(self, value: Value) -> Value | None:
        """Return `value` as this parameter takes it, or None if it does not."""
        return next((c for c in self.choices if same(c, value)), None)

    def wants(self) -> str:
        """Return what it takes, in words."""
        return f"give one of {', '.join(map(repr, self.choices[:20]))}"


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same value."""

    value: Value

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
        return value if same(value, self.value) else None

    def wants(self) -> str:
        """Return what it takes, in words."""
        return f"give {self.value!r}, it is constant"


Domain = Float | Int | Choice | Constant
Space = dict[str, Domain]
# A parameter is there only where each parent is, and has one of the values beside it.
When = dict[str, tuple[tuple[str, tuple[Value, ...]], ...]]


def active(when: When, chosen: Params, name: str) -> bool:
    """Whether a parameter is there, given the values of those before it in the space."""
    return all(
        parent in chosen and any(same(value, chosen[parent]) for value in values)
        for parent, values in when.get(name, ())
    )


def place(space: Space, when: When, given: Params, at: Callable[[str], float]) -> Params:
    """Return a whole configuration in the order of the space: `given`, else the draw at `at`."""
    params: Params = {}
    for name, domain in space.items():
        if active(when, params, name):
            params[name] = given[name] if name in given else domain.draw(at(name))
    return params


def same(one: Value, other: Value) -> bool:
    """Whether two values are one: 1, 1.0 and True are three."""
    return type(one) is type(other) and one == other


def _where(low: float, high: float, value: float, *, log: bool) -> float:
    """Return u of a value between two ends, the inverse of `_between`."""
    if low == high:
        return 0.5
    if log:
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return (value / 2 - low / 2) / (high / 2 - low / 2)


def _between(low: float, high: float, u: float, *, log: bool) -> float:
    if u in (0, 1):
        return high if u else low
    if log:
        # Clipped, because exp(log(high)) may be a rounding above high.
        return min(max(math.exp(math.log(low) + u * (math.log(high) - math.log(low))), low), high)
    return min(low + u * (high - low), high) if math.isfinite(high - low) else _wide(low, high, u)


def _wide(low: float, high: float, u: float) -> float:
    return low * (1 - u) + high * u


def _ticks(count: int) -> list[Fraction]:
    """Return `count` evenly spaced numbers of [0, 1]; a single one is the middle."""
    return [Fraction(1, 2)] if count == 1 else [Fraction(i, count - 1) for i in range(count)]


def _spread(count: int, steps: int) -> Iterable[int]:
    """Return `count` evenly spread numbers of 0 to `steps`, or all of them if `count` is 0."""
    if not 0 < count <= steps:
        return range(steps + 1)
    return [round(u * steps) for u in _ticks(count)]
