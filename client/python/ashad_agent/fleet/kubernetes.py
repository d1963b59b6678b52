"""An Indexed Job of Kubernetes: one worker an index, by kubectl.

A pod that is evicted, pre-empted or loses its node comes back under its index and so under its
worker id, which counts as no failure; its trial goes on as the next attempt.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ashad_agent.fleet.engine import call
from ashad_agent.fleet.order import FILES, Order, is_here, shell
from ashad_agent.fleet.yaml_text import yaml_of
from ashad_agent.process.exit_status import USAGE
from ashad_client.errors import Error, invalid

FAILURES_PER_INDEX = 6
KEPT_S = 86_400  # a Job that is done is looked at for a day
_INDEX = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
_FOLDER = "/etc/ashad"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?")


class Kubernetes:
    """By kubectl, which finds the cluster as it always does."""

    CANNOT: Mapping[str, str] = {
        "elastic": "change the Job's parallelism by what ashad study demand says (--at-most)",
        "cluster": "kubectl finds it by its own configuration",
        "hosts": "Kubernetes chooses the nodes",
        "ranks": "a pod is one process tree; several pods a trial are a JobSet or a TrainJob",
        "time_s": "a pod has no end of its own; --max-time ends the agent, its trial given back",
        "extra": "--dry-run prints the manifest: change it there, and kubectl create -f - takes it",
    }

    @staticmethod
    def check(order: Order) -> None:
        """Refuse what no cluster would take. Raises `Error`."""
        if not order.image:
            raise invalid("kubernetes: --image: name the image that has ashad-client and COMMAND")
        if not _NAME.fullmatch(_name(order)):
            raise invalid(
                f"kubernetes: --name {_name(order)}: at most 52 of a-z, 0-9 and -, no - at an end"
            )
        if is_here(order.address):
            raise invalid(
                f"kubernetes: --address {order.address}: in a pod that is the pod itself; name the "
                "daemon's Service, such as ashad.default.svc:2742"
            )

    @staticmethod
    def text(order: Order) -> str:
        """Write the Job; what makes its Secret stands above it, as a comment without the secret."""
        make = _secret_words(order)
        head = "".join(f"# {line}\n" for line in _heading(shell(make) if make else ""))
        return head + yaml_of(_job(order))

    @staticmethod
    def submit(order: Order) -> list[str]:
        """Make the Secret and the Job, once the server would take the Job. Raises `Error`."""
        name, where = _name(order), _namespace(order)
        make, left, job = _secret_words(order), "nothing was submitted", yaml_of(_job(order))
        _would_take(name, where, job)
        if make:
            said = call("kubernetes", [*make, "--dry-run=client", "-o", "json"], "")
            call("kubernetes", ["kubectl", *where, "apply", "-f", "-"], said)
            left = (
                f"the secret {name} is left: {shell(['kubectl', *where, 'delete', 'secret', name])}"
            )
        call("kubernetes", ["kubectl", *where, "create", "-f", "-"], job, left)
        watch = shell(["kubectl", *where, "get", "pods", "-l", f"job-name={name}"])
        told = shell(["kubectl", *where, "describe", "job", name])
        made = [f"job/{name}", *([f"secret/{name}"] if make else [])]
        delete = shell(["kubectl", *where, "delete", *made])
        return [
            f"job {name}: {order.workers} workers, which end with the study; {watch}",
            f"where pods are missing, a quota say, the job tells why: {told}",
            f"to end them before, their trials given back: {delete}",
        ]


def _would_take(name: str, where: list[str], job: str) -> None:
    """Have the server look at the Job without making it. Raises `Error`."""
    try:
        call("kubernetes", ["kubectl", *where, "create", "--dry-run=server", "-f", "-"], job)
    except Error as error:
        if "does not support dry run" in error.message:  # a webhook of the cluster's
            return
        if "AlreadyExists" not in error.message:
            raise
        ended = shell(["kubectl", *where, "delete", "job", name])
        message = f"{error.message}; another --name, or end that one: {ended}"
        raise Error(message, code=error.code, reason=error.reason) from None


def _name(order: Order) -> str:
    if order.name:
        return order.name
    return "ashad-" + re.sub(r"[^a-z0-9]+", "-", order.study.lower()).strip("-")[:46].strip("-")


def _namespace(order: Order) -> list[str]:
    return [f"--namespace={order.namespace}"] if order.namespace else []


def _secrets(order: Order) -> dict[str, str]:
    return {name: order.variables[name] for name in FILES if name in order.variables}


def _secret_words(order: Order) -> list[str]:
    """Return what makes the Secret: files by their paths. Empty where there is nothing to make."""
    files = [f"--from-file={FILES[name]}={path}" for name, path in _secrets(order).items()]
    if not files or order.secret:
        return []
    where = _namespace(order)
    return ["kubectl", *where, "create", "secret", "generic", _name(order), *files]


def _heading(make: str) -> list[str]:
    made = ["Made by `ashad launch kubernetes`; kubectl create -f - takes it."]
    return [*made, "Its Secret, first:", f"  {make}"] if make else made


def _job(order: Order) -> dict[str, Any]:
    name = _name(order)
    labels = {"app.kubernetes.io/name": "ashad-worker", "app.kubernetes.io/instance": name}
    if order.queue:
        labels["kueue.x-k8s.io/queue-name"] = order.queue
    metadata = {"name": name, "labels": labels}
    if order.namespace:
        metadata["namespace"] = order.namespace
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            "completionMode": "Indexed",
            "completions": order.workers,
            "parallelism": order.at_most or order.workers,
            "backoffLimitPerIndex": FAILURES_PER_INDEX,
            "podFailurePolicy": {"rules": _rules()},
            "ttlSecondsAfterFinished": KEPT_S,
            "template": {"metadata": {"labels": labels}, "spec": _pod(order)},
        },
    }


def _rules() -> list[dict[str, Any]]:
    wrong = {"containerName": "worker", "operator": "In", "values": [USAGE]}
    return [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        # A wrong command line is wrong for all.
        {"action": "FailJob", "onExitCodes": wrong},
    ]


def _pod(order: Order) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "worker",
        "image": order.image,
        # $(NAME) is a variable to Kubernetes; $$( is what it writes for $(.
        "command": [w.replace("$(", "$$(") for w in order.words(order.python or "python3")],
        "env": _environment(order),
    }
    if found := _resources(order):
        container["resources"] = {"requests": found, "limits": found}
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        # Longer than the agent's own: its programs end, its trials are given back.
        "terminationGracePeriodSeconds": math.ceil(order.leave_s),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": [container],
    }
    if _secrets(order):
        container["volumeMounts"] = [{"name": "ashad", "mountPath": _FOLDER, "readOnly": True}]
        secret = {"secretName": order.secret or _name(order), "defaultMode": 0o440}
        pod["volumes"] = [{"name": "ashad", "secret": secret}]
    return pod


def _environment(order: Order) -> list[dict[str, Any]]:
    worker = f"k8s-{order.namespace}-{_name(order)}" if order.namespace else f"k8s-{_name(order)}"
    paths = {name: f"{_FOLDER}/{FILES[name]}" for name in _secrets(order)}
    return [
        {"name": "ASHAD_INDEX", "valueFrom": {"fieldRef": {"fieldPath": _INDEX}}},
        # The same when the pod comes back: the daemon knows the worker.
        {"name": "ASHAD_WORKER", "value": f"{worker}-$(ASHAD_INDEX)"},
        *({"name": k, "value": v} for k, v in {**order.variables, **paths}.items()),
    ]


def _resources(order: Order) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if order.gpus:
        found["nvidia.com/gpu"] = order.gpus
    if order.cpus:
        found["cpu"] = order.cpus
    if order.memory:
        found["memory"] = f"{order.memory}i"  # its G is a billion, Slurm's and ours is 2**30
    return found
