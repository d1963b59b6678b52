"""Refusals to gRPC statuses, in one place, and what else may happen to a call.

A refusal travels twice: as google.rpc.ErrorInfo in the status details, and as the plain trailing
metadata `ashad-reason`. Any other exception becomes INTERNAL with a number under which the log
knows it; its text never leaves the daemon.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from ashad.core.errors import Kind, Refusal, invalid
from ashad.fence.judge import Judge
from ashad.scheduler.group_commit import storage_refusal
from ashad.scheduler.upkeep import Log
from ashad.service.auth import check_caller, check_scope
from ashad.store import StoreError

DOMAIN = "ashad"
MAX_MESSAGE = 1200  # bytes; it travels twice, and clients take 8 KiB of trailing metadata
_CODES = {
    Kind.INVALID_ARGUMENT: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Kind.FAILED_PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.RESOURCE_EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.DATA_LOSS: grpc.StatusCode.DATA_LOSS,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.UNIMPLEMENTED: grpc.StatusCode.UNIMPLEMENTED,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.PERMISSION_DENIED: grpc.StatusCode.PERMISSION_DENIED,
}

Context = grpc.aio.ServicerContext[Any, Any]
Handler = Callable[[Any, Any, Context], Awaitable[Any]]


class Guard:
    """Stands before every rpc: turns refusals into statuses, and sheds load before work is done.

    Calls are admitted by rank, so that under load reports and heartbeats go before suggests, and
    suggests before reads: each rank is refused at a lower number of calls under way.
    """

    def __init__(
        self, log: Log, most: int = 20_000, doubt: Callable[[str], None] | None = None,
        judge: Judge | None = None,
    ) -> None:  # fmt: skip
        self.log = log
        self.judge = judge
        self._doubt = doubt
        self.draining = False  # the daemon is about to end: calls are told to come again
        self.came = 0  # calls so far
        self.under_way = 0
        self._most = {"report": most, "suggest": most * 3 // 4, "read": most // 4}

    def admit(self, rank: str) -> None:
        """Count a call in, or refuse it."""
        self.came += 1
        if self.draining:
            raise Refusal(
                Kind.UNAVAILABLE,
                "DRAINING",
                "the daemon is ending; repeat the call with the same key",
            )
        if self.under_way >= self._most[rank]:
            raise Refusal(
                Kind.RESOURCE_EXHAUSTED,
                "OVERLOADED",
                "the daemon is overloaded; retry after the pushback",
            )
        self.under_way += 1

    def meter(self, context: Context, request: Any, rank: str) -> None:
        """Count a call of its connection, or a message of a stream, or refuse it."""
        if self.judge is None:
            return
        asked = request.ByteSize() if isinstance(request, Message) else int(request or 0)
        if not self.judge.came(context.peer(), asked, lists=rank == "read"):
            raise Refusal(
                Kind.RESOURCE_EXHAUSTED,
                "RATE_LIMITED",
                "this connection makes too many calls; retry after the pushback",
            )

    def told(self, context: Context, size: int) -> None:
        """Count what was sent to one who watches."""
        if self.judge is not None:
            self.judge.told(context.peer(), size)

    def leave(self) -> None:
        """Count a call out."""
        self.under_way -= 1

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Count a call out while it stands in line for a trial: it costs nothing there."""
        self.under_way -= 1
        try:
            yield
        finally:
            self.under_way += 1

    async def refuse(self, context: Context, refusal: Refusal) -> None:
        """End a call with a refusal."""
        await _abort(context, _CODES[refusal.kind], refusal)

    async def fail_storage(
        self, context: Context, error: StoreError, studies: Iterable[str]
    ) -> None:
        """End a call whose read of the file failed, which may have half changed the studies."""
        for study in studies:
            if self._doubt is not None:
                self._doubt(study)
        self.log("read_failed", error=str(error))
        await self.refuse(context, storage_refusal(error))

    async def fail(self, context: Context, error: Exception, studies: Iterable[str]) -> None:
        """End a call that found a bug of ours, which may have half changed the studies."""
        for study in studies:
            if self._doubt is not None:
                self._doubt(study)
        number = secrets.token_hex(4)
        self.log("internal error", number=number, error=repr(error), exc_info=error)
        refusal = Refusal(
            Kind.UNAVAILABLE, "INTERNAL", f"internal error {number}; the daemon's log tells more"
        )
        await _abort(context, grpc.StatusCode.INTERNAL, refusal)


