"""The array script on a real cluster: workers start, one is requeued, and its trial goes on."""

from __future__ import annotations

import subprocess
import sys

import ashad_client

from tests.support.cluster import Cluster, until
from tests.support.tools import DEPLOY

SCRIPT = DEPLOY / "slurm" / "workers.sh"
SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 4, "limits": {"max_trials": 2},
    "space": {"x": ashad_client.uniform(0, 1)}, "algorithm": {"type": "random"},
}  # fmt: skip
WORKER = """
import pathlib, sys, time, ashad_client
with ashad_client.connect() as client:
    for trial in client.trials("array"):
        print("began", trial.number, trial.attempt, trial.resume_checkpoint, flush=True)
        for step in trial.steps():
            trial.report(step, checkpoint=f"file:///c/{trial.number}/{step}", loss=1.0)
            while trial.attempt == 1 and step == 2 and not pathlib.Path(sys.argv[1]).exists():
                time.sleep(0.1)  # trains on, as far as anyone can see
"""


def test_a_requeued_task_goes_on_with_its_trial(daemon, tmp_path):
    (tmp_path / "train.py").write_text(WORKER)
    go = tmp_path / "go"
    with Cluster() as cluster, ashad_client.connect(daemon.address) as client:
        client.create_study("array", SPEC)
        said = cluster.slurm(
            "sbatch", "--parsable", "--array=0-1", str(SCRIPT), sys.executable,
            str(tmp_path / "train.py"), str(go), ASHAD_ADDRESS=daemon.address,
        )  # fmt: skip
        job = said.partition(";")[0]

        def trials():
            return {one.worker: one for one in client.list_trials("array")}

        until(lambda: [t.resource for t in trials().values()] == [2, 2], cluster.said)
        names = [f"slurm-test-{job}-{task}" for task in (0, 1)]
        assert sorted(trials()) == names
        number = trials()[names[0]].trial

        cluster.slurm("scontrol", "requeue", f"{job}_0")
        log = cluster.folder / f"ashad-{job}_0.log"
        state = ["squeue", "-h", "-j", f"{job}_0", "-o", "%t"]
        until(lambda: cluster.slurm(*state, check=False) == "PD", cluster.said)
        # Slurm lets a requeued job rest for two minutes.
        cluster.slurm("scontrol", "update", f"JobId={job}_0", "StartTime=now")
        until(lambda: log.read_text().count("began") == 2, cluster.said)
        again = [line for line in log.read_text().splitlines() if line.startswith("began")][1]
        assert again == f"began {number} 2 file:///c/{number}/2"

        go.touch()
        until(lambda: client.study("array").counts.completed == 2, cluster.said)
        attempts = {one.trial: one.attempt for one in client.list_trials("array")}
        assert attempts == {number: 2, 1 - number: 1}


def test_it_wants_an_array():
    """A worker without a name of its own would share one with others."""
    done = subprocess.run([SCRIPT, "true"], capture_output=True, text=True, check=False, env={})
    assert done.returncode != 0
    assert "submit with --array" in done.stderr


def test_no_two_ranks_of_a_task_have_one_name(tmp_path):
    """As a batch script it starts them by srun; as the command of srun it sees its rank."""
    slurm = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "SLURM_ARRAY_JOB_ID": "7",
        "SLURM_ARRAY_TASK_ID": "0",
    }
    (tmp_path / "srun").write_text(
        '#!/bin/bash\nfor SLURM_PROCID in 0 1; do export SLURM_PROCID; "$@"; done\n'
    )
    (tmp_path / "srun").chmod(0o755)

    def names(**environment):
        command = [SCRIPT, "sh", "-c", "echo $ASHAD_WORKER"]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, env=slurm | environment
        ).stdout.split()

    assert names() == ["slurm--7-0"]
    assert names(SLURM_NTASKS="2", SLURM_PROCID="0") == ["slurm--7-0-0", "slurm--7-0-1"]
    assert names(SLURM_NTASKS="2", SLURM_PROCID="0", SLURM_STEP_ID="0") == ["slurm--7-0-0"]
    assert names(SLURM_NTASKS="2", SLURM_PROCID="1", SLURM_STEP_ID="0") == ["slurm--7-0-1"]
    done = subprocess.run(
        [SCRIPT, "srun", "true"], capture_output=True, text=True, check=False, env=slurm
    )
    assert (done.returncode, "leave srun out" in done.stderr) == (2, True)


def test_slurm_is_asked_for_a_signal_before_the_time_limit():
    assert "#SBATCH --signal=B:TERM@60" in SCRIPT.read_text()
