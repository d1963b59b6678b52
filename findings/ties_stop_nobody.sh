#!/usr/bin/env bash
# Surprise: where many trials report the same value at a rung, ASHA stops nobody: neither in Ray Tune,
# nor in Syne Tune, nor in Optuna.
#
# Versions: ray 2.60.0, syne-tune 0.13.0, optuna 5.0.0.
# Behaviour: all three let a value go on that equals the cut-off, and with equal values every one does.
# Seen: nine trials with a loss of 0.9 at epoch 1, eta 3: nine times continue in each of the three.
#
# Why a search cares: an error of exactly 0.9 on ten classes is what a network has before it learns.
# A first rung that comes too early lets all through, and the search is a random search at full price.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/new"
"$folder/new/bin/pip" install --quiet --disable-pip-version-check 'ray[tune]==2.60.0' optuna==5.0.0
python3 -m venv "$folder/old" # Syne Tune 0.13 needs an older numpy
"$folder/old/bin/pip" install --quiet --disable-pip-version-check syne-tune==0.13.0 'numpy<2'
"$folder/new/bin/python" -W ignore - <<'PYTHON'
import sys
import types

import optuna
from ray.tune.schedulers import AsyncHyperBandScheduler

asha = AsyncHyperBandScheduler(
    time_attr="epoch", metric="loss", mode="min", max_t=27, grace_period=1, reduction_factor=3
)
ray_told = ""
for number in range(9):
    trial = types.SimpleNamespace(trial_id=str(number), stub=True)
    asha.on_trial_add(None, trial)
    ray_told += asha.on_trial_result(None, trial, {"epoch": 1, "loss": 0.9})[0]

optuna.logging.set_verbosity(optuna.logging.ERROR)
pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
study, optuna_told = optuna.create_study(pruner=pruner), ""
for _ in range(9):
    trial = study.ask()
    trial.report(0.9, 1)
    optuna_told += "S" if trial.should_prune() else "C"
print("ray", ray_told, "optuna", optuna_told)
sys.exit(not (ray_told == optuna_told == "C" * 9))
PYTHON
"$folder/old/bin/python" -W ignore - <<'PYTHON' | tail -n 1
import datetime
import sys

from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import uniform
from syne_tune.optimizer.baselines import ASHA

asha = ASHA(
    {"x": uniform(0, 1), "max_epochs": 27}, metric="loss", mode="min", resource_attr="epoch",
    max_resource_attr="max_epochs", type="stopping", grace_period=1, reduction_factor=3, random_seed=1,
)
told = ""
for number in range(9):
    trial = Trial(number, asha.suggest(number).config, datetime.datetime.now())
    asha.on_trial_add(trial)
    told += asha.on_trial_result(trial, {"loss": 0.9, "epoch": 1})[0]
print("syne-tune", told)
sys.exit(told != "C" * 9)
PYTHON
