"""Suggest: what comes before a study is asked for a trial, and between two times that it is asked.

A name that another process uses has to wait, a full quota as well, and a sampler outside the core
may have to be asked first. Nothing of that is recorded.
"""

from __future__ import annotations

from collections.abc import Callable

from ashad.core.engine.suggest import Assignment, Wait
from ashad.scheduler.ports import Clock
from ashad.scheduler.proposals import Proposals
from ashad.scheduler.quotas import Asking, Quotas
from ashad.scheduler.registry import StudyEntry
from ashad.scheduler.wait_queue import Suggested
from ashad.scheduler.worker_names import Holder, WorkerNames


class Assigner:
    """Hands out trials. `ask` asks the study itself, and has what it says recorded."""

    def __init__(
        self,
        names: WorkerNames,
        quotas: Quotas,
        proposals: Proposals,
        ask: Callable[[StudyEntry, Asking], Suggested],
        clock: Clock,
    ) -> None:
        self._names, self._quotas, self._proposals = names, quotas, proposals
        self._ask, self._clock = ask, clock

    def suggest(self, entry: StudyEntry, asking: Asking) -> Suggested:
        """Lease a trial, or say that there is none now or ever. Key: the request."""
        worker, request, _ = asking
        holder, at = Holder.of(entry, worker, request), self._clock.monotonic()
        if holder is not None and self._names.must_wait(holder, at):
            return Wait("WORKER_NAME_HELD"), entry.study.state.seq
        if self._quotas.active:
            kept = self._quotas.keep(entry, asking, self._clock.wall())
            if kept is not None:
                return kept, entry.study.state.seq
        outcome, seq = self._ask(entry, asking)
        while outcome == Wait("SAMPLER_BUSY") and self._proposals.fill(entry):
            outcome, seq = self._ask(entry, asking)
        if isinstance(outcome, Assignment) and holder is not None:
            self._names.took_over(holder, (entry.number, outcome.trial, outcome.attempt), at)
        return outcome, seq
