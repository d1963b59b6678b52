"""The Dockerfile and the Kubernetes manifests: what their own tools say, and that they work.

No container engine is needed: the daemon is started with the arguments, variables and files of the
manifest, and probed as the kubelet would.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import ashad_client
import grpc
import pytest
import yaml
from ashad.security import TokenFile
from ashad.security.certificates import make
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.tools import DEPLOY, ROOT, run, tool

DOCKERFILE = DEPLOY / "Dockerfile"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def test_hadolint_finds_nothing():
    assert run(tool("hadolint"), "--failure-threshold", "style", DOCKERFILE) == ""


def test_what_the_dockerfile_copies_is_enough_to_install(tmp_path):
    """Installed as there, from a folder that holds nothing but what is copied."""
    lines = [line.split() for line in DOCKERFILE.read_text().splitlines()]
    copied = [words[1:] for words in lines if words[:1] == ["COPY"] and "--from" not in words[1]]
    let_in = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    for *sources, target in copied:
        for source in sources:
            assert f"!{source}" in let_in
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, tmp_path / target)
            else:
                shutil.copy(ROOT / source, tmp_path / target)
    (install,) = (
        words[2:] for words in lines if words[:1] == ["RUN"] and words[2:3] == ["install"]
    )
    run(
        sys.executable, "-m", "pip", *install, "--quiet", "--no-deps",
        "--disable-pip-version-check", "--target", tmp_path / "there", cwd=tmp_path,
    )  # fmt: skip

    told = run(
        sys.executable, "-c", "import ashad.daemon.main as it; print(it.__file__)", cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "there")},
    )  # fmt: skip
    assert told.startswith(str(tmp_path / "there"))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_the_manifests_are_valid(path):
    said = run(tool("kubernetes-validate"), "--strict", path)
    assert said.count(" passed for resource ") == len(documents(path)), said


def test_the_checker_can_fail(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(MANIFESTS[0].read_text().replace("replicas: 1", 'replicas: "1"'))
    with pytest.raises(AssertionError, match="replicas"):
        run(tool("kubernetes-validate"), "--strict", wrong)


def test_the_stateful_set_runs_and_is_probed(new_daemon, tmp_path):
    service, stateful = documents(DEPLOY / "kubernetes" / "ashad.yaml")
    (secret,) = documents(DEPLOY / "kubernetes" / "secret.yaml")
    pod = stateful["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    folders = {mount["name"]: tmp_path / mount["name"] for mount in container["volumeMounts"]}
    for folder in folders.values():
        folder.mkdir()
    folders["data"].chmod(0o2775)  # as the kubelet makes it, for the group of the pod
    make(folders["secret"], ["127.0.0.1"])
    _, token = TokenFile(folders["secret"] / "tokens").create("admin")
    (tmp_path / "token").write_text(token)
    files = {path.name for path in folders["secret"].iterdir()}
    assert set(secret["data"]) <= files
    for path in folders["secret"].iterdir():
        path.chmod(0o440)
    for name in files - set(secret["data"]):
        (folders["secret"] / name).unlink()

    where = {mount["mountPath"]: folders[mount["name"]] for mount in container["volumeMounts"]}
    environment = {
        entry["name"]: re.sub("^/.*(?=/)", lambda found: str(where[found[0]]), str(entry["value"]))
        for entry in container["env"]
    }
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert environment.pop("ASHAD_ADDRESS") == f"0.0.0.0:{ports['grpc']}"
    assert environment.pop("ASHAD_HEALTH_ADDRESS") == f"0.0.0.0:{ports['health']}"
    assert service["spec"]["ports"][0]["port"] == ports["grpc"]
    assert container["args"] == ["serve"]

    with new_daemon(tmp_path) as daemon:
        daemon.db = folders["data"] / "ashad.db"
        daemon.address = "0.0.0.0:0"
        daemon.start("--health-address", "0.0.0.0:0", **environment)
        probed = daemon.process.stdout.readline().split()[-1].replace("0.0.0.0", "127.0.0.1")
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container[kind]["grpc"]
            assert asked["port"] == ports["health"]
            assert probe(probed, asked.get("service", "")) == health_pb2.HealthCheckResponse.SERVING
        address = daemon.address.replace("0.0.0.0", "127.0.0.1")
        ca = folders["secret"].parent / "ca.pem"
        ca.write_bytes((folders["secret"] / "server.pem").read_bytes())
        with ashad_client.connect(address, ca=ca, token_file=tmp_path / "token") as client:
            assert list(client.studies()) == []
        with grpc.insecure_channel(probed) as channel, pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary("/ashad.v1.StudyService/ListStudies")(b"", timeout=10)
        assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
        assert daemon.stop() == 0
        assert [path.stat().st_mode & 0o777 for path in folders["data"].glob("*.db")] == [0o600]


def probe(address: str, service: str):
    """Ask as the kubelet does: in the clear, with no token."""
    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        return stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10).status


def test_a_taken_port_of_probes_is_refused_in_one_line(daemon, tmp_path):
    line = [sys.executable, "-m", "ashad", "--address", "127.0.0.1:0", "--db", tmp_path / "b.db",
            "--health-address", daemon.address]  # fmt: skip
    done = subprocess.run(line, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 75
    assert "is taken" in done.stderr
    assert "Traceback" not in done.stderr


def documents(path):
    return list(yaml.safe_load_all(path.read_text()))
