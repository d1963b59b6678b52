"""One question to a sampler of Optuna: a study is made of what is told, and asked once.

Nothing is kept but what can be computed again, so the same question has the same answer in any
process. Ranges are [0, 1], as the core places them; a choice is one of its numbers.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from hashlib import blake2b
from math import log
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

Told = list[tuple[list[float], float]]

optuna.logging.set_verbosity(optuna.logging.ERROR)
# CmaEsSampler keeps its optimizer, and of which generation a trial is, in attributes of trials.
_GENERATION, _OPTIMIZER = "cma:generation", "cma:optimizer"
_MOST = 1024
_optimizers: dict[bytes, dict[str, Any]] = {}  # after some generations, by what made them


def answer(
    method: str, seed: int, choices: list[int], told: Told, under_way: list[list[float]]
) -> list[float]:
    """Return the place of the next trial; arguments: see `ashad.core.sampling.external`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        space = _Space(choices)
        if method == "cmaes":
            return _evolve(space, seed, told)
        trials = [space.trial(place, value) for place, value in told]
        trials += [space.trial(place, None) for place in under_way]
        sampler: BaseSampler
        if method == "gp":
            sampler = GPSampler(seed=seed)
        else:
            sampler = TPESampler(seed=seed, multivariate=True, constant_liar=True)
        return space.place(space.ask(sampler, trials))


class _Space:
    def __init__(self, choices: list[int]) -> None:
        self.choices = choices
        self.domains: dict[str, BaseDistribution] = {
            f"{j:04}": CategoricalDistribution(range(many)) if many else FloatDistribution(0, 1)
            for j, many in enumerate(choices)
        }

    def trial(
        self, place: list[float], value: float | None, attributes: dict[str, Any] | None = None
    ) -> FrozenTrial:
        """Return a trial, one that runs where it has no value."""
        values = (
            int(at * many) if many else at for at, many in zip(place, self.choices, strict=True)
        )
        return create_trial(
            state=TrialState.RUNNING if value is None else TrialState.COMPLETE, value=value,
            params=dict(zip(self.domains, values, strict=True)), distributions=self.domains,
            system_attrs=attributes,
        )  # fmt: skip

    def ask(self, sampler: BaseSampler, trials: Iterable[FrozenTrial]) -> FrozenTrial:
        """Return the trial that comes after these."""
        study = optuna.create_study(sampler=sampler)
        study.add_trials(trials)
        study.ask(self.domains)
        return study.get_trials(deepcopy=False)[-1]

    def place(self, trial: FrozenTrial) -> list[float]:
        return [
            (trial.params[name] + 0.5) / many if many else trial.params[name]
            for name, many in zip(self.domains, self.choices, strict=True)
        ]


def _evolve(space: _Space, seed: int, told: Told) -> list[float]:
    """Return what CMA-ES draws after the generations that are whole, in the order of the trials.

    Optuna takes for a generation what it drew in it, and a generation begins when enough of it have
    come; with many workers most would come too late. Here each trial counts in the next one.
    """
    many = 4 + int(3 * log(max(space.choices.count(0), 1)))
    state: dict[str, Any] = {}
    key = blake2b(json.dumps(space.choices).encode())
    for generation in range(len(told) // many):
        chunk = told[generation * many : (generation + 1) * many]
        key.update(json.dumps(chunk).encode())
        known = _optimizers.get(key.digest())
        if known is None:
            trials = [space.trial(place, v, {_GENERATION: generation}) for place, v in chunk]
            sampler = CmaEsSampler(seed=0, popsize=many, warn_independent_sampling=False)
            found = space.ask(sampler, [*_carrier(space, told, state), *trials]).system_attrs
            known = {name: v for name, v in found.items() if name.startswith(_OPTIMIZER)}
            if len(_optimizers) >= _MOST:
                _optimizers.clear()
            _optimizers[key.digest()] = known
        state = known
    sampler = CmaEsSampler(seed=seed, popsize=many, warn_independent_sampling=False)
    return space.place(space.ask(sampler, _carrier(space, told, state)))


def _carrier(space: _Space, told: Told, state: dict[str, Any]) -> list[FrozenTrial]:
    """Return a trial of no generation that has the optimizer."""
    place, value = told[0]
    return [space.trial(place, value, {**state, _GENERATION: -1})]
