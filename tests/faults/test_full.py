"""A full disk: writes are refused, reads go on, and all is well again once there is room.

The database lies on a small tmpfs, in one test together with the daemon's own log.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
from ashad.store import audit
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.harness import Daemon, Stubs, curve, until


@pytest.fixture
def small(tmp_path, size):
    """A file system with little room, though enough for all that is acknowledged."""
    point = tmp_path / "small"
    point.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size(6, 96)}m", "none", point],
        check=False,
        capture_output=True,
    )
    if done.returncode:
        pytest.skip(f"no full disk: {done.stderr.decode().strip()}")
    yield point
    subprocess.run(["umount", "-l", point], check=False)


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    file = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (65_536, 4096):
            while True:
                os.write(file, b"x" * size)
    except OSError:
        try:
            while True:
                os.write(file, b"x" * 512)
        except OSError:
            return filler
    finally:
        os.close(file)
    raise AssertionError


def _refused(error: grpc.RpcError) -> bool:
    reason = dict(error.trailing_metadata())["ashad-reason"]
    assert (error.code(), reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "STORAGE_FULL")
    assert "grpc-retry-pushback-ms" in dict(error.trailing_metadata())
    return True


class Client:
    """One worker that reports on and on, and knows what was acknowledged."""

    def __init__(self, stubs: Stubs) -> None:
        self.stubs, self.acked, self.held = stubs, {}, None

    def step(self) -> bool:
        """Make one call; return whether it was taken."""
        try:
            if self.held is None:
                self.held, self.at = self.stubs.suggest("s", "w").assignment, 0
            reply = self.stubs.report(self.held, self.at + 1, curve(self.held.trial, self.at + 1))
        except grpc.RpcError as error:
            return not _refused(error)
        self.at += 1
        self.acked[self.held.trial, self.at] = reply.commit_seq
        if reply.decision.action != pb.ACTION_CONTINUE:
            self.held = None
        return True


class Watcher:
    """One who watches all along: is told what is on the disk and nothing else."""

    def __init__(self, stubs: Stubs) -> None:
        self.told: dict[tuple[int, int], int] = {}
        self.at = 0
        answers = stubs.studies.WatchStudy(pb.WatchStudyRequest(study="s"))
        threading.Thread(target=self._take, args=(answers,), daemon=True).start()

    def _take(self, answers: Iterator[pb.WatchStudyResponse]) -> None:
        with suppress(grpc.RpcError):  # the daemon was killed
            for answer in answers:
                for change in answer.changes:
                    assert change.commit_seq > self.at
                    self.at = change.commit_seq
                    if change.HasField("report"):
                        report = change.report
                        self.told[report.trial, report.resource] = change.commit_seq


def _loop(daemon: Daemon, small: Path, client: Client) -> float:
    """Fill the disk, ask, make room; return how long it took to heal."""
    for _ in range(50):
        assert client.step()
    filler = _fill(small)
    until("the disk is full", lambda: not client.step(), 60)
    for _ in range(20):
        assert not client.step()
    stubs = client.stubs
    request = pb.GetStudyRequest(study="s")
    study = stubs.studies.GetStudy(request).study
    listed = {(r.trial, r.resource): r.commit_seq for r in stubs.reports("s")}
    assert client.acked.items() <= listed.items()
    assert len(list(stubs.trials("s"))) == study.counts.created
    filler.unlink()
    begun = time.monotonic()
    until("it heals", client.step)
    return time.monotonic() - begun


def test_a_log_that_cannot_be_written_hinders_nothing(hurt: Daemon) -> None:
    hurt.start(log=Path("/dev/full"))
    with Stubs(hurt.channel()) as stubs:
        stubs.create("s")
        a = stubs.suggest("s", "w").assignment
        assert stubs.report(a, 1, 0.5).decision.reason == "IN_TOP"
    assert hurt.stop() == 0
    assert list(audit(hurt.db)) == []


@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("where", ["elsewhere", "on the same disk"])
def test_a_full_disk_refuses_writes_and_heals(small, daemons, tmp_path, size, tell, where) -> None:
    daemon = daemons(tmp_path, small / "db" / "ashad.db")
    log = None if where == "elsewhere" else small / "daemon.log"
    daemon.start(log=log)
    loops, healed = size(3, 100), 0.0
    with Stubs(daemon.channel()) as stubs:
        stubs.create("s")
        client = Client(stubs)
        watcher = Watcher(stubs)
        for _ in range(loops):
            healed = max(healed, _loop(daemon, small, client))
        until("the watcher is told", lambda: watcher.at >= max(client.acked.values()))
        request = pb.GetStudyRequest(study="s")
        live = stubs.studies.GetStudy(request).study
        daemon.kill()
        daemon.start()
        assert stubs.studies.GetStudy(request, wait_for_ready=True).study == live  # as on file
        listed = {(r.trial, r.resource): r.commit_seq for r in stubs.reports("s")}
    assert client.acked.items() <= listed.items()
    assert client.acked.items() <= watcher.told.items() <= listed.items()
    assert len(client.acked) >= 30 * loops
    assert daemon.stop() == 0
    assert list(audit(daemon.db)) == []
    tell(f"disk full and healed, log {where}", f"{loops} loops, {len(client.acked)} acks",
         f"0 lost, healed within {healed:.1f} s")  # fmt: skip
