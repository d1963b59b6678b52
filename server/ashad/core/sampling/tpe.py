"""TPE with the kernel densities of BOHB, asynchronous: configurations under way count as bad.

Falkner et al., BOHB (arXiv 1807.01774), with the constants of its authors' HpBandSter, but for the
least bandwidth: 0.1 as in Syne Tune. With HpBandSter's 0.001 the density of the good collapses on
one point, and a search of a simple hill ends up worse than random draws. At the
highest level with enough entries, the best 15 % and the rest each make a density; of 64 draws from
the good one, the one with the greatest ratio good / bad is taken; a third of all configurations is
random. A trial under way that may still reach the level is taken for bad (a constant liar), so that
a hundred workers do not all get the same answer. A function of the entries, the trials under way,
the seed and the trial's number. The densities look at no more than the best `MOST_GOOD` and at
`MOST_BAD` of the others, evenly by rank: a draw costs the same in a study of any size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from statistics import NormalDist
from typing import ClassVar, NamedTuple

import numpy as np

from ashad.core.sampling.draw import Draw, Evidence
from ashad.core.sampling.prng import uniform, uniforms
from ashad.core.sampling.unit_cube import Matrix, Points
from ashad.core.space import Choice, Params
from ashad.core.spec import Mistake, Sampler, StudySpec

MOST_GOOD, MOST_BAD = 128, 384
MAX_PARAMETERS = 250
MAX_DRAWS = 4_000  # parameters times candidates: what one Suggest computes
_FLOOR = log(1e-32)  # of a density, as HpBandSter has it
_GRID = 2.0**32  # positions are rounded to this: another libm must not make another configuration
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Tpe(Sampler):
    """Kernel densities of the good and the bad, as in BOHB."""

    learns: ClassVar[bool] = True
    random_fraction: float = 1 / 3
    good_fraction: float = 0.15
    min_points: int = 0  # of each density; 0: one more than there are parameters
    candidates: int = 64
    bandwidth_factor: float = 3.0
    min_bandwidth: float = 0.1

    def configuration(self, draw: Draw) -> Params:
        """Return a configuration: a third of the time, or knowing too little, a random one.

        Of the candidates, the best that was not tried.
        """
        assert draw.evidence is not None
        evidence, fresh = draw.evidence, draw.fresh
        random = uniform(draw.seed, draw.trial, "/tpe/random") < self.random_fraction
        sets = None if random else _split(self, evidence)
        if sets is None:
            return draw.independent()
        good, bad = (_density(evidence.points, points, self.min_bandwidth) for points in sets)
        candidates = _draw(self, draw.seed, draw.trial, good, bad)
        picky = fresh is not None or draw.spec.constraints
        for row in candidates if picky else candidates[:1]:
            best = [min(max(at, 0.0), 1 - 1 / _GRID) for at in row.tolist()]
            at = dict(zip(evidence.points.domains, best, strict=True))
            found = draw.place(lambda name: at.get(name, 0.0))  # noqa: B023
            if (fresh is None or found not in fresh) and draw.allows(found):
                break
        return found if draw.allows(found) else draw.independent()

    def mistakes(self, spec: StudySpec) -> Iterator[Mistake]:
        """Yield what is wrong with its settings."""
        parameters = len(spec.space)
        if not 0 <= self.random_fraction <= 1:
            yield "spec.tpe.random_fraction", "give 0 to 1"
        if not 0 < self.good_fraction < 1:
            yield "spec.tpe.good_fraction", "give a number between 0 and 1"
        if not 0 <= self.min_points <= 10_000:
            yield "spec.tpe.min_points", "give 1 to 10000, or leave it out for the default"
        if not 1 <= self.candidates <= 1000:
            yield "spec.tpe.candidates", "give 1 to 1000"
        elif parameters > MAX_PARAMETERS:
            yield "spec.sampler", f"tpe takes at most {MAX_PARAMETERS} parameters; take halton"
        elif self.candidates * parameters > MAX_DRAWS:
            most = MAX_DRAWS // parameters
            yield "spec.tpe.candidates", f"with {parameters} parameters give at most {most}"
        if not 0 < self.bandwidth_factor <= 100:
            yield "spec.tpe.bandwidth_factor", "give a number above 0, at most 100"
        if not 0 < self.min_bandwidth <= 1:
            yield "spec.tpe.min_bandwidth", "give a number above 0, at most 1"


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
            if many:
                other = log(width / (many - 1)) if many > 1 else 0.0
                same = log(1 - width) if many > 1 else 0.0
                kernel = np.where(np.abs(here - there) * many < 0.5, same, other)
            else:
                kernel = -0.5 * ((here - there) / width) ** 2 - log(width * 2.5066282746310002)
            total += np.where(np.isnan(here) | np.isnan(there), 0.0, kernel)
        top = total.max(axis=1)
        found: Matrix = top + np.log(np.exp(total - top[:, None]).mean(axis=1))
        return found


def _split(tpe: Tpe, evidence: Evidence) -> tuple[Matrix, Matrix] | None:
    """Return the good and the bad of the highest level with enough entries."""
    least = tpe.min_points or evidence.points.dimensions + 1
    for level in evidence.levels():
        ranked = evidence.ranked(level)
        many = max(least, int(tpe.good_fraction * len(ranked)))
        if evidence.points.dimensions and len(ranked) >= many + least:
            good, bad = ranked[: min(many, MOST_GOOD)], ranked[many:]
            if len(bad) > MOST_BAD:
                bad = [bad[i * len(bad) // MOST_BAD] for i in range(MOST_BAD)]
            bad = bad + evidence.under_way(level)[-MOST_BAD:]
            return evidence.points.of(good), evidence.points.of(bad)
    return None


def _density(points: Points, rows: Matrix, least: float) -> Density:
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


def _draw(tpe: Tpe, seed: int, trial: int, good: Density, bad: Density) -> Matrix:
    """Return the candidates, the greatest ratio of the densities first, the first on a tie."""
    dimensions = len(good.widths)
    us = iter(uniforms(seed, trial, "/tpe", tpe.candidates * (1 + 2 * dimensions)))
    found = np.empty((tpe.candidates, dimensions))
    for row in found:
        near = good.points[int(next(us) * len(good.points))]
        for j, (width, many) in enumerate(zip(good.widths, good.choices, strict=True)):
            u, v = next(us), next(us)
            if near[j] != near[j]:  # NaN: not active there
                row[j] = u
            elif many:
                row[j] = near[j] if v < 1 - width else (int(u * many) + 0.5) / many
            else:
                row[j] = _truncated(near[j], width * tpe.bandwidth_factor, u)
    found = np.round(found * _GRID) / _GRID
    ratio = np.maximum(good.log_at(found), _FLOOR) - np.maximum(bad.log_at(found), _FLOOR)
    ordered: Matrix = found[np.argsort(-np.round(ratio, 9), kind="stable")]
    return ordered


def _truncated(mean: float, width: float, u: float) -> float:
    """Return the value at u of a normal distribution that is cut off outside of [0, 1]."""
    low, high = _NORMAL.cdf(-mean / width), _NORMAL.cdf((1 - mean) / width)
    p = min(max(low + u * (high - low), 1e-16), 1 - 1e-16)
    return min(max(mean + width * _NORMAL.inv_cdf(p), 0.0), 1.0)
