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
from typing import ClassVar

from ashad.core.sampling.draw import Draw, Evidence
from ashad.core.sampling.prng import uniform
from ashad.core.sampling.tpe.density import GRID, candidates, density
from ashad.core.sampling.unit_cube import Matrix
from ashad.core.space import Params
from ashad.core.spec import Mistake, Sampler, StudySpec

MOST_GOOD, MOST_BAD = 128, 384
MAX_PARAMETERS = 250
MAX_DRAWS = 4_000  # parameters times candidates: what one Suggest computes


@dataclass(frozen=True, slots=True)
class Tpe(Sampler):
    """Kernel densities of the good and the bad, as in BOHB."""

    learns: ClassVar[bool] = True
    name: ClassVar[str] = "tpe"
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
        good, bad = (density(evidence.points, points, self.min_bandwidth) for points in sets)
        key = draw.seed, draw.trial, "/tpe"
        drawn = candidates(good, bad, self.candidates, self.bandwidth_factor, key)
        picky = fresh is not None or draw.spec.constraints
        for row in drawn if picky else drawn[:1]:
            best = [min(max(at, 0.0), 1 - 1 / GRID) for at in row.tolist()]
            at = dict(zip(evidence.points.domains, best, strict=True))
            found = draw.place(lambda name: at.get(name, 0.0))  # noqa: B023
            if (fresh is None or found not in fresh) and draw.allows(found):
                break
        return found if draw.allows(found) else draw.independent()

    def mistakes(self, spec: StudySpec) -> Iterator[Mistake]:
        """Yield what is wrong with its settings."""
        parameters, of = len(spec.space), f"spec.{self.name}"
        if not 0 <= self.random_fraction <= 1:
            yield f"{of}.random_fraction", "give 0 to 1"
        if not 0 < self.good_fraction < 1:
            yield f"{of}.good_fraction", "give a number between 0 and 1"
        if not 0 <= self.min_points <= 10_000:
            yield f"{of}.min_points", "give 1 to 10000, or leave it out for the default"
        if not 1 <= self.candidates <= 1000:
            yield f"{of}.candidates", "give 1 to 1000"
        elif parameters > MAX_PARAMETERS:
            yield (
                "spec.sampler",
                f"{self.name} takes at most {MAX_PARAMETERS} parameters; take halton",
            )
        elif self.candidates * parameters > MAX_DRAWS:
            most = MAX_DRAWS // parameters
            yield f"{of}.candidates", f"with {parameters} parameters give at most {most}"
        if not 0 < self.bandwidth_factor <= 100:
            yield f"{of}.bandwidth_factor", "give a number above 0, at most 100"
        if not 0 < self.min_bandwidth <= 1:
            yield f"{of}.min_bandwidth", "give a number above 0, at most 1"


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
