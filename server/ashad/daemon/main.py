"""The daemon: wires and starts. The file lock, signals, health, the tick; decides nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import uvloop
from ashad_client.text import clean
from ashad_client.v1 import ashad_pb2
from grpc_health.v1.health import SERVICE_NAME
from grpc_reflection.v1alpha import reflection

from ashad.core.errors import RefusalError
from ashad.daemon import allocator, descriptors, logs, termination
from ashad.daemon import endpoint as endpoints
from ashad.daemon.endpoint import Endpoint, EndpointSettings
from ashad.daemon.exit_codes import EXIT_CONFIG, EXIT_IO, StartupError
from ashad.daemon.file_lock import Identity, damaged, identity, lock, open_database
from ashad.daemon.health import Health
from ashad.daemon.replica.confirmation import ConfirmedWriter
from ashad.daemon.replica.watch import ReplicaSettings, admit, watch
from ashad.daemon.traces import traces
from ashad.daemon.web_port import WebEndpoint, WebPort, WebSettings
from ashad.daemon.web_port import check as check_web
from ashad.outside import PATIENCE, OwnSamplers, Process
from ashad.scheduler import Scheduler, ThreadExecutor
from ashad.scheduler.quotas import QuotaFileError, QuotaRules, Rereader, read_rules
from ashad.security import TokenCache, default_path
from ashad.security.limits import DEFAULTS, TransportLimits, transport
from ashad.service import (
    AdmissionControl,
    AuthInterceptor,
    CallRates,
    CallTimes,
    Fence,
    ProbeLimiter,
    SchedulerService,
    StudyService,
    handlers,
)
from ashad.service.status import refuse
from ashad.store import DamagedError, Reader, ReaderPool, StoreError
from ashad.web.metrics import MeasuredWriter, Metrics

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
    port in the clear, which answers probes and nothing else. `web`: None serves no page. `replica`:
    None if no standby may take over. `samplers`: what a study may name as its own, and seconds.
    `quotas`: the file of quotas, None where any number of trials may run.
    """

    endpoint: EndpointSettings
    db: Path
    reflection: bool = False
    log_format: str = "auto"
    log_level: str = "info"
    allow_network_fs: bool = False
    health_address: str | None = None
    web: WebSettings | None = None
    limits: TransportLimits = DEFAULTS
    replica: ReplicaSettings | None = None
    samplers: tuple[Mapping[str, str], float] = ({}, PATIENCE)
    quotas: Path | None = None


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
    allocator.return_large_blocks()
    log = logs.configure(settings.log_format, settings.log_level)
    room = descriptors.raise_limit(settings.limits.max_connections, log.warning)
    settings = replace(settings, limits=replace(settings.limits, max_connections=room))
    try:
        endpoint = endpoints.check(settings.endpoint, log.warning)
        web = None
        if settings.web is not None:
            web = check_web(settings.web, settings.endpoint, endpoint, log.warning)
        rules = QuotaRules() if settings.quotas is None else read_rules(settings.quotas)
        with lock(settings.db, allow_network_fs=settings.allow_network_fs):
            return uvloop.run(_run(settings, endpoint, web, rules, log))
    except (StartupError, QuotaFileError) as refused:
        print(f"ashad: {clean(str(refused))}", file=sys.stderr)
        return refused.code if isinstance(refused, StartupError) else EXIT_CONFIG
    finally:
        logs.finish()


