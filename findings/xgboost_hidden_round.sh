#!/usr/bin/env bash
# Surprise: in XGBoost the round in which a callback says stop is hidden from every callback behind it,
# so `best_iteration` and the printed line do not know of the last round that is in the model.
#
# Version: xgboost 3.2.0 (the CPU build).
# Behaviour: callbacks are asked in order until one says stop; those behind it are not asked for this
# round. The round is trained and kept all the same.
# Seen: stop after round 5 of a loss that falls in each round: 6 rounds in the model; the callback
# behind saw 0 to 4; `best_iteration` of EarlyStopping behind it is 4, though 5 is better.
#
# Why a search cares: a search's callback that stops a trial must stand last, else the model that is
# kept as the trial's best is one round older than what was reported.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check xgboost-cpu==3.2.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import numpy as np
import xgboost

draw = np.random.default_rng(0)
X = draw.random((200, 3))
data = xgboost.DMatrix(X, 2 * X[:, 0] + 0.1 * draw.random(200))


class Search(xgboost.callback.TrainingCallback):
    def __init__(self, last=None):
        self.last, self.seen = last, []

    def after_iteration(self, model, epoch, evals_log):
        self.seen.append(epoch)
        self.losses = list(evals_log["train"]["rmse"])
        return epoch == self.last


stops, behind = Search(5), Search()
early = xgboost.callback.EarlyStopping(rounds=3)
model = xgboost.train(
    {}, data, 10, evals=[(data, "train")], callbacks=[stops, behind, early], verbose_eval=False
)
rounds, best = model.num_boosted_rounds(), model.best_iteration
print("rounds", rounds, "seen behind", behind.seen, "best_iteration", best)
falls = all(a > b for a, b in zip(stops.losses, stops.losses[1:]))
sys.exit(not (falls and rounds == 6 and behind.seen == [0, 1, 2, 3, 4] and best == 4))
PYTHON
