"""The connection: the only module that knows grpc.

It opens channels, makes one try of one call, and turns what grpc raises into `Error`. It never
retries and never waits for a daemon that is away.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Any

# Its own log says on standard error, in its own words, what is raised here as `Error`.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import grpc
import grpc.aio

from ashad_client.errors import EPOCH_KEY, PUSHBACK_KEY, REASON_KEY, Error
from ashad_client.security import Security
from ashad_client.text import split_targets
from ashad_client.transport.rpc import Answer, Request, Rpc
from ashad_client.transport.tls import diagnose

if TYPE_CHECKING:
    from ashad_client.session.epoch import Epoch

# Channels of the parent, seen from a forked child: kept for ever, because closing one there would
# write into the parent's connection.
_abandoned: list[Any] = []
_LEAST_S = 0.001  # gRPC takes no deadline of less than nothing
_SUPERSEDED = "DAEMON_SUPERSEDED"  # another daemon has taken over from it
_WORKER_KEY = "ashad-worker"
_TOO_LARGE = "message larger than max"  # what gRPC says of one


def options() -> list[tuple[str, int]]:
    """Return the settings of every channel."""
    return [
        # A proxy in the environment breaks even 127.0.0.1.
        ("grpc.enable_http_proxy", int(os.environ.get("ASHAD_USE_PROXY") == "1")),
        # A study with a large space, in a list, is longer than the 4 MiB of gRPC's own limit.
        ("grpc.max_receive_message_length", 16 << 20),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.max_reconnect_backoff_ms", 20_000),
        # Otherwise a forked child that opens a new channel is handed the parent's socket.
        ("grpc.use_local_subchannel_pool", 1),
    ]


def open_channel(address: str, security: Security, *, asynchronous: bool = False) -> Any:
    """Open a channel to the daemon: by TLS where a CA is named, else in the clear."""
    kind: Any = grpc.aio if asynchronous else grpc
    if not security.ca:
        return kind.insecure_channel(address, options=options())
    credentials = grpc.ssl_channel_credentials(*map(security.pem, ("ca", "key", "cert")))
    return kind.secure_channel(address, credentials, options=options())


def metadata(security: Security) -> tuple[tuple[str, str], ...] | None:
    """Return what goes with each try: the token, as its file has it now. Raises `Error`."""
    token = security.token()
    return (("authorization", f"Bearer {token}"),) if token else None


class Link:
    """A channel to each address, opened when first used, and anew in a forked child.

    One of them is called; where nothing answers there the next is tried, with the same request, and
    kept to as long as it answers.
    """

    def __init__(
        self, address: str, security: Security, epoch: Epoch, *, asynchronous: bool = False
    ) -> None:
        """`epoch` is shown with each try, and learns what stands beside the answer."""
        self._targets = split_targets(address)
        self._epoch = epoch
        self._at = 0
        self._security = security
        self._asynchronous = asynchronous
        self._pid = os.getpid()
        self._channels: dict[int, Any] = {}
        self._methods: dict[tuple[int, str], Any] = {}

    def call(
        self, rpc: Rpc[Request, Answer], request: Request, timeout_s: float, *, wait: bool = False
    ) -> Answer:
        """Make one try on a blocking channel.

        Raises `Error`, and nothing else but what Python itself raises (KeyboardInterrupt).
        """
        end = time.monotonic() + timeout_s
        wait = wait and len(self._targets) == 1  # elsewhere it may be answered at once
        for at in self._round():
            left_s = max(end - time.monotonic(), _LEAST_S)
            try:
                answer: Answer
                answer, call = self._method(rpc, at).with_call(
                    request,
                    timeout=left_s,
                    wait_for_ready=wait,
                    metadata=self._metadata(),
                )
                self._hear(call.trailing_metadata())
            except grpc.RpcError as error:
                failure = _translate(error)
                if _maybe_tls(failure, wait=wait):
                    failure = diagnose(self._targets[at], self._security, left_s) or failure
            except ValueError as error:
                failure = _closed(error)
            else:
                return answer
            if not self._passes_on(failure, at, end):
                break
        raise failure  # here, so that what grpc raised is not its context

    async def acall(
        self, rpc: Rpc[Request, Answer], request: Request, timeout_s: float, *, wait: bool = False
    ) -> Answer:
        """Make one try on an asyncio channel. Raises `Error`."""
        end = time.monotonic() + timeout_s
        wait = wait and len(self._targets) == 1
        for at in self._round():
            left_s = max(end - time.monotonic(), _LEAST_S)
            try:
                call = self._method(rpc, at)(
                    request,
                    timeout=left_s,
                    wait_for_ready=wait,
                    metadata=self._metadata(),
                )
                answer: Answer = await call
                self._hear(await call.trailing_metadata())
            except grpc.RpcError as error:
                failure = _translate(error)
                if _maybe_tls(failure, wait=wait):
                    target = self._targets[at]
                    found = asyncio.to_thread(diagnose, target, self._security, left_s)
                    failure = await found or failure
            except (grpc.aio.UsageError, ValueError) as error:
                failure = _closed(error)
            else:
                return answer
            if not self._passes_on(failure, at, end):
                break
        raise failure

    def close(self) -> None:
        """Close the channels, if this process opened them."""
        if not self.foreign:
            for channel in list(self._channels.values()):
                channel.close()

    async def aclose(self) -> None:
        """Close the asyncio channels, if this process opened them."""
        if not self.foreign:
            for channel in list(self._channels.values()):
                await channel.close()

    @property
    def foreign(self) -> bool:
        """Whether this process was forked from the one that made it."""
        return self._pid != os.getpid()

    def _round(self) -> list[int]:
        """Return the addresses by number, from the one that answered last."""
        many = len(self._targets)
        return [(self._at + step) % many for step in range(many)]

    def _passes_on(self, failure: Error, at: int, end: float) -> bool:
        """Leave an address where nothing answers; whether to try the next at once."""
        away = failure.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED") and not failure.reason
        if not away and failure.reason != _SUPERSEDED:
            return False
        if self._at == at:
            self._at = (at + 1) % len(self._targets)
        return failure.code == "UNAVAILABLE" and time.monotonic() < end

    def _metadata(self) -> tuple[tuple[str, str], ...] | None:
        """Return what goes with a try. Raises `Error`."""
        given, epoch = metadata(self._security), self._epoch
        if not epoch.number:
            return given
        shown = ((EPOCH_KEY, str(epoch.number)), (_WORKER_KEY, epoch.worker))
        return (given or ()) + shown

    def _hear(self, beside: Any) -> None:
        """Learn the epoch of a daemon that names one beside its answer."""
        for key, value in beside or ():
            if key == EPOCH_KEY:
                self._epoch.heard(_number(value))

    def _method(self, rpc: Rpc[Any, Any], at: int) -> Any:
        if self.foreign:
            _abandoned.append((self._channels, self._methods))
            self._channels, self._methods, self._pid = {}, {}, os.getpid()
        method = self._methods.get((at, rpc.path))
        if method is None:
            if at not in self._channels:
                self._channels[at] = open_channel(
                    self._targets[at], self._security, asynchronous=self._asynchronous
                )
            method = self._methods[at, rpc.path] = self._channels[at].unary_unary(
                rpc.path,
                request_serializer=rpc.request.SerializeToString,
                response_deserializer=rpc.answer.FromString,
            )
        return method


def reason_of(error: Any) -> str:
    """Return the reason of a refusal; empty where there is none.

    A message above 16 MiB is refused by gRPC itself, before the daemon has it and can give one.
    """
    given = _trailing(error).get(REASON_KEY)
    if given is not None:
        return _text(given)
    return "MESSAGE_TOO_LARGE" if _TOO_LARGE in (error.details() or "") else ""


def _translate(error: Any) -> Error:
    return Error(
        error.details() or "no details",
        code=error.code().name,
        reason=reason_of(error),
        pushback_s=_pushback_s(_trailing(error).get(PUSHBACK_KEY)),
        epoch=_number(_trailing(error).get(EPOCH_KEY)),
    )


def _trailing(error: Any) -> dict[str, Any]:
    return {str(key): value for key, value in (error.trailing_metadata() or ())}


def _maybe_tls(error: Error, *, wait: bool) -> bool:
    """Whether there may be no connection because of TLS."""
    no_connection = error.code == "UNAVAILABLE" or (wait and error.code == "DEADLINE_EXCEEDED")
    return no_connection and not error.reason


def _closed(error: Exception) -> Error:
    return Error(str(error), code="CANCELLED", reason="CLIENT_CLOSED")


def _text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def _number(value: Any) -> int:
    """Return a number that a daemon named; 0 for anything else."""
    text = _text(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _pushback_s(value: Any) -> float | None:
    try:
        milliseconds = int(_text(value))
    except ValueError:
        return None
    return milliseconds / 1000 if milliseconds >= 0 else None  # negative: do not come back
