"""The asyncio client: `client.py`, word for word, with `await`.

    async with ashad_client.aio.connect() as client:
        async for trial in client.trials("digits"):
            for epoch in trial.steps():
                await trial.report(epoch, validation_error=await train_one_epoch(trial.params))

It carries out the same plans on the running loop and never blocks it. A client belongs to one loop.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import time
import weakref
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, TypeVar, final

from ashad_client.aio_trial import Trial
from ashad_client.aio_verbs import AioStudyVerbs
from ashad_client.attempt import Attempt
from ashad_client.channel import Link
from ashad_client.errors import Error
from ashad_client.leaving import Witness
from ashad_client.plan import Call, Plan
from ashad_client.rpc import Answer, Request, Rpc
from ashad_client.security import PathLike
from ashad_client.session import Session
from ashad_client.settings import Settings, settle
from ashad_client.standalone import Standalone

log = logging.getLogger("ashad_client")

T = TypeVar("T")
_clients: weakref.WeakSet[Client] = weakref.WeakSet()


@final
class Client(AioStudyVerbs):
    """One worker's line to the daemon; made by `connect()`. See `ashad_client.Client`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = Standalone(settings) if settings.standalone else Session(settings)
        self._link = Link(settings.address, settings.security, asynchronous=True)
        self._naps: set[asyncio.Future[None]] = set()
        self._keeper: asyncio.Task[None] | None = None
        _clients.add(self)

    @property
    def address(self) -> str:
        """Where the daemon is looked for."""
        return self._settings.address

    @property
    def worker(self) -> str:
        """The worker id that this client gives."""
        return self._session.worker

    # --- the loop ---

    async def trials(
        self,
        study: str,
        *,
        defaults: Mapping[str, Any] | None = None,
        max_resource: int | None = None,
    ) -> AsyncIterator[Trial]:
        """Yield trials until the study is finished. See `ashad_client.Client.trials`."""
        session = self._session
        if isinstance(session, Standalone):
            session.offer(study, defaults, max_resource)
        begun = False
        while True:
            try:
                attempt = await self._suggest(study, None)
            except Error as error:
                if not begun or error.code != "NOT_FOUND":
                    raise
                log.warning("study %s is no more there", study)
                return
            if attempt is None:
                return
            begun = True
            try:
                yield self._trial(attempt, in_loop=True)
            except BaseException:
                session.leave(attempt)
                raise
            await self._run(session.settle(attempt, attempt.completion(), "COMPLETED"))

    async def suggest(self, study: str, timeout_s: float | None = None) -> Trial | None:
        """Return a trial, waiting for one; None when the study is finished."""
        attempt = await self._suggest(study, timeout_s)
        return None if attempt is None else self._trial(attempt, in_loop=False)

    async def should_stop(self, study: str, trial: int, attempt: int) -> bool:
        """Ask the daemon for the stored decision; False while it cannot be reached."""
        return await self._run(self._session.ask_stop(study, trial, attempt))

    async def close(self) -> None:
        """Give back a trial that is held, send what waits (up to `close_timeout_s`), hang up."""
        await self._close(None)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close(error)

    def close_blocking(self) -> None:
        """Do what `close` does when the loop is gone already: at exit, by another connection."""
        if self._session.post.closed or self._link.foreign:
            return
        self._session.post.sending = False
        link = Link(self.address, self._settings.security)
        _run_blocking(self._session.close(), link)
        link.close()

    async def _suggest(self, study: str, timeout_s: float | None) -> Attempt | None:
        witness = Witness(asyncio.current_task())
        return await self._run(self._session.suggest(study, witness, timeout_s))

    def _trial(self, attempt: Attempt, *, in_loop: bool) -> Trial:
        return Trial(self._session, self._run, attempt, in_loop=in_loop)

    async def call(self, call: Rpc[Request, Answer], request: Request) -> Answer:
        """Make one call of the contract, repeated with the same key until it is answered."""
        return await self._ask(call, request)

    async def _ask(self, call: Rpc[Request, Answer], request: Request) -> Answer:
        return await self._run(self._session.ask_study(call, request))

    async def _close(self, error: BaseException | None) -> None:
        await self._run(self._session.close(error))
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        await self._link.aclose()

    # --- the runner ---

    async def _run(self, plan: Plan[T], *, keeper: bool = False) -> T:
        bell = self._session.post.bell
        answer: Any = None
        error: Error | None = None
        try:
            while True:
                before = bell.rung
                try:
                    step = plan.send(answer) if error is None else plan.throw(error)
                except StopIteration as end:
                    result: T = end.value
                    return result
                finally:
                    if bell.rung != before:
                        self._wake()
                answer = error = None
                if isinstance(step, Call):
                    try:
                        answer = await self._link.acall(
                            step.rpc, step.request, step.timeout_s, wait=step.wait
                        )
                    except Error as refused:
                        error = refused
                else:
                    await self._nap(step.seconds)
        finally:
            plan.close()  # cancelled: its own finally blocks run
            self._wake()
            if self._session.needs_keeper and not keeper:
                self._session.keeping = True
                self._keeper = asyncio.create_task(self._keep(), name="ashad-keeper")

    async def _nap(self, seconds: float) -> None:
        nap = asyncio.get_running_loop().create_future()
        self._naps.add(nap)
        try:
            await asyncio.wait([nap], timeout=min(seconds, 3600.0))
        finally:
            self._naps.discard(nap)

    def _wake(self) -> None:
        for nap in self._naps:
            if not nap.done():
                nap.set_result(None)

    async def _keep(self) -> None:
        while True:
            try:
                await self._run(self._session.keep(), keeper=True)
            except Exception:
                log.exception("the keeper stumbled, and goes on")
                await asyncio.sleep(1.0)
            if not self._session.needs_keeper:
                return
            self._session.keeping = True


def connect(
    address: str | None = None,
    *,
    ca: PathLike | None = None,
    cert: PathLike | None = None,
    key: PathLike | None = None,
    token_file: PathLike | None = None,
    worker: str | None = None,
    standalone: bool | None = None,
    outage_s: float = 86_400.0,
    max_wait_s: float = 30.0,
    close_timeout_s: float = 30.0,
    call_timeout_s: float = 60.0,
) -> Client:
    """Make an asyncio client; arguments, defaults and errors as for `ashad_client.connect`."""
    return Client(
        settle(
            address,
            worker,
            ca=ca,
            cert=cert,
            key=key,
            token_file=token_file,
            standalone=standalone,
            outage_s=outage_s,
            max_wait_s=max_wait_s,
            close_timeout_s=close_timeout_s,
            call_timeout_s=call_timeout_s,
        )
    )


def _exit() -> None:
    for client in list(_clients):
        with contextlib.suppress(Exception):
            client.close_blocking()


def _run_blocking(plan: Plan[None], link: Link) -> None:
    answer: Any = None
    error: Error | None = None
    while True:
        try:
            step = plan.send(answer) if error is None else plan.throw(error)
        except StopIteration:
            return
        answer = error = None
        if isinstance(step, Call):
            try:
                answer = link.call(step.rpc, step.request, step.timeout_s)
            except Error as refused:
                error = refused
        else:
            time.sleep(step.seconds)


atexit.register(_exit)
