"""Priors: what is likelier within a range or among choices, before anything is known.

A prior bends the uniform number of a draw and nothing else: where a value lies stays what it was,
so that samplers that learn look at a range as they did.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from statistics import NormalDist

from ashad.core.space import Choice, Domain, Float, Int

_GRID = 2.0**32  # positions are rounded to this: another libm must not make another configuration
_NORMAL = NormalDist()
WIDE = 4  # without a sigma, a prior has this part of the range for it


def bent(domain: Domain, u: float) -> float:
    """Return the position in a domain that the uniform number `u` of [0, 1) stands for."""
    if isinstance(domain, Choice) and domain.weights:
        return _weighted(domain.weights, u)
    if isinstance(domain, (Float, Int)) and domain.mean is not None:
        return _normal(domain, domain.mean, u)
    return u


def has_prior(domain: Domain) -> bool:
    """Whether some of a domain is likelier than the rest."""
    weighted = isinstance(domain, Choice) and bool(domain.weights)
    return weighted or (isinstance(domain, (Float, Int)) and domain.mean is not None)


def prior_mistakes(domain: Domain) -> Iterator[str]:
    """Yield what is wrong with a prior."""
    if isinstance(domain, Choice) and domain.weights:
        if len(domain.weights) != len(domain.choices):
            yield f"{len(domain.weights)} weights for {len(domain.choices)} choices"
        elif not all(0 < weight < 1e100 for weight in domain.weights):
            yield "a weight must be above 0 and finite; leave out a choice that is never drawn"
    if isinstance(domain, (Float, Int)):
        if not (math.isfinite(domain.sigma) and domain.sigma >= 0):
            yield "sigma must be a number above 0, or left out for a quarter of the range"
        if domain.mean is None and domain.sigma:
            yield "sigma needs a mean"
        elif domain.mean is not None and not domain.low <= domain.mean <= domain.high:
            yield f"mean must be from {domain.low} to {domain.high}"
        elif domain.mean is not None and domain.low == domain.high:
            yield "a single value needs no mean"


def _weighted(weights: tuple[float, ...], u: float) -> float:
    """Return the middle of the choice at u, each as wide as its weight."""
    total = math.fsum(weights)
    sums = accumulate(weights)
    found = next((i for i, sum_ in enumerate(sums) if u * total < sum_), len(weights) - 1)
    return (found + 0.5) / len(weights)


def _normal(domain: Float | Int, mean: float, u: float) -> float:
    """Return the position at u of a normal distribution that is cut off outside of the range.

    On a log scale mean is the median, and sigma counts in natural logarithms.
    """
    low, high = _ends(domain)
    middle = math.log(mean) if domain.log else mean
    sigma = domain.sigma or (high - low) / WIDE
    first, last = _NORMAL.cdf((low - middle) / sigma), _NORMAL.cdf((high - middle) / sigma)
    p = min(max(first + u * (last - first), 1e-16), 1 - 1e-16)
    at = (middle + sigma * _NORMAL.inv_cdf(p) - low) / (high - low)
    return min(max(round(at * _GRID) / _GRID, 0.0), 1 - 1 / _GRID)


def _ends(domain: Float | Int) -> tuple[float, float]:
    """Return what positions 0 and 1 stand for, on the scale of the domain."""
    low, high = float(domain.low), float(domain.high)
    if isinstance(domain, Int) or domain.step:
        size = domain.size()
        assert size is not None
        low, high = low - domain.step / 2, low + (size - 0.5) * domain.step
    return (math.log(low), math.log(high)) if domain.log else (low, high)
