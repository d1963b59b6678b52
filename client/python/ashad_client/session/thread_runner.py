"""Carries out effects in the calling thread, under one lock, with one background thread.

The lock is held while a generator moves, never while a call is on its way or anybody waits. The
background thread (heartbeats, queued reports) lives while a trial is held or something waits to be
sent; it survives every exception. Safe in a forked child, which opens a connection of its own and
leaves the trial, the queue and the heartbeats to its parent.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time
import weakref
from typing import Any, Callable, TypeVar

from ashad_client.errors import Error
from ashad_client.session.effects import Call, Effects, Signal
from ashad_client.session.session import Session
from ashad_client.session.standalone import Standalone
from ashad_client.settings import Settings, unique_worker
from ashad_client.transport.channel import Link

log = logging.getLogger("ashad_client")

T = TypeVar("T")
_LONGEST_NAP_S = 3600.0
_runners: weakref.WeakSet[ThreadRunner] = weakref.WeakSet()


class ThreadRunner:
    """The session of one blocking client, its connection, and its background thread."""

    def __init__(self, settings: Settings) -> None:
        self.session = Standalone(settings) if settings.standalone else Session(settings)
        self.link = Link(settings.address, settings.security, self.session.epoch)
        self._settings = settings
        self._lock = threading.Condition()
        self.when_closed: list[Callable[[], None]] = []
        _runners.add(self)

    def run(self, effects: Effects[T], *, background: bool = False) -> T:
        """Carry out effects to their end; return their result or raise their error."""
        session, lock = self.session, self._lock
        signal = session.outbox.signal
        answer: Any = None
        error: Error | None = None
        try:
            while True:
                with lock:
                    before = signal.count
                    try:
                        effect = effects.send(answer) if error is None else effects.throw(error)
                    except StopIteration as end:
                        result: T = end.value
                        return result
                    finally:
                        seen = signal.count
                        if seen != before:
                            lock.notify_all()
                answer = error = None
                if isinstance(effect, Call):
                    try:
                        answer = self.link.call(
                            effect.rpc, effect.request, effect.timeout_s, wait=effect.wait
                        )
                    except Error as refused:
                        error = refused
                else:
                    self._nap(signal, seen, effect.seconds)
        finally:
            with lock:
                before = signal.count
                effects.close()  # interrupted: its own finally blocks run
                if signal.count != before:  # else the background would wake with each report
                    lock.notify_all()
                if session.needs_background and not background:
                    self._start_background(session)

    def close(self, error: BaseException | None) -> None:
        """End what is held, send what waits, hang up."""
        self.run(self.session.close(error))
        self.link.close()
        while self.when_closed:
            self.when_closed.pop()()

    def _nap(self, signal: Signal, seen: int, seconds: float) -> None:
        with self._lock:
            self._lock.wait_for(lambda: signal.count != seen, min(seconds, _LONGEST_NAP_S))

    def _start_background(self, session: Session) -> None:
        thread = threading.Thread(
            target=self._background, args=(session,), name="ashad-background", daemon=True
        )
        session.background_runs = True
        try:
            thread.start()
        except RuntimeError:  # the interpreter is going down: close() sends what waits
            session.background_runs = False

    def _background(self, session: Session) -> None:
        while True:
            try:
                self.run(session.background(), background=True)
            except Exception:
                log.exception("the background thread failed; it goes on in a second")
                time.sleep(1.0)
            with self._lock:
                if not session.needs_background:
                    return
                session.background_runs = True

    def after_fork(self) -> None:
        """Begin anew in a forked child; a stable worker id stays with the parent."""
        self._lock = threading.Condition()
        closed = self.session.outbox.closed
        self.session.begin("" if self._settings.worker_is_stable else unique_worker())
        self.session.outbox.closed = closed


def _after_fork() -> None:
    for runner in list(_runners):
        runner.after_fork()


def _at_exit() -> None:
    for runner in list(_runners):
        with contextlib.suppress(Exception):
            runner.close(None)


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
