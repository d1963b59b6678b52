"""A kubelet whose containers are processes of this machine: one node, one container a pod.

    python -m tests.kubernetes.process_kubelet URL TOKEN CA NODE FOLDER

It takes the pods that are bound to no node, for which there is no scheduler, runs the command of
each in a PID namespace of its own, where that is process 1 and ends all others, and honours
deletion: TERM, and after the grace KILL. There are no images, and no mounts but Secrets: a pod that
has no command is left alone, FOLDER/image is where commands run, and where a pod mounts a Secret,
variables that name a path there name one in the pod's folder instead. There are no probes, and
nothing is restarted, as a Job has it.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.kubernetes.api import MERGE, Api, Refused

ROOM = {"cpu": "16", "memory": "16Gi", "pods": "110", "nvidia.com/gpu": "8"}
NAMESPACE = ["unshare", "--fork", "--pid", "--mount-proc", "--kill-child"]
if os.geteuid():
    NAMESPACE += ["--user", "--map-current-user"]


class Pod:
    """Runs one pod, on a thread of its own, from its start to its end."""

    def __init__(self, api: Api, pod: dict[str, Any], folder: Path) -> None:
        self._api, self._pod = api, pod
        at = pod["metadata"]
        self._path = f"/api/v1/namespaces/{at['namespace']}/pods/{at['name']}"
        self._image, self._folder = folder / "image", folder / "pods" / at["uid"]
        self._folder.mkdir(parents=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._leaving = threading.Event()
        self._lock = threading.Lock()
        threading.Thread(target=self._run, daemon=True).start()

    def leave(self, grace_s: float) -> None:
        """Begin its end: once."""
        with self._lock:
            if self._leaving.is_set():
                return
            self._leaving.set()
            process = self._process
        if process is None:
            return
        if process.poll() is not None:
            self.forget()
            return
        os.kill(first_of(process.pid), signal.SIGTERM)
        end = threading.Timer(grace_s, process.kill)
        end.daemon = True
        end.start()

    def _run(self) -> None:
        (container,) = self._pod["spec"]["containers"]
        mounts = self._mounted(container)
        variables = environment(self._pod, container, mounts)
        command = [expanded(word, variables) for word in container["command"]]
        with self._lock, (self._folder / "log").open("wb") as log:
            if not self._leaving.is_set():
                self._process = subprocess.Popen(
                    [*NAMESPACE, *command], cwd=self._image, stdout=log, stderr=log,
                    env={"PATH": os.environ["PATH"], **variables},
                )  # fmt: skip
        code, began = 128 + signal.SIGKILL, now()  # of one that never started
        if self._process is not None:
            running = {"phase": "Running", "startTime": began, "podIP": "127.0.0.1"}
            self._tell(running, {"running": {"startedAt": began}})
            code = self._process.wait()
        code = 128 - code if code < 0 else code
        reason = "Error" if code else "Completed"
        ended = {"exitCode": code, "reason": reason, "startedAt": began, "finishedAt": now()}
        self._tell({"phase": "Failed" if code else "Succeeded"}, {"terminated": ended})
        if self._leaving.is_set():
            self.forget()

    def forget(self) -> None:
        """Tell the server that nothing of it is left here."""
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": self._pod["metadata"]["uid"]}}
        try:
            self._api.call("DELETE", self._path, options)
        except Refused as error:
            if error.code not in (404, 409):
                raise

    def _tell(self, status: dict[str, Any], state: dict[str, Any]) -> None:
        ready = "running" in state
        (container,) = self._pod["spec"]["containers"]
        told = {
            **status,
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{
                "name": container["name"], "image": container["image"], "imageID": "none",
                "ready": ready, "started": ready, "restartCount": 0, "state": state,
            }],
        }  # fmt: skip
        try:
            self._api.call("PATCH", f"{self._path}/status", {"status": told}, MERGE)
        except Refused as error:
            if error.code != 404:  # deleted by force
                raise

    def _mounted(self, container: dict[str, Any]) -> dict[str, str]:
        """Write the Secrets that it mounts; return which folder stands for which path."""
        volumes = {one["name"]: one for one in self._pod["spec"].get("volumes", [])}
        found = {}
        for mount in container.get("volumeMounts", []):
            secret = volumes[mount["name"]]["secret"]
            folder = self._folder / mount["name"]
            folder.mkdir()
            for name, text in self._secret(secret["secretName"]).items():
                path = folder / name
                path.write_bytes(base64.b64decode(text))
                path.chmod(secret["defaultMode"])
            found[mount["mountPath"]] = str(folder)
        return found

    def _secret(self, name: str) -> dict[str, str]:
        """Return it; wait until it is there, as a pod does."""
        path = f"/api/v1/namespaces/{self._pod['metadata']['namespace']}/secrets/{name}"
        while not self._leaving.is_set():
            try:
                data: dict[str, str] = self._api.get(path)["data"]
            except Refused as error:
                if error.code != 404:
                    raise
                time.sleep(0.2)
            else:
                return data
        return {}


def first_of(pid: int) -> int:
    """Return the process 1 of a namespace that `unshare` made, or unshare itself before that."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return pid
    return int(children[0]) if children else pid


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def environment(
    pod: dict[str, Any], container: dict[str, Any], mounts: dict[str, str]
) -> dict[str, str]:
    """Return its variables, in order: one may name those before it."""
    found: dict[str, str] = {}
    for one in container.get("env", []):
        if "valueFrom" in one:
            value = field_of(pod, one["valueFrom"]["fieldRef"]["fieldPath"])
        else:
            value = expanded(one.get("value", ""), found)
        for path, folder in mounts.items():
            if value.startswith(path + "/"):
                value = folder + value.removeprefix(path)
        found[one["name"]] = value
    return found


