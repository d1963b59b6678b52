"""The Job: what it asks for, what it refuses, and that no secret stands in it."""

import pytest
import yaml
from ashad_agent.fleet.kubernetes import Kubernetes
from ashad_agent.fleet.order import Order
from ashad_client.errors import Error

VARIABLES = {"ASHAD_ADDRESS": "ashad.default.svc:2742"}


WHOLE = {
    "study": "digits_2.Best", "workers": 16, "command": ["./train", "$(HOME)"], "folder": "/w",
    "image": "train:7", "variables": VARIABLES,
}  # fmt: skip


def order(**more):
    return Order(**WHOLE | more)


def job(**more):
    return yaml.safe_load(Kubernetes.text(order(**more)))


def test_a_pod_that_is_disrupted_has_not_failed():
    spec = job(at_most=4)["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 16, 4)
    first, second = spec["podFailurePolicy"]["rules"]
    assert first == {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }
    assert (second["action"], second["onExitCodes"]["values"]) == ("FailJob", [2])
    assert spec["backoffLimitPerIndex"] > 0
    assert spec["template"]["spec"]["restartPolicy"] == "Never"  # else there is no policy


def test_it_leaves_the_agent_its_grace():
    assert job(grace_s=300.0)["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 360


def test_each_flag_arrives():
    made = job(
        gpus=1, cpus=4, memory="16G", queue="team", namespace="search", name="mine",
        agent=["--grace=5"], python="python3.12",
    )  # fmt: skip
    (container,) = made["spec"]["template"]["spec"]["containers"]
    assert made["metadata"]["name"] == "mine"
    assert made["metadata"]["namespace"] == "search"
    assert made["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team"
    assert container["resources"]["limits"] == {"nvidia.com/gpu": 1, "cpu": 4, "memory": "16Gi"}
    assert container["command"] == [
        "python3.12", "-m", "ashad_client", "run", "--grace=5", "digits_2.Best", "--", "./train",
        "$$(HOME)",
    ]  # fmt: skip
    assert container["env"][1] == {
        "name": "ASHAD_WORKER",
        "value": "k8s-search-mine-$(ASHAD_INDEX)",
    }


def test_secrets_are_named_never_written(tmp_path):
    token = tmp_path / "token"
    token.write_text("ash_secret")
    way = VARIABLES | {"ASHAD_TOKEN_FILE": str(token), "ASHAD_CA": "/c/ca.pem"}
    text = Kubernetes.text(order(variables=way))
    assert "ash_secret" not in text
    assert f"--from-file=token={token} --from-file=ca.pem=/c/ca.pem" in text
    pod = yaml.safe_load(text)["spec"]["template"]["spec"]
    assert pod["volumes"][0]["secret"]["secretName"] == "ashad-digits-2-best"
    environment = {entry["name"]: entry.get("value") for entry in pod["containers"][0]["env"]}
    assert environment["ASHAD_TOKEN_FILE"] == "/etc/ashad/token"
    assert environment["ASHAD_CA"] == "/etc/ashad/ca.pem"
    there = Kubernetes.text(order(variables=way, secret="theirs"))
    assert "create secret" not in there
    assert "secretName: theirs" in there


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"image": None}, "--image"),
        ({"name": "Mine_"}, "--name Mine_"),
        ({"name": "a" * 53}, "at most 52"),
        ({"variables": {"ASHAD_ADDRESS": "127.0.0.1:2742"}}, "that is the pod itself"),
    ],
)
def test_what_no_cluster_would_take_is_refused(more, words):
    with pytest.raises(Error, match=words):
        Kubernetes.check(order(**more))
