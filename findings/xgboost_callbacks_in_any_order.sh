#!/usr/bin/env bash
# Surprise: XGBoost 3.0 keeps its callbacks in a set, so that they are asked in any order, and another
# one in each run; the round that ends the training may be hidden from a callback that stands first.
#
# Versions: xgboost 3.0.5 and 3.2.0 (the CPU builds).
# Behaviour: the list that is given becomes a set in 3.0.5, ordered by the addresses of its members; in
# 3.2.0 it stays a list. Callbacks are asked until one says stop, so that what comes behind differs.
# Seen: 40 lists of six callbacks each; asked in the order given: 40 of 40 in 3.2.0, 0 of 40 in 3.0.5.
#
# Why a search cares: whether the last round of a trial is reported depends on where its objects lie in
# memory, so that the same trial ends with different values; a reporter must look again after training.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
for version in 3.0.5 3.2.0; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check "xgboost-cpu==$version"
    "$folder/$version/bin/python" -W ignore - <<'PYTHON'
import sys

import numpy as np
import xgboost

X = np.linspace(0, 1, 60).reshape(20, 3)
data = xgboost.DMatrix(X, X[:, 0])
asked = []


class Named(xgboost.callback.TrainingCallback):
    def __init__(self, name):
        super().__init__()
        self.name = name

    def after_iteration(self, model, epoch, evals_log):
        asked.append(self.name)
        return False


in_order, kept = 0, []
for _ in range(40):
    asked.clear()
    callbacks = [Named(name) for name in range(6)]
    kept += callbacks  # or the next ones lie where these did
    xgboost.train({}, data, 1, callbacks=callbacks)
    in_order += asked == list(range(6))
print(f"xgboost {xgboost.__version__}: asked in the order given {in_order} of 40 times")
sys.exit(in_order != 40 if xgboost.__version__ == "3.2.0" else in_order > 10)
PYTHON
done
