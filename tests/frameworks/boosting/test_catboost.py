"""CatBoost: a callback that only reports ends nothing, a stop stops, a model counts on."""

import catboost
import pytest
from ashad_client.integration.catboost import Reporter

from tests.frameworks.boosting.data import VALID_X, VALID_Y, X, Y, stopping_study, told


def train(trial, metric="RMSE", begun=0, **more):
    settings = {"verbose": False, "allow_writing_files": False, "thread_count": 1, **more}
    begin_with = settings.pop("init_model", None)
    model = catboost.CatBoostRegressor(learning_rate=trial.params["rate"], **settings)
    callback = Reporter(trial, metric, begun=begun)
    model.fit(X, Y, eval_set=(VALID_X, VALID_Y), callbacks=[callback], init_model=begin_with)
    return model


def test_a_search_trains_all_trees_or_stops_at_the_rung(client, make_study):
    study = stopping_study(make_study)
    trees = []
    for trial in client.trials(study):
        train(trial, iterations=trial.target_resource, use_best_model=False)
        trees.append(len(told(client, study, trial.number)))
    assert trees == [12, 3, 3]
    states = [str(trial.state) for trial in client.list_trials(study)]
    assert states == ["completed", "stopped", "stopped"]


def test_what_is_reported_is_of_the_validation_set(client, make_study):
    study = stopping_study(make_study, "validation-RMSE")
    model = train(client.suggest(study), None, iterations=12)
    found = model.get_evals_result()["validation"]["RMSE"]
    assert [value for _, value in told(client, study)] == pytest.approx(found)


def test_init_model_counts_from_zero_and_a_snapshot_goes_on(client, make_study, tmp_path):
    study = stopping_study(make_study, variant="promotion")
    trial = client.suggest(study)
    model = train(trial, iterations=trial.target_resource, use_best_model=False)
    model.save_model(tmp_path / "model.cbm")
    assert [resource for resource, _ in told(client, study)] == [1, 2, 3]
    study = stopping_study(make_study)
    trial = client.suggest(study)
    train(trial, begun=3, iterations=2, init_model=str(tmp_path / "model.cbm"))
    assert [resource for resource, _ in told(client, study)] == [4, 5]
    trial.complete()
    trial = client.suggest(study)
    more = {
        "allow_writing_files": True, "train_dir": str(tmp_path), "save_snapshot": True,
        "snapshot_file": "snapshot", "snapshot_interval": 0,
    }  # fmt: skip
    train(trial, iterations=1, **more)
    train(trial, iterations=2, **more)
    assert [resource for resource, _ in told(client, study, 1)] == [1, 2]


def test_a_metric_that_is_not_there_is_named_at_once_with_those_that_are(client, make_study):
    study = stopping_study(make_study, "MAE")
    with pytest.raises(catboost.CatBoostError, match="no metric 'MAE', it has: RMSE, learn-RMSE"):
        train(client.suggest(study), None, iterations=12)
    assert told(client, study) == []
