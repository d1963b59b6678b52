"""A job array of Slurm: one worker a task, queued again before its time limit or after a lost node.

A task that runs again has the same worker id, so its trial comes back at once as the next attempt.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from ashad_agent.fleet.engine import call
from ashad_agent.fleet.order import Order, shell
from ashad_client.errors import invalid

_SCRIPT = """\
#!/bin/bash
# {workers} of study {study}, one a task; made by `ashad launch slurm`, submitted by sbatch.
{directives}
set -u
{variables}
# The same when the task runs again: the daemon knows the worker, and its trial comes back at once.
task="${{SLURM_ARRAY_JOB_ID:?}}_${{SLURM_ARRAY_TASK_ID:?}}"
export ASHAD_WORKER="slurm-${{SLURM_CLUSTER_NAME:-}}-${{task/_/-}}"
# Ahead of the time limit Slurm signals this shell alone (--signal=B:). The agent then gives its
# trial back, and the task is queued again.
limit=
trap 'limit=1; kill -USR1 "$agent"' USR1
trap 'kill -TERM "$agent"' TERM
{command} &
agent=$!
while wait "$agent"; code=$?; kill -0 "$agent" 2>/dev/null; do :; done
if [ -n "$limit" ] && [ "$code" -gt 128 ]; then
    scontrol requeue "$task"
fi
exit "$code"
"""


class Slurm:
    """By sbatch, which reads the script from its standard input."""

    CANNOT: Mapping[str, str] = {
        "elastic": "change the throttle: scontrol update JobId=JOB ArrayTaskThrottle=8 (--at-most)",
        "cluster": "Slurm is told by its own configuration (SLURM_CONF)",
        "hosts": "Slurm chooses the nodes; to choose among them: --extra=--nodelist=a,b",
        "image": "Slurm runs what its nodes have; a container is a part of the command",
        "namespace": "that is of Kubernetes",
        "secret": "the token is read from its file, by its path (ASHAD_TOKEN_FILE)",
    }

    @staticmethod
    def check(order: Order) -> None:
        """Refuse a time limit that leaves no time to train. Raises `Error`."""
        if order.time_s is not None and order.time_s < order.leave_s + 60:
            raise invalid(
                f"slurm: --time {order.time_s:g}s: a worker is told to leave {order.leave_s} s "
                "before its end (--grace and a minute): give it longer"
            )
        if any("\n" in flag or not flag.startswith("-") for flag in order.extra):
            raise invalid("slurm: --extra is a flag of sbatch, such as --extra=--account=vision")

    @staticmethod
    def text(order: Order) -> str:
        """Write the batch script."""
        variables = [f"export {shell([f'{k}={v}'])}" for k, v in order.variables.items()]
        before = ["srun"] if (order.ranks or 1) > 1 else []
        return _SCRIPT.format(
            workers=f"{order.workers} workers" if order.workers > 1 else "one worker",
            study=order.study,
            directives="\n".join(f"#SBATCH {flag}" for flag in _directives(order)),
            variables="\n".join(variables),
            command=shell(order.words(order.python or sys.executable, before=before)),
        )

    @staticmethod
    def submit(order: Order) -> list[str]:
        """Submit the array. Raises `Error`."""
        job = call("slurm", ["sbatch", "--parsable"], Slurm.text(order)).partition(";")[0]
        return [
            f"array {job}: {order.workers} tasks, which end with the study; squeue -j {job}",
            f"to end them before, their trials given back: scancel --batch --signal=TERM {job}",
        ]


def _directives(order: Order) -> list[str]:
    name = order.name or f"ashad-{order.study}"
    last, at_once = order.workers - 1, f"%{order.at_most}" if order.at_most else ""
    found = [
        f"--job-name={name}",
        f"--array=0-{last}{at_once}",
        "--requeue",
        "--open-mode=append",
        f"--output={name}-%A_%a.log",
        f"--signal=B:USR1@{order.leave_s}",
    ]
    if order.gpus:
        found.append(f"--gres=gpu:{order.gpus}")
    if order.cpus:
        found.append(f"--cpus-per-task={order.cpus}")
    if order.memory:
        found.append(f"--mem={order.memory}")
    if order.time_s is not None:
        found.append(f"--time={round(order.time_s / 60)}")
    if (order.ranks or 1) > 1:
        found.append(f"--ntasks={order.ranks}")
    if order.queue:
        found.append(f"--partition={order.queue}")
    return [*found, *order.extra]
