"""Levels, brackets and trial splits of successive halving, in whole numbers and exact fractions.

Never a logarithm of floats: log(243) / log(3) is 4.999... and would lose a rung.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ashad.core.spec import AdaptiveAsha, Asha, StudySpec


@dataclass(frozen=True, slots=True)
class Plan:
    """One bracket before it begins: its levels, lowest first, and its trials (None: no limit)."""

    levels: tuple[int, ...]
    trials: int | None
    rungs: int  # as asked for; levels that would repeat are one


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


def plan(spec: StudySpec, rungs: tuple[int, ...] = ()) -> tuple[Plan, ...]:
    """Return the brackets of a study; `rungs` keeps the rung counts of one that has begun."""
    algorithm, top, most = spec.algorithm, spec.max_resource, spec.limits.max_trials
    if isinstance(algorithm, Asha):
        found = levels(algorithm.min_resource, top, spec.eta, algorithm.max_rungs)
        return (Plan(found, most, len(found)),)
    if isinstance(algorithm, AdaptiveAsha):
        assert most is not None
        rungs = rungs or bracket_rungs(algorithm, top, most)
        shares = split_trials(most, spec.eta, rungs)
        return tuple(
            Plan(rung_levels(count, top, spec.eta), share, count)
            for count, share in zip(rungs, shares, strict=True)
        )
    return (Plan((top,), most, 1),)


def expected_sizes(bracket: Plan, eta: Fraction, *, promotion: bool) -> tuple[int, ...]:
    """Return how many trials are planned to reach each rung; 0s where there is no limit."""
    if bracket.trials is None:
        return (0,) * len(bracket.levels)
    sizes = [bracket.trials]
    for _ in bracket.levels[1:]:
        sizes.append(max(0 if promotion else min(1, sizes[-1]), int(sizes[-1] / eta)))
    return tuple(sizes)
