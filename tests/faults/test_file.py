"""A file that cannot be served or is taken away: a clear end, never two daemons, never a hang."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import time
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
from ashad.store import audit
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.harness import Daemon, Stubs, report_of, until

IO, BUSY = 74, 75


def _used(daemon: Daemon) -> None:
    """Give it a file with something in it, and stop it."""
    daemon.start()
    with Stubs(daemon.channel()) as stubs:
        stubs.create("s")
        for i in range(5):
            stubs.report(stubs.suggest("s", f"w{i}").assignment, 1, 0.5)
    assert daemon.stop() == 0


def _refused(daemon: Daemon, seconds: float = 20.0) -> tuple[int | None, str]:
    """Start it in vain; return its status and what it said."""
    before = daemon.log.stat().st_size if daemon.log.exists() else 0
    begun = time.monotonic()
    daemon.launch()
    assert daemon.listens() is None
    status = daemon.wait()
    assert time.monotonic() - begun < seconds
    said = daemon.log.read_text()[before:]
    assert "Traceback" not in said
    return status, said


def test_a_read_only_file_is_refused(hurt: Daemon, tmp_path: Path) -> None:
    _used(hurt)
    point = tmp_path
    bound = subprocess.run(["mount", "--bind", point, point], check=False, capture_output=True)
    if bound.returncode:
        pytest.skip("no read-only file system: mount is not allowed")
    try:
        hurt._out.write_text("")
        log = tmp_path.parent / f"{tmp_path.name}.log"
        out = tmp_path.parent / f"{tmp_path.name}.out"
        hurt.log, hurt._out = log, out
        subprocess.run(["mount", "-o", "remount,bind,ro", point], check=True)
        status, said = _refused(hurt)
    finally:
        subprocess.run(["umount", "-l", point], check=True)
    assert status == IO
    assert "Read-only file system" in said


def _stands_still(daemon: Daemon) -> bool:
    """Whether a read waits, as it does while something is being committed."""
    with Stubs(daemon.channel()) as stubs:
        try:
            request = pb.ListStudiesRequest()
            stubs.studies.ListStudies(request, timeout=0.3, wait_for_ready=True)
        except grpc.RpcError as error:
            return error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    return False


@pytest.mark.parametrize("mode", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_file_is_waited_for_and_then_refused(hurt: Daemon, mode: str) -> None:
    hurt.start()
    with Stubs(hurt.channel()) as stubs:
        stubs.create("s", max_resource=9, min_resource=9)
        a = stubs.suggest("s", "w").assignment
        other = sqlite3.connect(hurt.db, isolation_level=None)

        def report(resource: int) -> Future:
            return stubs.scheduler.Report.future(report_of(a, resource, 0.5), timeout=30)

        other.execute(f"BEGIN {mode}")
        waiting = report(1)
        until("it tries to commit", lambda: not waiting.done() and _stands_still(hurt))
        other.execute("ROLLBACK")
        assert waiting.result().decision.reason == "BETWEEN_RUNGS"

        if mode == "EXCLUSIVE":
            begun = time.monotonic()
            other.execute(f"BEGIN {mode}")
            with pytest.raises(grpc.RpcError) as caught:
                report(2).result()
            assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
            assert dict(caught.value.trailing_metadata())["ashad-reason"] == "STORAGE_LOCKED"
            assert 4 < time.monotonic() - begun < 25
            begun = time.monotonic()
            assert [r.resource for r in stubs.reports("s")] == [1]
            assert time.monotonic() - begun < 4  # it does not wait for the lock as well
            other.execute("ROLLBACK")
            until("it heals", lambda: report(2).exception() is None, 30)
        other.close()
    assert hurt.stop() == 0
    assert list(audit(hurt.db)) == []


def test_a_file_that_another_program_keeps_is_refused(hurt: Daemon) -> None:
    _used(hurt)
    other = sqlite3.connect(hurt.db, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    status, said = _refused(hurt, 20)
    assert status == BUSY
    assert "another program" in said
    other.close()


@pytest.mark.parametrize("how", ["replaced", "removed"])
def test_a_daemon_whose_file_is_taken_away_ends(daemons, tmp_path: Path, how: str) -> None:
    (tmp_path / "other").mkdir()
    other, daemon = daemons(tmp_path / "other"), daemons(tmp_path)
    _used(other)
    daemon.start()
    if how == "replaced":
        other.db.replace(daemon.db)
    else:
        daemon.db.unlink()
    assert daemon.wait() == IO
    assert "database_replaced" in daemon.log.read_text()


def test_a_file_that_is_taken_away_before_the_first_look_is_noticed(hurt: Daemon) -> None:
    _used(hurt)  # it keeps its port from here on
    hurt._out.unlink()
    os.mkfifo(hurt._out)
    pipe = os.open(hurt._out, os.O_RDWR | os.O_NONBLOCK)
    while True:  # until it is full: the daemon will wait as it says that it listens
        try:
            os.write(pipe, b" " * 4096)
        except BlockingIOError:
            break
    hurt.launch()
    host, _, port = hurt.address.rpartition(":")
    until("its port is open", lambda: _answers(host, int(port)))
    hurt.db.unlink()
    with suppress(BlockingIOError):
        while os.read(pipe, 1 << 20):
            pass
    assert hurt.wait() == IO
    os.close(pipe)
    assert "database_replaced" in hurt.log.read_text()


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def test_of_many_daemons_on_one_file_one_serves(daemons, tmp_path: Path, size, tell) -> None:
    laps, many = size(1, 50), 20
    for lap in range(laps):
        (tmp_path / f"{lap}").mkdir()
        db = tmp_path / f"{lap}" / "ashad.db"
        alias = tmp_path / f"{lap}" / "alias.db"
        alias.symlink_to(db)
        started = []
        for i in range(many):
            folder = tmp_path / f"{lap}" / f"{i}"
            folder.mkdir()
            started.append(daemons(folder, alias if i % 2 else db))
            started[-1].launch()
        losers = [daemon for daemon in started if daemon.listens() is None]
        assert len(losers) == many - 1
        for daemon in losers:
            assert daemon.wait() == BUSY
            assert "another daemon serves" in daemon.log.read_text()
        for daemon in started:
            daemon.end()
    tell("many daemons on one file, half by a link", f"{laps} x {many}", "one winner each time")


def test_of_two_daemons_on_one_port_one_serves(daemons, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    first, second = daemons(tmp_path / "a"), daemons(tmp_path / "b")
    first.start()
    second.address = first.address
    status, said = _refused(second)
    assert status == BUSY
    assert "is taken by another program" in said
