"""`ashad notify` against a real daemon: what happened while it was away is told, and told once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.harness import until
from tests.unit.cli.conftest import held

WRITE = """
import os, sys
with open(sys.argv[1], "a") as file:
    file.write(sys.stdin.read())
"""
KILL = WRITE + "os.kill(os.getppid(), 9)\n"


@pytest.fixture
def notify(daemon, tmp_path):
    """Start it; its command appends each event to a file."""
    script = tmp_path / "receive.py"
    script.write_text(WRITE)
    running = []

    def start(*words):
        command = [sys.executable, "-m", "ashad", "notify", "digits", "--address", daemon.address]
        receive = ["--", sys.executable, str(script), str(tmp_path / "events")]
        process = subprocess.Popen([*command, "--state", str(tmp_path / "state"), *words, *receive])
        running.append(process)
        return process

    start.script = script
    start.told = lambda: [
        json.loads(line) for line in (tmp_path / "events").read_text().splitlines()
    ]
    start.saved = (tmp_path / "state").exists
    yield start
    for process in running:
        process.kill()
        process.wait()


def study(cli, study_file):
    cli("study", "create", "-f", study_file({"max_trials = 9": "max_trials = 3"}))


def train(worker, value):
    lease = worker.suggest("digits")
    for resource in range(1, 10):
        if worker.report(lease, resource, value).action != pb.ACTION_CONTINUE:
            break


def test_what_happened_while_it_was_away(cli, worker, study_file, notify):
    study(cli, study_file)
    first = notify()
    until("it began", notify.saved)
    first.send_signal(signal.SIGTERM)
    first.wait()
    train(worker, 0.5)
    worker.fail(worker.suggest("digits"), "no memory")
    train(worker, 0.9)

    again = notify()

    assert again.wait(60) == 0
    events = notify.told()
    assert [event["event"] for event in events] == ["failed", "best", "finished"]
    assert "trial 1 failed: no memory" in events[0]["text"]
    assert (events[1]["trial"], events[1]["value"]) == (0, 0.5)
    once_more = notify()
    assert once_more.wait(60) == 0
    assert notify.told() == events


def test_a_new_member_of_a_front(cli, worker, study_file, notify):
    """Of (0.5, 5), (0.9, 9) and (0.4, 2) the second is dominated, and the third takes the front."""
    fronts = {
        'metric = "loss"\n': "",
        'goal = "minimize"\n': "",
        "seed = 1\n": 'seed = 1\ncombination = "pareto"\nobjectives = {loss = {goal = "minimize"}, '
        'ms = {goal = "minimize"}}\n',
        "max_trials = 9": "max_trials = 3",
        'type = "asha"\neta = 3': 'type = "random"',
    }
    cli("study", "create", "-f", study_file(fronts))
    first = notify("--on", "best")
    until("it began", notify.saved)
    for told in ((0.5, 5.0), (0.9, 9.0), (0.4, 2.0)):
        lease = worker.suggest("digits")
        metrics = [pb.Metric(name=n, value=v) for n, v in zip(("loss", "ms"), told, strict=True)]
        request = pb.ReportRequest(**held(lease), resource=9, metrics=metrics)
        worker.stub.Report(request, timeout=30)
    assert first.wait(30) == 0
    told = notify.told()
    assert (told[-1]["event"], told[-1]["trial"], told[-1]["value"]) == ("best", 2, 0.4)
    assert told[-1]["text"] == "digits: in the front: trial 2 with loss 0.4, ms 2 at epoch 9"
    assert {event["trial"] for event in told} <= {0, 2}


def test_what_was_on_its_way_comes_again_under_its_id(cli, worker, study_file, notify):
    study(cli, study_file)
    notify.script.write_text(KILL)
    train(worker, 0.5)
    for _ in range(2):
        worker.fail(worker.suggest("digits"), "no memory")
    assert notify("--on", "finished").wait(60) == -signal.SIGKILL
    notify.script.write_text(WRITE)
    assert notify("--on", "finished").wait(60) == 0
    ids = [event["id"] for event in notify.told()]
    assert len(ids) == 2
    assert len(set(ids)) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give a command after --, or --webhook URL"),
        (["--webhook", "ftp://x"], "begins with https://"),
        (["--on", "best,worst", "--", "true"], "no event 'worst'; there are best, failed"),
    ],
)
def test_what_is_refused(cli, words, said):
    ran = cli.fails("notify", "digits", *words)
    assert (ran.code, said in ran.err) == (2, True), ran.err


def test_a_study_that_is_not_there(cli, tmp_path):
    ran = cli.fails("notify", "nothing", "--state", tmp_path / "state", "--", "true")
    assert (ran.code, "nothing" in ran.err) == (1, True)
    assert not (tmp_path / "state").exists()
