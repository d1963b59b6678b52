"""`ashad launch kubernetes`: a valid manifest, whose pods, here processes, train; refusals."""

from __future__ import annotations

import os
import subprocess
import sys

import ashad_client
import pytest
import yaml
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.cluster import until
from tests.support.tools import run, tool

SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 2, "limits": {"max_trials": 2},
    "space": {"x": ashad_client.uniform(0, 1)}, "algorithm": {"type": "random"},
}  # fmt: skip
TRAIN = """
import pathlib, time
for epoch in (1, 2):
    print(f"epoch={epoch} loss=1.0", flush=True)
    while epoch == 1 and not pathlib.Path("go").exists():
        time.sleep(0.05)
"""


@pytest.fixture
def launch(daemon, tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")}
    environment |= {"ASHAD_ADDRESS": daemon.address, "HOME": str(tmp_path), "KUBECONFIG": "none"}

    def launch(*flags, **more):
        return subprocess.run(
            [sys.executable, "-m", "ashad_client", "launch", "kubernetes", *flags, "--",
             sys.executable, "train.py"],
            cwd=tmp_path, env=environment | more, text=True, check=False, capture_output=True,
        )  # fmt: skip

    return launch


FLAGS = ("digits", "-n", "2", "--image", "train:7", "--python", sys.executable)


def test_a_pod_that_comes_back_has_its_trial_again(launch, daemon, tmp_path):
    """As the kubelet starts it: by its command and its variables, with its index."""
    (tmp_path / "train.py").write_text(TRAIN)
    with ashad_client.connect(daemon.address) as client:
        client.create_study("digits", SPEC)
        # In the cluster the daemon has an address that is none here.
        made = launch(*FLAGS, "--dry-run", ASHAD_ADDRESS="ashad.default.invalid:2742")
        assert "the study was not looked at" in made.stderr
        (tmp_path / "job.yaml").write_text(made.stdout)
        said = run(tool("kubernetes-validate"), "--strict", tmp_path / "job.yaml")
        assert said.count(" passed for resource ") == 1, said
        (container,) = yaml.safe_load(made.stdout)["spec"]["template"]["spec"]["containers"]

        def pod(index):
            given = {entry["name"]: entry.get("value", index) for entry in container["env"]}
            worker = given["ASHAD_WORKER"].replace("$(ASHAD_INDEX)", given["ASHAD_INDEX"])
            env = os.environ | given | {"ASHAD_WORKER": worker, "ASHAD_ADDRESS": daemon.address}
            return subprocess.Popen(container["command"], cwd=tmp_path, env=env)

        def attempts():
            return {one.worker: (one.trial, one.attempt) for one in client.list_trials("digits")}

        first, second = pod("0"), pod("1")
        until(lambda: len(attempts()) == 2)
        trial, _ = attempts()["k8s-ashad-digits-0"]
        first.kill()  # the node is lost
        first.wait()
        again = pod("0")
        until(lambda: attempts().get("k8s-ashad-digits-0") == (trial, 2))
        (tmp_path / "go").touch()
        assert (again.wait(60), second.wait(60)) == (0, 0)
        assert client.study("digits").state == pb.STUDY_STATE_FINISHED
        assert client.study("digits").counts.failed == 0


def test_a_cluster_that_is_not_there_is_told_in_kubectls_words(launch, tmp_path):
    (tmp_path / "token").write_text("ash_0")
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")
    way = {"ASHAD_TOKEN_FILE": "token", "ASHAD_CA": "ca.pem", "ASHAD_ADDRESS": "there.invalid:2742"}
    done = launch(*FLAGS, **way)
    assert done.returncode == 1, done.stderr
    assert "kubernetes: kubectl: " in done.stderr
    assert "nothing was submitted" in done.stderr


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--time", "1h"), "--time is nothing that it can do: a pod has no end of its own"),
        (("--ranks", "2"), "--ranks is nothing that it can do"),
        (("--hosts", "a"), "--hosts is nothing that it can do"),
        (("--extra=-v",), "--extra is nothing that it can do"),
    ],
)
def test_what_it_cannot_do_is_refused_by_name(launch, flags, words):
    done = launch(*FLAGS, *flags)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
