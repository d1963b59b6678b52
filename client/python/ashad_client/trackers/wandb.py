"""Weights & Biases: a run for each trial, all of a study in one group.

`wandb` or `wandb:PROJECT`; W&B's own variables say the rest, WANDB_MODE=offline among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import wandb

from ashad_client.trackers.run import TrackedTrial

_AXIS = "resource"
_LOW = (1 << 32) - 1


class WandbTracker:
    """One project."""

    def __init__(self, project: str) -> None:
        self._project = project or "ashad"

    def begin(self, trial: TrackedTrial) -> WandbRun:
        """Begin the run of a trial, or go on in it: its id follows from study, number and seed."""
        run: Any = wandb.init(
            project=self._project,
            group=trial.study,
            name=f"{trial.study} {trial.number}",
            id=f"{trial.study}-{trial.number}-{trial.seed & _LOW:08x}"[-128:],
            resume="allow",
            reinit="create_new",
            config=dict(trial.params),
        )
        run.define_metric("*", step_metric=_AXIS)  # its own step never goes back, ours may
        run.config.update({"ashad_attempt": trial.attempt}, allow_val_change=True)
        return WandbRun(run)


class WandbRun:
    """One trial."""

    def __init__(self, run: Any) -> None:
        self._run = run

    def report(self, resource: int, metrics: Mapping[str, float]) -> None:
        """Log metrics by resource."""
        self._run.log({_AXIS: resource, **metrics})

    def end(self, state: str) -> None:
        """Finish the run; one that failed is marked so."""
        self._run.summary["ashad_state"] = state
        self._run.finish(exit_code=int(state in ("failed", "infeasible")))


def tracker(where: str) -> WandbTracker:
    """Return the tracker of `wandb:PROJECT`."""
    return WandbTracker(where)
