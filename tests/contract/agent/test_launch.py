"""`launch` looks before it leaps: what is wrong is said before anything is submitted."""

from __future__ import annotations

import os
import subprocess
import sys

import ashad_client
import pytest
from ashad.security import TokenFile

STUDY = {
    "metric": "loss", "goal": "minimize", "max_resource": 4, "limits": {"max_trials": 2},
    "space": {"lr": ashad_client.uniform(0, 1)}, "algorithm": {"type": "random"},
}  # fmt: skip


@pytest.fixture(scope="module")
def guarded(new_daemon, tmp_path_factory):
    """A daemon that asks for tokens, with a study; and a token of each role, in files."""
    folder = tmp_path_factory.mktemp("guarded")
    with new_daemon(folder) as daemon:
        tokens = TokenFile(daemon.db.with_name("ashad.db.tokens"))
        for role in ("admin", "worker", "viewer"):
            (folder / role).write_text(tokens.create(role)[1])
        daemon.start("--require-tokens")
        with ashad_client.connect(daemon.address, token_file=folder / "admin") as client:
            client.create_study("digits", STUDY)
        yield daemon
        daemon.stop()


@pytest.fixture
def launch(guarded, tmp_path):
    def launch(*words, role="worker", **more):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")}
        way = {"ASHAD_ADDRESS": guarded.address}
        way["ASHAD_TOKEN_FILE"] = str(guarded.db.parent / role)
        return subprocess.run(
            [sys.executable, "-m", "ashad_client", "launch", *words], cwd=tmp_path, text=True,
            env=environment | way | more, capture_output=True, check=False,
        )  # fmt: skip

    return launch


SLURM = ("slurm", "digits", "-n", "2")
COMMAND = ("--", "train", "{lr}")


@pytest.mark.parametrize("role", ["worker", "admin"])
def test_a_token_that_may_train_is_enough(launch, guarded, role):
    done = launch(*SLURM, "--dry-run", "--regex", "x=(?P<metric>.*)", *COMMAND, role=role)
    assert done.returncode == 0, done.stderr
    assert f"export ASHAD_TOKEN_FILE={guarded.db.parent / role}" in done.stdout
    assert "run '--regex=x=(?P<metric>.*)' digits -- train '{lr}' &" in done.stdout
    assert (guarded.db.parent / role).read_text() not in done.stdout


def test_flags_of_run_arrive_as_they_were_typed(launch):
    flags = ("--grace", "2m", "--metric", "loss=val", "--metric=acc", "--pty", "--max-time=3h",
             "--stop-signal", "USR2", "--early-failures=0")  # fmt: skip
    done = launch(*SLURM, "--dry-run", *flags, *COMMAND)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "ashad_client run" in line]
    assert line.split()[4:-5] == [
        "--metric=loss=val", "--metric=acc=acc", "--pty", "--stop-signal=12", "--grace=120",
        "--max-time=10800", "--early-failures=0",
    ]  # fmt: skip
    assert "#SBATCH --signal=B:USR1@180" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("slurm", "digts", "-n", "2", *COMMAND), 1, "STUDY_NOT_FOUND"),
        ((*SLURM, "--", "train", "{rate}"), 2, "{rate}"),
        ((*SLURM, "--regex", "(", *COMMAND), 2, "--regex"),
        ((*SLURM, "--image", "i", *COMMAND), 2, "slurm: --image is nothing that it can do"),
        (("slurm", "digits", "-n", "0", *COMMAND), 2, "'0' is not 1 or more"),
        (("digits", "-n", "2", *COMMAND), 2, "ENGINE"),
        (SLURM, 2, "say what to run behind --"),
    ],
)
def test_what_is_wrong_is_said(launch, words, code, said):
    done = launch(*words)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_a_token_that_only_looks_is_refused(launch):
    done = launch(*SLURM, *COMMAND, role="viewer")
    assert done.returncode == 1
    assert "workers need one that may train: --role worker" in done.stderr


def test_a_machine_without_slurm(launch, tmp_path):
    done = launch(*SLURM, *COMMAND, PATH=str(tmp_path))
    assert done.returncode == 1
    assert "sbatch: there is no such program here" in done.stderr
    assert "nothing was submitted" in done.stderr


def test_a_daemon_that_is_away(launch, guarded):
    away = "127.0.0.1:9"
    done = launch(*SLURM, "--dry-run", *COMMAND, ASHAD_ADDRESS=away)
    assert done.returncode == 0
    assert "the study was not looked at" in done.stderr
    assert f"export ASHAD_ADDRESS={away}" in done.stdout
