"""Workers on a Dask cluster of processes: one is killed, its trial goes on; scaling by demand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import ashad_client
import pytest

from tests.support.cluster import until

distributed = pytest.importorskip("distributed", reason="run by make test-fleets")

from ashad_client.fleet import dask  # noqa: E402
from dask import config as dask_config  # noqa: E402

SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 4, "limits": {"max_trials": 3},
    "space": {"x": ashad_client.uniform(0, 1)}, "algorithm": {"type": "random"},
}  # fmt: skip
TRAIN = """
import os, pathlib, time
for epoch in range(1, 5):
    print(f"epoch={epoch} loss=1.0", flush=True)
    while epoch == 2 and not pathlib.Path("go").exists():
        time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """As many workers as tasks; one that is slow to start again is waited for."""
    os.environ["DASK_TEMPORARY_DIRECTORY"] = str(tmp_path_factory.mktemp("dask"))
    patient = {"distributed.deploy.lost-worker-timeout": "5 minutes"}
    with (
        dask_config.set(patient),
        distributed.LocalCluster(
            processes=True, n_workers=2, threads_per_worker=1, dashboard_address=":0",
            resources={"GPU": 1},
        ) as cluster,
    ):  # fmt: skip
        yield cluster


@pytest.fixture
def engine(cluster):
    with distributed.Client(cluster) as engine:
        yield engine


@pytest.fixture
def client(daemon):
    with ashad_client.connect(daemon.address) as client:
        yield client


def trainer(folder):
    """Return a function that says in which process it trains; from the middle on it waits."""

    def train(trial):
        for epoch in trial.steps():
            (folder / f"{trial.number}.{trial.attempt}").write_text(str(os.getpid()))
            trial.report(epoch, checkpoint=f"file:///c/{epoch}", loss=1.0)
            while epoch >= 2 and not (folder / "go").exists():
                time.sleep(0.05)

    return train


def by_worker(client, study):
    return {one.worker: (one.trial, one.attempt) for one in client.list_trials(study)}


def test_a_killed_worker_has_its_trial_again(engine, client, daemon, tmp_path):
    client.create_study("tasks", SPEC)
    train = trainer(tmp_path)
    done = dask.launch(engine, train, "tasks", 2, resources={"GPU": 1}, address=daemon.address)
    until(lambda: [t.resource for t in client.list_trials("tasks")] == [2, 2])
    before = by_worker(client, "tasks")
    assert sorted(before) == ["dask-tasks-0", "dask-tasks-1"]
    trial, _ = before["dask-tasks-0"]
    os.kill(int((tmp_path / f"{trial}.1").read_text()), signal.SIGKILL)
    until(lambda: by_worker(client, "tasks")["dask-tasks-0"] == (trial, 2), seconds=120)
    (tmp_path / "go").touch()
    assert engine.gather(done) == [None, None]
    counts = client.study("tasks").counts
    assert (counts.completed, counts.failed) == (3, 0)
    assert by_worker(client, "tasks")["dask-tasks-1"][1] == 1


def launch(cluster, daemon, folder, study, *flags):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")}
    return subprocess.run(
        [sys.executable, "-m", "ashad_client", "launch", "dask", study, "-n", "2", *flags,
         "--", sys.executable, str(folder / "train.py")],
        cwd=folder, text=True, capture_output=True, check=False, timeout=120,
        env=environment | {"ASHAD_ADDRESS": daemon.address},
    )  # fmt: skip


def test_any_program_as_a_task(cluster, client, daemon, tmp_path):
    (tmp_path / "train.py").write_text(
        TRAIN.replace('Path("go")', f"Path({str(tmp_path / 'go')!r})")
    )
    client.create_study("programs", SPEC)
    where = ("--cluster", cluster.scheduler_address)
    done = launch(cluster, daemon, tmp_path, "programs", *where, "--gpus", "1",
                  f"--checkpoints={tmp_path}")  # fmt: skip
    assert done.returncode == 0, done.stderr
    until(lambda: [t.resource for t in client.list_trials("programs")] == [2, 2])
    before = by_worker(client, "programs")
    pid = next(p for p in agents() if b"--worker=dask-programs-0" in p.read_bytes()).parent.name
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)  # the process of Dask; the agent dies with it
    trial, _ = before["dask-programs-0"]
    until(lambda: by_worker(client, "programs")["dask-programs-0"] == (trial, 2), seconds=120)
    (tmp_path / "go").touch()
    until(lambda: client.study("programs").counts.completed == 3)
    assert client.study("programs").counts.failed == 0
    until(lambda: not list(agents()))


def agents():
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if b"--worker=dask-" in words and b"supervisor" not in words:
            yield path


def test_as_many_as_the_study_can_use(client, daemon, tmp_path):
    """Dask's own scaling asks the study."""
    client.create_study("elastic", SPEC | {"limits": {"max_trials": 5}})
    with distributed.LocalCluster(
        processes=True, n_workers=0, threads_per_worker=1, dashboard_address=":0"
    ) as cluster:
        adaptive = cluster.adapt(
            Adaptive=dask.AdaptiveToStudy, minimum=0, maximum=2, interval="200ms", wait_count=1,
            study="elastic", connection={"address": daemon.address},
        )  # fmt: skip
        with distributed.Client(cluster) as engine:
            (tmp_path / "go").touch()
            until(lambda: len(cluster.scheduler.workers) == 2, seconds=120)
            done = dask.launch(engine, trainer(tmp_path), "elastic", 2, address=daemon.address)
            distributed.wait(done, timeout=120)
            assert client.study("elastic").counts.completed == 5
            del done  # whoever holds a future keeps the worker that has its result
            until(lambda: len(cluster.scheduler.workers) == 0, seconds=120)
        adaptive.stop()


def test_what_is_refused_leaves_nothing_behind(cluster, client, daemon, tmp_path):
    client.create_study("refused", SPEC)
    for flags, code, words in (
        (("--cluster", "tcp://127.0.0.1:9"), 1, "nothing was submitted"),
        (("--cluster", cluster.scheduler_address, "--gpus", "4"), 1, "no worker offers so many"),
        (("--cluster", cluster.scheduler_address, "--cpus", "4"), 2, "--cpus is nothing that"),
        ((), 2, "--cluster: name the scheduler"),
    ):
        done = launch(cluster, daemon, tmp_path, "refused", *flags)
        assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert client.study("refused").counts.created == 0
