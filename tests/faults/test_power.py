"""Power cuts: a report that was acknowledged is there after the power was lost.

The database lies on an ext4 image; the cut is the kernel's own forced shutdown of that file system,
which drops all that was not brought to the disk. A daemon that does not sync its commits must lose.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from ashad.store import audit

from tests.support.daemon import ForkServer
from tests.support.harness import Daemon, Stubs, curve

SHUTDOWN, WITHOUT_LOG = 0x8004587D, 2  # EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH
REPORTS = 60


class Disk:
    """An ext4 file system in a file, whose power can be cut."""

    def __init__(self, folder: Path) -> None:
        self.image, self.point = folder / "disk.img", folder / "disk"
        self.point.mkdir()
        with self.image.open("wb") as file:
            file.truncate(256 << 20)
        self._run("mkfs.ext4", "-q", "-F", str(self.image))
        self.mount()

    def mount(self) -> None:
        self._run("mount", "-o", "loop", str(self.image), str(self.point))

    def cut(self) -> None:
        """Lose all that is not on the disk."""
        point = os.open(self.point, os.O_RDONLY)
        try:
            fcntl.ioctl(point, SHUTDOWN, struct.pack("I", WITHOUT_LOG))
        finally:
            os.close(point)

    def unmount(self) -> None:
        self._run("umount", str(self.point))

    def remove(self) -> None:
        subprocess.run(["umount", "-l", str(self.point)], check=False, capture_output=True)

    @staticmethod
    def _run(*command: str) -> None:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise OSError(f"{command[0]}: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path):
    if os.geteuid() or not shutil.which("mkfs.ext4"):
        pytest.skip("no power cuts: they need root, mkfs.ext4 and a loop device")
    made = None
    try:
        made = Disk(tmp_path)
    except OSError as error:
        pytest.skip(f"no power cuts: {error}")
    yield made
    made.remove()


def _cycle(disk: Disk, daemon: Daemon, lap: int) -> tuple[int, int]:
    """Report, cut the power, start again; return (acknowledged, lost)."""
    daemon.start()
    study = f"s{lap}"
    acked = {}
    with Stubs(daemon.channel()) as stubs:
        stubs.create(study, promotion=lap % 2 == 1, max_resource=9)
        while len(acked) < REPORTS:
            a = stubs.suggest(study, "w").assignment
            for resource in range(a.start_resource + 1, a.target_resource + 1):
                reply = stubs.report(a, resource, curve(a.trial, resource))
                acked[a.trial, a.attempt, resource] = reply.commit_seq
                if reply.decision.action != 1:
                    break
    disk.cut()
    daemon.kill()
    disk.unmount()
    disk.mount()
    daemon.start()
    with Stubs(daemon.channel()) as stubs:
        try:
            found = {(r.trial, r.attempt, r.resource): r.commit_seq for r in stubs.reports(study)}
        except Exception:  # noqa: BLE001 - of the control: not even the study is there
            found = {}
    daemon.kill()
    lost = sum(found.get(key) != seq for key, seq in acked.items())
    if not lost:
        assert list(audit(daemon.db)) == []
    return len(acked), lost


@pytest.mark.timeout(7_200)
def test_nothing_acknowledged_is_lost_by_a_power_cut(disk, daemons, tmp_path, size, tell) -> None:
    cycles, acked, lost = size(5, 500), 0, 0
    for lap in range(cycles):
        if lap % 50 == 0:
            daemon = daemons(tmp_path, disk.point / f"db{lap}" / "ashad.db")
        more, gone = _cycle(disk, daemon, lap)
        acked, lost = acked + more, lost + gone
    assert acked >= cycles * REPORTS
    assert lost == 0
    tell("power cut (ext4, forced shutdown)", f"{cycles} cycles, {acked} acks", "0 lost")


def test_without_a_sync_a_power_cut_loses(disk, daemons, tmp_path, tell) -> None:
    """The control: the same cut takes what a daemon with synchronous=NORMAL acknowledged."""
    server = ForkServer(mutant="synchronous_normal")
    try:
        daemon = daemons(tmp_path, disk.point / "db" / "ashad.db", server)
        acked, lost = _cycle(disk, daemon, 0)
    finally:
        daemon.end()
        server.close()
    assert lost > 0
    tell("the control of it: synchronous=NORMAL", f"1 cycle, {acked} acks", f"{lost} lost, as due")
