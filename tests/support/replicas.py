"""Machines with a daemon and Litestream each, and workers that write down what was acknowledged."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import ashad_client

from tests.support import ROOT
from tests.support.daemon import clean

BIN = Path(sys.executable).parent
REPLICATE = ROOT / "deploy" / "litestream" / "replicate.sh"
WAIT_S = 90.0


def until(what: Callable[[], object], why: str) -> None:
    end = time.monotonic() + WAIT_S
    while not what():
        assert time.monotonic() < end, why
        time.sleep(0.02)


class Machine:
    """A machine with a daemon, or a standby, and Litestream; all share one folder."""

    def __init__(self, folder: Path, replica: Path, port: int) -> None:
        folder.mkdir()
        self.folder, self.replica = folder, replica
        self.address = f"127.0.0.1:{port}"
        self.db, self.said = folder / "ashad.db", folder / "out"
        self.socket = folder / "litestream.sock"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.env = clean() | {
            "ASHAD_DB": str(self.db),
            "ASHAD_REPLICA": str(replica),
            "ASHAD_REPLICA_SOCKET": str(self.socket),
            "PATH": f"{BIN}:{os.environ['PATH']}",
        }

    def start(self, name: str, *argv: str | Path) -> None:
        with self.said.open("ab") as out:
            self.running[name] = subprocess.Popen(
                argv, env=self.env, stdout=out, stderr=subprocess.STDOUT, cwd=self.folder
            )

    def ashad(self, command: str, *options: str, wait: str = "listening on") -> None:
        options = ("--address", self.address, "--log-format", "json", *options)
        self.start("ashad", sys.executable, "-m", "ashad", command, *options)
        until(lambda: wait in self.text or self.ended, f"no {wait!r}")
        assert wait in self.text, self.text[-3000:]

    def replicate(self) -> None:
        self.start("litestream", REPLICATE)
        until(self.socket.exists, "no control socket")

    @property
    def text(self) -> str:
        return self.said.read_text()

    @property
    def ended(self) -> bool:
        return self.running["ashad"].poll() is not None

    def send(self, name: str, number: int) -> None:
        self.running[name].send_signal(number)

    def kill(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


class Worker(threading.Thread):
    """Trains trials, and writes down what was acknowledged."""

    def __init__(self, address: str, study: str) -> None:
        super().__init__(daemon=True)
        self.address, self.study = address, study
        self.acked: list[tuple[int, int, int, float]] = []
        self.ends: list[str] = []

    def run(self) -> None:
        with ashad_client.connect(self.address, close_timeout_s=60, max_wait_s=2) as client:
            for trial in client.trials(self.study):
                for step in trial.steps():
                    loss = trial.params["x"] / step
                    if trial.report(step, loss=loss).reason != "UNREACHABLE":
                        self.acked.append((trial.number, trial.attempt, step, loss))
                    time.sleep(0.02)
                self.ends.append(trial.decision.reason)


def make_study(client: ashad_client.Client, trials: int) -> None:
    spec = {
        "metric": "loss",
        "goal": "minimize",
        "algorithm": {"type": "asha", "min_resource": 15},
        "max_resource": 45,
        "seed": 1,
        "space": {"x": ashad_client.loguniform(1e-4, 1e-1)},
        "limits": {"max_trials": trials},
    }
    client.create_study("s", spec)
