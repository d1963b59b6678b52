"""TensorBoard, MLflow and W&B themselves: a run a trial, in which a later attempt goes on."""

import json
import sys

import pytest
from mlflow import MlflowClient
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

pytestmark = pytest.mark.filterwarnings("default")  # theirs are not ours to mend
SPACE = {"lr": {"float": [0.0, 1.0]}, "opt": {"choice": ["a", "b"]}, "wide": {"choice": [True]}}


@pytest.fixture
def search(client, make_study, new_client):
    """Search with a tracker: the first trial is given back at its checkpoint, and goes on."""

    def run(destination):
        study = make_study(space=SPACE, limits={"max_trials": 2})
        with new_client() as first:
            for trial in first.trials(study, log_to=[destination]):
                trial.report(1, loss=4.0, checkpoint="c", accuracy=0.5)
                trial.report(2, loss=3.5)
                break
        for trial in client.trials(study, log_to=[destination]):
            for resource in trial.steps():
                trial.report(resource, loss=4.0 / resource)
        with new_client() as last:
            assert [one.attempt for one in last.list_trials(study)] == [2, 1]
        return study

    return run


def test_tensorboard(search, client, tmp_path):
    study = search(f"tensorboard:{tmp_path / 'runs'}")
    folder = tmp_path / "runs" / study / "trial-0"
    assert len(list(folder.iterdir())) == 2  # a file for each attempt
    events = EventAccumulator(str(folder), purge_orphaned_data=True).Reload()
    told = [(event.step, event.value) for event in events.Scalars("loss")]
    assert told == [(1, 4.0), (2, 2.0), (3, pytest.approx(4 / 3)), (4, 1.0)]
    assert [event.step for event in events.Scalars("accuracy")] == [1]
    assert (
        "hparams" in events.SummaryMetadata("_hparams_/session_start_info").plugin_data.plugin_name
    )
    assert (tmp_path / "runs" / study / "trial-1").is_dir()


def test_mlflow(search, client, tmp_path):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    study = search(f"mlflow:{uri}")
    mlflow = MlflowClient(uri)
    experiment = mlflow.get_experiment_by_name("ashad").experiment_id
    runs = {run.info.run_name: run for run in mlflow.search_runs([experiment])}
    assert sorted(runs) == [study, "trial 0", "trial 1"]
    parent, trial = runs[study], runs["trial 0"]
    assert trial.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert (trial.info.status, trial.data.tags["ashad.state"]) == ("FINISHED", "completed")
    assert parent.info.status == "FINISHED", "no trial of the study runs"
    assert trial.data.tags["ashad.attempt"] == "2"
    assert trial.data.params["opt"] == client.get_trial(study, 0).params["opt"]
    history = mlflow.get_metric_history(trial.info.run_id, "loss")
    assert sorted({metric.step for metric in history}) == [1, 2, 3, 4]


def test_a_server_that_is_away_is_told_once(client, make_study, caplog, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    study = make_study()
    for trial in client.trials(study, log_to=["mlflow:http://127.0.0.1:9"]):
        for resource in trial.steps():
            trial.report(resource, loss=1)
    assert client.get_study(study).counts.completed == 3
    told = [one.getMessage() for one in caplog.records if "training goes on" in one.getMessage()]
    assert len(told) == 1
    assert told[0].startswith("mlflow: ")


def test_wandb_offline(search, tmp_path, monkeypatch):
    for name, value in (("MODE", "offline"), ("SILENT", "true"), ("DIR", str(tmp_path))):
        monkeypatch.setenv(f"WANDB_{name}", value)
    study = search("wandb:mine")
    runs = sorted(path.name for path in (tmp_path / "wandb").glob("offline-run-*"))
    ids = [name.split("-", 3)[3] for name in runs]
    assert len(ids) == 3
    assert len(set(ids)) == 2  # two attempts of one trial, one of the other
    assert all(one.startswith(study) for one in ids)


def test_the_agent_tells_them_too(client, make_study, tmp_path, run_script):
    study = make_study()
    train = "for i in range(4): print(f'epoch={i + 1} loss={1 / (i + 1)}', flush=True)"
    line = [sys.executable, "-c", train]
    script = f"""
import runpy, sys
sys.argv = ["ashad_client", "run", {study!r}, "--log-to", "tensorboard:{tmp_path}/runs", "--",
            *{json.dumps(line)}]
runpy.run_module("ashad_client", run_name="__main__", alter_sys=True)
"""
    run_script(script, check=0)
    events = EventAccumulator(str(tmp_path / "runs" / study / "trial-2")).Reload()
    assert [event.step for event in events.Scalars("loss")] == [1, 2, 3, 4]
