"""Tasks of a Dask cluster, an agent each; Dask runs them again where a worker of it was lost."""

from __future__ import annotations

from collections.abc import Mapping

from ashad_agent.fleet.engine import refused
from ashad_agent.fleet.order import Order, shell
from ashad_client.errors import invalid


class Dask:
    """By `distributed`, imported when it is asked for something."""

    CANNOT: Mapping[str, str] = {
        "elastic": "have the cluster follow the study: ashad_client.fleet.dask.AdaptiveToStudy",
        "cpus": "a Dask worker is what it was started as: one thread each",
        "memory": "a Dask worker is what it was started as: dask worker --memory-limit",
        "time_s": "Dask ends nothing; --max-time ends the agent, its trial given back",
        "at_most": "as many run as there are Dask workers",
        "ranks": "start the ranks in COMMAND (torchrun, mpirun)",
        "queue": "Dask has none",
        "hosts": "Dask chooses the workers",
        "image": "that is of Kubernetes",
        "namespace": "that is of Kubernetes",
        "secret": "the token is read from its file, by its path (ASHAD_TOKEN_FILE)",
        "python": "it is that of the Dask workers",
        "extra": "there is no command of Dask's in between",
    }

    @staticmethod
    def check(order: Order) -> None:
        """Refuse a cluster that has no name. Raises `Error`."""
        if not order.cluster:
            raise invalid("dask: --cluster: name the scheduler, such as tcp://scheduler:8786")

    @staticmethod
    def text(order: Order) -> str:
        """Write what each task runs, with its variables."""
        variables = "".join(f"{shell([f'{k}={v}'])} \\\n" for k, v in order.variables.items())
        tasks = [
            f"# task ashad-{one}\n{variables}{shell(['python', *words])}\n"
            for one, words in _agents(order)
        ]
        return "".join(tasks)

    @staticmethod
    def submit(order: Order) -> list[str]:
        """Submit the tasks. Raises `Error`."""
        try:
            from ashad_client.fleet.dask import launch_agents  # noqa: PLC0415
        except ImportError as error:
            raise refused("dask", "distributed", f"{error}: pip install distributed") from None
        try:
            seen = launch_agents(order.cluster or "", _agents(order), order.variables, order.gpus)
        except (OSError, ValueError, RuntimeError) as error:
            raise refused("dask", str(order.cluster), str(error)) from None
        return [
            f"{order.workers} tasks, which end with the study; {seen}",
            f"to end them before: ashad study pause {order.study} keeps what runs, stop ends it",
        ]


def _agents(order: Order) -> list[tuple[str, list[str]]]:
    ids = [f"dask-{order.name or order.study}-{number}" for number in range(order.workers)]
    return [(one, order.words("", f"--worker={one}")[1:]) for one in ids]
