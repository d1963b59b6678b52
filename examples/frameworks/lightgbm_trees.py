"""LightGBM on the digits: each trial is reported round by round, and stops where it is told to."""

from __future__ import annotations

import ashad_client
import lightgbm
from ashad_client import integer, loguniform
from ashad_client.integration.lightgbm import Reporter
from digits import data

learn_x, learn_y, valid_x, valid_y = data()
client = ashad_client.connect()
client.create_study(
    "lightgbm",
    {
        "metric": "multi_logloss",
        "goal": "minimize",
        "resource": "round",
        "max_resource": 27,
        "space": {"learning_rate": loguniform(0.01, 1.0), "num_leaves": integer(4, 32)},
        "algorithm": {"type": "asha", "eta": 3, "min_resource": 3},
        "limits": {"max_trials": 6},
    },
)
for trial in client.trials("lightgbm"):
    learn = lightgbm.Dataset(learn_x, learn_y)
    fixed = {"objective": "multiclass", "num_class": 10, "num_threads": 1, "verbose": -1}
    lightgbm.train(
        {**fixed, **trial.params},
        learn,
        trial.target_resource,
        valid_sets=[lightgbm.Dataset(valid_x, valid_y, reference=learn)],
        callbacks=[Reporter(trial)],
    )
print(client.best("lightgbm"))
