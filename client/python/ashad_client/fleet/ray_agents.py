"""Agents on a Ray cluster: a detached actor each, which ends itself when the study is finished.

They outlive who launched them. Ray starts an actor again whose node is lost; an agent that failed
is started again by its actor, a few times. Who is there is told by the names of the actors.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayError

from ashad_client.fleet.pool import keep
from ashad_client.fleet.ray import see_gpus
from ashad_client.fleet.work import run_lives

NAMESPACE = "ashad"
_ANSWER_S = 10.0

log = logging.getLogger("ashad_client")


@dataclass(frozen=True)
class Agents:
    """What is launched: each agent's id and words, and what Ray gives it."""

    study: str
    words: Mapping[str, Sequence[str]]  # by worker id, which is the actor's name
    variables: Mapping[str, str]
    folder: str
    cpus: float = 1
    gpus: float = 0
    memory: int | None = None  # bytes
    resources: Mapping[str, float] = field(default_factory=dict)


class _Actor:
    """An actor that does one thing in a thread, and ends itself for good behind it."""

    def __init__(self, agents: Agents, name: str) -> None:
        self._agents, self._name = agents, name
        see_gpus(agents.gpus > 0)
        self._me = ray.get_runtime_context().current_actor
        threading.Thread(target=self._live, daemon=True, name="ashad-agent").start()

    def ready(self) -> None:
        """Answer, once it is there."""

    def _live(self) -> None:
        try:
            self._work()
        except Exception:
            log.exception("ashad: %s ends", self._name)
        finally:
            ray.kill(self._me, no_restart=True)

    def _work(self) -> None:
        raise NotImplementedError


class Agent(_Actor):
    """Runs one agent."""

    def _work(self) -> None:
        agents = self._agents
        run_lives(self._name, agents.words[self._name], agents.variables, agents.folder)


class Keeper(_Actor):
    """Starts agents as the study can use them. Started again it finds them by their names."""

    def _work(self) -> None:
        os.environ.update(self._agents.variables)
        names = list(self._agents.words)

        def alive() -> list[int]:
            there = _there()
            return [number for number, name in enumerate(names) if name in there]

        def start(number: int) -> None:
            _start(Agent, self._agents, names[number])

        keep(self._agents.study, len(names), {}, alive, start)


def launch_agents(cluster: str, agents: Agents, *, elastic: bool) -> list[str]:
    """Start all agents, or one that starts them as they are wanted; return what is to be known.

    Raises `OSError`, `RuntimeError` or `ValueError`, with what was started.
    """
    with _connected(cluster):
        keeper = f"{next(iter(agents.words)).rpartition('-')[0]}-keeper"
        taken = sorted(_there() & {*agents.words, keeper})
        if taken:
            raise ValueError(
                f"{taken[0]} runs already ({len(taken)} of these names do); nothing was started: "
                "give others another --name"
            )
        kind, names = (Keeper, [keeper]) if elastic else (Agent, list(agents.words))
        for number, name in enumerate(names):
            try:
                _start(kind, agents, name)
            except (RayError, RuntimeError, ValueError) as error:  # noqa: PERF203  # the first ends it
                left = ", ".join(names[:number]) or "nothing"
                raise RuntimeError(f"{name}: {error}; started before it: {left}") from None
        return _doubts(agents)


def _start(kind: type[_Actor], agents: Agents, name: str) -> None:
    asked: dict[str, Any] = {"num_cpus": 0}
    if kind is Agent:
        asked = {"num_cpus": agents.cpus, "num_gpus": agents.gpus}
        asked |= {"memory": agents.memory, "resources": dict(agents.resources)}
    actor = ray.remote(kind).options(
        **asked, name=name, namespace=NAMESPACE, lifetime="detached", max_restarts=-1
    )
    actor.remote(agents, name)


def _there() -> set[str]:
    found = ray.util.list_named_actors(all_namespaces=True)
    return {one["name"] for one in found if one["namespace"] == NAMESPACE}


def _doubts(agents: Agents) -> list[str]:
    """Return a warning where no node has what an agent asks for."""
    memory = {"memory": agents.memory} if agents.memory else {}
    asked = {"CPU": agents.cpus, "GPU": agents.gpus, **memory, **agents.resources}
    wanted = {name: much for name, much in asked.items() if much}
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if any(all(node.get(name, 0) >= much for name, much in wanted.items()) for node in nodes):
        return []
    text = ", ".join(f"{name} {much:g}" for name, much in wanted.items())
    return [f"warning: no node has {text}: they wait until one has, as an autoscaler may add it"]


@contextmanager
def _connected(cluster: str) -> Iterator[None]:
    # Ray itself asks for minutes whether somebody is there.
    where = re.fullmatch(r"(?:ray://)?\[?([^/]+?)\]?:([0-9]+)", cluster)
    if where:
        socket.create_connection((where[1], int(where[2])), _ANSWER_S).close()
    try:
        ray.init(
            cluster,
            namespace=NAMESPACE,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except RayError as error:
        raise RuntimeError(str(error)) from None
    try:
        yield
    finally:
        ray.shutdown()
