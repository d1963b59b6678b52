"""XGBoost on the digits: each trial is reported round by round, and stops where it is told to."""

from __future__ import annotations

import ashad_client
import xgboost
from ashad_client import integer, loguniform
from ashad_client.integration.xgboost import Reporter
from digits import data

learn_x, learn_y, valid_x, valid_y = data()
learn, valid = xgboost.DMatrix(learn_x, learn_y), xgboost.DMatrix(valid_x, valid_y)
client = ashad_client.connect()
client.create_study(
    "xgboost",
    {
        "metric": "mlogloss",
        "goal": "minimize",
        "resource": "round",
        "max_resource": 27,
        "space": {"learning_rate": loguniform(0.01, 1.0), "max_depth": integer(1, 5)},
        "algorithm": {"type": "asha", "eta": 3, "min_resource": 3},
        "limits": {"max_trials": 6},
    },
)
for trial in client.trials("xgboost"):
    xgboost.train(
        {"objective": "multi:softprob", "num_class": 10, "nthread": 1, **trial.params},
        learn,
        trial.target_resource,
        evals=[(valid, "valid")],
        callbacks=[Reporter(trial)],
        verbose_eval=False,
    )
print(client.best("xgboost"))
