"""Which rpc needs which right, and who has it. An rpc that is not in the table is refused to all.

Tokens are required only where the daemon was started with them; then `AuthInterceptor` runs before
every rpc, and a request whose token does not permit it is never read.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from functools import partial
from typing import Any

import grpc

from ashad.core.errors import RefusalError, RefusalKind, no_study
from ashad.security import DeniedError, RateLimiter, Role, Token, TokenCache
from ashad.security.limits import TransportLimits
from ashad.service.handlers import HANDLER_KINDS

TOKEN_BURST_S, ADDRESS_BURST_S = 2.0, 10.0  # seconds' worth of calls at once
Refuse = Callable[[Any, RefusalError], Awaitable[None]]


class Need(enum.Enum):
    """What a caller must have."""

    NOTHING = "anybody may call it"
    READ = "looks, and changes nothing"
    WORK = "trains trials"
    REPEAT = "makes; whoever may not make may repeat, and gets what is there"
    ADMIN = "makes, changes and deletes"


_WORK, _STUDY = "/ashad.v1.SchedulerService/", "/ashad.v1.StudyService/"
_RPCS = {
    _WORK: {
        Need.WORK: "Suggest Report ReportStream Heartbeat CompleteTrial FailTrial ReleaseTrial",
        Need.READ: "ShouldStop",
    },
    _STUDY: {
        Need.READ: "GetStudy ListStudies GetTrial GetBestTrial ListTrials ListReports ExplainTrial "
        "ListObsoleteCheckpoints WatchStudy ListQuotas "
        "SummarizeStudy SampleCurves QueryTrials ListBestSteps GetParameterImportance",
        Need.REPEAT: "CreateStudy",
        Need.ADMIN: "UpdateStudy ChangeSpace PauseStudy ResumeStudy StopStudy DeleteStudy "
        "EnqueueTrial ImportTrials CancelTrial AnnotateStudy AnnotateTrial",
    },
}
NEEDS: dict[str, Need] = {
    "/grpc.health.v1.Health/Check": Need.NOTHING,
    "/grpc.health.v1.Health/List": Need.NOTHING,
    "/grpc.health.v1.Health/Watch": Need.NOTHING,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": Need.READ,
    **{
        service + rpc: need
        for service, needs in _RPCS.items()
        for need, rpcs in needs.items()
        for rpc in rpcs.split()
    },
}
GRANTS: dict[Role, frozenset[Need]] = {
    "viewer": frozenset({Need.READ}),
    "worker": frozenset({Need.READ, Need.WORK, Need.REPEAT}),
    "admin": frozenset({Need.READ, Need.WORK, Need.REPEAT, Need.ADMIN}),
}

_caller: ContextVar[Token | None] = ContextVar("caller", default=None)
_again: ContextVar[Callable[[], object] | None] = ContextVar("again", default=None)
Metadata = Iterable[tuple[str, str | bytes]]


def check_scope(rpc: str, study: str) -> None:
    """Refuse a study that the caller's token does not cover, as one that is not there."""
    if sees(study):
        return
    if rpc == "CreateStudy":
        raise RefusalError(
            RefusalKind.PERMISSION_DENIED,
            "PERMISSION_DENIED",
            "study: the token is for other names of studies; see `ashad token list`",
        )
    raise no_study(study)


def may_make() -> bool:
    """Whether the caller may make studies, or only repeat what made them."""
    caller = _caller.get()
    return caller is None or Need.ADMIN in GRANTS[caller.role]


def no_maker(study: str) -> RefusalError:
    """Return the refusal of a study that is not there, to a caller who may make none."""
    return RefusalError(
        RefusalKind.PERMISSION_DENIED,
        "PERMISSION_DENIED",
        f"study {study} is not there, and a token of this role only repeats the CreateStudy of one "
        "that is: make it first with a token of the role admin (`ashad study create -f FILE`)",
    )


def check_caller() -> None:
    """Ask for the caller's token again, as for a call of its own: each message of a stream does."""
    again = _again.get()
    if again is not None:
        again()


def sees(study: str) -> bool:
    """Whether the caller may know of a study."""
    caller = _caller.get()
    return caller is None or caller.covers(study)


def owner() -> str:
    """Return who asks: the label of the token, its id where it has none; "" without a token."""
    caller = _caller.get()
    return "" if caller is None else caller.owner


def sees_owner(name: str) -> bool:
    """Whether the caller may know what an owner of tokens has: its own, or all there is."""
    caller = _caller.get()
    return caller is None or not caller.studies or owner() == name


class CallRates:
    """How often a token may call, and an address without a good one."""

    def __init__(self, monotonic: Callable[[], float], limits: TransportLimits) -> None:
        self._limits = limits
        self._tokens = RateLimiter(monotonic, TOKEN_BURST_S)
        self._addresses = RateLimiter(monotonic, ADDRESS_BURST_S)

    def token_too_soon(self, token: Token) -> bool:
        """Count a call of a token; return whether it comes too soon."""
        return self._tokens.spend(token.id, token.rate or self._limits.max_token_rate) > 0

    def stranger_too_soon(self, peer: str) -> bool:
        """Count a call without a good token, by its address; return whether it comes too soon."""
        address = peer.rpartition(":")[0]
        return self._addresses.spend(address, self._limits.max_refused_rate) > 0


