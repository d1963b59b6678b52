"""The blocking client: carries out the plans of a session under one lock, with one keeper thread.

The lock is held while a plan moves, never while a call is on its way or anybody waits. The keeper
(heartbeats, queued reports) runs while a trial is held or something waits to be sent; it catches
everything. Safe in a forked child, which opens a connection of its own and leaves the trial, the
queue and the heartbeats to its parent.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, TypeVar, final

from ashad_client.attempt import Attempt
from ashad_client.channel import Link
from ashad_client.errors import Error
from ashad_client.leaving import Witness
from ashad_client.plan import Bell, Call, Plan
from ashad_client.rpc import Answer, Request, Rpc
from ashad_client.session import Session
from ashad_client.settings import Settings, unique_worker
from ashad_client.standalone import Standalone
from ashad_client.trial import Trial
from ashad_client.verbs import StudyVerbs

log = logging.getLogger("ashad_client")

T = TypeVar("T")
_LONGEST_NAP_S = 3600.0
_clients: weakref.WeakSet[Client] = weakref.WeakSet()


@final
class Client(StudyVerbs):
    """One worker's line to the daemon; made by `connect()`. It holds one running trial at a time.

    Usable from several threads, but a second trial at the same time needs a second client. As a
    context manager it closes at the end, and an exception fails the trial that is held.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = Standalone(settings) if settings.standalone else Session(settings)
        self._link = Link(settings.address, settings.security)
        self._lock = threading.Condition()
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

    def trials(
        self,
        study: str,
        *,
        defaults: Mapping[str, Any] | None = None,
        max_resource: int | None = None,
    ) -> Iterator[Trial]:
        """Yield trials, one after the other, until the study is finished.

        A trial whose loop body ended without a stop is completed; one that was left by an exception
        fails with it, one that was left by `break` is given back. `defaults` and `max_resource` are
        for a stand-alone client only (see `connect`).
        """
        session = self._session
        if isinstance(session, Standalone):
            session.offer(study, defaults, max_resource)
        begun, process = False, os.getpid()
        while os.getpid() == process:  # a forked child does not go on with its parent's loop
            try:
                attempt = self._run(session.suggest(study, Witness(), None))
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
            if os.getpid() == process:
                self._run(session.settle(attempt, attempt.completion(), "COMPLETED"))

    def suggest(self, study: str, timeout_s: float | None = None) -> Trial | None:
        """Return a trial, waiting for one; None when the study is finished.

        Raises `Error` NO_TRIAL after `timeout_s` seconds (default: no limit), TRIAL_HELD while this
        client still holds a trial.
        """
        attempt = self._run(self._session.suggest(study, Witness(), timeout_s))
        return None if attempt is None else self._trial(attempt, in_loop=False)

    def should_stop(self, study: str, trial: int, attempt: int) -> bool:
        """Ask the daemon for the stored decision: for the other ranks of a distributed job.

        A pure read by whoever likes; False while the daemon cannot be reached.
        """
        return self._run(self._session.ask_stop(study, trial, attempt))

    def close(self) -> None:
        """Give back a trial that is held, send what waits (up to `close_timeout_s`), hang up."""
        self._close(None)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close(error)

    def _trial(self, attempt: Attempt, *, in_loop: bool) -> Trial:
        return Trial(self._session, self._run, attempt, in_loop=in_loop)

    def call(self, call: Rpc[Request, Answer], request: Request) -> Answer:
        """Make one call of the contract, repeated with the same key until it is answered."""
        return self._ask(call, request)

    def _ask(self, call: Rpc[Request, Answer], request: Request) -> Answer:
        return self._run(self._session.ask_study(call, request))

    def _close(self, error: BaseException | None) -> None:
        self._run(self._session.close(error))
        self._link.close()

    # --- the runner ---

    def _run(self, plan: Plan[T], *, keeper: bool = False) -> T:
        session, lock = self._session, self._lock
        bell = session.post.bell
        answer: Any = None
        error: Error | None = None
        try:
            while True:
                with lock:
                    before = bell.rung
                    try:
                        step = plan.send(answer) if error is None else plan.throw(error)
                    except StopIteration as end:
                        result: T = end.value
                        return result
                    finally:
                        seen = bell.rung
                        if seen != before:
                            lock.notify_all()
                answer = error = None
                if isinstance(step, Call):
                    try:
                        answer = self._link.call(
                            step.rpc, step.request, step.timeout_s, wait=step.wait
                        )
                    except Error as refused:
                        error = refused
                else:
                    with lock:
                        self._nap(bell, seen, step.seconds)
        finally:
            with lock:
                before = bell.rung
                plan.close()  # interrupted: its own finally blocks run
                if bell.rung != before:  # for nothing, the keeper would wake with each report
                    lock.notify_all()
                if session.needs_keeper and not keeper:
                    self._start_keeper(session)

    def _nap(self, bell: Bell, seen: int, seconds: float) -> None:
        self._lock.wait_for(lambda: bell.rung != seen, min(seconds, _LONGEST_NAP_S))

    def _start_keeper(self, session: Session) -> None:
        thread = threading.Thread(
            target=self._keep, args=(session,), name="ashad-keeper", daemon=True
        )
        session.keeping = True
        try:
            thread.start()
        except RuntimeError:  # the interpreter is going down: close() sends what waits
            session.keeping = False

    def _keep(self, session: Session) -> None:
        while True:
            try:
                self._run(session.keep(), keeper=True)
            except Exception:
                log.exception("the keeper stumbled, and goes on")
                time.sleep(1.0)
            with self._lock:
                if not session.needs_keeper:
                    return
                session.keeping = True

    def after_fork(self) -> None:
        """Begin anew in a forked child; a stable worker id stays with the parent."""
        self._lock = threading.Condition()
        closed = self._session.post.closed
        self._session.begin("" if self._settings.worker_is_stable else unique_worker())
        self._session.post.closed = closed


def _forked() -> None:
    for client in list(_clients):
        client.after_fork()


def _exit() -> None:
    for client in list(_clients):
        with contextlib.suppress(Exception):
            client.close()


atexit.register(_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
