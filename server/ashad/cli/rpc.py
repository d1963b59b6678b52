"""The daemon at the other end: one channel, a deadline on each call, a refusal told in one line."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING, Any

import click
import grpc
from ashad_client.errors import Error
from ashad_client.security import Security, secure
from ashad_client.settings import target_of
from ashad_client.text import split_address
from ashad_client.transport.channel import metadata, open_channel, reason_of
from ashad_client.transport.tls import diagnose
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc

from ashad.cli import config
from ashad.cli.errors import CommandError, NoAnswerError, StreamBrokenError, TlsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

DEADLINE_S = 30.0
PAGE_SIZE = 500
_CONNECT_S = 3.0
WAYS = ("address", "ca", "cert", "key", "token_file")
_PASSING = ("WATCHER_SLOW", "OVERLOADED")


class Daemon:
    """Calls of StudyService by name. `private`: it ends with its last user."""

    private = False

    def __init__(self, address: str, security: Security, channel: grpc.Channel) -> None:
        self.address = address
        self._security = security
        self._channel = channel
        self._stub: Any = ashad_pb2_grpc.StudyServiceStub(channel)  # type: ignore[no-untyped-call]

    def hang_up(self) -> None:
        """End what is under way in other threads, and take no more calls."""
        self._channel.close()

    def call(self, rpc: str, request: Message, seconds: float = DEADLINE_S) -> Any:
        """Call once and give the response, or fail."""
        return self._call(rpc, request, seconds)[0]

    def version(self, seconds: float) -> str:
        """Return the daemon's version; empty where it is of before it told."""
        return self._told("ashad-version", seconds)

    def page(self, seconds: float = DEADLINE_S) -> str:
        """Return the address of the daemon's page; empty where it serves none."""
        return self._told("ashad-page", seconds)

    def pages(self, rpc: str, request: Any, field: str) -> Iterator[Any]:
        """Walk through all pages of a list."""
        request.page_size = PAGE_SIZE
        while True:
            response = self.call(rpc, request)
            yield from getattr(response, field)
            request.page_token = response.next_page_token
            if not request.page_token:
                return

    def stream(self, rpc: str, request: Message) -> Iterator[Any]:
        """Give the answers of a stream; `StreamBrokenError` where it may be asked for again."""
        try:
            yield from getattr(self._stub, rpc)(request, metadata=metadata(self._security))
        except grpc.RpcError as error:
            failure = self._failure(error)
            away = error.code() == grpc.StatusCode.UNAVAILABLE and not isinstance(failure, TlsError)
            if away or reason_of(error) in _PASSING:
                raise StreamBrokenError(*failure.lines) from None
            raise failure from None

    def _told(self, what: str, seconds: float) -> str:
        """Return what the daemon says of itself beside a list of studies."""
        call = self._call("ListStudies", pb.ListStudiesRequest(page_size=1), seconds)[1]
        return str(dict(call.trailing_metadata() or ()).get(what, ""))

    def _call(self, rpc: str, request: Message, seconds: float) -> tuple[Any, Any]:
        try:
            found = getattr(self._stub, rpc).with_call(
                request, timeout=seconds, metadata=metadata(self._security)
            )
        except grpc.RpcError as error:
            raise self._failure(error, seconds) from None
        return found[0], found[1]

    def _failure(self, error: Any, seconds: float = DEADLINE_S) -> CommandError:
        code, message = error.code(), error.details() or "no details"
        reason = reason_of(error)
        if reason:
            return CommandError(f"{message} ({reason})", reason=reason)
        if code == grpc.StatusCode.UNAVAILABLE:
            tls = diagnose(target_of(self.address), self._security)
            if tls is not None:
                return TlsError(str(tls))
            return NoAnswerError(
                f"no daemon answers at {self.address}; start one with `ashad`, use --local, "
                "or name another with --address or ASHAD_ADDRESS"
            )
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            return NoAnswerError(f"{self.address} did not answer within {seconds:g} s")
        if code == grpc.StatusCode.UNIMPLEMENTED:
            return CommandError(
                f"{self.address} does not know this call; is it a daemon of this version?"
            )
        return CommandError(f"{message} ({code.name})")


def passes(error: CommandError) -> bool:
    """Return whether the same call may be answered later: nobody was there, or all were busy."""
    return isinstance(error, NoAnswerError) or error.reason in _PASSING


@contextlib.contextmanager
def connect(ctx: click.Context) -> Iterator[Daemon]:
    """Open the channel to the daemon of this run; with --local, to the private one."""
    with contextlib.ExitStack() as stack:
        way = stack.enter_context(way_of(ctx))
        given, private = way.pop("address"), way.pop("private", False)
        try:
            security = secure(target_of(given), **way)
            address = answering(given)
            channel = open_channel(target_of(address), security)
        except Error as error:
            raise click.UsageError(error.message) from None
        stack.enter_context(channel)
        daemon = Daemon(address, security, channel)
        daemon.private = private
        yield daemon


def answering(addresses: str) -> str:
    """Return the first of several addresses that takes connections; else the first of all."""
    each = addresses.split(",")
    for one in each if len(each) > 1 else ():
        with contextlib.suppress(OSError, ValueError):
            socket.create_connection(split_address(one), _CONNECT_S).close()
            return one
    return each[0]


@contextlib.contextmanager
def way_of(ctx: click.Context) -> Iterator[dict[str, Any]]:
    """Give the address and the files by which the daemon is called, while it is used."""
    if not config.value(ctx, "local"):
        if "db" in config.flags(ctx) and ctx.command.name != "doctor":  # which looks at the file
            raise click.UsageError("--db goes with --local; --address names a daemon", ctx)
        yield {name: config.value(ctx, name) for name in WAYS}
        return
    from ashad.cli.local.private_daemon import private_daemon  # noqa: PLC0415

    if "address" in config.flags(ctx):
        raise click.UsageError("--local finds its daemon itself: leave --address out", ctx)
    insist = config.value(ctx, "allow_network_fs")
    other = config.value(ctx, "address")
    with private_daemon(config.value(ctx, "db"), other, allow_network_fs=insist) as found:
        if found.private:  # it asks for none; those set are for another daemon
            for name in WAYS[1:]:
                os.environ.pop(config.SETTINGS[name].variable, None)
        files = {name: None if found.private else config.value(ctx, name) for name in WAYS[1:]}
        yield {"address": found.address, "private": found.private, **files}
