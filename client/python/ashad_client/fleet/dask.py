"""Workers on a Dask cluster: a task each, which ends when the study is finished.

    client = distributed.Client("tcp://scheduler:8786")
    done = launch(client, train, "digits", 16, resources={"GPU": 1}, address="trainer:2742")
    distributed.wait(done)

`train(trial)` trains one trial. A worker has the same id when its task runs again, so its trial
comes back at once. No result is kept in a future: a Dask worker that dies takes those of finished
tasks along, and Dask runs them again, which here finds the study finished.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

import distributed
from distributed.deploy.adaptive import Adaptive

import ashad_client
from ashad_client.fleet.demand import demand_of
from ashad_client.fleet.work import run_lives, train_all
from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb

RETRIES = 1000  # of a task that raised; a trial that fails is counted by the study


def launch(
    engine: distributed.Client,
    train: Callable[[Any], object],
    study: str,
    workers: int,
    *,
    resources: Mapping[str, float] | None = None,
    **connection: Any,
) -> list[Any]:
    """Submit that many workers of a study; return their futures, which end with it.

    `resources`: of Dask, for each. `connection`: as of `ashad_client.connect`.
    """
    ids = [f"dask-{study}-{number}" for number in range(workers)]
    return [
        engine.submit(
            train_all,
            train,
            study,
            {**connection, "worker": one},
            key=f"ashad-{one}",
            pure=False,
            retries=RETRIES,
            resources=dict(resources or {}),
        )
        for one in ids
    ]


def launch_agents(
    scheduler: str,
    agents: Sequence[tuple[str, Sequence[str]]],
    variables: Mapping[str, str],
    gpus: int | None,
) -> str:
    """Have Dask run agents, each by its id and words, and leave; return where they are seen."""
    with distributed.Client(scheduler, timeout="20s", set_as_default=False) as engine:
        offered = [w.get("resources", {}) for w in engine.scheduler_info()["workers"].values()]
        if gpus and offered and not any(one.get("GPU", 0) >= gpus for one in offered):
            raise ValueError(
                f"--gpus {gpus}: no worker offers so many: dask worker --resources GPU={gpus}"
            )
        resources = {"GPU": gpus} if gpus else {}
        for one, words in agents:
            future = engine.submit(
                run_lives,
                one,
                list(words),
                dict(variables),
                "",
                key=f"ashad-{one}",
                pure=False,
                resources=resources,
            )
            distributed.fire_and_forget(future)
        return str(engine.dashboard_link)


class AdaptiveToStudy(Adaptive):  # type: ignore[misc]  # distributed has no types
    """As many Dask workers as the study can use: `cluster.adapt(Adaptive=AdaptiveToStudy, ...)`.

    `study` and `connection` beside `minimum` and `maximum`. A daemon that is away changes nothing.
    One worker stays as long as somebody holds the future of a task: it has what the task returned,
    without which Dask would run it again.
    """

    def __init__(
        self, cluster: Any, *, study: str, connection: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        self._study = study
        self._known: int = 0
        self._client = ashad_client.aio.connect(**(connection or {}), call_timeout_s=10.0)
        super().__init__(cluster, **more)

    async def target(self) -> int:
        """Return how many workers there should be."""
        try:
            asked = pb.GetStudyRequest(study=self._study)
            found = await self._client.call(rpc.GET_STUDY, asked)
            demand = demand_of(found.study, found.quotas)
        except ashad_client.Error:
            return max(self._known, int(self.minimum))
        most = int(min(self.maximum, 1 << 20))  # it may be without end
        self._known = demand.within(int(self.minimum), most)
        if not self._known:
            self._known = min(1, most, int(await super().target()))
        return self._known
