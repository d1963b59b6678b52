"""A worker of a sweep, in a process of its own: one trial, one job, after the other.

A number that a job returns without having reported anything is reported at the trial's target.
"""

from __future__ import annotations

import pickle
import signal
import sys
from pathlib import Path
from typing import Any

from hydra.core.singleton import Singleton
from hydra.core.utils import JobStatus, run_job, setup_globals
from omegaconf import open_dict

import ashad_client
from ashad_client.integration import hydra as integration
from ashad_client.session.attempt import describe


def main(path: str) -> int:
    """Run jobs until the study is finished."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # gives the trial back
    setup_globals()
    # Written a moment ago by the sweep that started this process, in a folder of its own.
    task = pickle.loads(Path(path).read_bytes())  # noqa: S301
    Singleton.set_state(task["singletons"])
    with ashad_client.connect(task["address"]) as client:
        for trial in client.trials(task["study"]):
            _run(task, trial)
    return 0


def _run(task: dict[str, Any], trial: ashad_client.Trial) -> None:
    context = task["hydra_context"]
    config = context.config_loader.load_sweep_config(
        task["config"], task["space"].overrides(trial.params)
    )
    with open_dict(config):
        config.hydra.job.id = f"{trial.study}-{trial.number}"
        config.hydra.job.num = trial.number
    integration.enter(trial)
    before = trial.decision
    done = run_job(
        hydra_context=context,
        task_function=task["task_function"],
        config=config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
    if done.status is JobStatus.FAILED:
        error = done._return_value  # noqa: SLF001  # the property would raise it
        trial.fail(describe(error))
    elif trial.decision is before and isinstance(done.return_value, (int, float)):
        trial.report(trial.target_resource, metrics={trial.metric: done.return_value})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
