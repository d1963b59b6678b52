"""One question to a sampler of Optuna: a study is made of what is told, and asked once.

Nothing is kept but what can be computed again, so the same question has the same answer in any
process. Ranges are [0, 1], as the core places them; a choice is one of its numbers.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from hashlib import blake2b
from math import isnan, log, nan
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from ashad.core.kinds import from_json
from ashad.core.sampling.prng import uniform
from ashad.core.space import Constant, Params, active
from ashad.core.spec import StudySpec

Told = list[tuple[list[float], float]]

optuna.logging.set_verbosity(optuna.logging.ERROR)
# CmaEsSampler keeps its optimizer, and of which generation a trial is, in attributes of trials.
_GENERATION, _OPTIMIZER = "cma:generation", "cma:optimizer"
_MOST = 1024
_optimizers: dict[bytes, dict[str, Any]] = {}  # after some generations, by what made them


def answer(
    method: str,
    seed: int,
    choices: list[int],
    told: Told,
    under_way: list[list[float]],
    spec: dict[str, Any] | None = None,
) -> list[float]:
    """Return the place of the next trial; arguments: see `ashad.outside.optuna_question`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        space = _Space(choices)
        if spec is not None:
            return _conditional(from_json(spec), method, seed, space, told, under_way)
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
        there = [
            (name, int(at * many) if many else at)
            for name, at, many in zip(self.domains, place, self.choices, strict=True)
            if not isnan(at)
        ]
        return create_trial(
            state=TrialState.RUNNING if value is None else TrialState.COMPLETE,
            value=value,
            params=dict(there),
            distributions={name: self.domains[name] for name, _ in there},
            system_attrs=attributes,
        )

    def ask(self, sampler: BaseSampler, trials: Iterable[FrozenTrial]) -> FrozenTrial:
        """Return the trial that comes after these."""
        study = optuna.create_study(sampler=sampler)
        study.add_trials(trials)
        study.ask(self.domains)
        return study.get_trials(deepcopy=False)[-1]

    def suggest(self, trial: optuna.Trial, column: int) -> float:
        """Return the place of one parameter of a trial that is being made."""
        name, many = f"{column:04}", self.choices[column]
        if many:
            return (int(trial.suggest_categorical(name, range(many))) + 0.5) / many
        return trial.suggest_float(name, 0, 1)

    def place(self, trial: FrozenTrial) -> list[float]:
        return [
            (trial.params[name] + 0.5) / many if many else trial.params[name]
            for name, many in zip(self.domains, self.choices, strict=True)
        ]


def _conditional(
    spec: StudySpec, method: str, seed: int, space: _Space, told: Told, under_way: list[list[float]]
) -> list[float]:
    """Return a place where a parameter is NaN that is not there.

    TPE draws by groups of parameters that come together, a Gaussian process those that are always
    there, the others independently; for CMA-ES what is not always there is drawn at random.
    """
    names = [name for name, domain in spec.space.items() if not isinstance(domain, Constant)]
    always = [j for j, name in enumerate(names) if name not in spec.when]
    drawn = {}
    if method == "cmaes":
        part = [([at[j] for j in always], value) for at, value in told]
        inner = _Space([space.choices[j] for j in always])
        if always:
            drawn = dict(zip(always, _evolve(inner, seed, part), strict=True))
        for j in set(range(len(names))) - set(always):
            drawn[j] = uniform(seed, 0, names[j])
        asked = None
    else:
        trials = [space.trial(at, value) for at, value in told]
        trials += [space.trial(at, None) for at in under_way]
        sampler: BaseSampler = TPESampler(
            seed=seed, multivariate=True, group=True, constant_liar=True
        )
        if method == "gp":
            sampler = GPSampler(seed=seed)
        study = optuna.create_study(sampler=sampler)
        study.add_trials(trials)
        asked = study.ask()
    place = [nan] * len(names)
    chosen: Params = {}
    for name, domain in spec.space.items():
        if not active(spec.when, chosen, name):
            continue
        at = 0.0
        if name in names:
            j = names.index(name)
            at = place[j] = drawn[j] if asked is None else space.suggest(asked, j)
        chosen[name] = domain.draw(min(at, 1 - 2.0**-32))
    return place


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
