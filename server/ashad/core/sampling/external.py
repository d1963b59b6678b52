"""Samplers outside the core: the question that one is asked, and what its answer becomes.

The core never asks: it says what there is to know, takes the answer with the call that makes a
trial, and records the configuration like any other. So a replay needs the record and no library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from ashad.core.sampling.draw import Draw, Evidence
from ashad.core.sampling.prng import uniform
from ashad.core.space import Choice, Params, place
from ashad.core.spec import Mistake, Sampler, StudySpec

LEAST = 10  # entries of a level; with fewer, draws are random
MOST = 2000  # entries, and trials under way, that are told: those of the latest trials


METHODS = ("tpe_multivariate", "gp", "cmaes")


@dataclass(frozen=True, slots=True)
class Outside(Sampler):
    """A sampler outside the core, by its name: it is asked before a trial is made."""

    learns: ClassVar[bool] = True
    external: ClassVar[bool] = True
    method: str = "tpe_multivariate"

    def configuration(self, draw: Draw) -> Params:
        """Return a random configuration, where it is not asked."""
        return draw.independent()

    def mistakes(self, spec: StudySpec) -> Iterator[Mistake]:
        """Yield what is wrong with its settings."""
        if self.method not in METHODS:
            yield "spec.optuna.method", f"give one of {', '.join(METHODS)}"
        if spec.when:
            yield "spec.sampler", "samplers of Optuna take no conditional parameters; take tpe"


class Question(NamedTuple):
    """All that a sampler is told. Places are in the unit cube, one number a parameter that varies.

    A choice of k lies at (i + 0.5) / k. The same question has the same answer.
    """

    method: str
    seed: int
    choices: list[int]  # of each parameter; 0 where it is a range
    told: list[tuple[list[float], float]]  # (place, score), in order of the trials; less is better
    under_way: list[list[float]]


def asks(spec: StudySpec, evidence: Evidence) -> int | None:
    """Return the level whose entries a sampler outside is told, None where it is not asked.

    As in our TPE, what counts is the highest level with enough entries.
    """
    if not isinstance(spec.sampler, Outside) or not evidence.points.dimensions:
        return None
    least = max(LEAST, evidence.points.dimensions + 1)
    return next((n for n in evidence.levels() if evidence.size(n) >= least), None)


def question(spec: StudySpec, seed: int, trial: int, evidence: Evidence) -> Question | None:
    """Return what to ask for this trial, None where too little is known to ask."""
    sampler, points, level = spec.sampler, evidence.points, asks(spec, evidence)
    if level is None:
        return None
    assert isinstance(sampler, Outside)
    entries = evidence.latest(level, MOST)
    places = points.of(trial for trial, _ in entries).tolist()
    return Question(
        sampler.method,
        int(uniform(seed, trial, "/outside") * 2**31),
        [len(d.choices) if isinstance(d, Choice) else 0 for d in points.domains.values()],
        [(place, score) for place, (_, score) in zip(places, entries, strict=True)],
        points.of(evidence.under_way(level)[-MOST:]).tolist(),
    )


def configuration(spec: StudySpec, evidence: Evidence, answer: Sequence[float]) -> Params:
    """Return the configuration at a place; refuse with ValueError one that is not in the cube."""
    domains = evidence.points.domains
    if len(answer) != len(domains) or not all(0 <= at <= 1 for at in answer):
        raise ValueError(f"no place of {len(domains)} numbers from 0 to 1: {answer}")
    at = dict(zip(domains, (min(at, 1 - 2.0**-32) for at in answer), strict=True))
    return place(spec.space, spec.when, {}, lambda name: at.get(name, 0.0))
