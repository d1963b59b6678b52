"""Workers on a Ray cluster: an actor each, which ends when the study is finished.

    ray.init("auto")
    fleet = launch(train, "digits", 16, num_gpus=1, address="trainer:2742")
    fleet.wait()

`train(trial)` trains one trial. Ray starts an actor again, elsewhere if its node is lost, and calls
it again; it has the same worker id then, so its trial comes back at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

import ray

from ashad_client.fleet.work import train_all

_VISIBLE = "CUDA_VISIBLE_DEVICES"


class Worker:
    """One worker; Ray makes an actor of it."""

    def __init__(self, *, sees_gpus: bool) -> None:
        if not sees_gpus:  # Ray leaves the variable as it was for what asks for no GPU
            os.environ[_VISIBLE] = ""

    def train(
        self, train: Callable[[Any], object], study: str, connection: Mapping[str, Any]
    ) -> None:
        """Train trials until the study is finished."""
        train_all(train, study, connection)


@dataclass(frozen=True)
class Fleet:
    """Actors, which live as long as this does, and what each is doing."""

    actors: list[Any]
    done: list[Any]

    def wait(self) -> None:
        """Wait until all have ended. Raises what one of them raised."""
        ray.get(self.done)

    def end(self) -> None:
        """End them at once; their trials go on elsewhere when their leases end."""
        for actor in self.actors:
            ray.kill(actor)


def launch(
    train: Callable[[Any], object],
    study: str,
    workers: int,
    *,
    num_cpus: float = 1,
    num_gpus: float = 0,
    resources: Mapping[str, float] | None = None,
    **connection: Any,
) -> Fleet:
    """Start that many workers of a study.

    `num_cpus`, `num_gpus`, `resources`: of Ray, for each. `connection`: as of
    `ashad_client.connect`.
    """
    asked = {"num_cpus": num_cpus, "num_gpus": num_gpus, "resources": dict(resources or {})}
    kind = ray.remote(**asked, max_restarts=-1, max_task_retries=-1)(Worker)
    ids = [f"ray-{study}-{number}" for number in range(workers)]
    actors = [kind.remote(sees_gpus=num_gpus > 0) for _ in ids]
    done = [
        actor.train.remote(train, study, {**connection, "worker": one})
        for actor, one in zip(actors, ids)
    ]
    return Fleet(actors, done)
