"""The daemon: wires and starts. The file lock, signals, health, the tick; decides nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import uvloop
from ashad_client.text import clean
from ashad_client.v1 import ashad_pb2
from grpc_health.v1.health import SERVICE_NAME
from grpc_reflection.v1alpha import reflection

from ashad.core.errors import Refusal
from ashad.daemon import endpoint, logs
from ashad.daemon.endpoint import Listening, Place
from ashad.daemon.file_lock import (
    EXIT_BUSY,
    EXIT_DATA,
    EXIT_IO,
    EXIT_SOFTWARE,
    EXIT_UNAVAILABLE,
    Identity,
    Refused,
    identity,
    lock,
)
from ashad.daemon.health import Health
from ashad.fence.judge import Judge
from ashad.fence.limits import DEFAULTS, Limits, transport
from ashad.fence.patrol import patrol
from ashad.optuna import Process
from ashad.scheduler import Scheduler, ThreadExecutor
from ashad.security import Keyring, default_path
from ashad.service import Door, Guard, SchedulerService, StudyService, Turnstile, handlers
from ashad.store import (
    DamagedError,
    LockedError,
    Reader,
    ReaderPool,
    StoreError,
    UnusableFileError,
    Writer,
    verify,
)

TICK = 0.5  # seconds between looks at the leases
DRAIN = 10.0  # seconds that calls under way get to end
STREAMS = 0.5  # seconds that answers on their way, and streams of health, get after that

_SERVICES = [
    ashad_pb2.DESCRIPTOR.services_by_name[name].full_name
    for name in ("SchedulerService", "StudyService")
]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to listen, which file to serve, how to log. `reflection`: tell the contract to anyone.

    Reflection is on where only this machine can call, whatever is said here. `health_address`: a
    second port, in the clear, which answers probes and nothing else.
    """

    listening: Listening
    db: Path
    reflection: bool = False
    log_format: str = "auto"
    log_level: str = "info"
    allow_network_fs: bool = False
    health_address: str | None = None
    limits: Limits = DEFAULTS


class SystemClock:
    """The clocks of this machine."""

    def wall(self) -> int:
        """Return microseconds since 1970."""
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()


def serve(settings: Settings) -> int:
    """Run the daemon until SIGTERM or SIGINT; return the exit status."""
    log = logs.configure(settings.log_format, settings.log_level)
    try:
        place = endpoint.check(settings.listening, log.warning)
        with lock(settings.db, allow_network_fs=settings.allow_network_fs):
            return uvloop.run(_run(settings, place, log))
    except Refused as refused:
        print(f"ashad: {clean(str(refused))}", file=sys.stderr)
        return refused.code
    finally:
        logs.finish()


async def _run(settings: Settings, place: Place, log: Any) -> int:
    store, reader = _open(settings.db)
    opened = identity(settings.db)  # now: a file may be taken away before the first look
    executor = ThreadExecutor()
    try:
        library, readers = Process(), ReaderPool(settings.db)
        scheduler = Scheduler(
            store,
            reader,
            executor,
            SystemClock(),
            log.info,
            _die(log),
            library=library,
            readers=readers,
        )
    except DamagedError as error:
        raise _damaged(settings.db, error) from error
    except StoreError as error:
        raise Refused(EXIT_IO, str(error)) from error
    judge = Judge(settings.limits, time.monotonic, log.warning) if place.with_tokens else None
    guard = Guard(log.error, doubt=scheduler.doubt, judge=judge)
    ending = asyncio.Event()
    _on_signals(ending, log)
    door = None if judge is None else _door(settings, guard, judge, log)
    _on_hangup(place, log)
    health = Health(_SERVICES)
    server, address = await _listen(settings, place, door, scheduler, guard, health)
    gc.freeze()  # what is loaded stays: no collection looks at it again
    how = {False: "", True: ", with TLS"}[place.certificates is not None]
    how += ", for those who have a token" if place.with_tokens else ""
    probed = await health.listen(
        settings.health_address,
        transport(settings.limits),
        None if judge is None else Turnstile(judge),
    )
    print(f"ashad: listening on {address}{how}, database {settings.db}", flush=True)
    if probed is not None:
        print(f"ashad: probes are answered on {probed}", flush=True)
    if door is not None and not door.keyring.count:
        print("ashad: there is no token yet: make one with `ashad token create`", flush=True)
    if not (place.local or place.with_tokens):
        log.warning("anyone who reaches this port controls everything", address=address)
    ticking = asyncio.create_task(_tick(scheduler, settings.db, opened, log))
    ticking.add_done_callback(_end_with(log))
    if judge is not None:
        ports = {int(at.rpartition(":")[2]) for at in (address, probed) if at is not None}
        walking = asyncio.create_task(patrol(judge, ports, log.warning))
        walking.add_done_callback(_end_with(log))
    await ending.wait()
    log.info("draining", seconds=DRAIN)
    await health.leaving()
    guard.draining = True
    scheduler.line.send_home()
    scheduler.watchers.send_home()
    await _quiet(guard)
    await server.stop(STREAMS)
    await health.close(STREAMS)
    ticking.cancel()
    with suppress(Refusal):  # its callers were refused as well
        await scheduler.committer.drain()
    scheduler.outside.close()
    await library.close()
    executor.close()
    readers.close()
    reader.close()
    try:
        store.close()
    except StoreError as error:
        raise Refused(EXIT_IO, f"{error}; nothing is lost, the next start reads the log") from error
    log.info("stopped")
    return 0


