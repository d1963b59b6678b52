"""How a range is measured out: by equal distances, or by equal ratios on a log scale."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from math import lcm


def position(low: float, high: float, value: float, *, log: bool) -> float:
    """Return u of a value between two ends, the inverse of `between`."""
    if low == high:
        return 0.5
    if log:
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return (value / 2 - low / 2) / (high / 2 - low / 2)


def between(low: float, high: float, u: float, *, log: bool) -> float:
    """Return the number at u of [0, 1] between two ends."""
    if u in (0, 1):
        return high if u else low
    if log:
        # Clipped, because exp(log(high)) may be a rounding above high.
        return min(max(math.exp(math.log(low) + u * (math.log(high) - math.log(low))), low), high)
    return min(low + u * (high - low), high) if math.isfinite(high - low) else _wide(low, high, u)


def _wide(low: float, high: float, u: float) -> float:
    return low * (1 - u) + high * u


def nearest_step(low: float, high: float, step: float, u: float) -> int:
    """Return the number of the step next to the value at u of a log scale."""
    exact = between(low - step / 2, high + step / 2, u, log=True)
    return min(max(round((exact - low) / step), 0), round((high - low) / step))


def middle(low: float, high: float, step: float, value: float) -> float:
    """Return the middle of all u whose nearest step on a log scale is this value."""
    first, last = low - step / 2, high + step / 2
    ends = (position(first, last, value + half, log=True) for half in (-step / 2, step / 2))
    return sum(ends) / 2


def ticks(count: int) -> list[float]:
    """Return `count` evenly spaced numbers of [0, 1]; a single one is the middle."""
    return [0.5] if count == 1 else [i / (count - 1) for i in range(count)]


def spread(count: int, steps: int) -> Iterable[int]:
    """Return `count` evenly spread numbers of 0 to `steps`, or all of them if `count` is 0."""
    if not 0 < count <= steps:
        return range(steps + 1)
    if count == 1:
        return [round(Fraction(steps, 2))]
    return [_half_even(i * steps, count - 1) for i in range(count)]


def _half_even(numerator: int, denominator: int) -> int:
    """Return a fraction rounded to a whole number, a half to the even one."""
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2))


@lru_cache(maxsize=4096)
def decimals(low: float, step: float) -> tuple[int, int, int]:
    """Return (a, b, q) with low = a / q and step = b / q, exact as written in decimal."""
    first, second = Fraction(repr(low)), Fraction(repr(step))
    q = lcm(first.denominator, second.denominator)
    return int(first * q), int(second * q), q
