"""Refusals to gRPC statuses, in one place.

A refusal travels twice: as google.rpc.ErrorInfo in the status details, and as the plain trailing
metadata `ashad-reason`, with what a thin client needs to go on. Any other exception becomes
INTERNAL with a number under which the log has it; its text never leaves the daemon.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from ashad.core.errors import RefusalError, RefusalKind
from ashad.scheduler.group_commit import storage_refusal
from ashad.store import StoreError

DOMAIN = "ashad"
MAX_MESSAGE = 1200  # bytes; it travels twice, and clients take 8 KiB of trailing metadata
_PUSHBACK_MS = "1000"
_CODES = {kind: grpc.StatusCode[kind.name] for kind in RefusalKind}

Context = grpc.aio.ServicerContext[Any, Any]


def code_of(refusal: RefusalError) -> int:
    """Return the number of a refusal's gRPC status."""
    number: int = _CODES[refusal.kind].value[0]
    return number


async def refuse(context: Context, refusal: RefusalError) -> None:
    """End a call with a refusal."""
    await _abort(context, _CODES[refusal.kind], refusal)


async def fail(context: Context, error: Exception, log: Callable[..., object]) -> None:
    """End a call whose read of the file failed, or that met a bug of ours."""
    if isinstance(error, StoreError):
        log("read_failed", error=str(error))
        await refuse(context, storage_refusal(error))
        return
    number = secrets.token_hex(4)
    log("internal_error", number=number, error=repr(error), exc_info=error)
    text = f"internal error {number}; the daemon's log has the details"
    refusal = RefusalError(RefusalKind.UNAVAILABLE, "INTERNAL", text)
    await _abort(context, grpc.StatusCode.INTERNAL, refusal)


async def _abort(context: Context, code: grpc.StatusCode, refusal: RefusalError) -> None:
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
    metadata += tuple(
        (f"ashad-{name.replace('_', '-')}", refusal.fields[name])
        for name in ("epoch", "last_resource")
        if name in refusal.fields
    )
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and refusal.reason != "MESSAGE_TOO_LARGE":
        metadata += (("grpc-retry-pushback-ms", _PUSHBACK_MS),)
    await context.abort(code, message, metadata)


def _cut(text: str, most: int = MAX_MESSAGE) -> str:
    raw = text.encode()
    return text if len(raw) <= most else raw[: most - 3].decode(errors="ignore") + "…"
