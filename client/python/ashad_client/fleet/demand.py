"""How many workers would have a trial now: what scales a fleet asks. Pure.

Read off a study as GetStudy tells it. Where it cannot be told exactly it is at least one while the
study goes on, so that a fleet that follows it never stands still before the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ashad_client.v1 import ashad_pb2 as pb

_ROUNDS = ("successive_halving", "hyperband")


@dataclass(frozen=True)
class Demand:
    """How many trials run, and how many more could: those that wait, are promoted, are new.

    None: without limit.
    """

    running: int
    queued: int
    promotable: int
    new: int | None
    most: int | None  # that may run: max_concurrent_trials, and quotas of the daemon
    goes_on: bool

    @property
    def workers(self) -> int | None:
        """Workers that would have a trial now, those that have one included; None: any number."""
        if not self.goes_on:
            return self.running
        if self.new is None:
            return self.most
        wanted = max(self.running + self.queued + self.promotable + self.new, 1)
        return wanted if self.most is None else min(wanted, max(self.most, self.running))

    def within(self, least: int, most: int) -> int:
        """Return it as a number of workers to have."""
        workers = self.workers
        return most if workers is None else max(least, min(workers, most))


def demand_of(study: Any, quotas: Iterable[pb.QuotaUse] = ()) -> Demand:
    """Read the demand off a study: a record of the client, or the contract's message.

    `quotas`: those that GetStudy tells; of owners' it is not known whose the next worker is.
    """
    counts = study.counts
    new = _new(study)
    moves = counts.running + counts.queued + (new or 0) > 0
    return Demand(
        running=counts.running,
        queued=counts.queued,
        promotable=sum(_promotable(bracket, study.spec, moves) for bracket in study.brackets),
        new=new,
        most=_most(study, quotas),
        goes_on=study.state == pb.STUDY_STATE_ACTIVE,
    )


def _most(study: Any, quotas: Iterable[pb.QuotaUse]) -> int | None:
    """Return how many trials may run.

    Where a quota is full that is one more than do: who has nobody waiting gets no slot that frees.
    """
    limits = study.spec.limits
    bounds = [limits.max_concurrent_trials] if limits.HasField("max_concurrent_trials") else []
    free = [use.trials - use.running for use in quotas if use.scope != "owner"]
    if free:
        bounds.append(study.counts.running + max(min(free), 1))
    return min(bounds, default=None)


def _new(study: Any) -> int | None:
    """Return how many new trials it may make; None: without limit."""
    limits, made = study.spec.limits, study.counts.created - study.counts.infeasible
    bounds = [limits.max_trials] if limits.HasField("max_trials") else []
    planned = [bracket.planned_trials for bracket in study.brackets]
    if planned and all(planned):
        bounds.append(sum(planned))
    return max(0, min(bounds) - made) if bounds else None


def _promotable(bracket: Any, spec: pb.StudySpec, moves: bool) -> int:
    """Return how many paused trials of a bracket may go on, at the least."""
    found = 0
    for rung in list(bracket.rungs)[:-1]:
        # Nobody leaves a round before all have come; those that failed never do.
        if spec.WhichOneof("algorithm") in _ROUNDS and moves and rung.size < rung.planned_trials:
            break
        found += min(rung.paused, max(0, rung.quota - rung.promoted))
    return found
