"""Syne Tune's BOHB in a fraction of the time, with the same numbers.

BOHB draws its candidates one number at a time by a general routine of SciPy, and weighs each of
them by itself. Here the same random numbers are drawn in the same order and the same formulas are
called for all candidates at once. What it searches is the same, and a test compares them; only how
long that takes is not, which nothing here measures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import log1p, log_ndtr, logsumexp, ndtr, ndtri_exp
from syne_tune.optimizer.schedulers.searchers.kde.kde_searcher import KernelDensityEstimator

_PEAK = 1.0 / np.sqrt(2 * np.pi)
_LEAST = 1e-32


def apply() -> None:
    """Have the library, of this process, use what is below."""
    KernelDensityEstimator._get_config = suggest  # noqa: SLF001 - the only place to take hold


def suggest(self: Any, **_: Any) -> dict[str, Any] | None:
    """Do what `KernelDensityEstimator._get_config` does."""
    first: dict[str, Any] | None = self._next_initial_config()
    if first is not None:
        return first
    models = self._train_kde(np.array(self.X), np.array(self.y)) if self.y else None
    chosen: dict[str, Any] | None = None
    if models is not None and self.random_state.rand() >= self.random_fraction:
        self.bad_kde, self.good_kde = models
        points = candidates(self)
        bad, good = density(self.bad_kde, points), density(self.good_kde, points)
        least = None
        values = np.maximum(_LEAST, bad) / np.maximum(good, _LEAST)
        for point, value in zip(points, values, strict=True):
            if least is None or least > value:
                config = self._from_feature(point)
                if not self.should_not_suggest(config):
                    chosen, least = config, value
    return self._get_random_config() if chosen is None else chosen


def candidates(searcher: Any) -> Any:
    """Return points near those of the good density, a row each."""
    rng, good = searcher.random_state, searcher.good_kde
    widths = np.array([max(width, searcher.min_bandwidth) for width in good.bw])
    points = np.empty((searcher.num_candidates, len(widths)))
    shares = np.empty_like(points)
    for point, share in zip(points, shares, strict=True):
        point[:] = good.data[rng.randint(0, len(good.data))]
        for at, (kind, domain) in enumerate(searcher.vartypes):
            if kind == "c":
                share[at] = rng.uniform()
            elif rng.rand() >= 1 - widths[at]:
                low, high = domain if kind == "o" else (0, domain)
                point[at] = (rng.randint(low, high) - low) / (high - low)
    smooth = _smooth(good)
    widths = searcher.bandwidth_factor * widths[smooth]
    points[:, smooth] = truncated(points[:, smooth], widths, shares[:, smooth])
    return points


def truncated(middle: Any, width: Any, share: Any) -> Any:
    """Return `truncnorm.rvs` between 0 and 1, whose uniform draws are `share`."""
    a, b = -middle / width, (1 - middle) / width
    mass = log1p(-ndtr(a) - ndtr(-b))
    left = ndtri_exp(logsumexp([log_ndtr(a), np.log(share) + mass], axis=0))
    right = -ndtri_exp(logsumexp([log_ndtr(-b), np.log1p(-share) + mass], axis=0))
    return np.where(a < 0, left, right) * width + middle


def density(kde: Any, points: Any) -> Any:
    """Return `kde.pdf` of each point: the mean over the data of the products of all kernels."""
    smooth = _smooth(kde)
    values = np.empty((len(points), *kde.data.shape))
    width = kde.bw[smooth]
    away = kde.data[:, smooth] - points[:, None, smooth]
    values[:, :, smooth] = _PEAK * np.exp(-(away**2) / (width**2 * 2.0))
    for at in np.flatnonzero(~smooth):
        h, data, here = kde.bw[at], kde.data[:, at], points[:, at, None]
        if kde.var_type[at] == "o":  # Wang and van Ryzin's
            elsewhere = 0.5 * (1 - h) * (h ** abs(data - here))
        else:  # Aitchison and Aitken's
            elsewhere = h / (np.unique(data).size - 1)
        values[:, :, at] = np.where(data == here, 1 - h, elsewhere)
    return (values.prod(axis=2) / np.prod(width)).sum(axis=1) / kde.nobs


def _smooth(kde: Any) -> Any:
    return np.array([kind == "c" for kind in kde.var_type])
