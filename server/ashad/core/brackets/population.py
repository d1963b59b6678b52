"""Population based training (Jaderberg et al., arXiv 1711.09846): settings, and who stands where.

A member is a trial that has not ended. Members are ranked by the latest level that each of them
reached, whichever that is; the lower quantile exploits the upper one. Trials are numbers here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, isfinite
from typing import Any, NamedTuple

from ashad.core.brackets.plan import Plan
from ashad.core.space import Choice, Constant, Domain, Space
from ashad.core.spec import Algorithm, Mistake, StudySpec

MAX_POPULATION = MAX_INTERVALS = 1000
MAX_FACTORS = 16
FACTORS = (0.8, 1.2)


@dataclass(frozen=True, slots=True)
class Pbt(Algorithm):
    """A population whose worse members go on from the checkpoints of the better ones."""

    population: int = 10
    interval: int = 0  # 0: a tenth of max_resource
    quantile: float = 0.25
    resample_probability: float = 0.25
    perturbation_factors: tuple[float, ...] = ()  # none: FACTORS
    explore: tuple[str, ...] = ()  # the parameters that change; none: all

    @property
    def eta(self) -> Fraction:
        """Return what `rule.quota` takes for all but the lower quantile of a rung."""
        return 1 / (1 - self._share)

    @property
    def _share(self) -> Fraction:
        return Fraction(str(self.quantile)) if 0 < self.quantile <= 0.5 else Fraction(1, 4)

    def ends(self, size: int) -> int:
        """Return how many of so many members are in either quantile: at most half of them."""
        return min(ceil(size * self._share), size // 2)

    def changes(self, name: str) -> bool:
        """Whether exploration may change this parameter."""
        return not self.explore or name in self.explore

    def explores(self, space: Space) -> bool:
        """Whether there is a parameter that exploration can change."""
        return any(self.changes(name) and _varies(domain) for name, domain in space.items())

    def plan(self, spec: StudySpec) -> tuple[Any, ...]:
        """Return its one bracket: a level at each interval."""
        step = self.interval or max(1, spec.max_resource // 10)
        found = (*range(step, spec.max_resource, step), spec.max_resource)
        return (Plan(found, None, len(found)),)

    def mistakes(self, spec: StudySpec) -> Iterable[Mistake]:
        """Yield what is wrong with its settings."""
        top, most = spec.max_resource, spec.limits.max_trials
        if not 2 <= self.population <= MAX_POPULATION:
            yield "spec.algorithm.population", f"give 2 to {MAX_POPULATION}"
        if top == 1:
            yield "spec.max_resource", "pbt needs 2 or more: members are compared on the way"
        elif not 0 <= self.interval < top:
            yield (
                "spec.algorithm.interval",
                "give 1 to below max_resource, or leave it out: a tenth",
            )
        elif self.interval and top > self.interval * MAX_INTERVALS:
            least = ceil(top / MAX_INTERVALS)
            yield "spec.algorithm.interval", f"at most {MAX_INTERVALS} intervals: give {least}"
        if not 0 < self.quantile <= 0.5:
            yield "spec.algorithm.quantile", "give a number above 0, at most 0.5"
        if not 0 <= self.resample_probability <= 1:
            yield "spec.algorithm.resample_probability", "give 0 to 1"
        yield from self._factors()
        yield from self._explores(spec.space)
        if most is not None and 0 < most <= self.population:
            fix = f"give more than the population, {self.population}, or leave it out: "
            yield "spec.limits.max_trials", fix + "each trial that exploits makes another"

    def _explores(self, space: Space) -> Iterator[Mistake]:
        for number, name in enumerate(self.explore):
            if isinstance(space.get(name, Constant(0)), Constant):
                fix = f"{name[:200]!r} is no parameter that varies; leave it out"
                yield "spec.algorithm.explore", fix
            elif name in self.explore[:number]:
                yield "spec.algorithm.explore", f"{name[:200]!r} is given twice"

    def _factors(self) -> Iterator[Mistake]:
        right = all(isfinite(f) and 0 < f <= 1000 and f != 1 for f in self.perturbation_factors)
        if not right or len(self.perturbation_factors) > MAX_FACTORS:
            fix = f"give at most {MAX_FACTORS} numbers above 0 and up to 1000, none of them 1"
            yield "spec.algorithm.perturbation_factors", fix


def _varies(domain: Domain) -> bool:
    """Whether exploration can change a parameter."""
    if isinstance(domain, Choice):
        return len(domain.choices) != 1
    return not isinstance(domain, Constant) and domain.low != domain.high


class Standing(NamedTuple):
    """Where a member stands in its population, as its latest report found it."""

    rank: int
    size: int  # members that have reached a level
    quota: int  # as many are not in the lower quantile
    cutoff: float  # the score at that rank
    better: tuple[int, ...]  # those of the upper quantile with a better score, best first


class Population:
    """The members of one study: scores in order of arrival, and who waits at which rung."""

    __slots__ = ("_scores", "_settings", "paused")

    def __init__(self, settings: Pbt) -> None:
        self._settings = settings
        self._scores: dict[int, float] = {}
        self.paused: dict[int, int] = {}  # member -> the rung that it goes on to

    def enter(self, trial: int, score: float) -> None:
        """Take the score of a level that a member reached, in place of its last."""
        self._scores.pop(trial, None)
        self._scores[trial] = score

    def moved(self, trial: int, state: str, rung: int) -> None:
        """Take note of the state that a trial has come to, with its next rung."""
        if state == "PAUSED":
            self.paused[trial] = rung
            return
        self.paused.pop(trial, None)
        if state not in ("QUEUED", "RUNNING"):
            self._scores.pop(trial, None)

    def standing(self, trial: int) -> Standing:
        """Return where a member stands; ties to the older report."""
        scores = self._scores
        ranked = sorted(scores, key=scores.__getitem__)
        ends = self._settings.ends(len(ranked))
        quota = len(ranked) - ends
        better = tuple(other for other in ranked[:ends] if scores[other] < scores[trial])
        place = ranked.index(trial) + 1
        return Standing(place, len(ranked), quota, scores[ranked[quota - 1]], better)

    def entries(self) -> list[tuple[int, float]]:
        """Return (trial, score) in order of arrival, to compare by."""
        return list(self._scores.items())


def population_of(spec: StudySpec) -> Population | None:
    """Return the population of a study, still empty; None where its algorithm has none."""
    return Population(spec.algorithm) if isinstance(spec.algorithm, Pbt) else None
