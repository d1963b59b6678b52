"""Workers on a Ray cluster of nodes: one is removed without grace, and its trial goes on."""

from __future__ import annotations

import os
import time

import ashad_client
import pytest

from tests.support.cluster import until

ray = pytest.importorskip("ray", reason="run by make test-fleets")

from ashad_client.fleet.ray import launch  # noqa: E402
from ray.cluster_utils import Cluster  # noqa: E402

SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 4, "limits": {"max_trials": 2},
    "space": {"x": ashad_client.uniform(0, 1)}, "algorithm": {"type": "random"},
}  # fmt: skip
STORE = 80 << 20


@pytest.fixture
def cluster():
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": STORE}
    )
    ray.init(address=cluster.address, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def trainer(folder):
    def train(trial):
        (folder / f"{trial.number}.{trial.attempt}").write_text(
            f"{ray.get_runtime_context().get_node_id()} {os.environ['CUDA_VISIBLE_DEVICES']!r}"
        )
        for epoch in trial.steps():
            trial.report(epoch, checkpoint=f"file:///c/{epoch}", loss=1.0)
            while epoch == 2 and not (folder / "go").exists():
                time.sleep(0.05)

    return train


def test_a_node_that_is_lost_costs_an_attempt_and_nothing_else(cluster, daemon, tmp_path):
    lost = cluster.add_node(num_cpus=1, resources={"slot": 1}, object_store_memory=STORE)
    with ashad_client.connect(daemon.address) as client:
        client.create_study("actors", SPEC)
        fleet = launch(
            trainer(tmp_path), "actors", 1, resources={"slot": 1}, address=daemon.address
        )
        until(lambda: [t.resource for t in client.list_trials("actors")] == [2], seconds=120)
        (trial,) = client.list_trials("actors")
        assert trial.worker == "ray-actors-0"
        assert (tmp_path / "0.1").read_text() == f"{lost.node_id} ''"  # it asked for no GPU

        other = cluster.add_node(num_cpus=1, resources={"slot": 1}, object_store_memory=STORE)
        cluster.remove_node(lost, allow_graceful=False)
        until((tmp_path / "0.2").exists, seconds=120)
        assert (tmp_path / "0.2").read_text() == f"{other.node_id} ''"
        (tmp_path / "go").touch()
        fleet.wait()
        counts = client.study("actors").counts
        assert (counts.completed, counts.failed) == (2, 0)
        reported = [one.resource for one in client.list_reports("actors", 0)]
        assert reported == [1, 2, 3, 4]  # each once
