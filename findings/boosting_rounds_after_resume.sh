#!/usr/bin/env bash
# Surprise: after "continue from this model" XGBoost counts its rounds from zero again, LightGBM goes on.
#
# Versions: xgboost 3.2.0 (the CPU build), lightgbm 4.7.0.
# Behaviour: a model of 4 rounds is trained for 3 more. XGBoost's callback is told epochs 0, 1, 2 (the
# model has 7 rounds); LightGBM's is told iterations 4, 5, 6.
#
# Why a search cares: the round is the resource that is reported. A trial that was paused at 4 and
# resumes would report 1 again, which is behind its last report, or be compared at the wrong rung.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check xgboost-cpu==3.2.0 lightgbm==4.7.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import lightgbm
import numpy as np
import xgboost

draw = np.random.default_rng(0)
X = draw.random((200, 3))
y = 2 * X[:, 0]


class Epochs(xgboost.callback.TrainingCallback):
    def __init__(self):
        self.seen = []

    def after_iteration(self, model, epoch, evals_log):
        self.seen.append(epoch)


data = xgboost.DMatrix(X, y)
epochs = Epochs()
first = xgboost.train({}, data, 4)
more = xgboost.train({}, data, 3, xgb_model=first, callbacks=[epochs])

table, iterations = lightgbm.Dataset(X, y, free_raw_data=False), []
settings = {"verbose": -1}
begun = lightgbm.train(settings, table, 4)
lightgbm.train(
    settings, table, 3, init_model=begun, callbacks=[lambda env: iterations.append(env.iteration)]
)
print("xgboost", epochs.seen, "of", more.num_boosted_rounds(), " lightgbm", iterations)
same = epochs.seen == [0, 1, 2] and more.num_boosted_rounds() == 7 and iterations == [4, 5, 6]
sys.exit(not same)
PYTHON
