"""Ray Tune's ASHA as its users run it: its scheduler, called as its controller does, random draws.

Its default reduction factor is 4; it has 3 here, as everybody has. The trials are minimal: the
scheduler reads nothing of them but their id.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from ashad.core.space import Choice, Constant, Domain, Float, Params, Space
from ray import tune
from ray.tune.schedulers import ASHAScheduler, TrialScheduler


def asha(space: Space, top: int, maximize: bool, seed: int) -> Ray:
    """Return ASHA with random draws."""
    return Ray(space, top, maximize, seed)


class Ray:
    """A `Library`."""

    def __init__(self, space: Space, top: int, maximize: bool, seed: int) -> None:
        np.random.seed(seed)  # noqa: NPY002 - the scheduler and the domains draw from it
        self._space = {name: _domain(domain) for name, domain in space.items()}
        self._scheduler = ASHAScheduler(
            time_attr="epoch", metric="loss", mode="max" if maximize else "min", max_t=top,
            grace_period=1, reduction_factor=3,
        )  # fmt: skip
        self._trials: list[Any] = []

    def ask(self) -> tuple[int, Params, int]:
        """Start a trial."""
        trial: Any = SimpleNamespace(trial_id=f"t{len(self._trials)}")
        self._trials.append(trial)
        self._scheduler.on_trial_add(None, trial)
        params = {n: d.sample() if hasattr(d, "sample") else d for n, d in self._space.items()}
        return (
            len(self._trials) - 1,
            {n: getattr(v, "item", lambda v=v: v)() for n, v in params.items()},
            0,
        )

    def tell(self, trial: int, resource: int, value: float) -> bool:
        """Report."""
        result = {"loss": value, "epoch": resource}
        decision = self._scheduler.on_trial_result(None, self._trials[trial], result)
        return bool(decision == TrialScheduler.CONTINUE)

    def finished(self, trial: int, value: float | None) -> None:
        """Fail a trial; of one at the top nothing new can be told."""
        if value is None:
            self._scheduler.on_trial_error(None, self._trials[trial])


def _domain(domain: Domain) -> Any:
    if isinstance(domain, Constant):
        return domain.value
    if isinstance(domain, Choice):
        return tune.choice(list(domain.choices))
    if isinstance(domain, Float):
        return (tune.loguniform if domain.log else tune.uniform)(domain.low, domain.high)
    # The upper end of Ray's ranges is not drawn.
    return (tune.lograndint if domain.log else tune.randint)(domain.low, domain.high + 1)


def _drawn(domain: Any) -> Any:
    value = domain.sample() if hasattr(domain, "sample") else domain
    return value.item() if isinstance(value, np.generic) else value
