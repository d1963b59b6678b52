"""A standby takes over: real daemons, the real Litestream, kill -9, and what workers were told.

What was acknowledged is compared with what is in the file at the end; Litestream is stopped before
the daemon is killed, so that there is something that only the workers know.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import ashad_client
import pytest

from tests.support.cluster import free
from tests.support.daemon import clean
from tests.support.replicas import BIN, WAIT_S, Machine, Worker, make_study, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


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


TRAIN = """
import sys, time, ashad_client
with ashad_client.connect(sys.argv[1]) as client:
    for trial in client.trials("s"):
        for step in trial.steps():
            if trial.report(step, loss=trial.params["x"] / step).reason != "UNREACHABLE":
                print(trial.number, trial.attempt, step, time.monotonic(), flush=True)
            time.sleep(0.02)
"""


@pytest.mark.parametrize("confirm", [False, True], ids=["by default", "confirmed"])
def test_what_is_lost_where_a_worker_dies_with_the_daemon(machines, tmp_path, confirm):
    """The last second of its reports, or none where each answer waits for the replica."""
    a, b = machines
    serve(a, *(["--replica-confirm", "all"] if confirm else []))
    b.env.pop("ASHAD_REPLICA_SOCKET")  # nothing copies its file
    with ashad_client.connect(a.address) as client:
        make_study(client, 10)
    stand_by(b, a)
    said = tmp_path / "acknowledged"
    with said.open("w") as out:
        worker = subprocess.Popen([sys.executable, "-c", TRAIN, a.address], stdout=out)
    until(lambda: said.read_text().count("\n") > 60, "no reports")
    a.running["litestream"].kill()
    worker.kill()
    died = time.monotonic()
    a.kill()
    worker.wait()

    until(lambda: "listening on" in b.text, b.text)
    with ashad_client.connect(b.address) as client:
        known = {(r.trial, r.attempt, r.resource) for r in client.list_reports("s")}
    acked = [
        line.split() for line in said.read_text().splitlines(keepends=True) if line[-1] == "\n"
    ]
    lost = [float(at) for *key, at in acked if tuple(map(int, key)) not in known]
    print(
        f"lost {len(lost)} of {len(acked)}, the oldest {died - min(lost, default=died):.2f} s old"
    )
    assert all(died - at < 20 for at in lost), "Litestream copies each second, or when it can"
    assert not (confirm and lost)
