"""skorch: each epoch is reported once, and a stop ends `fit` as its own early stopping does."""

from __future__ import annotations

import ashad_client
import numpy as np
import pytest

from tests.support.libraries import library

skorch = library("skorch")
torch = library("torch")

from ashad_client.integration.skorch import Reporter  # noqa: E402

X, Y = np.ones((20, 2), "float32"), np.ones((20, 1), "float32")


def net_of(trial, metric="valid_loss", **more):
    return skorch.NeuralNetRegressor(
        torch.nn.Linear(2, 1), lr=0.01 / (1 + 9 * trial.number), verbose=0,
        max_epochs=trial.target_resource - trial.start_resource,
        callbacks=[Reporter(trial, metric, **more)],
    )  # fmt: skip


def told(client, trial):
    return [r.resource for r in client.list_reports("s", trial)]


def test_each_epoch_once_and_a_stop_ends_it(client, study):
    study()
    trained = []
    for trial in client.trials("s"):
        torch.manual_seed(0)
        trained.append(len(net_of(trial).fit(X, Y).history))
    assert trained == [4, 1, 1, 1]
    assert [told(client, number) for number in range(2)] == [[1, 2, 3, 4], [1]]
    # The interrupt that ends a fit is no Ctrl-C of the user's: nothing was given back.
    assert all(trial.attempt == 1 for trial in client.list_trials("s"))


def test_a_metric_that_is_not_there_is_refused_at_once(client, study):
    study(limits={"max_trials": 1})
    with pytest.raises(ashad_client.Error, match=r"skorch has no metric 'error'.*valid_loss"):
        net_of(next(client.trials("s")), None).fit(X, Y)


def test_it_resumes_from_the_checkpoint_of_the_trial(client, study, tmp_path):
    study(algorithm={"type": "asha", "variant": "promotion", "eta": 2}, limits={"max_trials": 2})
    resumed = []
    for trial in client.trials("s"):
        net = net_of(trial, checkpoints=tmp_path).initialize()
        if trial.resume_checkpoint:
            net.load_params(f_params=trial.resume_checkpoint)
            resumed.append(trial.number)
        net.partial_fit(X, Y)
    assert resumed
    assert told(client, resumed[0]) == [1, 2]
