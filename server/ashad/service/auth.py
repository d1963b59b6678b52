"""Which rpc needs what, and who has it. Whatever is not in the table is refused to everyone.

Tokens are asked for only where the daemon was started with them; then `Door` stands before every
rpc and lets nobody's request be read whose token does not open it.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from functools import partial
from typing import Any

import grpc

from ashad.core.errors import Kind, Refusal, no_study
from ashad.fence.judge import Judge
from ashad.security import Denied, Keyring, Role, Token
from ashad.service.shapes import SHAPES


class Need(enum.Enum):
    """What a caller must have."""

    NOTHING = "anybody may call it"
    READ = "looks, and changes nothing"
    WORK = "trains trials"
    ADMIN = "makes, changes and deletes"


_WORK, _STUDY = "/ashad.v1.SchedulerService/", "/ashad.v1.StudyService/"
NEEDS: dict[str, Need] = {
    "/grpc.health.v1.Health/Check": Need.NOTHING,
    "/grpc.health.v1.Health/List": Need.NOTHING,
    "/grpc.health.v1.Health/Watch": Need.NOTHING,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": Need.READ,
    **{
        _WORK + rpc: Need.WORK
        for rpc in (
            "Suggest", "Report", "ReportStream", "Heartbeat", "CompleteTrial", "FailTrial",
            "ReleaseTrial",
        )
    },
    _WORK + "ShouldStop": Need.READ,
    **{
        _STUDY + rpc: Need.READ
        for rpc in (
            "GetStudy", "ListStudies", "GetTrial", "ListTrials", "ListReports", "ExplainTrial",
            "ListObsoleteCheckpoints",
            "WatchStudy",
        )
    },
    **{
        _STUDY + rpc: Need.ADMIN
        for rpc in (
            "CreateStudy", "UpdateStudy", "PauseStudy", "ResumeStudy", "StopStudy", "DeleteStudy",
            "EnqueueTrial", "CancelTrial",
        )
    },
}  # fmt: skip
GRANTS: dict[Role, frozenset[Need]] = {
    "viewer": frozenset({Need.READ}),
    "worker": frozenset({Need.READ, Need.WORK}),
    "admin": frozenset({Need.READ, Need.WORK, Need.ADMIN}),
}

_caller: ContextVar[Token | None] = ContextVar("caller", default=None)
_again: ContextVar[Callable[[], object] | None] = ContextVar("again", default=None)
Metadata = Iterable[tuple[str, str | bytes]]


def check_scope(rpc: str, study: str) -> None:
    """Refuse a study that the caller's token does not cover, as one that is not there."""
    if sees(study):
        return
    if rpc == "CreateStudy":
        raise Refusal(
            Kind.PERMISSION_DENIED,
            "PERMISSION_DENIED",
            "study: the token is for other names of studies; see `ashad token list`",
        )
    raise no_study(study)


def check_caller() -> None:
    """Ask for the caller's token again, as for a call of its own: each message of a stream does."""
    again = _again.get()
    if again is not None:
        again()


def sees(study: str) -> bool:
    """Whether the caller may know of a study."""
    caller = _caller.get()
    return caller is None or caller.covers(study)


class Door(grpc.aio.ServerInterceptor):
    """Asks for a token before a request is read; tells `audit` of each call of an admin."""

    def __init__(
        self, keyring: Keyring, refuse: Callable[[Any, Refusal], Awaitable[None]],
        audit: Callable[..., object], judge: Judge,
    ) -> None:  # fmt: skip
        self.keyring, self._refuse, self._audit = keyring, refuse, audit
        self._judge = judge

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Return the handler of the call, or one that refuses it."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        try:
            metadata = handler_call_details.invocation_metadata or ()
            token = self.enter(method, metadata)
        except Refusal as refusal:
            return self._refusing(handler, refusal)
        _caller.set(token)
        if token is None:
            return counted(handler, self._judge)
        _again.set(partial(self.enter, method, metadata))
        return handler

    def enter(self, method: str, metadata: Metadata) -> Token | None:
        """Return whose call this is; None where anybody may call. Raises `Refusal`."""
        need = NEEDS.get(method)
        if need is Need.NOTHING:
            return None
        try:
            token = self.keyring.find(_presented(metadata))
        except Denied as denied:
            raise Refusal(Kind.UNAUTHENTICATED, denied.reason, str(denied)) from None
        if need is None or need not in GRANTS[token.role]:
            name = method.rpartition("/")[2]
            raise Refusal(
                Kind.PERMISSION_DENIED,
                "PERMISSION_DENIED",
                f"{name} is not for the role {token.role}; "
                f"it needs a token of the role {_least(need)}",
            )
        early = self.keyring.spend(token)
        if early:
            raise Refusal(
                Kind.RESOURCE_EXHAUSTED,
                "RATE_LIMITED",
                f"the token {token.id} makes too many calls; retry after the pushback",
            )
        if need is Need.ADMIN:
            self._audit("admin call", rpc=method, token=token.id, label=token.label)
        return token

    def _refusing(self, handler: Any, refusal: Refusal) -> Any:
        async def refuse(_: Any, context: Any) -> None:
            if refusal.kind is Kind.RESOURCE_EXHAUSTED:
                self._judge.exceeds(context.peer())
            else:
                self._judge.offends(context.peer())
            await self._refuse(context, refusal)

        # As if requests were a stream: so it is called, and counts, before a message has come; and
        # with no reader, since what is refused is not parsed.
        return SHAPES[True, handler is not None and handler.response_streaming](refuse)


class Turnstile(grpc.aio.ServerInterceptor):
    """Stands before a port of probes, which needs no token: counts who calls too often."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Return the handler of the call, counted."""
        return counted(await continuation(handler_call_details), self._judge)


def counted(handler: Any, judge: Judge) -> Any:
    """Return the handler of a call that needs no token; it counts before its message has come."""
    if handler is None or handler.request_streaming:
        return handler
    inner = handler.unary_stream if handler.response_streaming else handler.unary_unary

    async def count(requests: Any, context: Any) -> Any:
        judge.offends(context.peer())
        async for request in requests:
            return await inner(request, context)
        return None

    return SHAPES[True, handler.response_streaming](
        count, handler.request_deserializer, handler.response_serializer
    )


def _presented(metadata: Metadata) -> str:
    for key, value in metadata:
        if key == "authorization":
            scheme, _, token = str(value).partition(" ")
            if scheme.lower() == "bearer" and token:
                return token.strip()
    raise Denied(
        "TOKEN_MISSING",
        "this daemon asks for a token: name the file that holds yours in ASHAD_TOKEN_FILE",
    )


def _least(need: Need | None) -> str:
    for role, grants in GRANTS.items():
        if need in grants:
            return role
    return "nobody has"
