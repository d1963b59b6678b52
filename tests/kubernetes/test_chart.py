"""What the Helm chart makes is taken strictly, and does what it says: its budget, its pods."""

from __future__ import annotations

import sys

import pytest
import yaml

from tests.kubernetes.control_plane import until
from tests.support import ROOT
from tests.support.tools import run, tool

CHART = ROOT / "deploy" / "helm" / "ashad"
WORKERS = {
    "count": 2, "study": "digits", "image": "train:7", "secretName": "worker", "minAvailable": 2,
    "python": sys.executable, "command": [sys.executable, "train.py"],
}  # fmt: skip


def manifest(place, **values):
    path = place.folder / "values.yaml"
    path.write_text(yaml.safe_dump(values))
    return run(tool("helm"), "template", "search", CHART, "--namespace", place.name, "-f", path)


def test_all_of_it_is_taken_strictly(place):
    made = manifest(
        place, networkPolicy=True, web=True, workers=WORKERS, podAnnotations={"a": "b"},
        storage={"className": "fast"}, tolerations=[{"operator": "Exists"}],
    )  # fmt: skip
    said = place.kubectl("create", "--validate=strict", "-f", "-", given=made).splitlines()
    kinds = sorted(line.split("/")[0] for line in said if line.endswith(" created"))
    assert kinds == [
        "job.batch", "networkpolicy.networking.k8s.io", "networkpolicy.networking.k8s.io",
        "poddisruptionbudget.policy", "service", "statefulset.apps",
    ]  # fmt: skip
    # The controller makes the daemon's pod and claims its disk.
    until(lambda: "search-0" in place.kubectl("get", "pods"))
    (claim,) = place.look("persistentvolumeclaims")["items"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "10Gi"


def test_the_manifest_without_helm_is_taken_strictly(place):
    for name in ("secret.yaml", "ashad.yaml"):
        path = str(ROOT / "deploy" / "kubernetes" / name)
        place.kubectl("create", "--dry-run=server", "--validate=strict", "-f", path)


@pytest.mark.parametrize("kept", [2, 1])
def test_the_budget_holds_an_eviction_back(digits, kept):
    files = {"token": digits.folder / "worker.token", "ca.pem": digits.ca}
    given = [f"--from-file={name}={path}" for name, path in files.items()]
    digits.kubectl("create", "secret", "generic", "worker", *given)
    text = manifest(digits, workers=WORKERS | {"minAvailable": kept})
    kinds = ("Job", "PodDisruptionBudget")
    made = [one for one in yaml.safe_load_all(text) if one["kind"] in kinds]
    for one in made:
        if one["kind"] == "Job":  # the daemon is beside the cluster
            env = one["spec"]["template"]["spec"]["containers"][0]["env"]
            next(e for e in env if e["name"] == "ASHAD_ADDRESS")["value"] = digits.address
            name = one["metadata"]["name"]
    digits.kubectl("create", "-f", "-", given=yaml.safe_dump_all(made))
    until(lambda: len(digits.attempts()) == 2)

    def allowed():
        (budget,) = digits.look("poddisruptionbudgets")["items"]
        return budget["status"].get("disruptionsAllowed")

    until(lambda: allowed() == 2 - kept)
    (pod,) = digits.pods()["0"]
    at = {key: pod["metadata"][key] for key in ("name", "namespace")}
    path = f"/api/v1/namespaces/{at['namespace']}/pods/{at['name']}/eviction"
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": at}
    said = digits.kubectl("create", "--raw", path, "-f", "-", given=eviction, check=False)
    held = "Cannot evict pod as it would violate the pod's disruption budget" in said
    assert held is (kept == 2), said
    assert name.startswith("search-workers-")
