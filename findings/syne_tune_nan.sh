#!/usr/bin/env bash
# Surprise: in Syne Tune 0.13.0's ASHA (stopping) one NaN among the first values of a rung makes it
# stop trials that are the best so far.
#
# Behaviour: a rung is a sorted list that a NaN enters like a number. Nothing compares with NaN, so the
# list is no longer in order, and the quantile interpolates between the wrong neighbours or is NaN.
# Seen: losses 0.5, 0.6, NaN, 0.4, 0.3, 0.2, 0.1, 0.05 at epoch 1; each one after the NaN is a new best;
# decisions C S S S S S S S (C continue, S stop). Without the NaN each new best continues: C S C C C C C.
#
# Why a search cares: a learning rate that diverges is an ordinary event. What comes after it in this
# rung is judged wrongly, and no message says so.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check syne-tune==0.13.0 'numpy<2'
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import datetime
import sys

from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import uniform
from syne_tune.optimizer.baselines import ASHA


def decisions(losses):
    scheduler = ASHA(
        {"x": uniform(0, 1), "max_epochs": 27}, metric="loss", mode="min", resource_attr="epoch",
        max_resource_attr="max_epochs", type="stopping", grace_period=1, reduction_factor=3,
        random_seed=1,
    )
    told = ""
    for number, loss in enumerate(losses):
        trial = Trial(number, scheduler.suggest(number).config, datetime.datetime.now())
        scheduler.on_trial_add(trial)
        told += scheduler.on_trial_result(trial, {"loss": loss, "epoch": 1})[0]
    return told


falling = [0.4, 0.3, 0.2, 0.1, 0.05]
plain = decisions([0.5, 0.6, *falling])
with_nan = decisions([0.5, 0.6, float("nan"), *falling])
print("without NaN:", plain, " with NaN:", with_nan)
sys.exit(not (plain == "CSCCCCC" and with_nan == "CSSSSSSS"))
PYTHON
