"""One cluster for all, a namespace and a daemon with TLS for each test."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import ashad_client
import pytest
from ashad.security import TokenFile
from ashad.security.certificates import make

from tests.kubernetes.build import FOLDER, missing
from tests.kubernetes.control_plane import ControlPlane
from tests.support.daemon import Daemon, clean

NUMBERS = itertools.count()
SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 2, "limits": {"max_trials": 2},
    "space": {"x": ashad_client.uniform(0, 1)}, "algorithm": {"type": "random"},
}  # fmt: skip
# Two epochs, the second when the file `go` is there; it leaves when told to.
TRAIN = """
import os, pathlib, signal, sys, time
print("epoch=1 loss=1.0", flush=True)
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
while not pathlib.Path("go").exists():
    time.sleep(0.05)
print("epoch=2 loss=1.0", flush=True)
"""


def pytest_configure() -> None:
    """Say at once what is lacking, rather than in each test."""
    lacking = missing()
    if lacking:
        pytest.exit(f"{FOLDER} lacks {', '.join(lacking)}: make test-kubernetes builds them", 1)


@pytest.fixture(scope="session")
def image(tmp_path_factory) -> Path:
    """The folder that stands for the image: a program in it."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "train.py").write_text(TRAIN)
    return folder


@pytest.fixture(scope="session")
def cluster(tmp_path_factory, image):
    with ControlPlane(tmp_path_factory.mktemp("cluster")) as cluster:
        cluster.add_node("first", image)
        yield cluster


class Place:
    """A namespace, the daemon that its pods call, and whoever launches there."""

    def __init__(self, cluster: ControlPlane, name: str, folder: Path, image: Path) -> None:
        self.cluster, self.name, self.folder, self.image = cluster, name, folder, image
        host = socket.gethostname()  # what no pod takes for itself
        make(folder / "certs", [host, "127.0.0.1"])
        self.ca = folder / "certs" / "ca.pem"
        tokens = TokenFile(folder / "ashad.db.tokens")
        _, self.secret = tokens.create("worker")
        (folder / "worker.token").write_text(self.secret)
        (folder / "admin.token").write_text(tokens.create("admin")[1])
        self.daemon = Daemon(folder).start(
            "--tls-cert", str(folder / "certs" / "server.pem"),
            "--tls-key", str(folder / "certs" / "server.key"), "--require-tokens",
        )  # fmt: skip
        self.address = f"{host}:{self.daemon.address.rpartition(':')[2]}"
        self.client = ashad_client.connect(
            self.daemon.address, ca=self.ca, token_file=folder / "admin.token"
        )

    def go(self) -> None:
        """Let the programs end."""
        (self.image / "go").touch()

    def launch(self, *flags: str, user: str = "admin", command: tuple[str, ...] = ()) -> Any:
        """Run `ashad launch kubernetes`."""
        path = f"{FOLDER / 'bin'}:{os.environ['PATH']}"
        environment = clean() | {
            "ASHAD_ADDRESS": self.address, "ASHAD_CA": str(self.ca), "PATH": path,
            "ASHAD_TOKEN_FILE": str(self.folder / "worker.token"), "HOME": str(self.folder),
            "KUBECONFIG": str(self.cluster.kubeconfig(user)),
        }  # fmt: skip
        words = [sys.executable, "-m", "ashad_client", "launch", "kubernetes", "digits",
                 "--image=train:7", f"--python={sys.executable}", f"--namespace={self.name}",
                 *flags, "--", *(command or (sys.executable, "train.py"))]  # fmt: skip
        return subprocess.run(
            words, env=environment, cwd=self.folder, text=True, capture_output=True, check=False
        )

    def kubectl(self, *words: str, **more: Any) -> str:
        return self.cluster.kubectl("--namespace", self.name, *words, **more)

    def look(self, *words: str) -> Any:
        return self.cluster.look("--namespace", self.name, *words)

    def job(self) -> Any:
        """Return the Job."""
        return self.look("job", "ashad-digits")

    def has(self, condition: str) -> bool:
        """Whether the Job has such a condition."""
        found = self.job()["status"].get("conditions", [])
        return any(one["type"] == condition and one["status"] == "True" for one in found)

    def pods(self) -> dict[str, list[Any]]:
        """Return the pods of each index, the oldest first."""
        found: dict[str, list[Any]] = {}
        for pod in sorted(self.look("pods")["items"], key=lambda one: one["metadata"]["name"]):
            key = "batch.kubernetes.io/job-completion-index"
            found.setdefault(pod["metadata"]["annotations"][key], []).append(pod)
        return found

    def attempts(self) -> dict[str, tuple[str, int]]:
        """Return which trial each worker has, and the number of its attempt."""
        trials = self.client.list_trials("digits")
        return {one.worker: (one.trial, one.attempt) for one in trials if one.worker}

    def close(self) -> None:
        self.go()
        self.client.close()
        self.kubectl(
            "delete", "jobs,pods,statefulsets", "--all", "--grace-period=1", "--wait=false"
        )
        if self.daemon.process.poll() is None:
            self.daemon.stop()
        (self.image / "go").unlink()


@pytest.fixture
def place(cluster, image, request, tmp_path):
    name = f"{request.node.originalname.replace('_', '-')[:30]}-{next(NUMBERS)}"
    cluster.kubectl("create", "namespace", name)
    place = Place(cluster, name, tmp_path, image)
    yield place
    place.close()


@pytest.fixture
def digits(place):
    """The same, with a study."""
    place.client.create_study("digits", SPEC)
    return place
