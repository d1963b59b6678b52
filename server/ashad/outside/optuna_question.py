"""What a sampler is asked for the next trial of a study, and what its answer becomes.

All that it is told is in the question, which is made of what is recorded, so the same state has the
same question in any process. Places are in the unit cube, one number a parameter that varies.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan
from typing import Any, NamedTuple

from ashad.core.engine.configurations.observations import Observations
from ashad.core.engine.state import State
from ashad.core.kinds import Optuna
from ashad.core.sampling.prng import uniform
from ashad.core.space import Choice, Params, place
from ashad.core.spec import to_json

LEAST = 10  # entries of a level; with fewer, draws are random
MOST = 2000  # entries, and trials under way, that are told: those of the latest trials
MOST_NUMBERS = 200_000  # of all places that are told together

Place = list[float]  # NaN where a parameter is not there


class Question(NamedTuple):
    """All that a sampler is told. A choice of k lies at (i + 0.5) / k."""

    method: str
    seed: int
    choices: list[int]  # of each parameter; 0 where it is a range
    told: list[tuple[Place, float]]  # (place, score), in order of the trials; less is better
    under_way: list[Place]
    spec: dict[str, Any] | None = None  # of a study with conditions, as JSON


def question(state: State) -> Question | None:
    """Return what to ask for the next trial, None where too little is known to ask.

    As in our TPE, what counts is the highest level with enough entries.
    """
    seen, spec = Observations(state), state.spec
    points = seen.points
    assert isinstance(spec.sampler, Optuna)
    least = max(LEAST, points.dimensions + 1)
    level = next((n for n in seen.levels() if seen.size(n) >= least), None)
    if level is None or not points.dimensions:
        return None
    most = min(MOST, max(least, MOST_NUMBERS // points.dimensions))
    entries = seen.latest(level, most)
    places = points.of(trial for trial, _ in entries).tolist()
    return Question(
        spec.sampler.method,
        int(uniform(state.seed, state.trials, "/outside") * 2**31),
        [len(d.choices) if isinstance(d, Choice) else 0 for d in points.domains.values()],
        [*zip(places, told([score for _, score in entries], spec.worst_score), strict=True)],
        points.of(seen.under_way(level)[-most:]).tolist(),
        to_json(spec) if spec.when else None,
    )


def told(scores: list[float], worst: float) -> list[float]:
    """Return scores as they are told: infeasible ones as beyond the feasible, in their order.

    Theirs are no values that a model could fit; they are told as within a range's width of it.
    """
    valid = [score for score in scores if score < worst]
    beyond = {score: n for n, score in enumerate(sorted({s for s in scores if s >= worst}), 1)}
    least, most = (min(valid), max(valid)) if valid else (0.0, 0.0)
    width = most - least if 0 < most - least < inf else 1.0
    return [most + width * beyond[s] / len(beyond) if s in beyond else s for s in scores]


def configuration(state: State, answer: Sequence[float]) -> Params:
    """Return the configuration at a place; refuse with ValueError one that is not in the cube."""
    domains = Observations(state).points.domains
    if len(answer) != len(domains) or not all(isnan(at) or 0 <= at <= 1 for at in answer):
        raise ValueError(f"no place of {len(domains)} numbers from 0 to 1: {answer}")
    at = dict(zip(domains, (min(at, 1 - 2.0**-32) for at in answer), strict=True))
    params = place(state.spec.space, state.spec.when, {}, lambda name: at.get(name, 0.0))
    if any(isnan(at[name]) for name in params if name in at):
        raise ValueError(f"a parameter that is there has no place: {answer}")
    return params
