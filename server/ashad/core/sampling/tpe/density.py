"""Kernel densities of configurations and draws from them, as in BOHB. Knows no study.

Falkner et al., BOHB (arXiv 1807.01774): a product of kernels about each point, bandwidths by the
normal reference rule, candidates from truncated kernels that are wider by a factor.
"""

from __future__ import annotations

from math import erf, log, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ashad.core.sampling.prng import uniforms
from ashad.core.sampling.unit_cube import Matrix, Points
from ashad.core.space import Choice

GRID = 2.0**32  # positions are rounded to this: another libm must not make another configuration
_FLOOR = log(1e-32)  # of a density, as HpBandSter has it
_NORMAL = NormalDist()


class Density(NamedTuple):
    """A product of kernels about each point; a NaN lies everywhere alike."""

    points: Matrix
    widths: list[float]
    choices: list[int]  # of each parameter; 0 where it is a range

    def log_at(self, where: Matrix) -> Matrix:
        """Return the logarithm of the density at some places."""
        total = np.zeros((len(where), len(self.points)))
        for j, (width, many) in enumerate(zip(self.widths, self.choices, strict=True)):
            here, there = where[:, j, None], self.points[None, :, j]
            apart = here - there
            if many:
                other = log(width / (many - 1)) if many > 1 else 0.0
                same = log(1 - width) if many > 1 else 0.0
                kernel = np.where(np.abs(apart) * many < 0.5, same, other)
            else:
                apart /= width
                kernel = np.multiply(apart, apart, out=apart)
                kernel *= -0.5
                kernel -= log(width * 2.5066282746310002)
            if np.isnan(there).any() or np.isnan(here).any():
                kernel = np.where(np.isnan(here) | np.isnan(there), 0.0, kernel)
            total += kernel
        top = total.max(axis=1)
        total -= top[:, None]
        found: Matrix = top + np.log(np.exp(total, out=total).mean(axis=1))
        return found


def density(points: Points, rows: Matrix, least: float) -> Density:
    """Return the density about some points; bandwidths by the normal reference rule."""
    choices = [len(d.choices) if isinstance(d, Choice) else 0 for d in points.domains.values()]
    widths = []
    for j, many in enumerate(choices):
        column = rows[:, j][~np.isnan(rows[:, j])]
        if many:
            column = np.floor(column * many)
        spread = float(column.std()) if len(column) else 0.0
        width = max(least, 1.06 * spread * max(len(column), 1) ** (-1 / (4 + points.dimensions)))
        widths.append(min(width, (many - 1) / many) if many > 1 else width)
    return Density(rows, widths, choices)


def candidates(
    good: Density, bad: Density, many: int, factor: float, key: tuple[int, int, str]
) -> Matrix:
    """Return `many` draws from `good`, the greatest ratio good / bad first, the first on a tie.

    A function of the densities and of `key`: (seed, trial, salt). The kernels that are drawn from
    are `factor` times as wide as those that are judged by.
    """
    us = np.array(uniforms(*key, many * (1 + 2 * len(good.widths)))).reshape(many, -1)
    found = good.points[(us[:, 0] * len(good.points)).astype(np.int64)]
    for j, (width, choices) in enumerate(zip(good.widths, good.choices, strict=True)):
        u, v, near = us[:, 1 + 2 * j], us[:, 2 + 2 * j], found[:, j]
        absent = np.isnan(near)
        if choices:
            other = (np.floor(u * choices) + 0.5) / choices
            drawn = np.where(v < 1 - width, near, other)
        else:
            drawn = _truncated(np.where(absent, 0.5, near), width * factor, u)
        found[:, j] = np.where(absent, u, drawn)
    found = np.round(found * GRID) / GRID
    ratio = np.maximum(good.log_at(found), _FLOOR) - np.maximum(bad.log_at(found), _FLOOR)
    ordered: Matrix = found[np.argsort(-np.round(ratio, 9), kind="stable")]
    return ordered


def _truncated(mean: Matrix, width: float, u: Matrix) -> Matrix:
    """Return the values at u of normal distributions that are cut off outside of [0, 1]."""
    low, high = _cdf(-mean / width), _cdf((1 - mean) / width)
    p = np.clip(low + u * (high - low), 1e-16, 1 - 1e-16)
    return np.clip(mean + width * np.array([_NORMAL.inv_cdf(one) for one in p.tolist()]), 0.0, 1.0)


def _cdf(x: Matrix) -> Matrix:
    """Return the distribution function of the standard normal distribution."""
    return np.array([0.5 * (1.0 + erf(one)) for one in (x / sqrt(2.0)).tolist()])
