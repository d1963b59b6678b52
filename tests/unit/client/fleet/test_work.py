"""What fails at once is begun again a few times only, and never in a hurry."""

from __future__ import annotations

import os
import subprocess
import sys

import ashad_client
import pytest
from ashad_client.fleet import death_signal, work

# Runs an agent, whose words follow; `forks` grows with each fork.
RUN = """
import os, sys
forks = []
os.register_at_fork(before=lambda: forks.append(1))
from ashad_client.fleet import work
work.run(sys.argv[1:], {})
print(forks)
"""


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that are made, in no time."""
    made = []
    monkeypatch.setattr(work.time, "sleep", made.append)
    return made


def test_an_agent_that_always_fails_has_seven_lives(tmp_path, pauses):
    began = tmp_path / "began"
    words = ["-c", f"print(file=open({str(began)!r}, 'a')); raise SystemExit(3)"]
    with pytest.raises(RuntimeError, match="exit code 3"):
        work.run_lives("dask-digits-0", words, {}, "")
    assert len(began.read_text().splitlines()) == work.LIVES
    assert pauses == [work.PAUSE_S] * (work.LIVES - 1)


def test_one_that_fails_once_goes_on(tmp_path, pauses):
    began = tmp_path / "began"
    check = "sys.exit(0 if os.path.exists(p) else open(p, 'w') and 1)"
    words = ["-c", f"import os, sys; p = {str(began)!r}; {check}"]
    work.run_lives("dask-digits-0", words, {}, "")
    assert len(pauses) == 1


def test_a_worker_is_not_forked_for_its_agent():
    """What gRPC does in a forked child can end it before it is the agent."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, "-c", "print('here', flush=True)"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == "here\n[]\n"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel has no such signal")
def test_an_agent_ends_with_the_worker_that_is_killed():
    agent = "import time; print('here', flush=True); time.sleep(30); print('outlived it')"
    with subprocess.Popen(
        [sys.executable, "-c", RUN, "-c", agent], stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"here\n"
        worker.kill()
        assert worker.stdout.read() == b""  # the agent has it open as long as it runs


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel has no such signal")
def test_no_agent_begins_where_the_worker_is_gone_already():
    words = (sys.executable, "-I", "-S", death_signal.__file__)
    agent = (sys.executable, "-c", "print('here')")
    codes = {}
    for parent in (os.getpid(), os.getpid() + 1):
        done = subprocess.run([*words, str(parent), *agent], capture_output=True, check=False)
        codes[done.returncode] = done.stdout
    assert codes == {0: b"here\n", 1: b""}


def test_a_function_that_fails_fails_its_trial_and_goes_on_after_a_pause(
    client, daemon, make_study, pauses
):
    study = make_study(limits={"max_trials": 2})

    def train(trial):
        assert pauses == []
        raise ValueError(trial.number)

    connection = {"address": daemon.address}
    with pytest.raises(ValueError, match="0"):
        work.train_all(train, study, connection)
    assert pauses == [work.PAUSE_S]
    assert client.study(study).counts.failed == 1
    work.train_all(lambda trial: trial.report(trial.target_resource, loss=1.0), study, connection)
    assert str(ashad_client.connect(daemon.address).study(study).state) == "finished"
