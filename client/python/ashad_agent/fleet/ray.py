"""Actors of a Ray cluster, an agent each; Ray starts them elsewhere where a node was lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ashad_agent.fleet.engine import refused
from ashad_agent.fleet.order import Order, shell
from ashad_client.errors import invalid

if TYPE_CHECKING:
    from ashad_client.fleet.ray_agents import Agents

_IDLE = "--idle-timeout"
_UNITS = {"K": 10, "M": 20, "G": 30, "T": 40}


class Ray:
    """By `ray`, imported when it is asked for something."""

    CANNOT: Mapping[str, str] = {
        "time_s": "Ray ends nothing; --max-time ends the agent, its trial given back",
        "at_most": "as many run as its nodes have room for; --elastic follows the study",
        "ranks": "start the ranks in COMMAND (torchrun, mpirun)",
        "queue": "Ray has none",
        "hosts": "Ray chooses the nodes; to choose among them: --extra=RESOURCE=1",
        "image": "that is of Kubernetes",
        "namespace": "that is of Kubernetes",
        "secret": "the token is read from its file, by its path (ASHAD_TOKEN_FILE)",
        "python": "it is that of the Ray nodes",
    }

    @staticmethod
    def check(order: Order) -> None:
        """Refuse a cluster that has no name, and resources that are none. Raises `Error`."""
        if not order.cluster:
            raise invalid("ray: --cluster: name it: auto, head:6379 or ray://head:10001")
        _resources(order)

    @staticmethod
    def text(order: Order) -> str:
        """Write what each actor is given and runs, with its variables."""
        asked: dict[str, object] = {"num_cpus": order.cpus or 1, "num_gpus": order.gpus or 0}
        asked |= {"memory": _bytes(order)} if order.memory else {}
        asked |= {"resources": _resources(order)} if order.extra else {}
        given = ", ".join(f"{name}={value}" for name, value in asked.items())
        variables = "".join(f"{shell([f'{k}={v}'])} \\\n" for k, v in order.variables.items())
        first = "# started as the study can use them\n" if order.elastic else ""
        return first + "".join(
            f"# actor {one}: {given}, max_restarts=-1\n{variables}{shell(['python', *words])}\n"
            for one, words in _words(order).items()
        )

    @staticmethod
    def submit(order: Order) -> list[str]:
        """Start the actors. Raises `Error`."""
        try:
            from ashad_client.fleet.ray_agents import NAMESPACE, launch_agents  # noqa: PLC0415
        except ImportError as error:
            raise refused("ray", "ray", f"{error}: pip install ray") from None
        cluster = str(order.cluster)
        try:
            doubts = launch_agents(cluster, _agents(order), elastic=bool(order.elastic))
        except (OSError, ValueError, RuntimeError) as error:
            said = str(error)
            left = () if "started" in said else ("nothing was started",)
            raise refused("ray", cluster, said, *left) from None
        names = list(_words(order))
        most = "as many as the study can use of " if order.elastic else ""
        where = f"{names[0]} to {names[-1]} in Ray's namespace {NAMESPACE}"
        return [
            *doubts,
            f"{most}{order.workers} actors, which end with the study: {where}",
            f"to end them before: ashad study pause {order.study} keeps what runs, stop ends it",
        ]


def _words(order: Order) -> dict[str, list[str]]:
    ids = [f"ray-{order.name or order.study}-{number}" for number in range(order.workers)]
    leaves = order.elastic and not any(flag.startswith(_IDLE) for flag in order.agent)
    more = [f"{_IDLE}=60"] if leaves else []
    return {one: order.words("", *more, f"--worker={one}")[1:] for one in ids}


def _agents(order: Order) -> Agents:
    from ashad_client.fleet.ray_agents import Agents  # noqa: PLC0415

    return Agents(
        study=order.study,
        words=_words(order),
        variables=order.variables,
        folder=order.folder,
        cpus=order.cpus or 1,
        gpus=order.gpus or 0,
        memory=_bytes(order),
        resources=_resources(order),
    )


def _bytes(order: Order) -> int | None:
    if not order.memory:
        return None
    return int(order.memory[:-1]) << _UNITS[order.memory[-1]]


def _resources(order: Order) -> dict[str, float]:
    """Read --extra: resources of Ray's own. Raises `Error`."""
    found: dict[str, float] = {}
    for one in order.extra:
        name, _, much = one.partition("=")
        try:
            found[name] = float(much)
        except ValueError:
            found[name] = 0.0
        if not name or not 0 < found[name] < float("inf"):
            raise invalid(f"ray: --extra {one!r} is no resource of Ray's, such as --extra=TPU=4")
        if name in ("CPU", "GPU", "memory"):
            raise invalid(f"ray: --extra {one!r}: that is --cpus, --gpus, --memory")
    return found
