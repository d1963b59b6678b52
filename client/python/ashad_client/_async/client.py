"""The client: one worker's line to the daemon, and its loop over trials."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, final

from ashad_client._async.table_api import AsyncTableApi
from ashad_client._async.trial import Trial
from ashad_client.errors import Error
from ashad_client.session.loop_runner import LoopRunner
from ashad_client.session.standalone import Standalone
from ashad_client.settings import Settings
from ashad_client.transport.rpc import Answer, Request, Rpc

if TYPE_CHECKING:
    from ashad_client.trackers.run_log import Destination, TrackerSet

log = logging.getLogger("ashad_client")


def _trackers(log_to: Sequence[Destination]) -> TrackerSet | None:
    if not log_to:
        return None
    from ashad_client.trackers.run_log import TrackerSet  # noqa: PLC0415

    return TrackerSet(log_to)


@final
class Client(AsyncTableApi):
    """One worker's line to the daemon; made by `connect()`. It holds one running trial at a time.

    A second trial at the same time needs a second client. As a context manager it closes at the
    end, and an exception fails the trial that is held. The blocking client may be used from several
    threads; the one of asyncio belongs to one loop.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._runner = LoopRunner(settings)
        self._session = self._runner.session

    @property
    def address(self) -> str:
        """Where the daemon is looked for."""
        return self._settings.address

    @property
    def worker(self) -> str:
        """The worker id that this client gives."""
        return self._session.worker

    async def trials(
        self,
        study: str,
        *,
        defaults: Mapping[str, Any] | None = None,
        max_resource: int | None = None,
        log_to: Sequence[Destination] = (),
    ) -> AsyncIterator[Trial]:
        """Yield trials, one after the other, until the study is finished.

        A trial whose loop body ended without a stop is completed; one that was left by an exception
        fails with it, one that was left by `break` is given back. `defaults` and `max_resource` are
        for a stand-alone client only (see `connect`). `log_to` names trackers that hear of each
        report too: "tensorboard:FOLDER", "mlflow:URI", "wandb:PROJECT", each also without its
        second part. A later attempt goes on in the run of the first; a tracker that fails is
        warned of once, and training goes on.
        """
        trackers = _trackers(log_to)
        run, session = self._runner.run, self._session
        if isinstance(session, Standalone):
            session.offer(study, defaults, max_resource)
        begun, process = False, os.getpid()
        while os.getpid() == process:  # a forked child does not go on with its parent's loop
            try:
                attempt = await run(session.suggest(study, None))
            except Error as error:
                if not begun or error.code != "NOT_FOUND":
                    raise
                log.warning("study %s no longer exists: the loop ends", study)
                return
            if attempt is None:
                return
            begun = True
            attempt.run_log = trackers.begin(attempt) if trackers else None
            try:
                yield Trial(self._runner, attempt, in_loop=True)
            except BaseException:
                session.leave(attempt)
                raise
            if os.getpid() == process:
                await run(session.finish(attempt, attempt.completion(), "COMPLETED"))

    async def suggest(
        self,
        study: str,
        timeout_s: float | None = None,
        *,
        trackers: TrackerSet | None = None,
    ) -> Trial | None:
        """Return a trial, waiting for one; None when the study is finished.

        Raises `Error` NO_TRIAL after `timeout_s` seconds (default: no limit), TRIAL_HELD while this
        client still holds a trial. Where it was interrupted or cancelled, the next call is the same
        request: no trial is lost. `trackers`: see `log_to` of `trials`.
        """
        attempt = await self._runner.run(self._session.suggest(study, timeout_s))
        if attempt is not None and trackers is not None:
            attempt.run_log = trackers.begin(attempt)
        return None if attempt is None else Trial(self._runner, attempt, in_loop=False)

    async def should_stop(self, study: str, trial: int, attempt: int) -> bool:
        """Ask the daemon for the stored decision: for the other ranks of a distributed job.

        A pure read by whoever likes; False while the daemon cannot be reached.
        """
        return await self._runner.run(self._session.ask_stop(study, trial, attempt))

    async def call(self, call: Rpc[Request, Answer], request: Request) -> Answer:
        """Make one call of the contract, repeated with the same key until it is answered."""
        return await self._runner.run(self._session.ask_study(call, request))

    async def close(self) -> None:
        """Give back a trial that is held, send what waits (up to `close_timeout_s`), hang up."""
        await self._runner.close(None)

    def when_closed(self, call: Callable[[], None]) -> None:
        """Have something called once the client is closed, which is at the end of the program."""
        self._runner.when_closed.append(call)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.close(error)
