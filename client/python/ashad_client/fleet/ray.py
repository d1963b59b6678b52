"""Workers on a Ray cluster: an actor each, which ends when the study is finished.

    ray.init("auto")
    fleet = launch(train, "digits", 16, num_gpus=1, address="trainer:2742")
    fleet.wait()

`train(trial)` trains one trial. Ray starts an actor again, elsewhere if its node is lost, and calls
it again; it has the same worker id then, so its trial comes back at once. `launch_as_wanted`
starts only as many as the study can use; Ray's autoscaler adds nodes for actors that wait for one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

import ray

from ashad_client.fleet.pool import keep
from ashad_client.fleet.work import train_all

_VISIBLE = "CUDA_VISIBLE_DEVICES"


def see_gpus(sees: bool) -> None:
    """Hide the GPUs unless one was asked for: Ray leaves the variable as it was."""
    if not sees:
        os.environ[_VISIBLE] = ""


class Worker:
    """One worker; Ray makes an actor of it."""

    def __init__(self, *, sees_gpus: bool) -> None:
        see_gpus(sees_gpus)

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
    fleet = Fleet([], [])
    for number in range(workers):
        _start(fleet, number, train, study, connection, num_cpus, num_gpus, resources)
    return fleet


def launch_as_wanted(
    train: Callable[[Any], object],
    study: str,
    most: int,
    *,
    num_cpus: float = 1,
    num_gpus: float = 0,
    resources: Mapping[str, float] | None = None,
    **connection: Any,
) -> None:
    """Start as many workers as the study can use, `most` at the most, until it is over.

    Raises what one of them raised. A worker that has started stays until then.
    """
    fleet = Fleet([], [])
    keep(
        study,
        most,
        connection,
        alive=lambda: range(len(fleet.actors)),
        start=lambda number: _start(
            fleet, number, train, study, connection, num_cpus, num_gpus, resources
        ),
    )
    fleet.wait()


def _start(
    fleet: Fleet,
    number: int,
    train: Callable[[Any], object],
    study: str,
    connection: Mapping[str, Any],
    num_cpus: float,
    num_gpus: float,
    resources: Mapping[str, float] | None,
) -> None:
    asked = {"num_cpus": num_cpus, "num_gpus": num_gpus, "resources": dict(resources or {})}
    kind = ray.remote(**asked, max_restarts=-1, max_task_retries=-1)(Worker)
    actor = kind.remote(sees_gpus=num_gpus > 0)
    fleet.actors.append(actor)
    known = {**connection, "worker": f"ray-{study}-{number}"}
    fleet.done.append(actor.train.remote(train, study, known))
