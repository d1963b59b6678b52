"""LightGBM: `callbacks=[Reporter(trial)]` of `train`, `cv` and of the estimators.

It stops by the exception of LightGBM's own early stopping, which `train` catches. One process only:
metrics are those of the local machine, and LightGBM has no collective in Python for a decision.
"""

from __future__ import annotations

from typing import Any

from lightgbm.callback import EarlyStopException

from ashad_client.integration.boosting.checkpoints import Checkpoints, Folder
from ashad_client.integration.boosting.evaluation import named
from ashad_client.integration.hook import Hook, TrialLike


class Reporter:
    """Reports one trial; its resource is the number of iterations, those of `init_model` included.

    `metric`: `valid_0-l2`, or `l2` where one data set has it; else the metric of the study. Of `cv`
    it is the mean over the folds. Train on to the target with
    `num_boost_round=trial.target_resource - trial.start_resource`.
    `checkpoints`: a folder for models, to go on from: `init_model=trial.resume_checkpoint or None`.
    """

    order = 25  # after what prints and records, before early stopping, which ends the round
    before_iteration = False

    def __init__(
        self,
        trial: TrialLike,
        metric: str | None = None,
        *,
        checkpoints: Folder | None = None,
        every: int = 0,
    ) -> None:
        self._hook = Hook(trial, "LightGBM", metric)
        self._checkpoints = Checkpoints(trial, checkpoints, every, ".txt")

    def __call__(self, env: Any) -> None:
        """Report the iteration; leave the training where that is decided."""
        resource = env.iteration + 1
        results = env.evaluation_result_list or []
        values = named(((one[0], one[1], one[2]) for one in results), "training")
        saved = None
        if hasattr(env.model, "save_model") and not hasattr(env.model, "boosters"):  # that of cv
            saved = self._checkpoints.save(resource, env.model.save_model)
        over = self._hook.report(resource, values, saved)
        self._checkpoints.reported(saved)
        if over and resource < env.end_iteration:  # else it ends now, and early stopping has a say
            raise EarlyStopException(env.iteration, results)