def guarded(rank: str) -> Callable[[Handler], Handler]:
    """Return a decorator for a handler of that rank: "report", "suggest" or "read"."""

    def decorate(handler: Handler) -> Handler:
        async def call(self: Any, request: Any, context: Context) -> Any:
            guard: Guard = self.guard
            admitted, study = False, None
            try:
                guard.meter(context, request, rank)
                guard.admit(rank)
                admitted = True
                message = _message(request)
                study = getattr(message, "study", None)
                if study is not None:
                    check_scope(handler.__name__, study)
                return await handler(self, message, context)
            except Refusal as refusal:
                await guard.refuse(context, refusal)
            except StoreError as error:
                changed = [study] if study and rank != "read" else []
                await guard.fail_storage(context, error, changed)
            except Exception as error:  # noqa: BLE001 - the last door: no text of it may leave
                await guard.fail(context, error, [study] if study and rank != "read" else [])
            finally:
                if admitted:
                    guard.leave()

        call.__name__ = handler.__name__
        call.__doc__ = handler.__doc__
        return call

    return decorate


def guarded_stream(rank: str) -> Callable[[Handler], Any]:
    """Return a decorator for a handler of one message of a stream, answered before the next.

    Each message is admitted, and its caller looked at again, as a call of its own would be: a
    stream may outlive its token. What refuses a message as a whole ends the stream, and what was
    not answered is repeated with its keys.
    """

    def decorate(handler: Handler) -> Any:
        async def call(
            self: Any, messages: AsyncIterator[Any], context: Context
        ) -> AsyncIterator[Any]:
            guard: Guard = self.guard
            async for request in messages:
                admitted, names = False, set[str]()
                try:
                    guard.meter(context, request, rank)
                    guard.admit(rank)
                    admitted = True
                    message = _message(request)
                    check_caller()
                    names = {report.study for report in message.reports}
                    answer = await handler(self, message, context)
                except Refusal as refusal:
                    await guard.refuse(context, refusal)
                except StoreError as error:
                    await guard.fail_storage(context, error, sorted(names))
                except Exception as error:  # noqa: BLE001 - the last door: no text of it may leave
                    await guard.fail(context, error, sorted(names))
                finally:
                    if admitted:
                        guard.leave()
                yield answer

        call.__name__ = handler.__name__
        call.__doc__ = handler.__doc__
        return call

    return decorate


def code_of(refusal: Refusal) -> int:
    """Return the number of a refusal's gRPC status."""
    number: int = _CODES[refusal.kind].value[0]
    return number


def _message(request: Any) -> Any:
    """Return a request, or refuse bytes that were none, or too many."""
    if isinstance(request, int):
        text = f"request: {request} bytes are too many; a message has at most 4 MiB"
        raise Refusal(Kind.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", text)
    if request is None:
        fix = "its bytes are no message of this rpc; make it from ashad.proto"
        raise invalid("request", fix, "MALFORMED_MESSAGE")
    return request


async def _abort(context: Context, code: grpc.StatusCode, refusal: Refusal) -> None:
    message = _cut(refusal.message)
    info = ErrorInfo(
        reason=refusal.reason,
        domain=DOMAIN,
        metadata={name: _cut(text, 400) for name, text in refusal.fields.items()},
    )
    details = AnyMessage()
    details.Pack(info)
    status = Status(code=code.value[0], message=message, details=[details])
    metadata: tuple[tuple[str, str | bytes], ...] = (
        ("ashad-reason", refusal.reason),
        ("grpc-status-details-bin", status.SerializeToString()),
    )
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and refusal.reason != "MESSAGE_TOO_LARGE":
        metadata += (("grpc-retry-pushback-ms", "1000"),)
    await context.abort(code, message, metadata)


def _cut(text: str, most: int = MAX_MESSAGE) -> str:
    raw = text.encode()
    return text if len(raw) <= most else raw[: most - 3].decode(errors="ignore") + "…"
