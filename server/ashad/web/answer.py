"""What is sent back over HTTP: messages, errors in Connect's JSON, envelopes of a stream.

An error is made from what `service.status` hands to gRPC, so both say the same.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from ashad.core.errors import RefusalError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

END = 0x02  # flag of the last envelope of a stream
_ZIP_FROM = 1400  # bytes; what fits in a packet is not made smaller
# HTTP status by code, as the Connect protocol has them.
_HTTP = {
    "canceled": 499,
    "invalid_argument": 400,
    "deadline_exceeded": 504,
    "not_found": 404,
    "already_exists": 409,
    "permission_denied": 403,
    "resource_exhausted": 429,
    "failed_precondition": 400,
    "aborted": 409,
    "out_of_range": 400,
    "unimplemented": 501,
    "unavailable": 503,
    "unauthenticated": 401,
}


class CallEndedError(Exception):
    """A call that ends with an error: its code, text and details as Connect's JSON, and headers."""

    def __init__(self, code: str, message: str, metadata: Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__(message)
        found = dict(metadata)
        self.code = {"cancelled": "canceled"}.get(code, code)
        self.headers: Headers = []
        if "ashad-reason" in found:
            self.headers.append((b"ashad-reason", found["ashad-reason"].encode()))
        if "grpc-retry-pushback-ms" in found:
            seconds = -(-int(found["grpc-retry-pushback-ms"]) // 1000)
            self.headers.append((b"retry-after", str(seconds).encode()))
        self.body: dict[str, Any] = {"code": self.code, "message": message}
        status = Status.FromString(found.get("grpc-status-details-bin", b""))
        if status.details:
            self.body["details"] = [_detail(detail) for detail in status.details]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return _HTTP.get(self.code, 500)


def of_refusal(refusal: RefusalError) -> CallEndedError:
    """Return the end of a call that was refused before it was anybody's turn."""
    info = ErrorInfo(reason=refusal.reason, domain="ashad", metadata=refusal.fields)
    status = Status(message=refusal.message)
    status.details.add().Pack(info)
    metadata = {
        "ashad-reason": refusal.reason,
        "grpc-status-details-bin": status.SerializeToString(),
    }
    return CallEndedError(refusal.kind.name.lower(), refusal.message, metadata.items())


def _detail(detail: Any) -> dict[str, Any]:
    found = {
        "type": detail.TypeName(),
        "value": base64.b64encode(detail.value).decode().rstrip("="),
    }
    info = ErrorInfo()
    if detail.Unpack(info):
        return found | {"debug": json_format.MessageToDict(info)}
    return found


def to_json(message: Message) -> bytes:
    """Return a message as proto3 JSON, one line."""
    plain = json_format.MessageToDict(message)
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def envelope(data: bytes, flags: int = 0) -> bytes:
    """Return a message of a stream."""
    return bytes((flags,)) + len(data).to_bytes(4, "big") + data


def zipped(data: bytes, accepted: str) -> tuple[bytes, Headers]:
    """Return the bytes of an answer, smaller where the caller can take that, and its headers."""
    if len(data) < _ZIP_FROM or "gzip" not in accepted:
        return data, []
    return gzip.compress(data, 1), [(b"content-encoding", b"gzip")]


async def respond(send: Send, status: int, kind: str, data: bytes, headers: Headers) -> None:
    """Send a whole answer."""
    fixed = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(data)).encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"accept-encoding, authorization, cookie"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": data})


async def respond_error(send: Send, error: CallEndedError) -> None:
    """Send an error as the whole answer."""
    data = json.dumps(error.body, ensure_ascii=False).encode()
    await respond(send, error.status, "application/json", data, error.headers)
