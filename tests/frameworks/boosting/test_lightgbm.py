"""LightGBM: each iteration once, stopped by its own exception, early stopping keeps its say."""

import inspect
import itertools

import ashad_client
import lightgbm
import pytest
from ashad_client.integration.lightgbm import Reporter

from tests.frameworks.boosting.data import VALID_X, VALID_Y, X, Y, stopping_study, told

NEW = "eval_X" in inspect.signature(lightgbm.LGBMRegressor.fit).parameters  # since 4.7
VALIDATION = {"eval_X": VALID_X, "eval_y": VALID_Y} if NEW else {"eval_set": [(VALID_X, VALID_Y)]}
QUIET = {"verbose": -1, "num_threads": 1, "deterministic": True}


def train(trial, *callbacks, checkpoints=None):
    data = lightgbm.Dataset(X, Y)
    return lightgbm.train(
        {"learning_rate": trial.params["rate"], **QUIET},
        data,
        trial.target_resource - trial.start_resource,
        valid_sets=[data, lightgbm.Dataset(VALID_X, VALID_Y, reference=data)],
        init_model=trial.resume_checkpoint or None,
        callbacks=[Reporter(trial, checkpoints=checkpoints), *callbacks],
    )


def test_a_search_stops_at_the_rung(client, make_study):
    study = stopping_study(make_study, "l2")
    trees = [train(trial).num_trees() for trial in client.trials(study)]
    assert trees == [12, 3, 3]
    states = [str(trial.state) for trial in client.list_trials(study)]
    assert states == ["completed", "stopped", "stopped"]
    assert [resource for resource, _ in told(client, study)] == list(range(1, 13))


def test_early_stopping_has_its_say_where_the_trial_is_trained_in_full(client, make_study):
    """Ours would say that the last iteration is the best one."""
    study = stopping_study(make_study, "valley")
    trial = client.suggest(study)
    depth = itertools.count()
    model = lightgbm.train(
        {"metric": "none", **QUIET},
        lightgbm.Dataset(X, Y),
        trial.target_resource,
        valid_sets=[lightgbm.Dataset(VALID_X, VALID_Y)],
        feval=lambda *_: ("valley", abs(next(depth) - 4), False),
        callbacks=[Reporter(trial), lightgbm.early_stopping(50, verbose=False)],
    )
    assert len(told(client, study)) == 12
    assert model.best_iteration == 5


def test_a_paused_trial_goes_on_from_its_model(client, make_study, tmp_path):
    study = stopping_study(make_study, "l2", variant="promotion")
    for trial in client.trials(study):
        model = train(trial, checkpoints=tmp_path / "models")
        assert model.num_trees() == trial.target_resource
    assert [resource for resource, _ in told(client, study)] == list(range(1, 13))
    assert str(client.get_trial(study, 0).state) == "completed"


def test_cv_and_the_estimators_take_it(client, make_study):
    study = stopping_study(make_study, "valid-l2")
    trial = client.suggest(study)
    result = lightgbm.cv(
        QUIET, lightgbm.Dataset(X, Y), 12, stratified=False, callbacks=[Reporter(trial)]
    )
    assert [value for _, value in told(client, study)] == result["valid l2-mean"]
    study = stopping_study(make_study, "loss")
    for trial in client.trials(study):
        model = lightgbm.LGBMRegressor(
            n_estimators=trial.target_resource, learning_rate=trial.params["rate"], **QUIET
        )
        model.fit(X, Y, **VALIDATION, callbacks=[Reporter(trial, "l2")])
    assert [len(told(client, study, number)) for number in range(3)] == [12, 3, 3]


def test_a_metric_that_is_not_there_is_named_at_once_with_those_that_are(client, make_study):
    study = stopping_study(make_study, "l1")
    with pytest.raises(ashad_client.Error, match="no metric 'l1', it has: l2, training-l2, val"):
        train(client.suggest(study))
    with pytest.raises(ashad_client.Error, match="it has: none at all"):
        lightgbm.train(QUIET, lightgbm.Dataset(X, Y), 3, callbacks=[Reporter(trial_of(client))])
    assert told(client, study) == []


def trial_of(client):
    with ashad_client.connect(standalone=True) as alone:
        return next(alone.trials("alone", defaults={}, max_resource=3))
