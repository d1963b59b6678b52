"""The Connect protocol: the rpcs of the contract over HTTP/1.1, as JSON or proto.

https://connectrpc.com/docs/protocol: unary calls by POST, those without side effects by GET as
well, and answers that are a stream. Every call goes to the same method of the same service as by
gRPC, by the same checks; streams of requests need gRPC. Decides nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import DecodeError, Message

from ashad.core.errors import RefusalError, invalid
from ashad.service.handlers import MESSAGE_BYTES
from ashad.web.answer import (
    END,
    CallEndedError,
    Headers,
    Receive,
    Scope,
    Send,
    envelope,
    of_refusal,
    respond,
    respond_error,
    to_json,
    zipped,
)
from ashad.web.question import (
    STREAM,
    UNARY,
    UnsupportedMediaError,
    body,
    codec_of,
    deadline,
    query_message,
)

_AT_ONCE = 16 * 1024  # bytes of JSON that are read or written on the event loop
Authorize = Callable[[str, Iterable[tuple[str, str]], str], None]


class WebRpc(NamedTuple):
    """One rpc of the contract."""

    call: Callable[[Any, Any], Any]
    request: type[Message]
    answer: type[Message]
    stream: bool
    safe: bool  # it has no side effects


def rpcs(services: Iterable[object]) -> dict[str, WebRpc]:
    """Return the rpcs of some services by path, but for those whose requests are a stream."""
    found = {}
    for service in services:
        described = pb.DESCRIPTOR.services_by_name[type(service).__name__]
        for method in described.methods:
            if not method.client_streaming:
                level = method.GetOptions().idempotency_level
                found[f"/{described.full_name}/{method.name}"] = WebRpc(
                    getattr(service, method.name),
                    getattr(pb, method.input_type.name),
                    getattr(pb, method.output_type.name),
                    method.server_streaming,
                    level == MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS,
                )
    return found


class Connect:
    """An ASGI application that serves rpcs."""

    def __init__(self, served: Mapping[str, WebRpc], authorize: Authorize) -> None:
        """`authorize` is given a path, headers and an address, and raises `RefusalError`."""
        self.rpcs, self.authorize = served, authorize
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        rpc = self.rpcs.get(scope["path"])
        try:
            if rpc is None:
                await respond_error(send, _NO_RPC)
                return
            host, port = scope.get("client") or ("", 0)
            self.authorize(scope["path"], headers.items(), f"ipv4:{host}:{port}")
            codec = codec_of(
                scope["method"],
                headers,
                scope["query_string"],
                safe=rpc.safe,
                stream=rpc.stream,
            )
            if rpc.stream:
                await self._stream(rpc, codec, headers, receive, send)
            else:
                await self._unary(rpc, codec, scope, headers, receive, send)
        except RefusalError as refusal:
            await respond_error(send, of_refusal(refusal))
        except CallEndedError as error:
            await respond_error(send, error)
        except UnsupportedMediaError:
            accepted = ", ".join(STREAM if rpc is not None and rpc.stream else UNARY)
            await respond(send, 415, "text/plain", b"", [(b"accept-post", accepted.encode())])

    async def ask(self, path: str, message: Message) -> Any:
        """Return what an rpc answers to somebody who was let in already."""
        rpc = self.rpcs[path]
        answer = await rpc.call(message, _Call({}))
        return rpc.answer.FromString(answer) if isinstance(answer, bytes) else answer

    def close(self) -> None:
        """End the thread that reads and writes long JSON."""
        self._threads.shutdown(cancel_futures=True)

    async def _unary(
        self,
        rpc: WebRpc,
        codec: str,
        scope: Scope,
        headers: Mapping[str, str],
        receive: Receive,
        send: Send,
    ) -> None:
        if scope["method"] == "GET":
            data = query_message(scope["query_string"])
        else:
            data = await body(receive, headers.get("content-encoding", "identity"))
        message = await self._message(rpc, codec, data)
        call = _Call(scope)
        answer = await _while_connected(rpc.call(message, call), receive, deadline(headers))
        if answer is _GONE:
            return
        if codec == "json":
            answer = await self._in_turn(partial(_json_of, rpc, answer), _length(answer))
        elif isinstance(answer, Message):
            answer = answer.SerializeToString()
        small, more = await self._in_turn(
            partial(zipped, answer, headers.get("accept-encoding", "")), len(answer)
        )
        await respond(send, 200, f"application/{codec}", small, [*call.trailers, *more])

    async def _stream(
        self,
        rpc: WebRpc,
        codec: str,
        headers: Mapping[str, str],
        receive: Receive,
        send: Send,
    ) -> None:
        data = await body(receive, "identity")
        if len(data) < 5 or data[0] or int.from_bytes(data[1:5], "big") != len(data) - 5:
            raise invalid("request", "it is not one envelope, not compressed", "MALFORMED_MESSAGE")
        message = await self._message(rpc, codec, data[5:])
        kind = f"application/connect+{codec}".encode()
        fixed = [(b"content-type", kind), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": fixed})

        async def tell(answer: bytes) -> None:
            if codec == "json":
                answer = await self._in_turn(partial(_json_of, rpc, answer), len(answer))
            part = {"type": "http.response.body", "body": envelope(answer), "more_body": True}
            await send(part)

        end: dict[str, Any] = {}
        try:
            if (
                await _while_connected(
                    rpc.call(message, _Call({}, tell)), receive, deadline(headers)
                )
                is _GONE
            ):
                return
        except CallEndedError as error:
            end = {"error": error.body}
            reason = [value.decode() for name, value in error.headers if name == b"ashad-reason"]
            end |= {"metadata": {"ashad-reason": reason}} if reason else {}
        last = envelope(json.dumps(end, ensure_ascii=False).encode(), END)
        await send({"type": "http.response.body", "body": last})

    async def _message(self, rpc: WebRpc, codec: str, data: bytes) -> Message | int | None:
        """Return the message, or what is wrong with these bytes, as `service.handlers` does."""
        if len(data) > MESSAGE_BYTES:
            return len(data)
        if codec == "json":
            parsed: Message = await self._in_turn(partial(_parsed, rpc, data), len(data))
            return parsed
        try:
            return rpc.request.FromString(data)
        except DecodeError:
            return None

    async def _in_turn(self, work: Callable[[], Any], size: int) -> Any:
        """Do what is long on a thread, one after the other."""
        if size <= _AT_ONCE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


_GONE = object()
_NO_RPC = CallEndedError(
    "unimplemented", "there is no such rpc over HTTP; those with a stream of requests need gRPC"
)


class _Call:
    """What a method of a service may ask of a call: the part of gRPC's context that they use."""

    def __init__(self, scope: Scope, write: Callable[[bytes], Any] | None = None) -> None:
        self._scope, self._write = scope, write
        self.trailers: Headers = []

    async def abort(self, code: Any, message: str, metadata: Iterable[tuple[str, Any]]) -> None:
        """End the call with an error."""
        raise CallEndedError(code.name.lower(), message, metadata)

    def set_trailing_metadata(self, metadata: Iterable[tuple[str, str]]) -> None:
        """Say something beside the answer."""
        self.trailers = [(f"trailer-{name}".encode(), value.encode()) for name, value in metadata]

    def invocation_metadata(self) -> list[tuple[str, str]]:
        """Return the headers of the request."""
        headers = self._scope.get("headers", ())
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]

    async def write(self, answer: bytes) -> None:
        """Send one answer of a stream."""
        assert self._write is not None
        await self._write(answer)


async def _while_connected(call: Any, receive: Receive, seconds: float | None) -> Any:
    """Return what a call returns, `_GONE` where its caller went away before."""
    working = asyncio.ensure_future(call)
    leaving = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((working, leaving), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        if leaving.done():
            return _GONE
        raise CallEndedError("deadline_exceeded", "the call took longer than it may")
    finally:
        for task in (working, leaving):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
        if not working.done():
            with suppress(asyncio.CancelledError):
                await working


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _parsed(rpc: WebRpc, data: bytes) -> Message:
    if not data.lstrip().startswith(b"{"):
        raise invalid("request", "give a JSON object", "MALFORMED_MESSAGE")
    try:
        return json_format.Parse(data, rpc.request(), max_recursion_depth=64)
    except (json_format.ParseError, UnicodeDecodeError, RecursionError, ValueError) as error:
        words = " ".join(str(error).split())[:400]
        raise invalid("request", words, "MALFORMED_MESSAGE") from None


def _json_of(rpc: WebRpc, answer: Message | bytes) -> bytes:
    return to_json(answer if isinstance(answer, Message) else rpc.answer.FromString(answer))


def _length(answer: Message | bytes) -> int:
    return answer.ByteSize() if isinstance(answer, Message) else len(answer)
