"""What a tracker is told of a trial, and which tracker a word means. Imports no tracker."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ashad_client.decision import PAUSE, Decision
from ashad_client.errors import invalid
from ashad_client.values import Native

# Each tracker: what must be importable, and the extra that brings it.
KINDS = {
    "tensorboard": (("tensorboardX", "torch.utils.tensorboard"), "tensorboard"),
    "mlflow": (("mlflow",), "mlflow"),
    "wandb": (("wandb",), "wandb"),
}
_STATES = {
    "COMPLETED": "completed",
    "MAX_RESOURCE": "completed",
    "FAILED": "failed",
    "INFEASIBLE": "infeasible",
    "RELEASED": "released",
    "SUPERSEDED": "superseded",
}


@dataclass(frozen=True)
class TrackedTrial:
    """An attempt at a trial, as trackers know it."""

    study: str
    number: int
    attempt: int
    params: Mapping[str, Native]
    seed: int
    start_resource: int
    metric: str


class Run(Protocol):
    """One trial in one tracker."""

    def report(self, resource: int, metrics: Mapping[str, float]) -> None:
        """Take in what was reported."""

    def end(self, state: str) -> None:
        """Hear how the attempt ended: completed, stopped, paused, failed, released, ..."""


class Tracker(Protocol):
    """Where runs are kept."""

    def begin(self, trial: TrackedTrial) -> Run:
        """Begin a run, or go on in that of an earlier attempt."""


def tracker_of(word: str) -> Tracker:
    """Return the tracker that is meant by KIND or KIND:WHERE. Raises `Error`."""
    kind, _, where = word.partition(":")
    if kind not in KINDS:
        known = ", ".join(f"{one}[:...]" for one in KINDS)
        raise invalid(f"log_to: {known}, not {word!r:.100}")
    needed, extra = KINDS[kind]
    if not any(_there(name) for name in needed):
        raise invalid(f"log_to: {kind} is not here: pip install 'ashad-client[{extra}]'")
    module: Any = importlib.import_module(f"ashad_client.trackers.{kind}")
    made: Tracker = module.tracker(where)
    return made


def state_of(decision: Decision) -> str:
    """Say how an attempt ended."""
    if decision.action == PAUSE:
        return "paused"
    return _STATES.get(decision.reason, "stopped")


def _there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:  # of the package it is in
        return False
