"""What else starts ranks: `accelerate launch`, mpirun, and JAX on several hosts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.frameworks.conftest import environment, free_port
from tests.support.libraries import library

PROGRAMS = Path(__file__).parent / "programs"
BIN = Path(sys.executable).parent


def took_part(printed, client):
    """Assert that two ranks trained each trial, and that each was taken once."""
    lines = sorted(line for line in printed.splitlines() if line.startswith("rank "))
    half = [line.split(" ", 2)[2] for line in lines if line.startswith("rank 0 of 2")]
    assert len(half) == 4, printed
    assert half == [line.split(" ", 2)[2] for line in lines if line.startswith("rank 1 of 2")]
    assert [trial.attempt for trial in client.list_trials("s")] == [1] * 4


def test_accelerate_launch(run, study, client):
    """By --multi_gpu: with --cpu it starts one process, whatever --num_processes says."""
    library("accelerate")
    study()
    printed = run(
        BIN / "accelerate", "launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1",
        "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", free_port(),
        PROGRAMS / "accelerated.py", "s",
    )  # fmt: skip
    took_part(printed, client)


def test_mpirun(run, study, client):
    library("mpi4py")
    study()
    took_part(
        run(BIN / "mpiexec", "-n", "2", sys.executable, PROGRAMS / "steps.py", "s", "mpi"), client
    )


def test_jax_on_two_processes(daemon, study, client, tmp_path):
    library("jax")
    study()
    port = free_port()
    ranks = [
        subprocess.Popen(
            [sys.executable, PROGRAMS / "steps.py", "s", "jax", str(rank), str(port)],
            stdout=subprocess.PIPE, text=True, env=environment(daemon.address), cwd=tmp_path,
        )
        for rank in range(2)
    ]  # fmt: skip
    try:
        printed = [rank.communicate(timeout=120)[0] for rank in ranks]
    finally:
        for rank in ranks:
            rank.kill()
            rank.wait()
    assert [rank.returncode for rank in ranks] == [0, 0]
    took_part("".join(printed), client)
