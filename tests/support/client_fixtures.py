"""What the client's tests share: studies on a real daemon, and waiting on conditions."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time

import ashad_client
import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.support import patience_s


@pytest.fixture
def client(daemon):
    with ashad_client.connect(daemon.address, close_timeout_s=5) as client:
        yield client


@pytest.fixture
def new_client(daemon):
    """More clients of the same daemon, closed at the end."""
    made = []

    def make(**settings):
        settings = {"close_timeout_s": 5, "max_wait_s": 1, **settings}
        made.append(ashad_client.connect(daemon.address, **settings))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def make_study(daemon):
    """A study in which every trial is trained in full, unless told otherwise."""
    numbers = itertools.count()

    def make(**spec):
        name = f"study-{next(numbers)}"
        whole = {
            "metric": "loss",
            "goal": "minimize",
            "max_resource": 4,
            "seed": 1,
            "space": {"lr": ashad_client.loguniform(1e-4, 1e-1)},
            "limits": {"max_trials": 3},
            **spec,
        }
        whole.setdefault("algorithm", {"type": "random"})
        with ashad_client.connect(daemon.address) as client:
            client.create_study(name, whole)
        return name

    return make


@pytest.fixture
def until():
    """Wait on a condition, with a deadline."""

    def wait(condition, seconds=None):
        seconds = seconds or patience_s()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"not within {seconds} s")

    return wait


@pytest.fixture
def run_script(daemon, tmp_path):
    """Run a script in a process of its own, against the daemon."""

    def run(source, *arguments, env=None, check=None):
        path = tmp_path / "script.py"
        path.write_text(source)
        done = subprocess.run(
            [sys.executable, "-W", "error", str(path), *map(str, arguments)],
            env={**os.environ, "ASHAD_ADDRESS": daemon.address, **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if check is not None:
            assert done.returncode == check, done.stderr
        return done

    return run


@pytest.fixture
def state_of(new_client):
    """The state of a trial, as a word."""
    asker = new_client()

    def state(study, number):
        word = pb.TrialState.Name(asker.get_trial(study, number).state)
        return word.removeprefix("TRIAL_STATE_")

    return state