class AuthInterceptor(grpc.aio.ServerInterceptor):
    """Checks the token before a request is read; `audit` logs each call of an admin."""

    def __init__(
        self, tokens: TokenCache, rates: CallRates, refuse: Refuse, audit: Callable[..., object]
    ) -> None:
        self.tokens, self._rates, self._refuse, self._audit = tokens, rates, refuse, audit
        self._probes = ProbeLimiter(rates, refuse)

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Return the handler of the call, or one that refuses it."""
        method = handler_call_details.method
        metadata = handler_call_details.invocation_metadata or ()
        try:
            token = self.authorize(method, metadata)
        except RefusalError as refusal:
            return self._refusing(await continuation(handler_call_details), refusal)
        _caller.set(token)
        if token is None:
            return await self._probes.intercept_service(continuation, handler_call_details)
        _again.set(partial(self.authorize, method, metadata))
        return await continuation(handler_call_details)

    def enter(self, method: str, metadata: Metadata, peer: str) -> None:
        """Check a call that comes by another way than gRPC, and let it know its caller."""
        try:
            token = self.authorize(method, metadata)
        except RefusalError as refusal:
            if refusal.kind is not RefusalKind.RESOURCE_EXHAUSTED and (
                self._rates.stranger_too_soon(peer)
            ):
                raise _STRANGER from None
            raise
        _caller.set(token)
        if token is not None:
            _again.set(partial(self.authorize, method, metadata))

    def role(self, token: str | None) -> Role:
        """Return the role of a token, or raise `RefusalError`."""
        try:
            return self.tokens.find(_presented([("authorization", f"Bearer {token or ''}")])).role
        except DeniedError as denied:
            raise RefusalError(RefusalKind.UNAUTHENTICATED, denied.reason, str(denied)) from None

    def authorize(self, method: str, metadata: Metadata) -> Token | None:
        """Return whose call this is; None where no token is needed. Raises `RefusalError`."""
        need = NEEDS.get(method)
        if need is Need.NOTHING:
            return None
        try:
            token = self.tokens.find(_presented(metadata))
        except DeniedError as denied:
            raise RefusalError(RefusalKind.UNAUTHENTICATED, denied.reason, str(denied)) from None
        if need is None or need not in GRANTS[token.role]:
            name = method.rpartition("/")[2]
            raise RefusalError(
                RefusalKind.PERMISSION_DENIED,
                "PERMISSION_DENIED",
                f"{name} is not for the role {token.role}; "
                f"it needs a token of the role {_least(need)}",
            )
        if self._rates.token_too_soon(token):
            raise _rate_limited(f"the token {token.id} makes too many calls")
        if Need.ADMIN in GRANTS[token.role] and need in (Need.REPEAT, Need.ADMIN):
            self._audit("admin_call", rpc=method, token=token.id, label=token.label)
        return token

    def _refusing(self, handler: Any, refusal: RefusalError) -> Any:
        async def refuse(_: Any, context: Any) -> None:
            wrong = refusal
            if refusal.kind is not RefusalKind.RESOURCE_EXHAUSTED and self._rates.stranger_too_soon(
                context.peer()
            ):
                wrong = _STRANGER
            await self._refuse(context, wrong)

        # As if requests were a stream, so that it is called before a message has arrived; without a
        # deserializer, since a request that is refused is not parsed.
        return HANDLER_KINDS[True, handler is not None and handler.response_streaming](refuse)


class ProbeLimiter(grpc.aio.ServerInterceptor):
    """Limits calls that need no token (health probes) by the address they come from."""

    def __init__(self, rates: CallRates, refuse: Refuse) -> None:
        self._rates, self._refuse = rates, refuse

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Return the handler of the call, which is counted before its message is read."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.request_streaming:
            return handler
        inner = handler.unary_stream if handler.response_streaming else handler.unary_unary

        async def limited(requests: Any, context: Any) -> Any:
            if self._rates.stranger_too_soon(context.peer()):
                await self._refuse(context, _STRANGER)
            async for request in requests:
                return await inner(request, context)
            return None

        return HANDLER_KINDS[True, handler.response_streaming](
            limited, handler.request_deserializer, handler.response_serializer
        )


def _rate_limited(why: str) -> RefusalError:
    text = f"{why}; retry after the pushback"
    return RefusalError(RefusalKind.RESOURCE_EXHAUSTED, "RATE_LIMITED", text)


_STRANGER = _rate_limited("this address makes too many calls without a good token")


def _presented(metadata: Metadata) -> str:
    for key, value in metadata:
        if key == "authorization":
            scheme, _, token = str(value).partition(" ")
            if scheme.lower() == "bearer" and token:
                return token.strip()
    raise DeniedError(
        "TOKEN_MISSING",
        "this daemon needs a token: set ASHAD_TOKEN_FILE to the file that holds yours",
    )


def _least(need: Need | None) -> str:
    for role, grants in GRANTS.items():
        if need in grants:
            return role
    return "nobody has"