def _open(db: Path) -> tuple[Writer, Reader]:
    try:
        store = Writer(db)
        reader = Reader(db)
        verify(reader)
    except UnusableFileError as error:
        raise Refused(EXIT_DATA, str(error)) from error
    except DamagedError as error:
        raise _damaged(db, error) from error
    except StoreError as error:
        raise Refused(
            EXIT_BUSY if isinstance(error, LockedError) else EXIT_IO, str(error)
        ) from error
    return store, reader


def _damaged(db: Path, error: DamagedError) -> Refused:
    return Refused(EXIT_DATA, f"{db} is damaged: {error}; restore a backup, or see ashad db check")


def _door(settings: Settings, guard: Guard, judge: Judge, log: Any) -> Door:
    tokens = settings.listening.tokens or default_path(settings.db)
    rate = settings.limits.max_token_rate
    keyring = Keyring(tokens, time.time, time.monotonic, log.error, rate)
    return Door(keyring, guard.refuse, log.info, judge)


def _on_hangup(place: Place, log: Any) -> None:
    """Have SIGHUP read the certificates again."""

    def reload() -> None:
        if place.certificates is not None and place.certificates.reload():
            log.info("certificates reloaded", expires=place.certificates.expires.isoformat())

    if place.certificates is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)


async def _listen(
    settings: Settings, place: Place, door: Door | None, scheduler: Scheduler, guard: Guard,
    health: Health,
) -> tuple[grpc.aio.Server, str]:  # fmt: skip
    server = grpc.aio.server(
        options=transport(settings.limits), interceptors=() if door is None else (door,)
    )
    services = SchedulerService(scheduler, guard), StudyService(scheduler, guard)
    server.add_generic_rpc_handlers(tuple(handlers(service) for service in services))
    health.add_to(server)
    if settings.reflection or place.local:
        names = (*_SERVICES, SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
    address = endpoint.bind(server, place)
    await server.start()
    await health.serving()
    return server, address


async def _tick(scheduler: Scheduler, db: Path, opened: Identity | None, log: Any) -> None:
    """Look at leases, at a full disk, and whether the file is still the one that was opened."""
    healing: asyncio.Task[None] | None = None
    while True:
        await asyncio.sleep(TICK)
        scheduler.tick(TICK)
        if opened is None or identity(db) != opened:
            log.error("the database was replaced or removed; ending at once", file=str(db))
            _exit(EXIT_IO)
        if scheduler.hindrance is not None and (healing is None or healing.done()):
            # Not awaited here: a probe of a locked file takes seconds.
            healing = asyncio.create_task(_heal(scheduler, log))


async def _heal(scheduler: Scheduler, log: Any) -> None:
    if await scheduler.heal():
        log.info("writes are taken again")


async def _quiet(guard: Guard) -> None:
    """Wait until no call is under way and none has come for a moment.

    A server that stops cancels the calls that it has not looked at; so it goes on looking, and
    tells each to come again, until there are none.
    """
    deadline = asyncio.get_running_loop().time() + DRAIN
    came = -1
    while (guard.under_way or guard.came != came) and (
        asyncio.get_running_loop().time() < deadline
    ):
        came = guard.came
        await asyncio.sleep(0.1)


def _on_signals(ending: asyncio.Event, log: Any) -> None:
    """End gently on the first signal, at once on the second."""

    def stop() -> None:
        if ending.is_set():
            log.error("second signal: ending at once")
            _exit(EXIT_UNAVAILABLE)
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _die(log: Any) -> Any:
    """Return what to do after a write of unknown outcome: end without an answer to anyone."""

    def die(error: BaseException) -> None:
        try:
            log.error(
                "writing failed; ending at once, the outcome is read on restart", error=str(error)
            )
        finally:
            _exit(EXIT_IO)

    return die


def _end_with(log: Any) -> Any:
    """Return what to do when the looking after leases ends: a daemon without it is none."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("internal error; ending at once", error=repr(error), exc_info=error)
            _exit(EXIT_SOFTWARE)

    return ended


def _exit(code: int) -> None:
    with suppress(OSError):  # where they go may be full as well
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
