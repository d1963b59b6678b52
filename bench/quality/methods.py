"""What is compared: our methods, and the peers as their users run them.

A peer is named by the module of its adapter; that is only imported to run it, so that everything
else works without the peers' environments, each of which has one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import NamedTuple

from ashad.core.kinds import (
    AdaptiveAsha,
    Asha,
    AsyncHyperband,
    Halton,
    Hyperband,
    Random,
    RandomSampler,
    SpacedTpe,
    SuccessiveHalving,
    Tpe,
)
from ashad.core.spec import Algorithm, Sampler, StudySpec

from bench.quality.judge import Judge
from bench.quality.tables import Task

MANY = 100_000  # trials that adaptive ASHA splits; the time ends the run long before


def _ours(algorithm: Algorithm, sampler: Sampler | None = None) -> Callable[[StudySpec], StudySpec]:
    def of(spec: StudySpec) -> StudySpec:
        most = MANY if isinstance(algorithm, AdaptiveAsha) else None
        limits = replace(spec.limits, max_trials=most)
        return replace(spec, algorithm=algorithm, sampler=sampler or RandomSampler(), limits=limits)

    return of


OURS: dict[str, Callable[[StudySpec], StudySpec]] = {
    "random": _ours(Random()),
    "successive halving": _ours(SuccessiveHalving(repeat=True)),
    "hyperband": _ours(Hyperband(repeat=True)),
    "asha stopping": _ours(Asha()),
    "asha promotion": _ours(Asha(promotion=True)),
    "async hyperband": _ours(AsyncHyperband()),
    "adaptive aggressive": _ours(AdaptiveAsha(mode="aggressive")),
    "adaptive standard": _ours(AdaptiveAsha()),
    "adaptive conservative": _ours(AdaptiveAsha(mode="conservative")),
    "asha stopping + tpe": _ours(Asha(), Tpe()),
    "asha stopping + halton": _ours(Asha(), Halton()),
    "asha stopping + spaced tpe": _ours(Asha(), SpacedTpe()),
    "random + tpe": _ours(Random(), Tpe()),
    "asha stopping, eta 2": _ours(Asha(eta=2.0)),
    "asha stopping, eta 4": _ours(Asha(eta=4.0)),
}


class Peer(NamedTuple):
    """Another library's way to search: the module and function that make it, and its settings."""

    module: str
    make: str
    settings: str  # kept with its runs

    @property
    def home(self) -> str:
        """Return the folder of its environment in `.venv-peers`: library and version."""
        name, version = self.settings.split(",")[0].split()
        return f"{name}=={version}"


PEERS = {
    "syne asha stopping": Peer("syne", "stopping", "syne-tune 0.13.0, ASHA, eta 3"),
    "syne asha promotion": Peer("syne", "promotion", "syne-tune 0.13.0, ASHA promotion, eta 3"),
    "ray asha": Peer("ray_tune", "asha", "ray 2.60.0, ASHAScheduler, eta 3, random draws"),
    "syne bohb": Peer("syne", "bohb", "syne-tune 0.13.0, BOHB (ASHA stopping, kde), eta 3"),
    "optuna tpe + halving": Peer(
        "optuna_tpe", "halving", "optuna 5.0.0, TPE constant_liar, SuccessiveHalving eta 3"
    ),
    "optuna tpe + hyperband": Peer(
        "optuna_tpe", "hyperband", "optuna 5.0.0, TPE constant_liar, Hyperband eta 3"
    ),
}


def peer(method: str, task: Task, seconds: float, seed: int) -> Judge:
    """Return what runs a peer for so many seconds; needs the peers' environment."""
    about = PEERS[method]
    make = getattr(import_module(f"bench.quality.{about.module}"), about.make)
    return Judge(make(task.space, task.top, task.maximize, seed), task.top, seconds)
