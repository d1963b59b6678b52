"""Levels, brackets and trial splits of successive halving, in whole numbers and exact fractions.

Never a logarithm of floats: log(243) / log(3) is 4.999... and would lose a rung.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import ceil, lcm

from ashad.core.brackets.rule import quota, round_quotas
from ashad.core.spec import (
    AdaptiveAsha,
    Asha,
    AsyncHyperband,
    Hyperband,
    StudySpec,
    Synchronous,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One bracket before it begins: its levels, lowest first, and its trials (None: no limit)."""

    levels: tuple[int, ...]
    trials: int | None
    rungs: int  # as asked for; levels that would repeat are one
    quotas: tuple[int, ...] = ()  # synchronous: how many of each rung continue
    weight: int = 1  # share of the new trials; the unit is arbitrary


def levels(
    min_resource: int, max_resource: int, eta: Fraction, max_rungs: int = 0
) -> tuple[int, ...]:
    """Return floor(R / eta^k) down to r, lowest first; the top is exactly R, none stands twice.

    The rungs r * eta^(s+k) of ASHA (arXiv 1810.05934, Alg. 2) anchored at the top, so that a fully
    trained trial is always trained to R. `max_rungs` counts from the top; 0 is no bound.
    """
    found = [max_resource]
    exact = max_resource / eta
    while exact >= min_resource and (not max_rungs or len(found) < max_rungs):
        found.append(int(exact))
        exact /= eta
    return tuple(sorted(set(found)))


def rung_levels(rungs: int, max_resource: int, eta: Fraction) -> tuple[int, ...]:
    """Return max(1, floor(R / eta^k)) for k below `rungs`, lowest first, none twice.

    Determined, master/pkg/searcher/asha_stopping.go, makeRungs.
    """
    return tuple(sorted({max(1, int(max_resource / eta**k)) for k in range(rungs)}))


def whole_log(number: int, eta: Fraction, most: int) -> int:
    """Return floor(log_eta(number)) exactly, but at most `most`, for a number of at least 1."""
    power, count = eta, 0
    while power <= number and count < most:
        power *= eta
        count += 1
    return count


