"""CatBoost: `fit(..., callbacks=[Reporter(trial)])`, on the CPU and in one process.

On a GPU CatBoost takes no callbacks: there `ashad run` reads what it prints. An exception in a
callback comes out of `fit` as a CatBoostError that has its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ashad_client.integration.boosting.evaluation import named
from ashad_client.integration.hook import Hook, TrialLike


class Reporter:
    """Reports one trial; its resource is the number of trees.

    `metric`: `validation-RMSE`, or `RMSE`, which is that of the validation set where there is one;
    else the metric of the study.
    `begun`: trees of an `init_model`, from which CatBoost counts from zero again; after a snapshot
    (`save_snapshot=True`) it goes on by itself.
    """

    def __init__(self, trial: TrialLike, metric: str | None = None, *, begun: int = 0) -> None:
        self._hook = Hook(trial, "CatBoost", metric)
        self._begun = begun

    def after_iteration(self, info: Any) -> bool:
        """Report the iteration; return whether to go on: nothing, or None, would end it."""
        found: Mapping[str, Mapping[str, Sequence[float]]] = info.metrics
        last = [
            (data, metric, one[-1])
            for data, metrics in found.items()
            for metric, one in metrics.items()
        ]
        values = named(last, "learn")
        return not self._hook.report(self._begun + info.iteration, values)
