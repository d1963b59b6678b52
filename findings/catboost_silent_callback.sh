#!/usr/bin/env bash
# Surprise: a CatBoost callback that returns nothing ends the training after one tree, without a word;
# XGBoost reads the same value the other way round.
#
# Versions: catboost 1.2.10, xgboost 3.2.0 (the CPU build).
# Behaviour: CatBoost goes on while `after_iteration` returns something true. A function without a
# return statement returns None, which is false: training ends, `fit` returns, no warning. In XGBoost
# something true means stop, and None goes on.
# Seen: 10 rounds asked for; trees made: CatBoost None 1, True 10, False 1; XGBoost None 10, False 10, True 1.
#
# Why a search cares: a callback that only reports looks right in one library and cuts every trial at
# one tree in the other, which ranks trials by their first tree and looks like a fast, poor search.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check catboost==1.2.10 xgboost-cpu==3.2.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import catboost
import numpy as np
import xgboost

draw = np.random.default_rng(0)
X = draw.random((200, 3))
y = 2 * X[:, 0] + 0.1 * draw.random(200)
data = xgboost.DMatrix(X, y)


class Reporter:
    def __init__(self, answer):
        self.answer = answer

    def after_iteration(self, info):
        return self.answer


class XgbReporter(xgboost.callback.TrainingCallback):
    def __init__(self, answer):
        self.answer = answer

    def after_iteration(self, model, epoch, evals_log):
        return self.answer


trees = {}
for answer in (None, True, False):
    model = catboost.CatBoostRegressor(iterations=10, verbose=False, allow_writing_files=False)
    model.fit(X, y, callbacks=[Reporter(answer)])
    booster = xgboost.train({}, data, 10, callbacks=[XgbReporter(answer)])
    trees[answer] = (model.tree_count_, booster.num_boosted_rounds())
print("trees of (catboost, xgboost) by what the callback returns:", trees)
sys.exit(trees != {None: (1, 10), True: (10, 1), False: (1, 10)})
PYTHON
