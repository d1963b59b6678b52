"""Carries out effects on the running loop of asyncio, and never blocks it.

A client belongs to one loop. What is still held when the program ends, and the loop with it, is
ended by a blocking connection.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import time
import weakref
from typing import Any, Callable, TypeVar

from ashad_client.errors import Error
from ashad_client.session.effects import Call, Effects
from ashad_client.session.session import Session
from ashad_client.session.standalone import Standalone
from ashad_client.settings import Settings
from ashad_client.transport.channel import Link

log = logging.getLogger("ashad_client")

T = TypeVar("T")
_LONGEST_NAP_S = 3600.0
_runners: weakref.WeakSet[LoopRunner] = weakref.WeakSet()


class LoopRunner:
    """The session of one asyncio client, its connection, and its background task."""

    def __init__(self, settings: Settings) -> None:
        kind = Standalone if settings.standalone else Session
        self.session = kind(settings, asyncio.current_task)
        self.link = Link(settings.address, settings.security, self.session.epoch, asynchronous=True)
        self._settings = settings
        self.when_closed: list[Callable[[], None]] = []
        self._naps: set[asyncio.Future[None]] = set()
        self._task: asyncio.Task[None] | None = None
        _runners.add(self)

    async def run(self, effects: Effects[T], *, background: bool = False) -> T:
        """Carry out effects to their end; return their result or raise their error."""
        signal = self.session.outbox.signal
        answer: Any = None
        error: Error | None = None
        try:
            while True:
                before = signal.count
                try:
                    effect = effects.send(answer) if error is None else effects.throw(error)
                except StopIteration as end:
                    result: T = end.value
                    return result
                finally:
                    if signal.count != before:
                        self._wake()
                answer = error = None
                if isinstance(effect, Call):
                    try:
                        answer = await self.link.acall(
                            effect.rpc, effect.request, effect.timeout_s, wait=effect.wait
                        )
                    except Error as refused:
                        error = refused
                else:
                    await self._nap(effect.seconds)
        finally:
            effects.close()  # cancelled: its own finally blocks run
            self._wake()
            if self.session.needs_background and not background:
                self.session.background_runs = True
                self._task = asyncio.create_task(self._background(), name="ashad-background")

    async def close(self, error: BaseException | None) -> None:
        """End what is held, send what waits, hang up."""
        await self.run(self.session.close(error))
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.link.aclose()
        self._closed()

    async def _nap(self, seconds: float) -> None:
        nap = asyncio.get_running_loop().create_future()
        self._naps.add(nap)
        try:
            await asyncio.wait([nap], timeout=min(seconds, _LONGEST_NAP_S))
        finally:
            self._naps.discard(nap)

    def _wake(self) -> None:
        for nap in self._naps:
            if not nap.done():
                nap.set_result(None)

    async def _background(self) -> None:
        while True:
            try:
                await self.run(self.session.background(), background=True)
            except Exception:
                log.exception("the background task failed; it goes on in a second")
                await asyncio.sleep(1.0)
            if not self.session.needs_background:
                return
            self.session.background_runs = True

    def close_at_exit(self) -> None:
        """Do what `close` does when the loop is gone already, by another connection."""
        if self.session.outbox.closed or self.link.foreign:
            return
        self.session.outbox.sending = False
        link = Link(self._settings.address, self._settings.security, self.session.epoch)
        _run_blocking(self.session.close(), link)
        link.close()
        self._closed()

    def _closed(self) -> None:
        while self.when_closed:
            self.when_closed.pop()()


def _run_blocking(effects: Effects[None], link: Link) -> None:
    answer: Any = None
    error: Error | None = None
    while True:
        try:
            effect = effects.send(answer) if error is None else effects.throw(error)
        except StopIteration:
            return
        answer = error = None
        if isinstance(effect, Call):
            try:
                answer = link.call(effect.rpc, effect.request, effect.timeout_s)
            except Error as refused:
                error = refused
        else:
            time.sleep(effect.seconds)


def _at_exit() -> None:
    for runner in list(_runners):
        with contextlib.suppress(Exception):
            runner.close_at_exit()


atexit.register(_at_exit)
