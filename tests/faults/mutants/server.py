"""Bugs of the store, the scheduler, the service, the daemon and the command line."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import time
from typing import Any

from tests.faults.mutants.patch import mutant, replace, shadow

# --- the store ---


@mutant("faults/test_power.py::test_nothing_acknowledged", "ashad.store.writer")
def synchronous_normal(module: Any) -> None:
    def prepare(self: Any, schema: Any) -> None:
        real(self, schema)
        self.connection.execute("PRAGMA synchronous = NORMAL")

    real = replace(module.Writer, "_prepare", prepare)


@mutant("faults/test_io.py::test_a_failed_write_is_never_answered", "ashad.store.writer")
def failed_write_tried_again(module: Any) -> None:
    def commit(self: Any, batch: Any) -> None:
        try:
            real(self, batch)
        except module.StoreError:
            real(self, batch)

    real = replace(module.Writer, "commit", commit)


@mutant(
    "faults/test_file.py::test_of_many_daemons", "ashad.daemon.file_lock", "ashad.store.inode_lock"
)
def no_lock_of_the_file(module: Any) -> None:
    shadow(module, "fcntl", flock=lambda *_: None)


@mutant("unit/daemon/test_file_lock.py::test_a_file_is_locked_under_each", "ashad.store.inode_lock")
def lock_of_the_name(module: Any) -> None:
    shadow(module, "fcntl", flock=lambda *_: None)


@mutant("faults/test_file.py::test_a_locked_file", "ashad.store.errors")
def locked_file_ends_the_daemon(module: Any) -> None:
    shadow(module, "sqlite3", SQLITE_BUSY=-1)


@mutant("faults/test_exactly_once.py::test_the_echo_is_the_stored", "ashad.store.reader")
def reader_keeps_its_snapshot(module: Any) -> None:
    def begin(self: Any, *arguments: Any, **named: Any) -> None:
        real(self, *arguments, **named)
        self.connection.execute("BEGIN")

    real = replace(module.Reader, "__init__", begin)


@mutant("unit/store/test_backup.py", "ashad.store.header")
def second_connection_checkpoints(module: Any) -> None:
    def connect(uri: str, **options: Any) -> sqlite3.Connection:
        return sqlite3.connect(uri.replace("?mode=ro", "?mode=rw"), **options)

    shadow(module, "sqlite3", connect=connect)


@mutant("unit/store/test_migration.py::test_killed_at_each_step", "ashad.store.schema")
def migration_without_a_transaction(module: Any) -> None:
    class Loose:
        """A connection that lets nobody begin or end a transaction."""

        def __init__(self, connection: Any) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

        def execute(self, statement: str, *values: Any) -> Any:
            skipped = statement in ("BEGIN IMMEDIATE", "COMMIT")
            return self._connection.execute("SELECT 1" if skipped else statement, *values)

    real = replace(module, "upgrade", lambda connection, *schema: real(Loose(connection), *schema))


# --- the scheduler ---


@mutant("faults/test_order.py::test_each_answer_leaves_after", "ashad.scheduler.scheduler")
def reply_before_commit(module: Any) -> None:
    from ashad.scheduler.group_commit import ThreadExecutor  # noqa: PLC0415

    async def at_once(self: Any) -> None:
        pass

    def slowly(self: Any, work: Any, done: Any) -> None:  # else the sync may win the race
        real(self, lambda: (time.sleep(0.02), work())[1], done)

    replace(module.Scheduler, "durable", at_once)
    real = replace(ThreadExecutor, "submit", slowly)


@mutant("unit/daemon/test_clock.py", "ashad.daemon.main")
def leases_of_the_wall_clock(module: Any) -> None:
    replace(module.SystemClock, "monotonic", lambda _: time.time())


@mutant("faults/test_zombie.py::test_no_lease_is_lost", "ashad.scheduler.leases")
def leases_run_while_the_daemon_sleeps(module: Any) -> None:
    def catch_up(self: Any, now: float) -> None:
        self._leases.suspect(now)
        for lease in self._leases.suspects(now):  # nobody is heard first
            self._expire(lease)

    replace(module.LeaseExpiry, "_catch_up", catch_up)
    replace(module.Leases, "give_back", lambda *_: None)


@mutant("faults/test_zombie.py::test_a_restart_gives", "ashad.scheduler.leases")
def leases_run_out_with_a_restart(module: Any) -> None:
    def restart(self: Any, registry: Any) -> None:
        real(self, registry)
        for (number, trial), (attempt, _) in list(self._leases._held.items()):
            self._leases.renew(number, trial, attempt, self._clock.monotonic(), 0.01)

    real = replace(module.LeaseExpiry, "restart", restart)


@mutant("faults/test_full.py", "ashad.scheduler.scheduler")
def full_disk_not_rolled_back(module: Any) -> None:
    replace(module.Scheduler, "_on_rolled_back", lambda self, error: self._gate.close(error))


@mutant("contract/test_quarantine.py::test_rows_go_only_once", "ashad.scheduler.background")
def deleted_rows_before_the_deletion(module: Any) -> None:
    def delete(self: Any, entry: Any) -> None:
        self._registry.leftover.append(entry.number)
        real(self, entry)

    real = replace(module.Purger, "delete", delete)


# --- the service ---


@mutant("contract/test_quarantine.py::test_a_call_that_broke_off", "ashad.service.admission")
def half_changed_study_goes_on(module: Any) -> None:
    def begin(self: Any, *arguments: Any, **named: Any) -> None:
        real(self, *arguments, **named)
        self.quarantine = lambda _: None

    real = replace(module.AdmissionControl, "__init__", begin)


@mutant("contract/test_refusals.py::test_a_page_token", "ashad.service.reads.pages")
def page_token_not_bound(module: Any) -> None:
    replace(module, "_digest", lambda *_: "list")


@mutant("contract/test_refusals.py::test_no_text_of_an_exception", "ashad.service.status")
def exception_text_leaks(module: Any) -> None:
    shadow(module, "secrets", token_hex=lambda _: repr(sys.exc_info()[1]))


@mutant("contract/security/test_roles.py::test_each_caller_gets", "ashad.service.auth")
def an_rpc_open_to_all(module: Any) -> None:
    module.NEEDS["/ashad.v1.SchedulerService/ShouldStop"] = module.Need.NOTHING


@mutant("contract/security/test_limits.py::test_strangers_are_limited", "ashad.service.auth")
def strangers_are_not_counted(module: Any) -> None:
    replace(module.CallRates, "stranger_too_soon", lambda *_: False)


@mutant("contract/security/test_roles.py::test_a_revocation_counts", "ashad.security.token_cache")
def revocation_not_looked_for(module: Any) -> None:
    real = replace(module.TokenCache, "_look", lambda self: None if self._looked else real(self))


# --- the daemon ---


def _transport(module: Any, dropped: tuple[str, ...] = (), **changed: Any) -> None:
    def transport(limits: Any) -> Any:
        options = {name: value for name, value in real(limits) if name not in dropped}
        assert len(options) == len(real(limits)) - len(dropped), dropped
        return tuple((options | changed).items())

    real = replace(module, "transport", transport)


@mutant(
    "faults/test_file.py::test_of_two_daemons_on_one_port",
    "ashad.security.limits", "ashad.daemon.endpoint",
)  # fmt: skip
def port_shared(module: Any) -> None:
    if module.__name__ == "ashad.daemon.endpoint":
        replace(module, "_refuse_taken", lambda *_: None)
    else:
        _transport(module, **{"grpc.so_reuseport": 1})


@mutant("contract/security/test_limits.py::test_who_says_nothing", "ashad.security.limits")
def handshake_without_a_deadline(module: Any) -> None:
    _transport(module, ("grpc.server_handshake_timeout_ms", "grpc.http2.settings_timeout"))


@mutant("faults/test_overload.py::test_reads_are_refused", "ashad.security.limits")
def burst_cancelled_by_grpc(module: Any) -> None:
    most = "grpc.server.max_pending_requests"
    _transport(module, (most, f"{most}_hard_limit"))


@mutant("faults/test_flips.py::test_a_daemon_refuses", "ashad.daemon.file_lock")
def file_not_verified(module: Any) -> None:
    replace(module, "verify", lambda *_: None)


@mutant("contract/test_daemon.py::test_sigterm_answers", "ashad.daemon.main")
def open_batch_lost_at_the_end(module: Any) -> None:
    async def at_once(*_: Any) -> None:
        os._exit(0)

    replace(module, "_quiet", at_once)


@mutant("faults/test_file.py::test_a_file_that_is_taken_away", "ashad.daemon.main")
def file_known_from_the_first_look(module: Any) -> None:
    async def tick(scheduler: Any, db: Any, _: Any, log: Any) -> None:
        await asyncio.sleep(module.TICK)
        await real(scheduler, db, module.identity(db), log)

    real = replace(module, "_tick", tick)
    identity = replace(module, "identity", lambda db: identity(db) or "no file")


# --- the command line ---


@mutant("unit/cli/test_watch.py::test_no_change_is_missed", "ashad.cli.study_watch")
def watch_skips_one_on_resume(module: Any) -> None:
    def stream(self: Any) -> Any:
        self.after += bool(self.after)
        return real(self)

    real = replace(module.StudyWatch, "_stream", stream)
