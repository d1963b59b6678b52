"""Workers as a job array of Slurm, by submitit: a task each, which ends when the study is finished.

    executor = submitit.AutoExecutor(folder="jobs")
    executor.update_parameters(timeout_min=240, gpus_per_node=1, slurm_partition="gpu")
    jobs = launch(executor, train, "digits", 16, address="trainer:2742")

`train(trial)` trains one trial. Ahead of the time limit submitit hears USR2: the trial is given
back, and the task is queued again with the same worker id. After a pre-emption or a lost node
Slurm itself queues it again, and its trial comes back.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import Any, Callable

import submitit

from ashad_client.fleet.work import train_all

_PREEMPT = "SUBMITIT_PREEMPT_SIGNAL"  # of submitit


class _Leave(SystemExit):
    """Unwinds a trial, which is given back by it."""


class Worker:
    """One worker; submitit calls it, and asks for another when it is to be queued again."""

    def __init__(
        self, train: Callable[[Any], object], study: str, connection: Mapping[str, Any]
    ) -> None:
        self._train, self._study, self._connection = train, study, connection

    def __call__(self, _number: int) -> None:
        """Train trials until the study is finished, or until submitit is to queue it again.

        submitit queues at once and Slurm then ends it, so the trial is given back before that.
        """
        number = signal.Signals[f"SIG{os.environ.get(_PREEMPT, 'USR2')}"]
        queue_again = signal.getsignal(number)

        def leave(*_: object) -> None:
            signal.signal(number, signal.SIG_IGN)
            raise _Leave

        if callable(queue_again):
            signal.signal(number, leave)
        try:
            train_all(self._train, self._study, {**self._connection, "worker": _worker()})
        except _Leave:
            if callable(queue_again):
                queue_again(number, None)

    def checkpoint(self, number: int) -> Any:
        """Return what is queued again: the same."""
        return submitit.helpers.DelayedSubmission(self, number)


def launch(
    executor: submitit.Executor,
    train: Callable[[Any], object],
    study: str,
    workers: int,
    **connection: Any,
) -> list[Any]:
    """Submit that many workers of a study; return their jobs, which end with it.

    `executor`: with all that Slurm is asked for. `connection`: as of `ashad_client.connect`.
    """
    jobs: list[Any] = executor.map_array(Worker(train, study, connection), range(workers))
    return jobs


def _worker() -> str:
    here = submitit.JobEnvironment()
    words = ["slurm", os.environ.get("SLURM_CLUSTER_NAME", ""), here.job_id.replace("_", "-")]
    if here.num_tasks > 1:  # ranks are workers of their own
        words.append(str(here.global_rank))
    return "-".join(words)
