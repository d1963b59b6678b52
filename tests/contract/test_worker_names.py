"""Two living processes with one worker name: one trains on, the other is told why it cannot."""

from __future__ import annotations

import os
import subprocess
import sys

import ashad_client
from ashad_client.v1 import ashad_pb2 as pb

TRAIN = """
import sys, time, ashad_client
with ashad_client.connect(sys.argv[1]) as client:
    for trial in client.trials("s"):
        for step in trial.steps():
            time.sleep(0.05)
            trial.report(step, loss=1.0 / step)
"""
SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 20, "algorithm": {"type": "random"},
    "space": {"x": ashad_client.uniform(0, 1)},
    "limits": {"max_trials": 4}, "lease": {"duration": 6, "heartbeat_interval": 0.5},
}  # fmt: skip


def test_the_study_completes_and_one_of_the_two_says_what_is_wrong(daemon):
    with ashad_client.connect(daemon.address) as client:
        client.create_study("s", SPEC)
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", TRAIN, daemon.address],
                env={**os.environ, "ASHAD_WORKER": "same"}, stderr=subprocess.PIPE, text=True,
            )
            for _ in range(2)
        ]  # fmt: skip
        said = [worker.communicate(timeout=120)[1] for worker in workers]
        codes = [worker.returncode for worker in workers]
        assert sorted(bool(code) for code in codes) == [False, True], said
        wrong = said[codes.index(next(filter(None, codes)))]
        assert "WORKER_NAME_IN_USE" in wrong or "another living process" in wrong
        trials = list(client.list_trials("s"))
        assert [pb.TrialState.Name(trial.state) for trial in trials] == [
            "TRIAL_STATE_COMPLETED"
        ] * 4


def test_a_second_process_waits_while_the_first_sends_heartbeats(wire):
    name = wire.create()
    held = wire.take(name, "same")
    wire.beat(held)
    assert wire.ask(name, "same").wait.reason == "WORKER_NAME_HELD"
