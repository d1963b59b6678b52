"""A standby takes over: real daemons, the real Litestream, kill -9, and what workers were told.

What was acknowledged is compared with what is in the file at the end; Litestream is stopped before
the daemon is killed, so that there is something that only the workers know.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import ashad_client
import pytest

from tests.support import ROOT
from tests.support.cluster import free
from tests.support.daemon import clean

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

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


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    replica = tmp_path / "replica"
    replica.mkdir()
    ports = free(2)
    pair = Machine(tmp_path / "a", replica, ports[0]), Machine(tmp_path / "b", replica, ports[1])
    yield pair
    for machine in pair:
        if "litestream" in machine.running:
            machine.send("litestream", signal.SIGCONT)
        machine.kill()


def serve(machine: Machine, *options: str) -> None:
    machine.ashad("serve", *options)
    machine.replicate()


def stand_by(machine: Machine, primary: Machine, seconds: int = 2) -> None:
    until(lambda: list(machine.replica.glob("epoch-1/ltx/*/*.ltx")), "no copy")
    options = ("--primary", primary.address, "--takeover-after", str(seconds))
    machine.ashad("standby", *options, wait="SERVING")


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


def lost_without_a_replica(a: Machine, b: Machine, workers: list[Worker]) -> None:
    """Have reports acknowledged that only their workers know, and lose the machine."""
    a.send("litestream", signal.SIGSTOP)
    before = sum(len(worker.acked) for worker in workers)
    until(lambda: sum(len(w.acked) for w in workers) > before + 12, "no more reports")
    a.kill()


def test_no_acknowledged_report_of_a_living_worker_is_lost(machines):
    a, b = machines
    serve(a)
    b.env.pop("ASHAD_REPLICA_SOCKET")  # nothing copies its file
    both = f"{a.address},{b.address}"
    with ashad_client.connect(both) as client:
        make_study(client, 10)
    stand_by(b, a)
    workers = [Worker(both, "s") for _ in range(4)]
    for worker in workers:
        worker.start()
    until(lambda: all(len(worker.acked) > 5 for worker in workers), "no reports")

    lost_without_a_replica(a, b, workers)

    until(lambda: "listening on" in b.text, b.text)
    for worker in workers:
        worker.join(WAIT_S)
        assert not worker.is_alive()
    known = set()
    with ashad_client.connect(b.address) as client:
        counts = client.study("s").counts
        for number in range(10):
            known |= {
                (number, report.attempt, report.resource, report.value)
                for report in client.list_reports("s", number)
            }
    acked = {report for worker in workers for report in worker.acked}
    assert acked - known == set()
    assert counts.completed + counts.stopped == 10
    assert "ATTEMPT_LOST" not in [end for worker in workers for end in worker.ends]
    checked = subprocess.run(
        [BIN / "ashad", "db", "check", b.db], capture_output=True, text=True, check=False
    )
    assert "all right" in checked.stdout, checked

    # The old daemon comes back.
    again = subprocess.run(
        [BIN / "ashad", "serve", "--address", a.address, "--db", a.db, "--replica", a.replica],
        capture_output=True, text=True, env=clean(), timeout=WAIT_S, check=False,
    )  # fmt: skip
    assert again.returncode == 78
    for word in ("of epoch 1", "epoch 2 began", b.address, "ashad standby"):
        assert word in again.stderr
