"""Optuna as its users run it: ask and tell, TPE, and a pruner that looks at every report.

TPE has its defaults, and `constant_liar`, which Optuna advises for parallel workers. The pruners
have the reduction factor 3 (successive halving's default is 4) and start at the first report. One
function, the logarithm of the normal distribution, is SciPy's and not Optuna's own loop in Python,
which takes a third of a run: the values differ by rounding, and no time of a library counts here.
"""

from __future__ import annotations

from typing import Any

import optuna
from ashad.core.space import Choice, Constant, Domain, Float, Params, Space
from optuna.samplers._tpe import _truncnorm
from scipy.special import log_ndtr

_truncnorm._log_ndtr = log_ndtr  # noqa: SLF001 - see above


def halving(space: Space, _top: int, maximize: bool, seed: int) -> Optuna:
    """Return TPE with the successive-halving pruner."""
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    return Optuna(pruner, space, maximize, seed)


def hyperband(space: Space, top: int, maximize: bool, seed: int) -> Optuna:
    """Return TPE with the Hyperband pruner."""
    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=top, reduction_factor=3)
    return Optuna(pruner, space, maximize, seed)


class Optuna:
    """A `Library`."""

    def __init__(self, pruner: Any, space: Space, maximize: bool, seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space = {name: _domain(domain) for name, domain in space.items()}
        self._study = optuna.create_study(
            direction="maximize" if maximize else "minimize", pruner=pruner, study_name="quality",
            sampler=optuna.samplers.TPESampler(seed=seed, constant_liar=True),
        )  # fmt: skip
        self._trials: list[optuna.Trial] = []

    def ask(self) -> tuple[int, Params, int]:
        """Start a trial."""
        trial = self._study.ask(self._space)
        self._trials.append(trial)
        return len(self._trials) - 1, dict(trial.params), 0

    def tell(self, trial: int, resource: int, value: float) -> bool:
        """Report, and ask whether to prune; a pruned trial is told so."""
        own = self._trials[trial]
        own.report(value, resource)
        if not own.should_prune():
            return True
        self._study.tell(own, state=optuna.trial.TrialState.PRUNED)
        return False

    def finished(self, trial: int, value: float | None) -> None:
        """Complete a trial, or fail it."""
        state = optuna.trial.TrialState.FAIL if value is None else None
        self._study.tell(self._trials[trial], value, state=state, skip_if_finished=True)


def _domain(domain: Domain) -> Any:
    if isinstance(domain, Constant):
        return optuna.distributions.CategoricalDistribution([domain.value])
    if isinstance(domain, Choice):
        return optuna.distributions.CategoricalDistribution(domain.choices)
    if isinstance(domain, Float):
        return optuna.distributions.FloatDistribution(domain.low, domain.high, log=domain.log)
    return optuna.distributions.IntDistribution(domain.low, domain.high, log=domain.log)
