"""A Slurm cluster of one node on this machine: its own munged, slurmctld, slurmd."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.support.tools import run, tool

CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
NodeName={host} NodeAddr=127.0.0.1 CPUs=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=all Nodes={host} Default=YES State=UP PriorityTier=1
PartitionName=urgent Nodes={host} State=UP PriorityTier=2
"""


class Cluster:
    """Starts in a folder of its own under the system's, since munge wants short, open paths."""

    def __init__(self) -> None:
        self.programs = [tool(name) for name in ("munged", "slurmctld", "slurmd")]
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-"))
        self.folder.chmod(0o755)
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        self.conf = self.folder / "slurm.conf"
        host = socket.gethostname().partition(".")[0]
        self.conf.write_text(
            CONF.format(host=host, user=getpass.getuser(), folder=self.folder, ports=free(2))
        )
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(1024))
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        at, (munged, slurmctld, slurmd) = self.folder, self.programs
        files = {"socket": "munge.sock", "key-file": "munge.key", "pid-file": "munged.pid",
                 "log-file": "munged.log", "seed-file": "munge.seed"}  # fmt: skip
        self._start(
            munged, "--force", "--foreground", *(f"--{k}={at / v}" for k, v in files.items())
        )
        until((at / "munge.sock").exists, self.said)
        self._start(slurmctld, "-D", "-f", str(self.conf))
        self._start(slurmd, "-D", "-f", str(self.conf))
        until(lambda: self.slurm("sinfo", "-h", "-o", "%T", check=False) == "idle", self.said)
        return self

    def __exit__(self, *_: object) -> None:
        self.slurm("scancel", "--full", "--signal=KILL", f"--user={getpass.getuser()}", check=False)
        until(lambda: self.slurm("squeue", "-h", check=False) == "", self.said)
        for process in reversed(self._running):
            process.terminate()
            process.wait(30)
        shutil.rmtree(self.folder)

    def slurm(self, *command: str, check: bool = True, **more) -> str:
        """Run a command of Slurm; return what it printed."""
        line = [tool(command[0]), *command[1:]]
        environment = {**os.environ, **more, "SLURM_CONF": str(self.conf)}
        if check:
            return run(*line, env=environment, cwd=self.folder).strip()
        done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else done.stderr

    def said(self) -> str:
        """Return what all of them printed."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.out")))

    def _start(self, *command: str) -> None:
        with (self.folder / f"{Path(command[0]).name}.out").open("wb") as out:
            self._running.append(subprocess.Popen(command, stdout=out, stderr=out))


def until(look, tell=lambda: "", seconds: float = 60) -> None:
    """Wait for something that happens in another process."""
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, tell()
        time.sleep(0.05)


def free(many: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(many)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
