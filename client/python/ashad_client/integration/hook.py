"""A hook: one trial and one metric in the callbacks of a framework, and silence after a stop.

It never raises to stop: `report` says whether to, and how a training ends is the framework's way.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from ashad_client.decision import Decision
from ashad_client.errors import misuse
from ashad_client.integration.metric import value_of

log = logging.getLogger("ashad_client")


class TrialLike(Protocol):
    """What a hook needs of a trial: one of this process, or one that several ranks share."""

    @property
    def study(self) -> str:
        """Name of the study."""

    @property
    def number(self) -> int:
        """Number of the trial in it."""

    @property
    def metric(self) -> str:
        """Name of the metric that the study judges."""

    @property
    def start_resource(self) -> int:
        """Train from here."""

    @property
    def target_resource(self) -> int:
        """Train to here at most."""

    @property
    def resume_checkpoint(self) -> str:
        """Where to load the state at `start_resource` from, or nothing."""

    @property
    def decision(self) -> Decision:
        """The latest decision."""

    def report(
        self,
        resource: int,
        checkpoint: str | None = None,
        metrics: Mapping[str, Any] | None = None,
    ) -> Decision:
        """Report metrics after `resource`; return the decision."""


class Hook:
    """One trial in the callbacks of one framework.

    `metric`: the framework's name of what the study judges, where that is not the study's own.
    """

    def __init__(self, trial: TrialLike, framework: str, metric: str | None = None) -> None:
        self.trial = trial
        self.framework = framework
        self.metric = metric or trial.metric or "metric"  # a trial without a daemon names none
        self._last = trial.start_resource

    @property
    def over(self) -> bool:
        """Whether there is nothing more to train or to say."""
        return self.trial.decision.should_stop

    def check_ranks(self, size: int) -> None:
        """Refuse to train on several ranks, each with a trial of its own."""
        has = getattr(self.trial, "size", 1)
        if size > 1 and has != size:
            raise misuse(
                "NOT_SHARED",
                f"{self.framework} trains on {size} ranks, and {has} has this trial: take it from "
                "ashad_client.shared(ashad_client.connect()), and start the script by torchrun or "
                "accelerate launch, so that all ranks are there from the beginning",
            )

    def report(
        self, resource: int, values: Mapping[str, Any], checkpoint: str | None = None
    ) -> bool:
        """Report the metric after `resource`; return whether to stop.

        Says nothing when it is over, or of a resource that was told already, as frameworks that
        validate once more at the end bring it. Raises `Error` where the metric is not there.
        """
        if self.over or resource <= self._last:
            return self.over
        value = value_of(self.metric, values, self.framework)
        said = {self.trial.metric or self.metric: value}
        self.trial.report(resource, checkpoint, said)
        self._last = resource
        return self.over
