"""Syne Tune 0.13 as its users run it: the scheduler of its baselines, called as its `Tuner` does.

Its defaults stand (grace period 1, reduction factor 3, one bracket, first the middle of the space,
no configuration twice), but that resource and metric have our names.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from ashad.core.space import Choice, Constant, Domain, Float, Params, Space
from syne_tune import config_space as cs
from syne_tune.backend.trial_status import Trial
from syne_tune.optimizer.baselines import ASHA, BOHB
from syne_tune.optimizer.scheduler import SchedulerDecision

from bench.quality import faster_bohb

faster_bohb.apply()
logging.getLogger("syne_tune").setLevel(logging.ERROR)
_SOMETIME = datetime(2024, 1, 1)  # noqa: DTZ001 - nobody looks at it


def stopping(space: Space, top: int, maximize: bool, seed: int) -> Syne:
    """Return ASHA that stops."""
    return Syne(ASHA, "stopping", space, top, maximize, seed)


def promotion(space: Space, top: int, maximize: bool, seed: int) -> Syne:
    """Return ASHA that pauses and resumes."""
    return Syne(ASHA, "promotion", space, top, maximize, seed)


def bohb(space: Space, top: int, maximize: bool, seed: int) -> Syne:
    """Return BOHB: kernel densities under ASHA, stopping, which is its default."""
    return Syne(BOHB, "stopping", space, top, maximize, seed)


class Syne:
    """A `Library`."""

    def __init__(
        self, kind: Any, rule: str, space: Space, top: int, maximize: bool, seed: int
    ) -> None:
        self._scheduler = kind(
            {name: _domain(domain) for name, domain in space.items()},
            metric="loss", resource_attr="epoch", mode="max" if maximize else "min", max_t=top,
            type=rule, random_seed=seed,
        )  # fmt: skip
        self._trials: list[Trial] = []
        self._reached: dict[int, int] = {}
        self._last: dict[int, dict[str, float]] = {}

    def ask(self) -> tuple[int, Params, int]:
        """Start a trial or resume one."""
        number = len(self._trials)
        suggestion = self._scheduler.suggest(trial_id=number)
        assert suggestion is not None, "the space is exhausted"
        if not suggestion.spawn_new_trial_id:
            number = suggestion.checkpoint_trial_id
            return number, self._trials[number].config, self._reached[number]
        trial = Trial(trial_id=number, config=suggestion.config, creation_time=_SOMETIME)
        self._trials.append(trial)
        self._scheduler.on_trial_add(trial=trial)
        return number, trial.config, 0

    def tell(self, trial: int, resource: int, value: float) -> bool:
        """Report; a trial that stops or pauses is removed, as `Tuner` does it."""
        self._reached[trial] = resource
        result = self._last[trial] = {"loss": value, "epoch": resource}
        decision = self._scheduler.on_trial_result(trial=self._trials[trial], result=result)
        if decision == SchedulerDecision.CONTINUE:
            return True
        self._scheduler.on_trial_remove(trial=self._trials[trial])
        return False

    def finished(self, trial: int, value: float | None) -> None:
        """Fail a trial; one at the top was removed when it was reported."""
        if value is None:
            self._scheduler.on_trial_error(self._trials[trial])


def _domain(domain: Domain) -> Any:
    if isinstance(domain, Constant):
        return domain.value
    if isinstance(domain, Choice):
        return cs.choice(list(domain.choices))
    if isinstance(domain, Float):
        return (cs.loguniform if domain.log else cs.uniform)(domain.low, domain.high)
    return (cs.lograndint if domain.log else cs.randint)(domain.low, domain.high)
