"""What the agent's tests share: a real daemon, agents in processes of their own, nothing left."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time

import ashad_client
import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.support import patience_s
from tests.support.agents import Agents


@pytest.fixture(scope="module")
def served(new_daemon, tmp_path_factory):
    """The daemon of a module's tests."""
    daemon = new_daemon(tmp_path_factory.mktemp("agent")).start()
    yield daemon
    if daemon.process.poll() is None:
        daemon.stop()


@pytest.fixture
def agent(served, tmp_path):
    agents = Agents(served.address, tmp_path)
    yield agents
    agents.end()


@pytest.fixture
def client(served):
    with ashad_client.connect(served.address, close_timeout_s=5) as client:
        yield client


_numbers = itertools.count()


@pytest.fixture
def make_study(client):
    """A study whose trials are trained in full, unless told otherwise."""

    def make(**spec):
        name = f"study-{next(_numbers)}"
        whole = {
            "metric": "loss", "goal": "minimize", "max_resource": 4, "seed": 1,
            "space": {"lr": ashad_client.loguniform(1e-4, 1e-1)}, "limits": {"max_trials": 2},
            **spec,
        }  # fmt: skip
        whole.setdefault("algorithm", {"type": "random"})
        client.create_study(name, whole)
        return name

    return make


@pytest.fixture
def sometimes():
    """A space in which `m` is there only where `opt` is sgd."""
    m = ashad_client.uniform(0, 1, when={"opt": "sgd"})
    return {"opt": ashad_client.choice("sgd", "adam"), "m": m}


@pytest.fixture
def trials(client):
    """The trials of a study, as (state, reason, resource)."""

    def of(study):
        return [
            (pb.TrialState.Name(t.state).removeprefix("TRIAL_STATE_"), t.reason, t.resource)
            for t in client.list_trials(study)
        ]

    return of


@pytest.fixture
def reports(client):
    """The reports of a trial, as (resource, value)."""

    def of(study, trial=0):
        return [(r.resource, r.value) for r in client.list_reports(study) if r.trial == trial]

    return of


@pytest.fixture
def program(tmp_path):
    """Write a program into the agent's folder; return the words that start it."""

    def write(source, name="train.py"):
        path = tmp_path / name
        path.write_text(source)
        path.chmod(0o755)
        return [sys.executable, path] if name.endswith(".py") else [path]

    return write


@pytest.fixture
def until():
    """Wait on a condition, with a deadline."""

    def wait(condition, seconds=None):
        seconds = seconds or patience_s()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := condition():
                return found
            time.sleep(0.02)
        raise AssertionError(f"not within {seconds} s")

    return wait


@pytest.fixture
def compile_c(tmp_path):
    """Compile a C program."""

    def compile_(source, *options):
        binary = tmp_path / "program"
        subprocess.run(
            ["gcc", "-O1", "-x", "c", "-", "-o", str(binary), *options],
            input=source, text=True, check=True,
        )  # fmt: skip
        return binary

    return compile_