def field_of(pod: dict[str, Any], path: str) -> str:
    name, _, key = path.partition("['")
    found: Any = pod
    for part in name.split("."):
        found = found[part]
    return str(found[key.removesuffix("']")] if key else found)


def expanded(text: str, variables: dict[str, str]) -> str:
    """Put variables where $(NAME) stands; $$ is a dollar, and a name that is none stays."""

    def put(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else variables.get(found[1], found[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", put, text)


def join(api: Api, name: str) -> None:
    """Make the node, ready and with room."""
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    api.call("POST", "/api/v1/nodes", node)
    ready = {"type": "Ready", "status": "True", "reason": "Is", "message": "a process"}
    status = {"capacity": ROOM, "allocatable": ROOM, "conditions": [ready]}
    api.call("PATCH", f"/api/v1/nodes/{name}/status", {"status": status}, MERGE)


def take(api: Api, node: str, at: dict[str, Any]) -> None:
    """Bind a pod to the node, if it still is bound to none."""
    target = {"apiVersion": "v1", "kind": "Node", "name": node}
    path = f"/api/v1/namespaces/{at['namespace']}/pods/{at['name']}/binding"
    try:
        api.call("POST", path, {"metadata": {"name": at["name"]}, "target": target})
    except Refused as error:
        if error.code not in (404, 409):
            raise


def serve(api: Api, name: str, folder: Path) -> None:
    """Run what is bound to the node, for ever."""
    pods: dict[str, Pod] = {}
    while True:
        for change, pod in api.watch("/api/v1/pods"):
            at = pod["metadata"]
            if "nodeName" not in pod["spec"] and "command" in pod["spec"]["containers"][0]:
                take(api, name, at)
            if pod["spec"].get("nodeName") != name:
                continue
            if change == "DELETED":  # by force: it had no time
                if at["uid"] in pods:
                    pods[at["uid"]].leave(0)
                continue
            if at["uid"] not in pods and pod["status"]["phase"] == "Pending":
                pods[at["uid"]] = Pod(api, pod, folder)
            if "deletionTimestamp" in at and at["uid"] in pods:
                pods[at["uid"]].leave(at["deletionGracePeriodSeconds"])


if __name__ == "__main__":
    where, token, ca, node, home = sys.argv[1:]
    server = Api(where, Path(token).read_text().strip(), ca)
    join(server, node)
    serve(server, node, Path(home))