def bracket_rungs(spec: AdaptiveAsha, max_resource: int, max_trials: int) -> tuple[int, ...]:
    """Return the rung count of each bracket, most rungs first.

    Determined, master/pkg/searcher/adaptive_asha.go, makeBrackets, with whole logarithms: R = 243
    and eta = 3 have six rungs, not the five that float logarithms make of it.
    """
    if spec.bracket_rungs:
        return tuple(sorted(spec.bracket_rungs, reverse=True))
    eta = Fraction(str(spec.eta))
    most = spec.max_rungs or 5
    most = min(most, whole_log(max_resource, eta, most) + 1, whole_log(max_trials, eta, most) + 1)
    least = {"aggressive": most, "standard": (most - 1) // 2 + 1, "conservative": 1}[spec.mode]
    return tuple(range(most, least - 1, -1))


def split_trials(max_trials: int, eta: Fraction, rungs: tuple[int, ...]) -> tuple[int, ...]:
    """Return the trials of each bracket, in proportion to eta^(b-1)/b and at least 1.

    Determined, bracketMaxTrials: what is left over goes to the first. With more brackets
    than trials the sum exceeds `max_trials`, which the study's own limit then cuts.
    """
    weights = [eta ** (count - 1) / count for count in rungs]
    total = sum(weights)
    shares = [max(1, int(weight / total * max_trials)) for weight in weights]
    shares[0] += max(0, max_trials - sum(shares))
    return tuple(shares)


def plan(
    spec: StudySpec, configurations: int | None = None, rungs: tuple[int, ...] = ()
) -> tuple[Plan, ...]:
    """Return the brackets of a study; `rungs` keeps the rung counts of one that has begun.

    A synchronous study has no more trials than there are `configurations`; one that repeats its
    brackets gets the first pass here, and all others from `Rounds`.
    """
    algorithm, top, most = spec.algorithm, spec.max_resource, spec.limits.max_trials
    if isinstance(algorithm, Synchronous):
        rounds = Rounds(spec, configurations)
        return tuple(rounds.plan(number) for number in range(len(rounds.shapes)))
    if isinstance(algorithm, AsyncHyperband):
        return _asynchronous(algorithm, top, spec.eta, most)
    if isinstance(algorithm, Asha):
        found = levels(algorithm.min_resource, top, spec.eta, algorithm.max_rungs)
        return (Plan(found, most, len(found)),)
    if isinstance(algorithm, AdaptiveAsha):
        assert most is not None
        rungs = rungs or bracket_rungs(algorithm, top, most)
        shares = split_trials(most, spec.eta, rungs)
        return tuple(
            Plan(rung_levels(count, top, spec.eta), share, count, weight=share)
            for count, share in zip(rungs, shares, strict=True)
        )
    return algorithm.plan(spec) or (Plan((top,), most, 1),)


class Rounds:
    """The brackets of a synchronous search, pass after pass, each without those before it.

    What limits the trials of the study cuts the last brackets.
    """

    def __init__(self, spec: StudySpec, configurations: int | None) -> None:
        self._eta = spec.eta
        self.shapes = [
            Plan(found, trials, len(found), round_quotas(trials, spec.eta, len(found)))
            for found, trials in synchronous_brackets(spec)
        ]
        self._before = [0, *accumulate(shape.trials or 0 for shape in self.shapes)]
        bounds = (spec.limits.max_trials, configurations)
        self._most = min(filter(None, bounds), default=None)

    def shape(self, number: int) -> Plan:
        """Return a bracket as if nothing limited the trials."""
        return self.shapes[number % len(self.shapes)]

    def plan(self, number: int) -> Plan:
        """Return a bracket, cut by what limits the trials."""
        shape = self.shape(number)
        trials = self._left(number)
        if shape.trials is None or trials is None or trials >= shape.trials:
            return shape
        return Plan(shape.levels, trials, shape.rungs, round_quotas(trials, self._eta, shape.rungs))

    def whole(self, number: int) -> bool:
        """Whether nothing cuts this bracket."""
        return self.plan(number) is self.shape(number)

    def _left(self, number: int) -> int | None:
        """Return how many trials the brackets before this one leave; None is no limit."""
        if self._most is None:
            return None
        passes, place = divmod(number, len(self.shapes))
        return max(0, self._most - passes * self._before[-1] - self._before[place])


def synchronous_brackets(spec: StudySpec) -> list[tuple[tuple[int, ...], int]]:
    """Return (levels, trials) of the brackets of one pass, as if nothing limited the trials."""
    algorithm, eta = spec.algorithm, spec.eta
    assert isinstance(algorithm, Synchronous)
    found = levels(algorithm.min_resource, spec.max_resource, eta, algorithm.max_rungs)
    if isinstance(algorithm, Hyperband):  # JMLR 18 (2018), Alg. 1, with B = (s_max + 1) R
        s_max = len(found) - 1
        return [
            (found[s_max - s :], ceil((s_max + 1) * eta**s / (s + 1))) for s in range(s_max, -1, -1)
        ]
    most = None if algorithm.repeat else spec.limits.max_trials
    return [(found, algorithm.trials or most or one_to_the_top(len(found), eta))]


def one_to_the_top(rungs: int, eta: Fraction) -> int:
    """Return how many trials a bracket needs so that one of them is trained in full."""
    return ceil(eta ** (rungs - 1))


def _asynchronous(
    spec: AsyncHyperband, top: int, eta: Fraction, most: int | None
) -> tuple[Plan, ...]:
    """Return ASHA brackets; bracket s begins at level r_s and gets new trials as S/((S-s) r_s).

    So each bracket gets about the same budget, as in Hyperband (Syne Tune 0.13,
    searchers/bracket_distribution.py).
    """
    found = levels(spec.min_resource, top, eta, spec.max_rungs)
    many = len(found)
    exact = [Fraction(many, (many - s) * found[s]) for s in range(min(spec.brackets or many, many))]
    unit = lcm(*(weight.denominator for weight in exact))
    weights = [int(weight * unit) for weight in exact]
    shares: list[int | None] = [None] * len(weights)
    if most is not None:
        split = [most * weight // sum(weights) for weight in weights]
        shares = [split[0] + most - sum(split), *split[1:]]
    return tuple(
        Plan(found[s:], share, many - s, weight=weight)
        for s, (share, weight) in enumerate(zip(shares, weights, strict=True))
    )


def expected_sizes(bracket: Plan, eta: Fraction, *, promotion: bool) -> tuple[int, ...]:
    """Return how many trials are planned to reach each rung; 0s where there is no limit."""
    if bracket.trials is None:
        return (0,) * len(bracket.levels)
    if bracket.quotas:
        return (bracket.trials, *bracket.quotas[:-1])
    sizes = [bracket.trials]
    for _ in bracket.levels[1:]:
        sizes.append(max(0 if promotion else min(1, sizes[-1]), quota(sizes[-1], eta)))
    return tuple(sizes)
