"""Tolerances: which step of a scale a number is on. All numbers of one step count as equal.

That two numbers are within a tolerance of each other is no order: 1.0 and 1.4 may be, and 1.4 and
1.8, while 1.0 and 1.8 are not (a semiorder; Luce, Econometrica 24(2), 1956). Being on the same step
is transitive. Steps begin at a fixed place, so that no other number moves them. Numbers and
tolerances are taken as they are written in decimal: 0.3 is on the edge of a step of 0.1.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from math import floor, inf, log, log1p

_PRECISE = Context(prec=60, Emax=10**6, Emin=-(10**6))  # its ln is rounded correctly
_NEAR = Decimal("1e-30")  # as near to an edge as only what is on it comes
_POSITIVE = 2**61  # more than the steps of any double


def even_step(number: float, origin: float, width: float) -> int:
    """Return how many whole steps of this width a number is above the origin."""
    return floor((_exact(number) - _exact(origin)) / _exact(width))


def growing_step(number: float, unit: float, share: float) -> int:
    """Return the step of a number where steps grow by a share: from `unit` to (1 + share) units.

    Those of negative numbers mirror them; 0 is a step of its own.
    """
    if not number:
        return 0
    sign = 1 if number > 0 else -1
    logs, rate = (log(abs(number)), log(abs(unit))), log1p(share)
    steps = sign * (logs[0] - logs[1]) / rate
    doubt = 1e-13 * (1 + abs(logs[0]) + abs(logs[1]) + abs(steps)) / min(rate, 1.0)
    if abs(steps - round(steps)) > doubt:  # whatever the last digits of a machine's logarithms
        return floor(steps) + sign * _POSITIVE
    return _precise_step(number, unit, share) + sign * _POSITIVE


def _precise_step(number: float, unit: float, share: float) -> int:
    above = _PRECISE.subtract(_log(abs(number)), _log(abs(unit)))
    steps = _PRECISE.divide(above if number > 0 else _PRECISE.minus(above), _rate(share))
    nearest = steps.to_integral_value(context=_PRECISE)
    if _PRECISE.subtract(steps, nearest).copy_abs() > _NEAR:
        nearest = steps.to_integral_value(ROUND_FLOOR, _PRECISE)
    return int(nearest)


def even_edges(step: int, origin: float, width: float) -> tuple[float, float]:
    """Return where a step of `even_step` begins and ends."""
    low = _exact(origin) + step * _exact(width)
    return _double(low), _double(low + _exact(width))


def growing_edges(step: int, unit: float, share: float) -> tuple[float, float]:
    """Return where a step of `growing_step` begins and ends."""
    if not step:
        return 0.0, 0.0
    sign = 1 if step > 0 else -1
    first = step - sign * _POSITIVE

    def edge(steps: int) -> float:
        above = _PRECISE.multiply(sign * steps, _rate(share))
        return float(_PRECISE.exp(_PRECISE.add(_log(abs(unit)), above)))

    return sign * edge(first), sign * edge(first + 1)


def _double(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError:  # the edge of the last step
        return inf if number > 0 else -inf


@lru_cache(4096)
def _exact(number: float) -> Fraction:
    return Fraction(repr(float(number)))


@lru_cache(4096)
def _log(number: float) -> Decimal:
    return _PRECISE.ln(Decimal(repr(float(number))))


@lru_cache(256)
def _rate(share: float) -> Decimal:
    return _PRECISE.ln(_PRECISE.add(1, Decimal(repr(float(share)))))
