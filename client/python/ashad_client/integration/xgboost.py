"""XGBoost: `callbacks=[Reporter(trial)]` of `train`, `cv` and of the estimators.

It reports after a round and stops before the next one, when every other callback has seen the last
round: a callback that stops in `after_iteration` hides that round from those behind it, and makes
`cv` fail. Ranks go on together where the trial is shared (`ashad_client.shared`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import xgboost

from ashad_client.integration.boosting.checkpoints import Checkpoints, Folder
from ashad_client.integration.boosting.evaluation import Evaluation, named
from ashad_client.integration.hook import Hook, TrialLike

EvalsLog = Mapping[str, Mapping[str, Sequence[Any]]]  # values of each round, by data set and metric


class Reporter(xgboost.callback.TrainingCallback):
    """Reports one trial; its resource is the number of rounds in the model.

    `metric`: `valid-rmse`, or `rmse` where one data set has it; else the metric of the study. Of
    `cv` it is the mean over the folds. A model that is continued (`xgb_model=`) counts on.
    `checkpoints`: a folder for models, to go on from: `xgb_model=trial.resume_checkpoint or None`.
    """

    def __init__(
        self,
        trial: TrialLike,
        metric: str | None = None,
        *,
        checkpoints: Folder | None = None,
        every: int = 0,
    ) -> None:
        super().__init__()
        self._hook = Hook(trial, "XGBoost", metric)
        self._checkpoints = Checkpoints(trial, checkpoints, every, ".ubj")
        self._begun = self._told = 0
        self._log: EvalsLog = {}

    def before_training(self, model: Any) -> Any:
        """Count the rounds that are in the model already; of several ranks all must share it."""
        self._hook.check_ranks(xgboost.collective.get_world_size())
        self._begun = 0 if _is_cv(model) else model.num_boosted_rounds()
        return model

    def before_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Stop here, where that is decided."""
        del model, epoch
        self._log = evals_log
        return self._hook.over

    def after_training(self, model: Any) -> Any:
        """Report the last round, if a callback ahead of this one ended it and so hid it."""
        rounds = max(
            (len(v) for metrics in self._log.values() for v in metrics.values()), default=0
        )
        if rounds > self._told:
            self.after_iteration(model, rounds - 1, self._log)
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Report the round."""
        self._told = epoch + 1
        resource = self._begun + epoch + 1
        values = named(_evaluations(evals_log), "train")
        saved = None
        if not _is_cv(model):
            saved = self._checkpoints.save(resource, model.save_model)
        self._hook.report(resource, values, saved)
        self._checkpoints.reported(saved)
        return False


def _is_cv(model: Any) -> bool:
    return hasattr(model, "cvfolds")


def _evaluations(log: EvalsLog) -> Iterator[Evaluation]:
    for data, metrics in log.items():
        for metric, values in metrics.items():
            last = values[-1]
            yield data, metric, last[0] if isinstance(last, tuple) else last
