"""Programs that know nothing of ashad as the trials of a study: each example, run for real."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import ashad_client
import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.support import ROOT
from tests.support.pages import smaller

AGENT = ROOT / "examples/agent"


@pytest.fixture
def run(daemon, tmp_path):
    """Run a command as a user would, with `ashad` on the path."""

    def run_(*command, cwd=tmp_path):
        here = {
            "ASHAD_ADDRESS": daemon.address, "XDG_STATE_HOME": str(tmp_path),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }  # fmt: skip
        done = subprocess.run(
            [str(word) for word in command], cwd=cwd, env=os.environ | here, capture_output=True,
            text=True, timeout=200, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run_


@pytest.fixture
def client(daemon):
    with ashad_client.connect(daemon.address) as client:
        yield client


def states(client, study):
    return Counter(
        pb.TrialState.Name(trial.state).removeprefix("TRIAL_STATE_")
        for trial in client.list_trials(study)
    )


def losses(trial):
    """What the program in Python prints for those parameters, epoch by epoch."""
    params = trial.params
    printed = subprocess.run(
        [sys.executable, AGENT / "train.py", str(params["learning_rate"]),
         str(params["momentum"]), "27"], capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [float(line.rpartition("=")[2]) for line in printed.splitlines()]


@pytest.mark.skipif(
    not all(map(shutil.which, ("cc", "node", "awk"))), reason="wants a C compiler, node and awk"
)
def test_a_shell_script_c_node_and_python_search_one_study(run, client, tmp_path):
    shutil.copytree(AGENT, tmp_path / "agent")
    run("./run.sh", "--count", "4", cwd=tmp_path / "agent")
    trials = list(client.list_trials("programs"))
    assert states(client, "programs").keys() <= {"COMPLETED", "STOPPED"}
    assert [count for _, count in Counter(t.worker for t in trials).items()] == [4] * 4
    told = list(client.list_reports("programs"))
    for trial in trials:
        reports = [(r.resource, r.value) for r in told if r.trial == trial.trial]
        assert [resource for resource, _ in reports] == list(range(1, trial.resource + 1))
        for (_, value), loss in zip(reports, losses(trial), strict=False):
            assert value == pytest.approx(loss, rel=1e-6, nan_ok=True) or loss > 1e9


def test_a_worker_of_ten_lines_of_bash(run, client, tmp_path):
    study = shutil.copy(AGENT / "study.toml", tmp_path)
    smaller(Path(study), {"max_resource": 9})  # a process for each epoch
    run("ashad", "study", "create", "-f", study)
    client.update_study("programs", max_trials=2)
    run(AGENT / "worker.sh", "programs")
    assert sum(states(client, "programs").values()) == 2
    assert states(client, "programs").keys() <= {"COMPLETED", "STOPPED"}
    best = client.best("programs")
    trial = client.get_trial("programs", best.trial)
    assert best.value == pytest.approx(losses(trial)[best.resource - 1])


def test_lightgbm_by_its_ordinary_log(run, client):
    folder = AGENT / "lightgbm"
    study = ["-f", folder / "study.toml", "--count", "4"]
    run("ashad", "run", *study, "--", sys.executable, folder / "train.py", "{target}", "{args}")
    ended = states(client, "trees")
    assert ended.keys() <= {"COMPLETED", "STOPPED"}
    assert ended["COMPLETED"]
    for trial in client.list_trials("trees"):
        told = [r.resource for r in client.list_reports("trees", trial.trial)]
        assert told == list(range(1, trial.resource + 1))
    assert client.best("trees").value < 0.3
