"""TPE of all levels that keeps its distance.

Three things are other than in `tpe`. Random draws are points of a Halton sequence. What is good is
said of all trials at once: a trial has its rank at the highest level that it entered, and of a
ladder that keeps the best at each step that is about its rank among all. And of the candidates the
first counts that is not next to a trial there was: after n trials the ball about it, up to the
nearest of them, has at least `spacing` / n of the volume of the unit cube. So a search of any
length may crowd where it is good, but not in one place. Kernel densities alone return to the best
place again and again, where a training says the same once more. A function of the entries, the
trials under way, the seed and the trial's number.

Bergstra et al., Algorithms for hyper-parameter optimization (NIPS 2011); Falkner et al., BOHB
(arXiv 1807.01774); the distance and the ranks are ours, measured in `bench/quality`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import gamma, pi
from typing import ClassVar

import numpy as np

from ashad.core.sampling.draw import Draw, Evidence
from ashad.core.sampling.halton import Halton
from ashad.core.sampling.prng import uniform
from ashad.core.sampling.tpe.density import GRID, candidates, density
from ashad.core.sampling.tpe.tpe import MOST_BAD, MOST_GOOD, Tpe
from ashad.core.sampling.unit_cube import Matrix, Points
from ashad.core.space import Choice, Params
from ashad.core.spec import Mistake, StudySpec

MOST_TRIED = 2048  # trials, the latest, to which a candidate keeps its distance
_HALTON = Halton()


@dataclass(frozen=True, slots=True)
class SpacedTpe(Tpe):
    """Kernel densities of the good and the bad among all trials, and a distance to all of them."""

    name: ClassVar[str] = "spaced_tpe"
    spacing: float = 0.5

    def configuration(self, draw: Draw) -> Params:
        """Return a configuration: a third of the time, or knowing too little, a Halton point."""
        assert draw.evidence is not None
        points = draw.evidence.points
        random = uniform(draw.seed, draw.trial, "/spaced_tpe/random") < self.random_fraction
        known = None if random else _split(self, draw.evidence)
        if known is None:
            return _HALTON.configuration(draw)
        good, bad = (density(points, points.of(t), self.min_bandwidth) for t in known)
        key = draw.seed, draw.trial, "/spaced_tpe"
        drawn = candidates(good, bad, self.candidates, self.bandwidth_factor, key)
        for row in self._spaced(np.clip(drawn, 0.0, 1 - 1 / GRID), points, known[0]):
            at = dict(zip(points.domains, row, strict=True))
            found = draw.place(lambda name: at.get(name, 0.0))  # noqa: B023
            if (draw.fresh is None or found not in draw.fresh) and draw.allows(found):
                return found
        return _HALTON.configuration(draw)

    def mistakes(self, spec: StudySpec) -> Iterator[Mistake]:
        """Yield what is wrong with its settings."""
        yield from Tpe.mistakes(self, spec)
        if not 0 <= self.spacing <= 10:
            yield "spec.spaced_tpe.spacing", "give 0 to 10"

    def _spaced(self, drawn: Matrix, points: Points, good: list[int]) -> Iterator[list[float]]:
        """Yield the candidates: those that keep the distance, then the others, farthest first.

        Distances are rounded, so that another order of a sum makes no other configuration.
        """
        tried = np.vstack([points.of(good), points.latest(MOST_TRIED)])
        least = _radius(self.spacing / points.trials, points.dimensions)
        close: list[tuple[float, int]] = []
        for number, candidate in enumerate(drawn):
            distance = _distance(candidate, tried, points)
            if distance >= least:
                yield candidate.tolist()
            else:
                close.append((-distance, number))
        for _, number in sorted(close):
            yield drawn[number].tolist()


def _split(tpe: SpacedTpe, evidence: Evidence) -> tuple[list[int], list[int]] | None:
    """Return the good trials and the bad, those under way that reported nothing among them."""
    least = tpe.min_points or evidence.points.dimensions + 1
    entered = evidence.entered()
    many = max(least, int(tpe.good_fraction * entered))
    if not evidence.points.dimensions or entered < many + least:
        return None
    above = evidence.best(min(many, MOST_GOOD + MOST_BAD))
    neither = set(above)
    bad = [trial for trial in evidence.spread(MOST_BAD + len(above)) if trial not in neither]
    good, bad = above[:MOST_GOOD], bad + evidence.unheard()[-MOST_BAD:]
    return (good, bad) if good and bad else None


def _radius(volume: float, dimensions: int) -> float:
    """Return the radius of a ball of a volume."""
    unit = pi ** (dimensions / 2) / gamma(dimensions / 2 + 1)
    return float((volume / unit) ** (1 / dimensions))


def _distance(candidate: Matrix, tried: Matrix, points: Points) -> float:
    """Return how far it is to the nearest trial. Another choice is 1 away, as is what is absent."""
    away = tried - candidate
    for j, domain in enumerate(points.domains.values()):
        if isinstance(domain, Choice):
            away[:, j] = np.abs(away[:, j]) * len(domain.choices) >= 0.5
    both = np.isnan(tried) & np.isnan(candidate)
    away = np.where(both, 0.0, np.where(np.isnan(away), 1.0, away))
    return round(float(np.einsum("ij,ij->i", away, away).min() ** 0.5), 6)
