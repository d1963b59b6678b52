"""What a sampler of one's own is told of a study, and what its answer becomes. Only reads.

It is told every rung that a trial reached, once, with the value there, and every trial that failed:
those of the latest trials, in order of trials. So a level of the resource is told of as it is, and
an object that is made anew hears again what it may know.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ashad.core.engine.state import State
from ashad.core.history.records import FAILED, INFEASIBLE
from ashad.core.history.trial import Trial
from ashad.core.sampling.prng import uniform
from ashad.core.space import Choice, Constant, Domain, Float, Int, Params, active

MOST = 5000  # rungs that trials reached, and trials that failed, that are told: those of the latest
Key = tuple[int, int]  # trial, level; level 0 of a trial that failed


class Tell(NamedTuple):
    """One call of `tell`: `value` is None where there is no number."""

    params: Params
    value: float | None
    resource: int
    state: str


class Read(NamedTuple):
    """What is recorded of a trial."""

    params: str  # JSON
    state: str
    resource: int


def first(state: State) -> dict[str, Any]:
    """Return what a factory is given."""
    spec = state.spec
    return {
        "space": {name: _described(state, name, domain) for name, domain in spec.space.items()},
        "goal": "maximize" if spec.maximize else "minimize",
        "seed": int(uniform(state.seed, 0, "/own") * 2**31),
    }


def reached(state: State) -> dict[Key, float]:
    """Return the value at each rung that a trial reached, in order; infinite where it is none."""
    parts = [
        (trials, np.full(len(trials), level), scores)
        for level in state.brackets.levels()
        for scores, trials in state.brackets.columns(level)
    ]
    trials, levels, scores = (np.concatenate(column) for column in zip(*parts, strict=True))
    last = np.lexsort((levels, trials))[-MOST:]
    keys = zip(trials[last].tolist(), levels[last].tolist(), strict=True)
    return dict(zip(keys, scores[last].tolist(), strict=True))


def news(
    state: State, values: dict[Key, float], told: set[Key], rows: dict[int, Read]
) -> tuple[list[Tell], set[Key]]:
    """Return the calls of `tell` that are due, and the keys of all that is told by then.

    `values` is what `reached` returned; `rows` has trials that are not in memory, and failed ones.
    """
    rows = rows | {n: _of(trial) for n, trial in state.live.items()}
    keys = {key for key in values if key in told or key[0] in rows}
    calls = []
    for (trial, level), score in values.items():
        valid = score < state.spec.worst_score  # finite, and within the bounds of other metrics
        if (trial, level) in keys - told and (valid or not _failed(rows[trial])):
            value = state.metric(score) if valid else None
            calls += _calls(state, rows[trial], value, level)
    failed = [number for number in sorted(rows) if _failed(rows[number])]
    for n in failed:
        calls += _calls(state, rows[n], None, rows[n].resource) if (n, 0) not in told else []
    keys |= {(n, 0) for n in failed}
    return calls, keys | {key for key in told if not key[1] and key[0] >= state.trials - MOST}


def configuration(state: State, answer: object) -> Params:
    """Return an answer as a configuration; refuse with ValueError what is none, by parameter.

    What the conditions of the space leave out is left out.
    """
    if not isinstance(answer, dict):
        raise ValueError(f"params: must be a dict, not {_kind(answer)}")  # noqa: TRY004 - it is an answer
    space, params = state.spec.space, Params()
    for name in answer:
        if name not in space:
            raise ValueError(f"params: the space has no {str(name)[:200]!r}")
    for name, domain in space.items():
        if not active(state.spec.when, params, name):
            continue
        if isinstance(domain, Constant):
            params[name] = domain.value
            continue
        if name not in answer:
            raise ValueError(f"params[{name}]: is missing")
        given = answer[name]
        if not isinstance(given, bool | int | float | str):
            raise ValueError(f"params[{name}]: {_kind(given)} is no value of a parameter")  # noqa: TRY004
        value = domain.accept(given)
        if value is None:
            raise ValueError(f"params[{name}]: {domain.refuse(given)}")
        params[name] = value
    return params


def _kind(value: object) -> str:
    return type(value).__name__


def _of(trial: Trial) -> Read:
    return Read(trial.params, trial.state, trial.resource)


def _failed(trial: Read) -> bool:
    return trial.state in (FAILED, INFEASIBLE)


def _calls(state: State, trial: Read, value: float | None, resource: int) -> list[Tell]:
    """Return the call about a trial as the space is by now; none where it holds no such trial."""
    params: Params | None = json.loads(trial.params)
    if state.spaces.now.number > 1:
        params = state.spaces.now.view.of(params or {})
    return [] if params is None else [Tell(params, value, resource, trial.state.lower())]


def _described(state: State, name: str, domain: Domain) -> dict[str, Any]:
    """Return a parameter in the words of a study file."""
    found = _KINDS[type(domain)](domain)
    if name in state.spec.when:
        found["when"] = {parent: list(values) for parent, values in state.spec.when[name]}
    return found


def _range(kind: str) -> Callable[[Any], dict[str, Any]]:
    def described(domain: Float | Int) -> dict[str, Any]:
        more = {"step": domain.step or None, "mean": domain.mean, "sigma": domain.sigma or None}
        said = {name: value for name, value in more.items() if value is not None}
        return {"type": kind, "low": domain.low, "high": domain.high, "log": domain.log} | said

    return described


def _choice(domain: Choice) -> dict[str, Any]:
    weights = {"weights": list(domain.weights)} if domain.weights else {}
    return {"type": "choice", "choices": list(domain.choices)} | weights


_KINDS: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    Float: _range("float"),
    Int: _range("int"),
    Choice: _choice,
    Constant: lambda domain: {"type": "constant", "value": domain.value},
}
