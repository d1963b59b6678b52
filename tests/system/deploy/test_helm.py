"""The Helm chart: valid, the source of the manifest, and strict about its values. No cluster."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from ashad import __version__
from ashad.scheduler.quotas import read_rules
from ashad_agent.fleet.kubernetes import Kubernetes
from ashad_agent.fleet.order import Order

from tests.support import ROOT
from tests.system.deploy.test_containers import documents, run, tool

CHART = ROOT / "deploy" / "helm" / "ashad"
VALUES = {
    "web": "true",
    "environment.ASHAD_LOG_LEVEL": "debug",
    "storage.className": "fast",
    "nodeSelector.disk": "ssd",
    "podAnnotations.team": "vision",
    "priorityClassName": "high",
    "tolerations[0].operator": "Exists",
    "image.pullSecrets[0].name": "registry",
}


def helm(*words: object) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("helm")
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)


def rendered(folder: Path, name: str, **values: str) -> Path:
    done = helm("template", name, CHART, *(f"--set={key}={said}" for key, said in values.items()))
    assert done.returncode == 0, done.stderr
    (folder / "made.yaml").write_text(done.stdout)
    return folder / "made.yaml"


def test_helm_has_nothing_to_complain_of():
    done = helm("lint", "--strict", CHART)
    assert done.returncode == 0, done.stdout


def test_the_manifest_is_what_the_chart_makes(tmp_path):
    """After a change of the chart: make manifest."""
    made = rendered(tmp_path, "ashad").read_text().splitlines()
    kept = (ROOT / "deploy" / "kubernetes" / "ashad.yaml").read_text().splitlines()
    assert [line for line in made if not line.startswith("# Source")] == kept


def test_every_value_arrives_in_a_valid_manifest(tmp_path):
    made = rendered(tmp_path, "search", **VALUES)
    said = run(tool("kubernetes-validate"), "--strict", made)
    assert said.count(" passed for resource ") == 2, said
    service, stateful = documents(made)
    assert service["metadata"]["name"] == stateful["spec"]["serviceName"] == "search"
    assert {port["name"]: port["port"] for port in service["spec"]["ports"]} == {
        "grpc": 2742,
        "web": 2744,
    }
    pod = stateful["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    assert environment["ASHAD_WEB"] == "0.0.0.0:2744"
    assert environment["ASHAD_LOG_LEVEL"] == "debug"
    assert container["image"] == f"ashad:{__version__}"
    assert pod["metadata"]["annotations"] == {"team": "vision"}
    assert pod["spec"]["nodeSelector"] == {"disk": "ssd"}
    assert pod["spec"]["tolerations"] == [{"operator": "Exists"}]
    assert pod["spec"]["priorityClassName"] == "high"
    assert pod["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    (claim,) = stateful["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "fast"


QUOTAS = '[[quota]]\nlabel = "team=*"\ntrials = 8\n'


def test_the_file_of_quotas_is_where_the_daemon_reads_it(tmp_path):
    """As the folder of a ConfigMap, so that a change arrives in the pod; SIGHUP has it read."""
    values, made = tmp_path / "values.yaml", tmp_path / "made.yaml"
    values.write_text(yaml.safe_dump({"quotas": QUOTAS}))
    made.write_text(helm("template", "search", CHART, "-f", values).stdout)
    said = run(tool("kubernetes-validate"), "--strict", made)
    assert said.count(" passed for resource ") == 3, said
    found = {one["kind"]: one for one in documents(made)}
    pod = found["StatefulSet"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    path = Path({one["name"]: one["value"] for one in container["env"]}["ASHAD_QUOTAS"])
    (mount,) = (one for one in container["volumeMounts"] if one["mountPath"] == str(path.parent))
    assert "subPath" not in mount
    (volume,) = (one for one in pod["volumes"] if one["name"] == mount["name"])
    assert not volume["configMap"]["defaultMode"] & 0o002  # which the daemon refuses
    assert volume["configMap"]["name"] == found["ConfigMap"]["metadata"]["name"]
    (tmp_path / path.name).write_text(found["ConfigMap"]["data"][path.name])
    assert read_rules(tmp_path / path.name).quotas


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("quotas.all=3", "quotas"),
        ("storag.size=50Gi", "storag"),
        ("replicas=2", "replicas"),
        ("storage.size=much", "storage.size"),
        ("environment.LOG=debug", "environment"),
        ("web=maybe", "web"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(value, named):
    done = helm("template", "ashad", CHART, "--set", value)
    assert done.returncode != 0
    assert named in done.stderr


def test_it_packs(tmp_path):
    done = helm("package", CHART, "--destination", tmp_path)
    assert done.returncode == 0, done.stderr
    with tarfile.open(tmp_path / f"ashad-{__version__}.tgz") as packed:
        assert "ashad/values.schema.json" in packed.getnames()


WORKERS = {
    "count": 16, "atMost": 8, "study": "digits", "image": "train:7", "secretName": "worker",
    "command": ["./train", "{lr}", "$(HOME)"], "minAvailable": 4,
    "resources": {"limits": {"cpu": 4}, "requests": {"cpu": 4}},
}  # fmt: skip


def with_workers(folder, workers):
    values = folder / "values.yaml"
    values.write_text(yaml.safe_dump({"workers": workers, "networkPolicy": True}))
    return helm("template", "search", CHART, "-f", values)


def test_its_workers_are_those_of_the_launcher(tmp_path):
    path = tmp_path / "made.yaml"
    path.write_text(with_workers(tmp_path, WORKERS).stdout)
    said = run(tool("kubernetes-validate"), "--strict", path)
    assert said.count(" passed for resource ") == 6, said
    made = {(one["kind"], one["metadata"]["name"]): one for one in documents(path)}
    ((_, name), job) = next(item for item in made.items() if item[0][0] == "Job")
    order = Order(
        study="digits", workers=16, at_most=8, command=WORKERS["command"], folder="/",
        agent=["--grace=30"], cpus=4, image="train:7", secret="worker", name=name,
        variables={
            "ASHAD_ADDRESS": "search.default.svc:2742",
            "ASHAD_TOKEN_FILE": "token", "ASHAD_CA": "ca.pem",
        },
    )  # fmt: skip
    assert job == yaml.safe_load(Kubernetes.text(order))
    budget = made["PodDisruptionBudget", name]["spec"]
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert budget["selector"]["matchLabels"].items() <= labels.items()
    callers = made["NetworkPolicy", "search"]["spec"]["ingress"][0]["from"][0]
    assert callers["podSelector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize("lacking", ["image", "study", "secretName"])
def test_a_worker_lacks_nothing(tmp_path, lacking):
    done = with_workers(tmp_path, {k: v for k, v in WORKERS.items() if k != lacking})
    assert done.returncode != 0
    assert f"workers.{lacking}: " in done.stderr
