"""How long calls take and how they end, as gRFC A66 has it. Measures; decides nothing."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import grpc
from ashad_client.v1 import ashad_pb2 as pb

from ashad.service.handlers import HANDLER_KINDS

_OTHER = "other"  # as A66 calls methods that are not known beforehand
_CODES = {code.value[0]: code.name for code in grpc.StatusCode}
METHODS = frozenset(
    f"{service.full_name}/{method.name}"
    for service in pb.DESCRIPTOR.services_by_name.values()
    for method in service.methods
)


class CallObserver(Protocol):
    """Who is told of calls."""

    def began(self, method: str) -> None:
        """Count a call that begins."""
        ...

    def ended(self, method: str, status: str, seconds: float) -> None:
        """Count a call that has ended."""
        ...


class CallTimes(grpc.aio.ServerInterceptor):
    """Times each call of a server; stands before all other interceptors."""

    def __init__(self, observer: CallObserver) -> None:
        self._observer = observer
        self._timed: dict[str, tuple[Any, Any]] = {}  # by method: its handler, and that timed

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Return the handler of the call, timed."""
        method = handler_call_details.method
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        known = self._timed.get(method)
        if known is not None and known[0] is handler:
            return known[1]
        path = method.removeprefix("/")
        name = path if path in METHODS else _OTHER
        timed = self._wrapped(name, handler)
        if name is not _OTHER:
            self._timed[method] = handler, timed
        return timed

    def _wrapped(self, method: str, handler: Any) -> Any:
        streams = handler.request_streaming, handler.response_streaming
        inner = next(
            found
            for found in (
                handler.unary_unary,
                handler.unary_stream,
                handler.stream_unary,
                handler.stream_stream,
            )
            if found is not None
        )
        call = self._of_answers if hasattr(inner, "__anext__") or _yields(inner) else self._of_one
        return HANDLER_KINDS[streams](
            call(method, inner), handler.request_deserializer, handler.response_serializer
        )

    def _of_one(self, method: str, inner: Any) -> Any:
        observer, clock = self._observer, time.perf_counter

        async def timed(request: Any, context: Any) -> Any:
            observer.began(method)
            began, status = clock(), "OK"
            try:
                return await inner(request, context)
            except BaseException as error:
                status = _status(context, error)
                raise
            finally:
                observer.ended(method, status, clock() - began)

        return timed

    def _of_answers(self, method: str, inner: Any) -> Any:
        observer, clock = self._observer, time.perf_counter

        async def timed(request: Any, context: Any) -> Any:
            observer.began(method)
            began, status = clock(), "OK"
            try:
                async for answer in inner(request, context):
                    yield answer
            except BaseException as error:
                status = _status(context, error)
                raise
            finally:
                observer.ended(method, status, clock() - began)

        return timed


def _yields(handler: Any) -> bool:
    """Whether a handler is a generator of answers; some write their answers instead."""
    flags = getattr(getattr(handler, "__code__", None), "co_flags", 0)
    return bool(flags & 0x0200)  # CO_ASYNC_GENERATOR


def _status(context: Any, error: BaseException) -> str:
    """Return how a call ended that raised."""
    code = context.code()
    number = code.value[0] if isinstance(code, grpc.StatusCode) else code
    if number:
        return _CODES.get(number, "UNKNOWN")
    return "UNKNOWN" if isinstance(error, Exception) else "CANCELLED"
