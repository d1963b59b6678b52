#!/usr/bin/env bash
# Surprise: W&B's early stopping never judges a run from the step at which its metric became NaN.
#
# Version: sweeps 0.3.0, the open package with the rule of W&B's sweeps.
# Behaviour: a band is reached by the number of finite values that were logged, not by the step. A run
# whose loss is NaN from its third step on stays at two for ever, before the first band.
# Seen: min_iter 3, eta 3, nine steps; runs with losses of 1.0, 0.9 ... 0.5 throughout: 0, 1 and 2 are
# stopped. A run of 9.0 throughout is stopped as well; one of 5.0, 9.0 and then seven NaN is not.
#
# Why a search cares: diverged runs are the ones to stop first, and here the only ones that cannot be.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sweeps==0.3.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

from sweeps.hyperband_stopping import hyperband_stop_runs
from sweeps.run import RunState, SweepRun

SWEEP = {
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "early_terminate": {"type": "hyperband", "min_iter": 3, "eta": 3},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
}


def run(name, losses):
    history = [{"loss": loss} for loss in losses]
    return SweepRun(name=name, state=RunState.running, history=history)


runs = [run(str(number), [1 - 0.1 * number] * 9) for number in range(6)]
runs.append(run("bad", [5.0] + [9.0] * 8))
runs.append(run("diverged", [5.0, 9.0] + [float("nan")] * 7))
stopped = sorted(found.name for found in hyperband_stop_runs(runs, SWEEP))
print("stopped:", stopped)
sys.exit(stopped != ["0", "1", "2", "bad"])
PYTHON
