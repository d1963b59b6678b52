"""Workers on a Ray cluster of nodes: one is removed without grace; as many as wanted; refusals."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import ashad_client
import pytest

from tests.support.cluster import until

ray = pytest.importorskip("ray", reason="run by make test-fleets")

from ashad_client.fleet.ray import launch as fleet_of  # noqa: E402
from ashad_client.fleet.ray import launch_as_wanted  # noqa: E402
from ray.cluster_utils import Cluster  # noqa: E402

SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 4, "limits": {"max_trials": 2},
    "space": {"x": ashad_client.uniform(0, 1)}, "algorithm": {"type": "random"},
}  # fmt: skip
STORE = 80 << 20


TRAIN = """
import os, pathlib, time
at = pathlib.Path(__file__).parent
name = f"{os.environ['ASHAD_TRIAL']}.{os.environ['ASHAD_ATTEMPT']}"
raylet = os.getpid()  # of the node
while "raylet" not in pathlib.Path(f"/proc/{raylet}/comm").read_text():
    raylet = pathlib.Path(f"/proc/{raylet}/stat").read_text().rpartition(")")[2].split()[1]
(at / name).write_text(f"{raylet} {os.environ['CUDA_VISIBLE_DEVICES']!r}")
for epoch in range(1, 5):
    print(f"epoch={epoch} loss=1.0", flush=True)
    while epoch == 2 and not (at / "go").exists():
        time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def cluster():
    with pytest.MonkeyPatch.context() as patch:
        # From a disk that has not read it yet its server may take longer than 30 s.
        patch.setenv("RAY_gcs_server_port_wait_time_s", "120")
        cluster = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": STORE}
        )
    ray.init(address=cluster.address, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def node(cluster):
    """Add nodes with room for one worker; what is left of them goes with the test."""
    added = []

    def add(**more):
        added.append(
            cluster.add_node(num_cpus=1, resources={"slot": 1}, object_store_memory=STORE, **more)
        )
        return added[-1]

    yield add
    for name in actors():
        ray.kill(ray.get_actor(name, namespace="ashad"))
    for one in added:
        if one in cluster.worker_nodes:
            cluster.remove_node(one)


@pytest.fixture
def launch(cluster, daemon, tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")}
    (tmp_path / "train.py").write_text(TRAIN)

    def launch(study, *flags, cluster=cluster.address, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "ashad_client", "launch", "ray", study, "--cluster", cluster,
             *flags, "--", sys.executable, str(tmp_path / "train.py")],
            cwd=tmp_path, text=True, capture_output=True, check=False, timeout=240,
            env=environment | {"ASHAD_ADDRESS": daemon.address},
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    return launch


@pytest.fixture
def client(daemon):
    with ashad_client.connect(daemon.address) as client:
        yield client


def actors():
    found = ray.util.list_named_actors(all_namespaces=True)
    return sorted(one["name"] for one in found if one["namespace"] == "ashad")


def agents():
    """Return the worker ids of agents that run on this machine's nodes."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if b"--worker=ray-" in words and b"supervisor" not in words:
            yield path


def raylet(node):
    return node.all_processes["raylet"][0].process.pid


def trainer(folder):
    def train(trial):
        (folder / f"{trial.number}.{trial.attempt}").write_text(
            f"{os.getppid()} {os.environ['CUDA_VISIBLE_DEVICES']!r}"
        )
        for epoch in trial.steps():
            trial.report(epoch, checkpoint=f"file:///c/{epoch}", loss=1.0)
            while epoch >= 2 and not (folder / "go").exists():
                time.sleep(0.05)

    return train


def lose_a_node_and_go_on(cluster, node, client, folder, study, sees, **more):
    """Return when the study is done; its first trial begins on a node that is lost."""
    until(lambda: [t.resource for t in client.list_trials(study)] == [2], seconds=240)
    (trial,) = client.list_trials(study)
    assert trial.worker == f"ray-{study}-0"
    (lost,) = cluster.worker_nodes
    assert (folder / "0.1").read_text() == f"{raylet(lost)} {sees!r}"

    other = node(**more)
    cluster.remove_node(lost, allow_graceful=False)
    until((folder / "0.2").exists, seconds=240)
    assert (folder / "0.2").read_text() == f"{raylet(other)} {sees!r}"
    (folder / "go").touch()
    until(lambda: client.study(study).counts.completed == 2, seconds=240)
    assert client.study(study).counts.failed == 0
    return [one.resource for one in client.list_reports(study, 0)]


def test_a_node_that_is_lost_costs_an_attempt_and_nothing_else(
    cluster, node, client, daemon, tmp_path
):
    node()
    client.create_study("actors", SPEC)
    fleet = fleet_of(trainer(tmp_path), "actors", 1, resources={"slot": 1}, address=daemon.address)
    # It asked for no GPU.
    reported = lose_a_node_and_go_on(cluster, node, client, tmp_path, "actors", "")
    assert reported == [1, 2, 3, 4]  # each once
    fleet.wait()


def test_so_do_agents_which_outlive_the_command_and_end_with_the_study(
    cluster, node, client, launch, tmp_path
):
    node(num_gpus=1)
    client.create_study("agents", SPEC)
    flags = ("-n", "1", "--gpus", "1", "--extra=slot=1", f"--checkpoints={tmp_path}")
    assert "1 actors, which end with the study: ray-agents-0" in launch("agents", *flags)
    said = launch("agents", *flags, code=1)
    assert "ray-agents-0 runs already" in said
    assert "nothing was started" in said
    reported = lose_a_node_and_go_on(cluster, node, client, tmp_path, "agents", "0", num_gpus=1)
    assert reported == [1, 2, 1, 2, 3, 4]  # the program keeps no checkpoint
    until(lambda: not actors() and not list(agents()), seconds=120)


def test_as_many_as_the_study_can_use(cluster, node, client, launch, daemon, tmp_path):
    """One trial at a time; then two: an actor is started for the second, and no third."""
    node()
    node()
    limits = {"max_trials": 3, "max_concurrent_trials": 1}
    client.create_study("elastic", SPEC | {"limits": limits})
    launch("elastic", "-n", "3", "--elastic", f"--checkpoints={tmp_path}")
    until(lambda: actors() == ["ray-elastic-0", "ray-elastic-keeper"], seconds=120)
    until(lambda: [t.resource for t in client.list_trials("elastic")] == [2], seconds=240)
    client.update_study("elastic", max_concurrent_trials=2)
    two = ["ray-elastic-0", "ray-elastic-1", "ray-elastic-keeper"]
    until(lambda: actors() == two, seconds=120)
    until(lambda: [t.resource for t in client.list_trials("elastic")] == [2, 2], seconds=240)
    (tmp_path / "go").touch()
    until(lambda: client.study("elastic").counts.completed == 3, seconds=240)
    until(lambda: not actors(), seconds=120)

    client.create_study("functions", SPEC)
    launch_as_wanted(trainer(tmp_path), "functions", 3, address=daemon.address)
    assert client.study("functions").counts.completed == 2
    assert {t.worker for t in client.list_trials("functions")} <= {
        "ray-functions-0", "ray-functions-1"
    }  # fmt: skip


def test_what_is_refused_starts_nothing(cluster, client, launch):
    client.create_study("refused", SPEC)
    for flags, code, words in (
        (("--cluster", "127.0.0.1:9"), 1, "Connection refused; nothing was started"),
        (("--at-most", "4"), 2, "--at-most is nothing that it can do"),
        (("--extra=TPU",), 2, "'TPU' is no resource"),
        (("--extra=GPU=1",), 2, "that is --cpus, --gpus, --memory"),
        (("--cluster=",), 2, "--cluster: name it"),
    ):
        assert words in launch("refused", "-n", "2", *flags, code=code)
    said = launch("refused", "-n", "2", "--dry-run", "--gpus=2", "--memory=1G", "--extra=TPU=4")
    asked = "num_cpus=1, num_gpus=2, memory=1073741824, resources={'TPU': 4.0}, max_restarts=-1"
    assert f"# actor ray-refused-1: {asked}" in said
    assert actors() == []
    assert client.study("refused").counts.created == 0
