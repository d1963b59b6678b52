"""A trial as asyncio code sees it: `trial.py`, word for word, with `await`."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from types import TracebackType
from typing import Any, Callable, TypeVar, final

from ashad_client.attempt import Attempt, Item, describe
from ashad_client.decision import Decision
from ashad_client.plan import Plan
from ashad_client.session import Session
from ashad_client.trial import TrialView

T = TypeVar("T")


@final
class Trial(TrialView):
    """One trial, held by one client; see `ashad_client.Trial`, whose calls are awaited here."""

    def __init__(
        self,
        session: Session,
        run: Callable[[Plan[T]], Awaitable[T]],
        attempt: Attempt,
        *,
        in_loop: bool,
    ) -> None:
        super().__init__(session, attempt, in_loop=in_loop)
        self._run: Callable[[Plan[Any]], Awaitable[Any]] = run

    async def report(
        self,
        resource: int,
        checkpoint: str | None = None,
        metrics: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> Decision:
        """Report metrics after `resource`; return the decision. See `ashad_client.Trial.report`."""
        said = {**(metrics or {}), **values}
        decision: Decision = await self._run(
            self._session.report(self._attempt, resource, checkpoint, said)
        )
        return decision

    async def should_stop(self) -> bool:
        """Whether to leave the loop now. Asks nobody while this client keeps the trial alive."""
        answer: bool = await self._run(self._session.should_stop(self._attempt))
        return answer

    async def complete(self) -> None:
        """End it: the training ended by itself, its last report is its result."""
        await self._settle(self._attempt.completion(), "COMPLETED")

    async def fail(self, message: str) -> None:
        """End it: the training broke. The message is for people."""
        await self._settle(self._attempt.failure(message), "FAILED")

    async def infeasible(self, message: str) -> None:
        """End it: this configuration cannot work at all; the daemon replaces it."""
        await self._settle(self._attempt.failure(message, infeasible=True), "INFEASIBLE")

    async def release(self) -> None:
        """Give it back, e.g. when pre-empted: it is queued again and nothing counts as failure."""
        await self._settle(self._attempt.release(), "RELEASED")

    async def _settle(self, item: Item, reason: str) -> None:
        await self._run(self._session.settle(self._attempt, item, reason))

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
        elif not self._in_loop:
            await self.complete()