async def _run(
    settings: Settings, endpoint: Endpoint, web: WebEndpoint | None, rules: QuotaRules, log: Any
) -> int:
    replica = settings.replica
    epoch = 0 if replica is None else admit(replica, settings.db)
    store, reader = open_database(settings.db, replicated=replica is not None)
    confirmed = None
    if replica is not None and replica.control is not None:
        confirmed = ConfirmedWriter(store, replica.control, replica.confirm, log.warning)
    writer = confirmed or store
    opened = identity(settings.db)  # now: a file may be taken away before the first look
    executor = ThreadExecutor()
    tell = logs.by_event(log)
    metrics = None if web is None else Metrics(tell)
    try:
        library, own, readers = Process(), OwnSamplers(*settings.samplers), ReaderPool(settings.db)
        scheduler = Scheduler(
            writer if metrics is None else MeasuredWriter(writer, metrics),
            reader,
            executor,
            SystemClock(),
            tell if metrics is None else metrics.told,
            termination.on_commit_failure(log),
            library=library,
            factories=own,
            readers=readers,
        )
    except DamagedError as error:
        raise damaged(settings.db, error) from error
    except StoreError as error:
        raise StartupError(EXIT_IO, str(error)) from error
    scheduler.set_quotas(rules)
    admission = AdmissionControl(log.error, quarantine=scheduler.quarantine)
    if replica is not None:
        admission.fence = Fence(
            epoch, lambda study, trial: scheduler.study(study).state.trial(trial), log.warning
        )
    ending = asyncio.Event()
    termination.on_signals(ending, log)
    guarded = endpoint.with_tokens or (web is not None and web.with_tokens)
    rates = CallRates(time.monotonic, settings.limits) if guarded else None
    auth = None if rates is None else _auth(settings, rates, log)
    health = Health(_SERVICES)
    port = None if settings.web is None or web is None else WebPort(settings.web, web)
    page = "" if port is None else port.url
    services = SchedulerService(scheduler, admission), StudyService(scheduler, admission, page)
    tracing = traces(os.environ, log.warning)
    before = list(tracing.interceptors)
    before += [CallTimes(metrics)] if metrics is not None else []
    before += [auth] if auth is not None and endpoint.with_tokens else []
    server, address = await _listen(settings, endpoint, before, services, health)
    if port is not None and web is not None and metrics is not None:
        metrics.watch(scheduler, lambda: admission.under_way, settings.db)
        second = auth if web.with_tokens else None
        await port.serve(services, second, lambda: not admission.draining, metrics.text)
    termination.on_hangup(_reloads(settings, endpoint, port, scheduler, log))
    gc.freeze()  # what is loaded stays: no collection looks at it again
    how = {False: "", True: ", with TLS"}[endpoint.certificates is not None]
    how += ", for those who have a token" if endpoint.with_tokens else ""
    probed = await health.listen(
        settings.health_address,
        transport(settings.limits),
        None if rates is None else ProbeLimiter(rates, refuse),
    )
    said = [f"listening on {address}{how}, database {settings.db}"]
    if replica is not None:
        said.append(f"epoch {epoch}; a standby may take over by {replica.folder}")
    if port is not None:
        behind = "" if port.url == port.own else f", which a proxy finds at {port.own}"
        said.append(f"page at {port.url}{behind}")
    if probed is not None:
        said.append(f"probes are answered on {probed}")
    if auth is not None and not auth.tokens.count:
        said.append("there is no token yet: make one with `ashad token create`")
    logs.announce(said)
    if not (endpoint.local or endpoint.with_tokens):
        log.warning("port_unprotected", address=address)
    ticking = asyncio.create_task(_tick(scheduler, settings.db, opened, log))
    ticking.add_done_callback(termination.on_task_failure(log))
    watching: asyncio.Task[None] | None = None
    if replica is not None:
        watching = asyncio.create_task(watch(replica, settings.db, epoch, log))
        watching.add_done_callback(termination.on_task_failure(log))
    await ending.wait()
    log.info("draining", seconds=DRAIN)
    await health.leaving()
    admission.draining = True
    scheduler.close_waiting()
    await _quiet(admission)
    await server.stop(STREAMS)
    if port is not None:
        await port.close()
    await health.close(STREAMS)
    ticking.cancel()
    if watching is not None:
        watching.cancel()
    if confirmed is not None:
        confirmed.end()
    with suppress(RefusalError):  # its callers were refused as well
        await scheduler.drain()
    await asyncio.to_thread(tracing.close)
    await asyncio.gather(library.close(), own.close())
    executor.close()
    if replica is None:
        _close(readers, reader)
    try:
        store.close()
    except StoreError as error:
        raise StartupError(
            EXIT_IO, f"{error}; nothing is lost, the next start reads the log"
        ) from error
    finally:
        if replica is not None:  # whoever closes last folds the log in; a reader cannot
            _close(readers, reader)
    log.info("stopped")
    return 0


def _close(readers: ReaderPool, reader: Reader) -> None:
    readers.close()
    reader.close()


def _auth(settings: Settings, rates: CallRates, log: Any) -> AuthInterceptor:
    path = settings.endpoint.tokens or default_path(settings.db)
    return AuthInterceptor(TokenCache(path, time.time, log.error), rates, refuse, log.info)


def _reloads(
    settings: Settings, endpoint: Endpoint, port: WebPort | None, scheduler: Scheduler, log: Any
) -> list[Callable[[], None]]:
    """Return what is read again on SIGHUP."""

    def renew() -> None:
        if endpoint.certificates is not None and endpoint.certificates.reload():
            if port is not None:
                port.reload()
            log.info("certificates_reloaded", expires=endpoint.certificates.expires.isoformat())

    found = [] if endpoint.certificates is None else [renew]
    if settings.quotas is not None:
        found.append(Rereader(settings.quotas, scheduler.set_quotas, log.info, log.error).read)
    return found


async def _listen(
    settings: Settings,
    endpoint: Endpoint,
    before: list[grpc.aio.ServerInterceptor],
    services: tuple[SchedulerService, StudyService],
    health: Health,
) -> tuple[grpc.aio.Server, str]:
    server = grpc.aio.server(options=transport(settings.limits), interceptors=before)
    server.add_generic_rpc_handlers(tuple(handlers(service) for service in services))
    health.add_to(server)
    if settings.reflection or endpoint.local:
        names = (*_SERVICES, SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
    address = endpoints.bind(server, endpoint)
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
            log.error("database_replaced", file=str(db))
            termination.exit_now(EXIT_IO)
        if scheduler.writes_blocked and (healing is None or healing.done()):
            # Not awaited here: a probe of a locked file takes seconds.
            healing = asyncio.create_task(_heal(scheduler, log))


async def _heal(scheduler: Scheduler, log: Any) -> None:
    if await scheduler.heal():
        log.info("writes_resumed")


async def _quiet(admission: AdmissionControl) -> None:
    """Wait until no call is under way and none has come for a moment.

    A server that stops cancels the calls that it has not looked at; so it goes on looking, and
    tells each to come again, until there are none.
    """
    deadline = asyncio.get_running_loop().time() + DRAIN
    came = -1
    while (admission.under_way or admission.arrived != came) and (
        asyncio.get_running_loop().time() < deadline
    ):
        came = admission.arrived
        await asyncio.sleep(0.1)
