"""MLflow: an experiment `ashad`, in it a run for each study, and within that one for each trial.

`mlflow` goes to MLFLOW_TRACKING_URI or MLflow's default, `mlflow:URI` to that server or database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from mlflow import MlflowClient

from ashad_client.trackers.run import TrackedTrial

EXPERIMENT = "ashad"
_STATUS = {
    "completed": "FINISHED",
    "stopped": "FINISHED",
    "failed": "FAILED",
    "infeasible": "FAILED",
    "paused": "SCHEDULED",
    "released": "SCHEDULED",
}


class MlflowTracker:
    """One server or database."""

    def __init__(self, uri: str) -> None:
        self._uri = uri or None
        self._client: Any = None
        self._parents: dict[str, str] = {}
        self._experiment = ""

    def begin(self, trial: TrackedTrial) -> MlflowRun:
        """Begin the run of a trial, or go on in it."""
        if self._client is None:
            self._client = MlflowClient(self._uri)  # here: a database is made at this moment
            self._experiment = self._made_experiment()
        if trial.study not in self._parents:
            tags = {"ashad.study": trial.study, "ashad.kind": "study"}
            self._parents[trial.study] = self._found(tags, trial.study)[0]
        tags = {
            "ashad.study": trial.study,
            "ashad.kind": "trial",
            "ashad.trial": str(trial.number),
            "ashad.seed": str(trial.seed),
            "mlflow.parentRunId": self._parents[trial.study],
        }
        run, new = self._found(tags, f"trial {trial.number}")
        if new:
            for name, value in trial.params.items():
                self._client.log_param(run, name, value)
        self._client.update_run(run, status="RUNNING")
        self._client.set_tag(run, "ashad.attempt", str(trial.attempt))
        parent = self._parents[trial.study]
        self._client.update_run(parent, status="RUNNING")
        return MlflowRun(self._client, run, lambda: self._rest(parent))

    def _rest(self, parent: str) -> None:
        """Let the run of a study end while no trial of it runs: the next one begins it again."""
        words = f"tags.`mlflow.parentRunId` = '{parent}' and attributes.status = 'RUNNING'"
        if not self._client.search_runs([self._experiment], words, max_results=1):
            self._client.set_terminated(parent, "FINISHED")

    def _made_experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is None:
            try:
                return str(self._client.create_experiment(EXPERIMENT))
            except Exception:  # another worker was first
                found = self._client.get_experiment_by_name(EXPERIMENT)
                if found is None:
                    raise
        return str(found.experiment_id)

    def _found(self, tags: Mapping[str, str], name: str) -> tuple[str, bool]:
        """Return the run that has these tags, made where there is none, and whether it was."""
        there = self._first(tags)
        if there is not None:
            return there, False
        made = self._client.create_run(self._experiment, tags={**tags, "mlflow.runName": name})
        mine: str = made.info.run_id
        first = self._first(tags) or mine
        if first != mine:  # of two workers at the same moment the first one's stands
            self._client.delete_run(mine)
        return first, first == mine

    def _first(self, tags: Mapping[str, str]) -> str | None:
        words = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
        order = ["attributes.start_time ASC", "attributes.run_id ASC"]
        runs = self._client.search_runs([self._experiment], words, max_results=1, order_by=order)
        return runs[0].info.run_id if runs else None


class MlflowRun:
    """One trial."""

    def __init__(self, client: Any, run: str, then: Callable[[], None]) -> None:
        """`then` is called at its end."""
        self._client, self._run, self._then = client, run, then

    def report(self, resource: int, metrics: Mapping[str, float]) -> None:
        """Log metrics; the step is the resource."""
        for name, value in metrics.items():
            self._client.log_metric(self._run, name, value, step=resource)

    def end(self, state: str) -> None:
        """Set the status; a trial that another worker has goes on in this run."""
        if state == "superseded":
            return
        self._client.set_tag(self._run, "ashad.state", state)
        status = _STATUS[state]
        if status == "SCHEDULED":
            self._client.update_run(self._run, status=status)
        else:
            self._client.set_terminated(self._run, status)
        self._then()


def tracker(where: str) -> MlflowTracker:
    """Return the tracker of `mlflow:URI`."""
    return MlflowTracker(where)
