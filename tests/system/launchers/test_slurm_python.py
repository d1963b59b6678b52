"""Functions in Python on a real cluster of Slurm's: by submitit, and by Dask's jobs."""

from __future__ import annotations

import getpass
import sys
import time

import ashad_client
import pytest

from tests.support.cluster import Cluster, until

submitit = pytest.importorskip("submitit", reason="run by make test-fleets")
distributed = pytest.importorskip("distributed")

import dask_jobqueue  # noqa: E402
from ashad_client.fleet import dask, slurm  # noqa: E402

SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 4, "limits": {"max_trials": 3},
    "space": {"x": ashad_client.uniform(0, 1)}, "algorithm": {"type": "random"},
}  # fmt: skip


@pytest.fixture(scope="module")
def cluster():
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def slurm_here(cluster, monkeypatch):
    monkeypatch.setenv("SLURM_CONF", str(cluster.conf))
    monkeypatch.chdir(cluster.folder)
    yield
    cluster.slurm("scancel", "--full", "--signal=KILL", "--state=RUNNING", check=False)
    cluster.slurm("scancel", f"--user={getpass.getuser()}", check=False)
    until(lambda: cluster.slurm("squeue", "-h") == "", cluster.said)


@pytest.fixture
def client(daemon):
    with ashad_client.connect(daemon.address) as client:
        yield client


def trainer(folder):
    """Return a function that waits in the middle, and also where it goes on from there."""

    def train(trial):
        for epoch in trial.steps():
            trial.report(epoch, checkpoint=f"file:///c/{epoch}", loss=1.0)
            while epoch >= 2 and not (folder / "go").exists():
                time.sleep(0.05)

    return train


def test_what_submitit_queues_again_has_its_trial_again(
    cluster, slurm_here, client, daemon, tmp_path
):
    client.create_study("submitted", SPEC)
    executor = submitit.AutoExecutor(folder=cluster.folder / "jobs")
    executor.update_parameters(timeout_min=30, slurm_signal_delay_s=60)
    jobs = slurm.launch(executor, trainer(tmp_path), "submitted", 2, address=daemon.address)

    def trials():
        return {one.worker: one for one in client.list_trials("submitted")}

    until(lambda: [t.resource for t in trials().values()] == [2, 2], cluster.said, 180)
    array = jobs[0].job_id.partition("_")[0]
    first, second = (f"slurm-test-{array}-{task}" for task in (0, 1))
    before = {worker: one.trial for worker, one in trials().items()}
    assert set(before) == {first, second}

    # What submitit has Slurm send ahead of the time limit; it reaches the step.
    cluster.slurm("scancel", "--signal=USR2", f"{array}_0")
    state = ["squeue", "-h", "-j", f"{array}_0", "-o", "%t"]
    until(lambda: cluster.slurm(*state, check=False) == "PD", cluster.said, 120)
    released = list(client.list_trials("submitted"))[before[first]]
    assert (str(released.state), released.attempt) == ("queued", 1)  # given back, not lost
    cluster.slurm("scontrol", "update", f"JobId={array}_0", "StartTime=now")
    until(lambda: trials().get(first) and trials()[first].attempt == 2, cluster.said, 180)
    assert {worker: one.trial for worker, one in trials().items()} == before
    (tmp_path / "go").touch()
    until(lambda: cluster.slurm("squeue", "-h") == "", cluster.said, 180)
    counts = client.study("submitted").counts
    assert (counts.completed, counts.failed) == (3, 0)


def test_ranks_are_workers_of_their_own(cluster, slurm_here, client, daemon, tmp_path):
    client.create_study("ranks", SPEC | {"limits": {"max_trials": 2}})
    executor = submitit.AutoExecutor(folder=cluster.folder / "jobs")
    executor.update_parameters(timeout_min=30, tasks_per_node=2)
    (job,) = slurm.launch(executor, trainer(tmp_path), "ranks", 1, address=daemon.address)
    until(lambda: [t.resource for t in client.list_trials("ranks")] == [2, 2], cluster.said, 180)
    workers = sorted(one.worker for one in client.list_trials("ranks"))
    assert workers == [f"slurm-test-{job.job_id.replace('_', '-')}-{rank}" for rank in (0, 1)]
    (tmp_path / "go").touch()
    until(lambda: cluster.slurm("squeue", "-h") == "", cluster.said, 180)
    assert client.study("ranks").counts.completed == 2


def test_jobs_of_dask_follow_the_study(cluster, slurm_here, client, daemon, tmp_path):
    client.create_study("jobs", SPEC)
    (tmp_path / "go").touch()
    with (
        dask_jobqueue.SLURMCluster(
            cores=1, processes=1, memory="1GB", job_directives_skip=["--mem"], queue="all",
            python=sys.executable, local_directory=str(cluster.folder),
            log_directory=str(cluster.folder),
            scheduler_options={"host": "127.0.0.1", "dashboard_address": ":0"},
        ) as jobs,
        distributed.Client(jobs) as engine,
    ):  # fmt: skip
        jobs.adapt(
            Adaptive=dask.AdaptiveToStudy, minimum=0, maximum=2, interval="200ms", wait_count=1,
            study="jobs", connection={"address": daemon.address},
        )  # fmt: skip
        until(lambda: len(jobs.scheduler.workers) == 2, cluster.said, 180)
        done = dask.launch(engine, trainer(tmp_path), "jobs", 2, address=daemon.address)
        distributed.wait(done, timeout=180)
        assert client.study("jobs").counts.completed == 3
        del done  # whoever holds a future keeps the worker that has its result
        until(lambda: cluster.slurm("squeue", "-h") == "", cluster.said, 120)
