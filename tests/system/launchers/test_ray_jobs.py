"""Ray's own ways to a cluster: its job API, its client, and its autoscaler that adds nodes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import ashad_client
import pytest

from tests.support.cluster import free, until

ray = pytest.importorskip("ray", reason="run by make test-fleets")
jobs = pytest.importorskip("ray.job_submission")

SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 4, "limits": {"max_trials": 3},
    "space": {"x": ashad_client.uniform(0, 1)}, "algorithm": {"type": "random"},
}  # fmt: skip
STORE = 80 << 20
# What its AutoscalingCluster begins with is a file that the wheel lacks.
SCALING = {
    "cluster_name": "test", "max_workers": 2, "upscaling_speed": 1.0, "idle_timeout_minutes": 0.05,
    "head_node_type": "ray.head.default",
    "available_node_types": {
        "ray.head.default": {"resources": {"CPU": 0}, "node_config": {}, "max_workers": 0},
        "one": {
            "resources": {"CPU": 1, "object_store_memory": STORE}, "node_config": {},
            "min_workers": 0, "max_workers": 2,
        },
    },
    "provider": {
        "type": "fake_multinode", "use_node_id_as_ip": True, "disable_node_updaters": True,
        "disable_launch_config_check": True,
    },
    "auth": {}, "docker": {}, "initialization_commands": [], "setup_commands": [],
    "head_setup_commands": [], "worker_setup_commands": [], "head_start_ray_commands": [],
    "worker_start_ray_commands": [], "file_mounts": {}, "cluster_synced_files": [],
    "file_mounts_sync_continuously": False, "rsync_exclude": [], "rsync_filter": [],
}  # fmt: skip
TRAIN = """
import pathlib, sys, time
for epoch in range(1, 5):
    print(f"epoch={epoch} loss=1.0", flush=True)
    while epoch == 2 and not pathlib.Path(sys.argv[1]).exists():
        time.sleep(0.05)
"""
BIN = Path(sys.executable).parent
# No setting of the developer's, and commands of this environment.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("ASHAD_", "RAY_"))} | {
    "PATH": f"{BIN}:{os.environ['PATH']}"
}


class Head:
    """A head without room for work, which has the autoscaler start nodes beside it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ray-"))  # short: sockets are in it
        port, dashboard, client = free(3)
        self.dashboard, self.client = f"http://127.0.0.1:{dashboard}", f"ray://127.0.0.1:{client}"
        scaling = SCALING | {"provider": SCALING["provider"] | {"gcs_address": f"127.0.0.1:{port}"}}
        (self.folder / "scaling.json").write_text(json.dumps(scaling))
        with (self.folder / "out").open("wb") as out:
            self.process = subprocess.Popen(
                [BIN / "ray", "start", "--head", "--block", "--node-ip-address=127.0.0.1",
                 f"--port={port}", f"--dashboard-port={dashboard}", "--num-cpus=0",
                 f"--ray-client-server-port={client}", f"--object-store-memory={STORE}",
                 "--dashboard-agent-listen-port=0", f"--temp-dir={self.folder}",
                 f"--autoscaling-config={self.folder / 'scaling.json'}", "--disable-usage-stats"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                env=ENVIRONMENT | {"AUTOSCALER_UPDATE_INTERVAL_S": "1", "RAY_FAKE_CLUSTER": "1"},
            )  # fmt: skip
        until(self._answers, self.said, 120)
        ray.init(f"127.0.0.1:{port}", log_to_driver=False)

    def close(self) -> None:
        ray.shutdown()
        self.process.terminate()
        self.process.wait(60)
        for pid in self._left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def said(self) -> str:
        return (self.folder / "out").read_text()

    def nodes(self) -> int:
        """Return how many nodes there are beside the head."""
        return sum(one["Alive"] for one in ray.nodes()) - 1

    def _answers(self) -> bool:
        with suppress(ConnectionError, RuntimeError):
            return jobs.JobSubmissionClient(self.dashboard).list_jobs() == []
        return False

    def _left(self) -> list[int]:
        """Return the processes that name its folder: nodes of an autoscaler that is gone."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if str(self.folder).encode() in path.read_bytes():
                    found.append(int(path.parent.name))
        return found


@pytest.fixture(scope="module")
def head():
    head = Head()
    yield head
    head.close()


@pytest.fixture
def client(daemon):
    with ashad_client.connect(daemon.address) as client:
        yield client


@pytest.fixture
def command(daemon, tmp_path):
    """Run a command in a folder with a program in it, which ends when the file `go` is there."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "train.py").write_text(TRAIN)

    def command(*words):
        done = subprocess.run(
            [str(word) for word in words], cwd=tmp_path / "source", text=True, check=False,
            capture_output=True, timeout=240, env=ENVIRONMENT | {"ASHAD_ADDRESS": daemon.address},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return command


def actors():
    found = ray.util.list_named_actors(all_namespaces=True)
    return sorted(one["name"] for one in found if one["namespace"] == "ashad")


def test_a_job_launches_agents_which_outlive_it(head, client, command, daemon, tmp_path):
    """The program comes with the job, and each agent has it."""
    client.create_study("submitted", SPEC | {"limits": {"max_trials": 2}})
    variables = json.dumps({"env_vars": {"ASHAD_ADDRESS": daemon.address}})
    said = command(
        "ray", "job", "submit", "--address", head.dashboard, "--working-dir", ".",
        "--runtime-env-json", variables, "--", "ashad", "launch", "ray", "submitted", "-n", "1",
        "--cluster", "auto", "--", "python", "train.py", tmp_path / "go",
    )  # fmt: skip
    assert "1 actors, which end with the study: ray-submitted-0" in said
    assert "succeeded" in said
    until(lambda: [t.resource for t in client.list_trials("submitted")] == [2], head.said, 120)
    assert actors() == ["ray-submitted-0"]
    (tmp_path / "go").touch()
    until(lambda: client.study("submitted").counts.completed == 2, head.said, 120)
    until(lambda: not actors(), head.said, 120)
    until(lambda: head.nodes() == 0, head.said, 120)


def test_nodes_come_as_the_study_can_use_them_and_go(head, client, command, tmp_path):
    limits = {"max_trials": 3, "max_concurrent_trials": 1}
    client.create_study("scaled", SPEC | {"limits": limits})
    assert head.nodes() == 0
    said = command(
        "ashad", "launch", "ray", "scaled", "-n", "3", "--elastic", "--cluster", head.client,
        "--", "python", "train.py", tmp_path / "go",
    )  # fmt: skip
    assert "warning: no node has CPU 1: they wait until one has" in said
    until(lambda: [t.resource for t in client.list_trials("scaled")] == [2], head.said, 120)
    assert head.nodes() == 1
    client.update_study("scaled", max_concurrent_trials=2)
    until(lambda: [t.resource for t in client.list_trials("scaled")] == [2, 2], head.said, 120)
    assert head.nodes() == 2
    (tmp_path / "go").touch()
    until(lambda: client.study("scaled").counts.completed == 3, head.said, 120)
    until(lambda: head.nodes() == 0 and not actors(), head.said, 120)
