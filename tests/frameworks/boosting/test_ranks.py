"""Two workers of XGBoost's collective: one trial for both, and both leave it in the same round."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import ashad_client
import pytest
import xgboost
from ashad_client.integration.xgboost import Reporter
from xgboost.tracker import RabitTracker

from tests.frameworks.boosting.data import X, Y, stopping_study, told
from tests.support import ROOT


def test_two_workers_train_the_same_trials_and_stop_after_the_same_round(
    client, make_study, daemon
):
    study = stopping_study(make_study)
    tracker = RabitTracker(n_workers=2, host_ip="127.0.0.1")
    tracker.start()
    program = Path(__file__).with_name("ranks.py")
    command = [sys.executable, program, study, json.dumps(tracker.worker_args())]
    env = {**os.environ, "ASHAD_ADDRESS": daemon.address, "PYTHONPATH": str(ROOT)}
    workers = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        printed = [worker.communicate(timeout=200)[0].split("\n") for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
        with suppress(xgboost.core.XGBoostError):  # raises where a worker never came
            tracker.free()
    assert [worker.returncode for worker in workers] == [0, 0]
    trials = ["0 0.5 12", "1 0.1 3", "2 0.2 3", ""]
    assert [lines[-4:] for lines in printed] == [trials, trials]  # behind a line of XGBoost's
    assert [len(told(client, study, number)) for number in range(3)] == [12, 3, 3]


def test_workers_with_a_trial_each_are_refused(client, make_study, monkeypatch):
    """One would stop alone, and the other wait for it in the next round."""
    trial = client.suggest(stopping_study(make_study))
    monkeypatch.setattr(xgboost.collective, "get_world_size", lambda: 2)
    with pytest.raises(ashad_client.Error, match="NOT_SHARED"):
        xgboost.train({}, xgboost.DMatrix(X, Y), 12, callbacks=[Reporter(trial)])
