"""Admission control: runs before and after every rpc, and sheds load before any work is done.

Calls are admitted by rank, so that under load reports and heartbeats go before suggests, and
suggests before reads: each rank is refused at a lower number of calls under way. Of the lists that
are admitted a few are worked at together, and the others wait: what each costs does not add up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ashad.core.errors import RefusalError, RefusalKind, invalid
from ashad.service.auth import check_caller, check_scope
from ashad.service.fence import Fence
from ashad.service.status import Context, fail, refuse

MOST_LISTS = 4  # worked at together
Handler = Callable[[Any, Any, Context], Awaitable[Any]]


class AdmissionControl:
    """Counts the calls under way, by rank."""

    def __init__(
        self,
        log: Callable[..., object],
        most: int = 20_000,
        quarantine: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`quarantine` is told of each study that a bug of ours may have left half changed."""
        self.log, self.quarantine = log, quarantine
        self.fence: Fence | None = None  # where a standby may take over
        self.draining = False  # the daemon is about to end: calls are told to come again
        self.arrived = 0  # calls so far
        self.under_way = 0
        self.lists = asyncio.Semaphore(MOST_LISTS)
        self._most = {
            "report": most,
            "suggest": most * 3 // 4,
            "read": most // 4,
            "list": most // 4,
        }

    def enter(self, rank: str) -> None:
        """Count a call in, or refuse it."""
        self.arrived += 1
        if self.draining:
            raise RefusalError(
                RefusalKind.UNAVAILABLE,
                "DRAINING",
                "the daemon is ending; repeat the call with the same key",
            )
        if self.under_way >= self._most[rank]:
            raise RefusalError(
                RefusalKind.RESOURCE_EXHAUSTED,
                "OVERLOADED",
                "the daemon is overloaded; retry after the pushback",
            )
        self.under_way += 1

    def leave(self) -> None:
        """Count a call out."""
        self.under_way -= 1

    @contextmanager
    def parked(self) -> Iterator[None]:
        """Count a call out while it waits for a trial or for news: it costs nothing there."""
        self.under_way -= 1
        try:
            yield
        finally:
            self.under_way += 1


def guarded(rank: str) -> Callable[[Handler], Handler]:
    """Return a decorator for a handler of that rank: "report", "suggest", "read" or "list"."""

    def decorate(rpc: Handler) -> Handler:
        handler = _in_turn(rpc) if rank == "list" else rpc

        async def call(self: Any, request: Any, context: Context) -> Any:
            admission: AdmissionControl = self.admission
            entered, study = False, None
            try:
                admission.enter(rank)
                entered = True
                message = _message(request)
                study = getattr(message, "study", None)
                if study is not None:
                    check_scope(handler.__name__, study)
                if admission.fence is not None:
                    admission.fence.check(message, context)
                return await handler(self, message, context)
            except RefusalError as refusal:
                await refuse(context, refusal)
            except Exception as error:  # noqa: BLE001 - the last stop: no text of it may leave
                if study and rank not in ("read", "list"):
                    admission.quarantine(study)
                await fail(context, error, admission.log)
            finally:
                if entered:
                    admission.leave()

        call.__name__ = handler.__name__
        call.__doc__ = handler.__doc__
        return call

    return decorate


def _in_turn(handler: Handler) -> Handler:
    """Return a handler that waits until few others of its kind are worked at."""

    async def wait(self: Any, message: Any, context: Context) -> Any:
        async with self.admission.lists:
            await asyncio.sleep(0)  # whatever has arrived goes first
            return await handler(self, message, context)

    wait.__name__ = handler.__name__
    wait.__doc__ = handler.__doc__
    return wait


def guarded_stream(rank: str) -> Callable[[Handler], Any]:
    """Return a decorator for a handler of one message of a stream, answered before the next.

    Each message is admitted, and its caller checked, as a call of its own would be: a stream may
    outlive its token. A refusal of a whole message ends the stream; what was not answered is
    repeated with its keys.
    """

    def decorate(handler: Handler) -> Any:
        async def call(
            self: Any, messages: AsyncIterator[Any], context: Context
        ) -> AsyncIterator[Any]:
            admission: AdmissionControl = self.admission
            async for request in messages:
                entered = False
                message: Any = None
                try:
                    admission.enter(rank)
                    entered = True
                    message = _message(request)
                    check_caller()
                    if admission.fence is not None:
                        admission.fence.check(message, context)
                    answer = await handler(self, message, context)
                except RefusalError as refusal:
                    await refuse(context, refusal)
                except Exception as error:  # noqa: BLE001 - the last stop: no text of it may leave
                    for study in sorted({report.study for report in message.reports}):
                        admission.quarantine(study)
                    await fail(context, error, admission.log)
                finally:
                    if entered:
                        admission.leave()
                yield answer

        call.__name__ = handler.__name__
        call.__doc__ = handler.__doc__
        return call

    return decorate


def _message(request: Any) -> Any:
    """Return a request, or refuse bytes that are not one, or too many."""
    if isinstance(request, int):
        text = f"request: {request} bytes are too many; a message has at most 4 MiB"
        raise RefusalError(RefusalKind.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", text)
    if request is None:
        fix = "these bytes are not a message of this rpc; make it from ashad.proto"
        raise invalid("request", fix, "MALFORMED_MESSAGE")
    return request
