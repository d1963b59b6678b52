"""Keras 3: each epoch is reported once, a stop ends `fit`, what is not there is refused."""

from __future__ import annotations

import ashad_client
import numpy as np
import pytest

from tests.support.libraries import library

keras = library("keras")

from ashad_client.integration.keras import Reporter  # noqa: E402

X, Y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")


def fit(trial, metric="val_loss", model=None, freq=1, **more):
    if model is None:
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(trial.params["rate"]), "mse")
    history = model.fit(
        X, Y, validation_data=(X, Y + trial.number), validation_freq=freq, verbose=0,
        initial_epoch=trial.start_resource, epochs=trial.target_resource,
        callbacks=[Reporter(trial, metric, validation_freq=freq, **more)],
    )  # fmt: skip
    return history.epoch


def told(client, trial):
    return [r.resource for r in client.list_reports("s", trial)]


def test_each_epoch_once_and_a_stop_ends_it(client, study):
    keras.utils.set_random_seed(0)
    study()
    trained = [fit(trial) for trial in client.trials("s")]
    assert trained[0] == [0, 1, 2, 3]
    assert min(map(len, trained)) == 1
    for number, epochs in enumerate(trained):
        assert told(client, number) == [epoch + 1 for epoch in epochs]


def test_a_metric_that_is_not_there_is_refused_at_once(client, study):
    study(limits={"max_trials": 1})
    with pytest.raises(ashad_client.Error, match=r"Keras has no metric 'error', it has: loss, val"):
        fit(next(client.trials("s")), None)


def test_validation_each_second_epoch(client, study):
    study(limits={"max_trials": 1})
    for trial in client.trials("s"):
        fit(trial, freq=2)
    assert told(client, 0) == [2, 4]


def test_it_resumes_from_the_checkpoint_of_the_trial(client, study, tmp_path):
    study(algorithm={"type": "asha", "variant": "promotion", "eta": 2}, limits={"max_trials": 2})
    starts = []
    for trial in client.trials("s"):
        start = trial.resume_checkpoint
        model = keras.saving.load_model(start) if start else None
        epochs = fit(trial, model=model, checkpoints=tmp_path)
        starts += [(trial.start_resource, epochs[0])] if start else []
    assert starts
    assert all(start == first for start, first in starts)
