"""What ranks say to each other, as JSON takes it: a trial, a decision, an error. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ashad_client._sync.trial import Trial
from ashad_client.decision import Decision
from ashad_client.errors import Error

FIELDS = (
    "study",
    "number",
    "attempt",
    "params",
    "seed",
    "start_resource",
    "target_resource",
    "max_resource",
    "resume_checkpoint",
    "metric",
)


def of_trial(trial: Trial) -> dict[str, Any]:
    """Return what each rank is told of a trial."""
    return {name: getattr(trial, name) for name in FIELDS} | {
        "decision": dataclasses.asdict(trial.decision)
    }


def of_error(error: Error) -> list[str]:
    """Return an error as a list; `to_error` makes it again."""
    return [error.message, error.code, error.reason]


def to_error(said: list[str]) -> Error:
    """Make the error of `of_error`."""
    message, code, reason = said
    return Error(message, code=code, reason=reason)


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return those metrics that are numbers; rank 0 says what is wrong with the others."""
    found = {}
    for name, value in metrics.items():
        try:
            found[name] = float(value)
        except (TypeError, ValueError, OverflowError):  # noqa: PERF203  # a few
            continue
    return found


def differences(metric: str, words: list[dict[str, Any]]) -> str:
    """Say the values of a metric where ranks differ; a rank that has none is left out."""
    values = {
        rank: word["metrics"][metric]
        for rank, word in enumerate(words)
        if metric in word["metrics"]
    }
    if len({repr(value) for value in values.values()}) < 2:  # NaN is NaN here
        return ""
    return ", ".join(f"rank {rank} {value!r}" for rank, value in values.items())


def decision_of(said: dict[str, Any]) -> Decision:
    """Read a decision."""
    return Decision(**said)
