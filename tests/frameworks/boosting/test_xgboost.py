"""XGBoost: each round is reported once, a stop hides no round from anybody, a model counts on."""

import ashad_client
import pytest
import xgboost
from ashad_client.integration.xgboost import Reporter

from tests.frameworks.boosting.data import VALID_X, VALID_Y, X, Y, stopping_study, told

DATA, VALID = xgboost.DMatrix(X, Y), xgboost.DMatrix(VALID_X, VALID_Y)


class Behind(xgboost.callback.TrainingCallback):
    """A callback of the user's behind ours."""

    def __init__(self):
        self.seen = []

    def after_iteration(self, model, epoch, evals_log):
        self.seen.append(epoch)
        return False


class Ahead(xgboost.callback.TrainingCallback):
    """A callback of the user's ahead of ours, which ends the training after some rounds."""

    def after_iteration(self, model, epoch, evals_log):
        return epoch == 4


def train(trial, behind=None, **more):
    return xgboost.train(
        {"eta": trial.params["rate"]},
        DATA,
        trial.target_resource - trial.start_resource,
        evals=[(DATA, "train"), (VALID, "valid")],
        callbacks=[Reporter(trial), *([behind] if behind else [])],
        verbose_eval=False,
        **more,
    )


def test_a_search_stops_at_the_rung_and_hides_no_round(client, make_study):
    study = stopping_study(make_study)
    models = []
    for trial in client.trials(study):
        behind = Behind()
        models.append(train(trial, behind, early_stopping_rounds=3))
        rounds = len(told(client, study, trial.number))
        assert models[-1].num_boosted_rounds() == rounds == len(behind.seen)
        assert rounds > 3 or models[-1].best_iteration == 2  # the loss falls at first
    states = [str(trial.state) for trial in client.list_trials(study)]
    assert states == ["completed", "stopped", "stopped"]
    assert [model.num_boosted_rounds() for model in models] == [12, 3, 3]
    assert [resource for resource, _ in told(client, study)] == list(range(1, 13))


def test_the_round_that_a_callback_ahead_ends_is_reported_too(client, make_study):
    """XGBoost 3.0 keeps callbacks in a set, so that its own early stopping may be ahead as well."""
    study = stopping_study(make_study)
    trial = client.suggest(study)
    model = xgboost.train(
        {"eta": trial.params["rate"]},
        DATA,
        12,
        evals=[(VALID, "valid")],
        callbacks=[Ahead(), Reporter(trial)],
        verbose_eval=False,
    )
    assert model.num_boosted_rounds() == 5
    assert [resource for resource, _ in told(client, study)] == [1, 2, 3, 4, 5]


def test_cv_reports_the_mean_and_stops_without_an_error(client, make_study):
    study = stopping_study(make_study, "test-rmse")
    for trial in client.trials(study):
        result = xgboost.cv(
            {"eta": trial.params["rate"]},
            DATA,
            trial.target_resource,
            nfold=3,
            callbacks=[Reporter(trial)],
        )
        reported = [value for _, value in told(client, study, trial.number)]
        assert reported == pytest.approx(result["test-rmse-mean"].tolist())
    assert [len(told(client, study, number)) for number in range(3)] == [12, 3, 3]


def test_a_paused_trial_goes_on_from_its_model(client, make_study, tmp_path):
    study = stopping_study(make_study, variant="promotion")
    begun = []
    for trial in client.trials(study):
        begun.append((trial.number, trial.start_resource, trial.target_resource))
        model = xgboost.train(
            {"eta": trial.params["rate"]},
            DATA,
            trial.target_resource - trial.start_resource,
            evals=[(VALID, "valid")],
            callbacks=[Reporter(trial, checkpoints=tmp_path / "models")],
            xgb_model=trial.resume_checkpoint or None,
            verbose_eval=False,
        )
        assert model.num_boosted_rounds() == trial.target_resource
    assert (0, 3, 6) in begun
    assert (0, 6, 12) in begun
    whole = xgboost.train({"eta": 0.5}, DATA, 12, evals=[(VALID, "valid")], verbose_eval=False)
    assert told(client, study)[-1] == (12, pytest.approx(float(whole.eval(VALID)[14:])))
    assert [resource for resource, _ in told(client, study)] == list(range(1, 13))


def test_a_metric_that_is_not_there_is_named_at_once_with_those_that_are(client, make_study):
    study = stopping_study(make_study, "loss")
    trial = client.suggest(study)
    with pytest.raises(ashad_client.Error, match=r"no metric 'loss', it has: rmse, train-rmse, va"):
        train(trial)
    assert told(client, study) == []


def test_the_estimators_take_it(client, make_study):
    study = stopping_study(make_study, "loss")
    for trial in client.trials(study):
        callback = Reporter(trial, "validation_0-rmse")
        model = xgboost.XGBRegressor(
            n_estimators=trial.target_resource, learning_rate=trial.params["rate"],
            callbacks=[callback],
        )  # fmt: skip
        model.fit(X, Y, eval_set=[(VALID_X, VALID_Y)], verbose=False)
    assert [len(told(client, study, number)) for number in range(3)] == [12, 3, 3]
