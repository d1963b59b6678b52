"""A thousand pods of an Indexed Job, whose life kwok plays: how long until each has a trial.

Each pod that runs is a client with the variables of its pod, in this process: its own connection,
its own worker id, one trial.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import AsyncExitStack, aclosing

import ashad_client
import pytest
import yaml

from tests.kubernetes.conftest import SPEC
from tests.kubernetes.process_kubelet import environment

PODS = 1000
NODE = {
    "apiVersion": "v1", "kind": "Node",
    "metadata": {"name": "fake", "annotations": {"kwok.x-k8s.io/node": "fake"}},
}  # fmt: skip
# By its own stages a Job's pod would be complete at once.
RUNS = """
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-runs}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
    - {key: .status.podIP, operator: DoesNotExist}
  next:
    statusTemplate: |
      conditions:
      - {type: Ready, status: "True"}
      hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
      podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
      phase: Running
      startTime: {{ Now | Quote }}
"""  # noqa: E501
LEAVES = """
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-leaves}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: Exists}
  next: {delete: true}
"""


@pytest.fixture
def kwok(cluster, tmp_path):
    """A node whose pods run at once and do nothing."""
    (tmp_path / "kwok.yaml").write_text(RUNS + LEAVES)
    cluster.run(
        "kwok", f"kubeconfig={cluster.kubeconfig('admin')}", f"config={tmp_path / 'kwok.yaml'}",
        "manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
    )  # fmt: skip
    cluster.kubectl("create", "-f", "-", given=NODE)


class Pods:
    """A client for each pod that runs, each with one trial."""

    def __init__(self, place) -> None:
        self.place = place
        self.held: dict[str, int] = {}  # by worker
        self.at: dict[str, float] = {}  # when the last so far was there
        self._loop = asyncio.get_running_loop()
        self._running: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """Look until all run: who watches for longer keeps the server from its end."""
        running = set()
        for _, pod in self.place.cluster.api.watch(f"/api/v1/namespaces/{self.place.name}/pods"):
            name = pod["metadata"]["name"]
            self.at.setdefault(f"made {name}", time.monotonic())
            if pod["status"].get("phase") == "Running" and name not in running:
                running.add(name)
                self.at[f"runs {name}"] = time.monotonic()
                found = environment(pod, pod["spec"]["containers"][0], {})
                self._loop.call_soon_threadsafe(self._running.put_nowait, found)
            if len(running) == PODS:
                return

    async def take_all(self, stack: AsyncExitStack) -> None:
        async with asyncio.timeout(800), asyncio.TaskGroup() as tasks:
            for _ in range(PODS):
                tasks.create_task(self._take(await self._running.get(), stack))

    async def _take(self, variables: dict[str, str], stack: AsyncExitStack) -> None:
        client = ashad_client.aio.connect(
            variables["ASHAD_ADDRESS"], ca=self.place.ca, worker=variables["ASHAD_WORKER"],
            token_file=self.place.folder / "worker.token",
        )  # fmt: skip
        await stack.enter_async_context(client)
        trials = await stack.enter_async_context(aclosing(client.trials("digits")))
        trial = await anext(trials)
        assert variables["ASHAD_WORKER"] not in self.held
        self.held[variables["ASHAD_WORKER"]] = trial.number
        self.at[f"held {trial.number}"] = time.monotonic()

    def last(self, what: str) -> float:
        return max(at for name, at in self.at.items() if name.startswith(what))


def test_all_have_a_trial_of_their_own(place, kwok):
    place.client.create_study("digits", SPEC | {"limits": {"max_trials": PODS}})
    printed = place.launch("-n", str(PODS), "--dry-run")
    assert printed.returncode == 0, printed.stderr
    job = yaml.safe_load(printed.stdout)
    job["spec"]["template"]["spec"]["nodeName"] = "fake"  # for there is no scheduler

    async def launched() -> tuple[Pods, float]:
        pods = Pods(place)
        begun = time.monotonic()
        place.kubectl("create", "-f", "-", given=job)
        async with AsyncExitStack() as stack:
            await pods.take_all(stack)
            trials = place.client.list_trials("digits")
            assert {one.worker: one.trial for one in trials} == pods.held
        return pods, begun

    pods, begun = asyncio.run(launched())
    assert sorted(pods.held.values()) == list(range(PODS))
    assert set(pods.held) == {f"k8s-{place.name}-ashad-digits-{one}" for one in range(PODS)}
    told = ", ".join(
        f"{what}: {pods.last(what) - begun:.1f} s" for what in ("made", "runs", "held")
    )
    print(f"\n{PODS} pods, the last {told}")
    place.kubectl("delete", "job", "ashad-digits", "--wait=false")
