"""A trial as the training code sees it: its parameters, its steps, its reports, its end.

A stop never raises: `steps()` ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, final

from ashad_client.decision import Decision
from ashad_client.session.attempt import Attempt, PendingCall, describe
from ashad_client.session.loop_runner import LoopRunner
from ashad_client.session.meter import Meter
from ashad_client.session.replicates import Replicates
from ashad_client.values import Native


@final
class Trial:
    """One trial, held by one client.

    As a context manager it fails the trial on an exception (which goes on), gives it back on
    KeyboardInterrupt, SystemExit and cancellation, and outside a `trials()` loop completes it at
    the end.
    """

    def __init__(self, runner: LoopRunner, attempt: Attempt, *, in_loop: bool) -> None:
        self._run = runner.run
        self._session = runner.session
        self._attempt = attempt
        attempt.taken, attempt.in_loop = True, in_loop

    @property
    def study(self) -> str:
        """Name of the study."""
        return self._attempt.study

    @property
    def number(self) -> int:
        """Number of the trial in its study, from 0."""
        return self._attempt.number

    @property
    def attempt(self) -> int:
        """Which assignment of the trial this is, from 1."""
        return self._attempt.attempt

    @property
    def params(self) -> dict[str, Native]:
        """The configuration, in native types: int (64 bits), float, str, bool."""
        return self._attempt.params

    @property
    def seed(self) -> int:
        """A seed for the training, the same for every attempt of this trial."""
        return self._attempt.seed

    @property
    def start_resource(self) -> int:
        """Train from here: the resource of `resume_checkpoint`, or 0."""
        return self._attempt.start_resource

    @property
    def target_resource(self) -> int:
        """Train to here at most."""
        return self._attempt.target_resource

    @property
    def max_resource(self) -> int:
        """Resource of a fully trained trial."""
        return self._attempt.max_resource

    @property
    def resume_checkpoint(self) -> str:
        """Where to load the state at `start_resource` from; empty: begin anew."""
        return self._attempt.resume_checkpoint

    @property
    def metric(self) -> str:
        """Name of the metric that the study judges."""
        return self._attempt.metric

    @property
    def decision(self) -> Decision:
        """The latest decision that this process knows of."""
        return self._attempt.decision

    def steps(self) -> Iterator[int]:
        """Yield the resources to train, from where the trial stood to `target_resource`.

        Ends early when a report or a heartbeat was answered STOP or PAUSE.
        """
        self._session.use(self._attempt)
        return self._attempt.steps()

    def meter(self, unit: float = 1, every: int = 1) -> Meter:
        """Return a count of what is spent (samples, tokens, cost), for a resource that is no loop.

        `unit` of what is added is one of the study's resource; a report is due each `every`. Raises
        `Error` for settings that cannot be right.
        """
        return Meter(self._attempt, unit, every)

    def clock(self, seconds: float = 1, every: int = 1) -> Meter:
        """Return a meter that counts time by itself: so many seconds are one of the resource."""
        return Meter(self._attempt, seconds, every, time.monotonic)

    def replicates(self, quantile: float | None = None) -> Replicates:
        """Return what joins several seeds or folds, where the study's resource counts these.

        Of as many as there are the mean is reported, or a quantile of 0 to 1. Raises `Error` where
        the trial goes on and its values until now are not in its checkpoint.
        """
        return Replicates(self._attempt, quantile)

    async def report(
        self,
        resource: int,
        checkpoint: str | None = None,
        metrics: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> Decision:
        """Report metrics after `resource` (cumulative, in the study's unit); return the decision.

        Metrics are keywords or `metrics={...}`, whatever float() takes; NaN means diverged.
        `checkpoint` says where the state at this resource can be resumed from (opaque, at most
        4096 characters). Blocks until the daemon has decided and stored it; while the daemon cannot
        be reached the report is queued and the answer is CONTINUE, reason UNREACHABLE. Raises
        `Error` for what is refused (a resource that goes back, the study's metric missing).

        A resource is a whole number; where it is time or cost, `clock` and `meter` count it.
        Reports need not hit the rungs. One that comes after the level of a rung enters it, late,
        with the value it has: by stopping every rung that it passed, and the lowest one that cuts
        the trial decides; by promotion only the rung it was heading for, and it pauses there, or is
        complete at max_resource.
        """
        said = {**(metrics or {}), **values}
        over, run_log = self._attempt.over, self._attempt.run_log
        decision = await self._run(self._session.report(self._attempt, resource, checkpoint, said))
        if run_log is not None and not over:
            run_log.report(resource, said)
        return decision

    async def should_stop(self) -> bool:
        """Whether to leave the loop now. Asks nobody while this client keeps the trial alive."""
        return await self._run(self._session.should_stop(self._attempt))

    async def complete(self) -> None:
        """End it: the training ended by itself, its last report is its result."""
        await self._finish(self._attempt.completion(), "COMPLETED")

    async def fail(self, message: str) -> None:
        """End it: the training broke. The message is for people."""
        await self._finish(self._attempt.failure(message), "FAILED")

    async def infeasible(self, message: str) -> None:
        """End it: this configuration cannot work at all; the daemon replaces it."""
        item = self._attempt.failure(message, infeasible=True)
        await self._finish(item, "INFEASIBLE")

    async def release(self) -> None:
        """Give it back, e.g. when pre-empted: it is queued again and nothing counts as failure."""
        await self._finish(self._attempt.release(), "RELEASED")

    async def _finish(self, item: PendingCall, reason: str) -> None:
        await self._run(self._session.finish(self._attempt, item, reason))

    async def __aenter__(self) -> Trial:
        self._session.use(self._attempt)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            await self.fail(describe(error))
        elif error is not None:
            await self.release()
        elif not self._attempt.in_loop:
            await self.complete()

    def __repr__(self) -> str:
        return f"<{self._attempt} {self.decision.action} {self.params}>"
