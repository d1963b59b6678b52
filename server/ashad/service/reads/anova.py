"""How much each parameter counts for a trial to be among the best. Pure: values in, shares out.

PED-ANOVA (Watanabe, Bansal and Hutter, IJCAI 2023, arXiv 2304.10255, Alg. 1), as Optuna 5 has it:
the density of a parameter's values among the best against that among all, by Pearson's divergence,
each on a grid of at most 50 steps. A parameter that is not always there counts where it is, by its
share among the best squared over its share among all (arXiv 2601.20800, Alg. 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, erf, log, log2, sqrt

import numpy as np
from numpy.typing import NDArray

from ashad.core.space import Choice, Constant, Domain, Float, Int, Params, Space, Value

STEPS = 50  # of a grid
LEAST = 2  # trials that have a parameter, for it to count
_TINY = 1e-12

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]


def importance(
    space: Space, trials: Sequence[Params], scores: Sequence[float], best: float
) -> dict[str, float]:
    """Return the share of each parameter, 0 to 1, together 1; all 0 where none counts.

    Scores are smaller for better trials; `best` is the share of the trials that are the best.
    """
    ranked = np.asarray(scores, np.float64)
    cut = np.sort(ranked)[ceil(best * len(ranked)) - 1]
    top = ranked <= cut
    raw = {
        name: _one(domain, name, trials, top)
        for name, domain in space.items()
        if not isinstance(domain, Constant)
    }
    total = sum(raw.values())
    return {name: value / total if total > 0 else 0.0 for name, value in raw.items()}


def top_size(scores: Sequence[float], best: float) -> int:
    """Return how many trials are the best: ties of the last of them are."""
    ranked = np.asarray(scores, np.float64)
    return int((ranked <= np.sort(ranked)[ceil(best * len(ranked)) - 1]).sum())


def _one(domain: Domain, name: str, trials: Sequence[Params], top: NDArray[np.bool_]) -> float:
    there = np.array([name in params for params in trials])
    here, best = int(there.sum()), int((there & top).sum())
    if here < LEAST or not best or domain.size() == 1:
        return 0.0
    places, many = grid(domain, [params[name] for params in trials if name in params])
    of_best = np.bincount(places[top[there]], minlength=many)
    of_all = np.bincount(places, minlength=many)
    estimate = _choices if isinstance(domain, Choice) else _range
    p, q = estimate(of_best) + _TINY, estimate(of_all) + _TINY
    weight = (best / top.sum()) ** 2 / (here / len(trials))
    return float(weight * (q @ (p / q - 1) ** 2))


def grid(domain: Domain, values: Sequence[Value]) -> tuple[Counts, int]:
    """Return the place of each value on the grid of a parameter, and how many places there are."""
    if isinstance(domain, Choice):
        return np.array([domain.index(value) for value in values], np.int64), len(domain.choices)
    assert isinstance(domain, (Float, Int))
    low, high, many = float(domain.low), float(domain.high), STEPS
    numbers = np.asarray(values, np.float64)
    if domain.log and isinstance(domain, Int):
        many = min(ceil(log2(high - low + 1)) + 1, many)
    elif domain.step and not domain.log:
        many = min(round((high - low) / domain.step) + 1, many)
    if domain.log:
        low, high, numbers = log(low), log(high), np.log(numbers)
    width = (high - low) / (many - 1)
    places = np.ceil((numbers - low) / width - 0.5)
    return np.clip(places, 0, many - 1).astype(np.int64), many


def _choices(counts: Counts) -> Numbers:
    """Return the probability of each choice: kernels about those that were seen, and a prior."""
    seen, many = np.flatnonzero(counts), len(counts)
    other = 1 / (len(seen) + 1)
    kernels = np.full((len(seen) + 1, many), other)
    kernels[np.arange(len(seen)), seen] += 1
    kernels /= kernels.sum(axis=1, keepdims=True)
    return _mixed(counts[seen], kernels)


def _range(counts: Counts) -> Numbers:
    """Return the probability of each place: normal kernels by Scott's rule, and a wide prior."""
    seen, many = np.flatnonzero(counts), len(counts)
    weights = counts[seen].astype(np.float64)
    total = weights.sum()
    mean = seen @ weights / total
    spread = sqrt((seen - mean) ** 2 @ weights / max(1.0, total - 1))
    sums = np.cumsum(weights)
    quarters = (
        int(np.searchsorted(sums, total // 4, side="left")),
        int(np.searchsorted(sums, total * 3 // 4, side="right")),
    )
    between = float(seen[min(len(seen) - 1, quarters[1])] - seen[quarters[0]])
    width = max(1.059 * min(between / 1.34, spread) * total**-0.2, 0.5 / 1.64)
    at = np.arange(many)
    kernels = [_normal(at, centre, width, many) for centre in seen.tolist()]
    return _mixed(weights, np.array([*kernels, _normal(at, (many - 1) / 2, float(many), many)]))


def _mixed(weights: NDArray[np.generic], kernels: Numbers) -> Numbers:
    """Return the mixture of some kernels, the last of which is the prior, of weight 1."""
    shares = np.append(np.asarray(weights, np.float64), 1.0)
    mixed: Numbers = shares / shares.sum() @ kernels
    return mixed


def _normal(at: Counts, mean: float, width: float, many: int) -> Numbers:
    """Return the mass of a normal distribution, cut off at the ends of a grid, in each place."""
    edges = (np.append(at, many) - 0.5 - mean) / (width * sqrt(2))
    sums = np.array([erf(edge) for edge in edges.tolist()])
    mass: Numbers = np.diff(sums) / (sums[-1] - sums[0])
    return mass


def chosen(sizes: Mapping[int, int], parameters: int) -> int:
    """Return the highest level that enough trials reached, of sizes by level; 0 for none."""
    enough = max(10, 2 * parameters)
    return max((level for level, size in sizes.items() if size >= enough), default=0)
