"""scikit-learn: estimators that train in steps, by `partial_fit` or `warm_start`.

It needs no callback: each step of the trial is one more pass, and the score after it is reported.
"""

from __future__ import annotations

import warnings
from typing import Any

from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils.multiclass import unique_labels

from ashad_client.errors import invalid
from ashad_client.integration.hook import Hook, TrialLike
from ashad_client.integration.metric import missing

_TOTALS = ("n_estimators", "max_iter")  # what grows from step to step, or stays one for each


def train(
    trial: TrialLike,
    estimator: Any,
    data: tuple[Any, Any],
    validation: tuple[Any, Any],
    metric: str | None = None,
) -> Any:
    """Train an estimator step by step until told to stop; return it.

    A step is a pass over the data by `partial_fit`; else, by `warm_start`, one more tree or
    iteration. `metric`: a scorer of scikit-learn such as "accuracy", of which more is better; else
    the metric of the study.
    """
    hook = Hook(trial, "scikit-learn", metric)
    if hook.metric not in get_scorer_names():
        raise missing(hook.metric, get_scorer_names(), "scikit-learn")
    score = get_scorer(hook.metric)
    features, target = data
    step = _step(estimator, target)
    for resource in range(1, trial.target_resource + 1):
        step(resource, features, target)
        if hook.report(resource, {hook.metric: score(estimator, *validation)}):
            break
    return estimator


def _step(estimator: Any, target: Any) -> Any:
    """Return what trains an estimator by one step."""
    if hasattr(estimator, "partial_fit"):
        return _pass(estimator, target)
    settings = estimator.get_params()
    if "warm_start" not in settings:
        name = type(estimator).__name__
        raise invalid(f"{name} has neither partial_fit nor warm_start: it trains in one piece")
    estimator.set_params(warm_start=True)
    name = next(one for one in _TOTALS if one in settings)
    adds_up = name == "n_estimators" or type(estimator).__name__.startswith("HistGradientBoosting")

    def fit(resource: int, features: Any, target: Any) -> None:
        estimator.set_params(**{name: resource if adds_up else 1})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # one step converges nowhere
            estimator.fit(features, target)

    return fit


def _pass(estimator: Any, target: Any) -> Any:
    more = {"classes": unique_labels(target)} if is_classifier(estimator) else {}

    def fit(resource: int, features: Any, target: Any) -> None:
        estimator.partial_fit(features, target, **(more if resource == 1 else {}))

    return fit
