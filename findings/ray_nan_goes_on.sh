#!/usr/bin/env bash
# Surprise: Ray Tune's ASHA never stops a trial at a rung where its metric is NaN.
#
# Version: ray 2.60.0 (`AsyncHyperBandScheduler`).
# Behaviour: a trial is stopped where its value is below the cut-off; NaN is below nothing. The cut-off
# itself leaves NaN out.
# Seen: losses 0.5, 0.6, 0.4, NaN, 0.7, NaN at epoch 1, eta 3: C S C C S C. 0.7 is stopped, both NaN go on.
#
# Why a search cares: a trial that has diverged for good trains on to the next rung, and through it, to
# the end of its budget; a search with many of them spends most on what cannot be mended.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'ray[tune]==2.60.0'
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
import types

from ray.tune.schedulers import AsyncHyperBandScheduler

asha = AsyncHyperBandScheduler(
    time_attr="epoch", metric="loss", mode="min", max_t=27, grace_period=1, reduction_factor=3
)
told = ""
for number, loss in enumerate([0.5, 0.6, 0.4, float("nan"), 0.7, float("nan")]):
    trial = types.SimpleNamespace(trial_id=str(number), stub=True)
    asha.on_trial_add(None, trial)
    told += asha.on_trial_result(None, trial, {"epoch": 1, "loss": loss})[0]
print(told)
sys.exit(told != "CSCCSC")
PYTHON
