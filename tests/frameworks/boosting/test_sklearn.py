"""scikit-learn: one step at a time by `partial_fit` or `warm_start`, as in one go."""

import ashad_client
import numpy as np
import pytest
from ashad_client.integration.sklearn import train
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.neural_network import MLPClassifier

from tests.frameworks.boosting.data import VALID_X, VALID_Y, X, Y, stopping_study, told

DATA, VALID = (X, Y > 1), (VALID_X, VALID_Y > 1)


def study_of(make_study, metric):
    return stopping_study(make_study, metric) if metric == "loss" else make_study(
        metric=metric, goal="maximize", max_resource=5
    )  # fmt: skip


@pytest.mark.parametrize(
    "estimator",
    [SGDClassifier(random_state=0), MLPClassifier(random_state=0),
     LogisticRegression(), RandomForestClassifier(random_state=0)],
    ids=lambda one: type(one).__name__,
)  # fmt: skip
def test_each_step_is_reported_with_the_score_after_it(client, make_study, estimator):
    study = study_of(make_study, "accuracy")
    trial = client.suggest(study)
    model = train(trial, estimator, DATA, VALID)
    assert [resource for resource, _ in told(client, study)] == [1, 2, 3, 4, 5]
    assert told(client, study)[-1][1] == pytest.approx(model.score(*VALID))
    assert str(client.get_trial(study, 0).state) == "completed"


@pytest.mark.parametrize("kind", [RandomForestClassifier, HistGradientBoostingRegressor])
def test_what_adds_up_is_what_is_trained_in_one_go(client, make_study, kind):
    study = study_of(make_study, "neg_mean_squared_error")
    model = train(client.suggest(study), kind(random_state=0), DATA, VALID)
    name = "n_estimators" if kind is RandomForestClassifier else "max_iter"
    whole = kind(random_state=0, **{name: 5}).fit(*DATA)
    assert np.array_equal(model.predict(VALID_X), whole.predict(VALID_X))


def test_it_stops_when_told(client, make_study):
    study = make_study(
        metric="accuracy", goal="maximize", max_resource=8,
        algorithm={"type": "asha", "eta": 2}, limits={"max_trials": 6},
    )  # fmt: skip
    for trial in client.trials(study):
        worse = (VALID_X, 2 * trial.number < VALID_Y)
        train(trial, SGDClassifier(random_state=trial.number), DATA, worse)
    assert "stopped" in {str(trial.state) for trial in client.list_trials(study)}


def test_what_cannot_be_is_said_before_anything_is_trained(client, make_study):
    study = study_of(make_study, "acuracy")
    trial = client.suggest(study)
    with pytest.raises(ashad_client.Error, match="did you mean 'accuracy'"):
        train(trial, SGDClassifier(), DATA, VALID)
    with pytest.raises(ashad_client.Error, match="Ridge has neither partial_fit nor warm_start"):
        train(trial, Ridge(), DATA, VALID, "r2")
    assert told(client, study) == []
