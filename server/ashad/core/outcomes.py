"""Outcome constraints: bounds on metrics reported beside the judged one. Never evaluates.

    constraint := metric ("<=" | ">=") number

A name with other characters than letters, digits, _ . / and - stands in backticks. A report that
breaks one is infeasible. Its entry ranks behind every feasible one of its rung: by violation, then
by score, both to five digits, then by age. The violation is the sum of what the metrics are beyond
their bounds, each as a share of the bound (as it is where that is 0); no finite number is beyond
any.

So that a rung stays one sorted array of numbers, what is infeasible has a score from `WORST_BAND`
on, where 26 bits tell the violation and 30 the score. A feasible score is below it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf, isfinite, nextafter

from ashad.core.metrics import lacking, read

MOST, MOST_CHARACTERS = 20, 1000
TARGET = "set limits.target_value to end the study at a value of it"
WORST_BAND = 2.0**1000  # in a study with outcome constraints alone

_ONE = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_./-]*)|`(?P<quoted>[^`]{1,200})`)\s*"
    r"(?P<compare><=|>=|[<>=!]=?)\s*(?P<bound>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*"
)
_LEAST, _MOST = 2.0**-64, nextafter(2.0**64, 0)  # of a violation, as it is told
_FEASIBLE = nextafter(WORST_BAND, 0)


class OutcomeError(ValueError):
    """What is written is no outcome constraint; says why."""


@dataclass(frozen=True, slots=True)
class OutcomeBound:
    """One outcome constraint."""

    text: str
    metric: str
    upper: bool  # whether the metric must not be above the bound
    bound: float

    def excess(self, value: float) -> float:
        """Return how far a value is beyond the bound, as a share of it; 0 where it keeps it."""
        if not isfinite(value):
            return inf
        beyond = value - self.bound if self.upper else self.bound - value
        return max(0.0, beyond) / (abs(self.bound) or 1.0)


@lru_cache(maxsize=1024)
def parse(text: str) -> OutcomeBound:
    """Read an outcome constraint; raises `OutcomeError`."""
    found = _ONE.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
    if found is None:
        raise OutcomeError("write METRIC <= NUMBER or METRIC >= NUMBER, as latency_ms <= 20")
    compare, bound = found["compare"], float(found["bound"])
    if compare not in ("<=", ">="):
        raise OutcomeError(f"{compare} is none of the two: write <= or >=")
    if not isfinite(bound):
        raise OutcomeError("the bound is no finite number")
    return OutcomeBound(text, found["name"] or found["quoted"], compare == "<=", bound)


def missing(constraints: Sequence[str], metrics: str | None) -> list[str]:
    """Return the metrics that constraints are about and that a report lacks."""
    return lacking((parse(text).metric for text in constraints), metrics)


def broken(constraints: Sequence[str], metrics: str | None) -> list[tuple[OutcomeBound, float]]:
    """Return the constraints that the metrics of a report break, with the values that do."""
    if not constraints:
        return []
    given = read(metrics)
    pairs = [(bound, given[bound.metric]) for bound in map(parse, constraints)]
    return [(bound, value) for bound, value in pairs if bound.excess(value)]


def broken_texts(constraints: Sequence[str], value: float | None, metrics: str | None) -> list[str]:
    """Return the constraints that a report breaks, as they are written; none if it diverged."""
    if not constraints or value is None or missing(constraints, metrics):
        return []
    return [bound.text for bound, _ in broken(constraints, metrics)]


def feasible(constraints: Sequence[str], metrics: str | None) -> bool:
    """Whether the metrics of a report keep all constraints; one that was imported has none."""
    return not constraints or not (missing(constraints, metrics) or broken(constraints, metrics))


def ranked_score(constraints: Sequence[str], metrics: str | None, score: float) -> float:
    """Return the score by which an entry ranks; `score` is that of its judged metric alone."""
    beyond = broken(constraints, metrics)
    if not beyond:
        return min(score, _FEASIBLE)
    violation = min(max(sum(bound.excess(value) for bound, value in beyond), _LEAST), _MOST)
    far = (_bits(violation) - _bits(_LEAST)) >> 33
    near = (_ordered(score) >> 34) + 2**29
    return _number(_bits(WORST_BAND) + (far << 30 | near))


def mistakes(
    constraints: Sequence[str], judged: str, instead: str = TARGET
) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with the constraints of a study, with the number of each.

    `instead`: what to do in place of a bound on the judged metric.
    """
    taken: dict[tuple[str, bool], OutcomeBound] = {}
    for number, text in enumerate(constraints):
        try:
            one = parse(text)
        except OutcomeError as error:
            yield number, f"{text[:100]!r}: {error}"
            continue
        other = taken.setdefault((one.metric, one.upper), one)
        against = taken.get((one.metric, not one.upper))
        if one.metric == judged:
            yield number, f"{text[:100]!r}: {judged} is the goal, by which trials rank; {instead}"
        elif other is not one:
            yield number, f"{text[:100]!r}: {other.text[:100]!r} bounds it too; leave one out"
        elif against is not None and _apart(one, against):
            yield number, f"{text[:100]!r}: nothing keeps {against.text[:100]!r} as well"


def _apart(one: OutcomeBound, other: OutcomeBound) -> bool:
    low, high = (other, one) if one.upper else (one, other)
    return high.bound < low.bound


def _bits(number: float) -> int:
    bits: int = struct.unpack("<q", struct.pack("<d", number))[0]
    return bits


def _number(bits: int) -> float:
    number: float = struct.unpack("<d", struct.pack("<q", bits))[0]
    return number


def _ordered(number: float) -> int:
    """Return a whole number of 64 bits that is in the order of the real ones."""
    bits = _bits(number)
    return bits if bits >= 0 else -(bits + 2**63)
