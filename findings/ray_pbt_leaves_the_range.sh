#!/usr/bin/env bash
# Surprise: Ray Tune's PBT perturbs parameters out of the range that they were given.
#
# Version: ray 2.60.0 (`PopulationBasedTraining`, all defaults).
# Behaviour: of a value under a `Domain` either a new one is drawn or it is multiplied by 1.2 or 0.8; the
# result is not clipped. A whole number is rounded, so that a small one never moves.
# Seen: tune.uniform(0, 1) at 1.0 becomes 1.2; tune.randint(1, 10) at 9 becomes 11, at 1 stays 1; 0.0 stays
# 0.0; tune.choice(["x", "y"]) raises TypeError (a plain list is meant).
#
# Why a search cares: a dropout of 1.2, a momentum above 1 or a batch size of 0 ends a member in an error or
# in NaN, and 1 and 0 are traps that only resampling leaves.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'ray[tune]==2.60.0'
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import random
import sys

from ray import tune
from ray.tune.schedulers import PopulationBasedTraining
from ray.tune.schedulers.pbt import _explore

random.seed(0)
defaults = PopulationBasedTraining(metric="loss", mode="min", hyperparam_mutations={"a": [1, 2]})
factors = defaults._perturbation_factors


def all_of(value, domain):
    return {_explore({"a": value}, {"a": domain}, 0.0, factors, None)[0]["a"] for _ in range(200)}


found = [
    all_of(1.0, tune.uniform(0, 1)), all_of(9, tune.randint(1, 10)), all_of(1, tune.randint(1, 10)),
    all_of(0.0, tune.uniform(0, 1)),
]  # fmt: skip
try:
    all_of("x", tune.choice(["x", "y"]))
except TypeError as error:
    found.append(str(error))
print(found, defaults._quantile_fraction, defaults._resample_probability)
expected = [{1.2, 0.8}, {11, 7}, {1}, {0.0}, "can't multiply sequence by non-int of type 'float'"]
sys.exit(found != expected or (defaults._quantile_fraction, defaults._resample_probability) != (0.25, 0.25))
PYTHON
