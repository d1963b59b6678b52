"""`ashad launch slurm` on a real cluster: requeue, end of the time, throttle, ranks, refusals."""

from __future__ import annotations

import os
import subprocess
import sys

import ashad_client
import pytest

from tests.support.cluster import Cluster, until

SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 4, "limits": {"max_trials": 2},
    "space": {"x": ashad_client.uniform(0, 1)}, "algorithm": {"type": "random"},
}  # fmt: skip
# Trains on, as far as anyone can see, until it is told to go on.
TRAIN = """
import os, pathlib, sys, time
rank = os.environ.get("SLURM_PROCID", "0")
with open("ranks", "a") as file:
    file.write(f"{sys.argv[1]} {rank}\\n")
for epoch in range(1, 5) if rank == "0" else ():
    print(f"epoch={epoch} loss=1.0", flush=True)
    while epoch == 2 and not pathlib.Path("go").exists():
        time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def cluster():
    with Cluster() as cluster:
        (cluster.folder / "train.py").write_text(TRAIN)
        yield cluster


@pytest.fixture
def launch(cluster, daemon):
    """Launch with the agent's program; return the exit code and all that it said."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")} | {
        "ASHAD_ADDRESS": daemon.address,
        "SLURM_CONF": str(cluster.conf),
        "XDG_STATE_HOME": str(cluster.folder),
    }
    (cluster.folder / "go").unlink(missing_ok=True)

    def launch(study, *flags, **more):
        done = subprocess.run(
            [sys.executable, "-m", "ashad_client", "launch", "slurm", study, *flags, "--",
             sys.executable, "train.py", "{trial}"],
            cwd=cluster.folder, env=environment | more, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.returncode, done.stdout

    return launch


def job_of(answer):
    code, said = answer
    assert code == 0, said
    return said.partition("array ")[2].partition(":")[0]


def state(cluster, task):
    return cluster.slurm("squeue", "-h", "-j", task, "-o", "%t", check=False)


def start_again(cluster, task):
    """Slurm lets a requeued task rest for two minutes."""
    until(lambda: state(cluster, task) == "PD", cluster.said)
    cluster.slurm("scontrol", "update", f"JobId={task}", "StartTime=now")


def test_a_task_that_runs_again_has_its_trial_again(cluster, launch, daemon):
    with ashad_client.connect(daemon.address) as client:
        client.create_study("again", SPEC)
        flags = ("-n", "2", "--at-most", "1", "--time", "10m", "--grace", "5s")
        job = job_of(launch("again", *flags))

        def trials():
            return {one.worker: one for one in client.list_trials("again")}

        until(lambda: [t.resource for t in trials().values()] == [2], cluster.said)
        assert "PD JobArrayTaskLimit" in cluster.slurm("squeue", "-h", "-j", job, "-o", "%t %r")
        cluster.slurm("scontrol", "update", f"JobId={job}", "ArrayTaskThrottle=2")
        until(lambda: [t.resource for t in trials().values()] == [2, 2], cluster.said)
        first, second = (f"slurm-test-{job}-{task}" for task in (0, 1))
        before = {worker: one.trial for worker, one in trials().items()}
        assert set(before) == {first, second}

        # Another partition comes first, and takes the whole node.
        urgent = ("--partition=urgent", "--cpus-per-task=2", "--output=urgent.log")
        cluster.slurm("sbatch", *urgent, "--wrap", "true")
        for task in (0, 1):
            start_again(cluster, f"{job}_{task}")
        until(lambda: [t.attempt for t in trials().values()] == [2, 2], cluster.said)
        assert (cluster.folder / "urgent.log").exists()

        # What Slurm sends ahead of the time limit, by --signal=B:USR1.
        told = cluster.slurm("scontrol", "show", "job", f"{job}_1")
        assert "TimeLimit=00:10:00" in told
        cluster.slurm("scancel", "--batch", "--signal=USR1", f"{job}_1")
        start_again(cluster, f"{job}_1")
        until(lambda: trials().get(second) and trials()[second].attempt == 3, cluster.said)
        assert {worker: one.trial for worker, one in trials().items()} == before

        (cluster.folder / "go").touch()
        until(lambda: cluster.slurm("squeue", "-h") == "", cluster.said)
        counts = client.study("again").counts
        assert (counts.completed, counts.failed) == (2, 0)
        log = (cluster.folder / f"ashad-again-{job}_1.log").read_text()
        assert "study again is finished" in log

        code, said = launch("again", "-n", "2")
        assert (code, "study again is over" in said) == (2, True)


def test_so_many_at_a_time_and_ranks_of_one_trial(cluster, launch, daemon):
    with ashad_client.connect(daemon.address) as client:
        client.create_study("ranks", SPEC)
        job = job_of(launch("ranks", "-n", "2", "--at-most", "1", "--ranks", "2"))
        until(lambda: [t.resource for t in client.list_trials("ranks")] == [2], cluster.said)
        reasons = cluster.slurm("squeue", "-h", "-j", job, "-o", "%t %r").splitlines()
        assert sorted(reasons) == ["PD JobArrayTaskLimit", "R None"]
        (cluster.folder / "go").touch()
        until(lambda: cluster.slurm("squeue", "-h") == "", cluster.said)
        assert client.study("ranks").counts.completed == 2
        ranks = (cluster.folder / "ranks").read_text().split("\n")[-5:]
        assert sorted(ranks) == ["", "0 0", "0 1", "1 0", "1 1"]


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--queue", "none"], 1, "invalid partition specified: none"),
        (["--extra=--gres=gpu:x:y:z"], 1, "sbatch: "),
        (["--memory", "much"], 2, "'much' is no size"),
        (["--time", "90s"], 2, "--time 90s: a worker is told to leave 90 s before"),
        (["--hosts", "a"], 2, "slurm: --hosts is nothing that it can do"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(cluster, launch, daemon, flags, code, words):
    with ashad_client.connect(daemon.address) as client:
        client.create_study("refused", SPEC)
    found, said = launch("refused", "-n", "1", *flags)
    assert (found, words in said) == (code, True), said
    assert code == 2 or "nothing was submitted" in said
    assert cluster.slurm("squeue", "-h") == ""
