"""The Trainer and skorch on two ranks (gloo, on the CPU): both leave each trial in one epoch."""

from __future__ import annotations

from pathlib import Path

import pytest
from ashad_client import TrialState

from tests.support.harness import until
from tests.support.libraries import library

library("torch")
library("transformers")
library("skorch")
PROGRAMS = Path(__file__).parent / "programs"
BOTH = pytest.mark.parametrize("program", ["trainer.py", "skorched.py"])


@pytest.fixture
def start(crew, daemon, study):
    def run(program: str, how: str):
        crew.start(PROGRAMS / program, study(), how, address=daemon.address)

    return run


def trained(crew, rank):
    """Return what a rank printed of each trial that it left."""
    lines = [line for line in crew.printed(rank) if line.startswith("rank ")]
    assert all(line.startswith(f"rank {rank} of 2 ") for line in lines), lines
    return [line.split(" ", 4)[4] for line in lines]


def stopped(client, number):
    states = [trial.state for trial in client.list_trials("s")]
    return states[number:] and states[number] == TrialState.STOPPED


@BOTH
def test_both_ranks_train_the_same_and_stop_at_the_same_epoch(start, crew, client, program):
    start(program, "well")
    assert crew.wait() == [0, 0], crew.printed(0) + crew.printed(1)
    assert trained(crew, 0) == trained(crew, 1)
    assert [line.split()[-1] for line in trained(crew, 0)] == ["4", "1", "1", "1"]
    states = [trial.state for trial in client.list_trials("s")]
    assert states == [TrialState.COMPLETED, *[TrialState.STOPPED] * 3]


@BOTH
def test_a_build_in_which_only_rank_0_hears_hangs(start, crew, client, program):
    """The rank that did not hear trains on, and waits in its next all-reduce for ever."""
    start(program, "deaf")
    crew.until(1, "rank 1 of 2 0 ")
    until("trial 1 to be stopped", lambda: stopped(client, 1), 120)
    assert crew.wait(deadline_s=8) == [None, None]
    assert len(trained(crew, 1)) == 1


def test_ranks_with_a_trial_each_are_refused(start, crew):
    """Else each would stop by itself, and leave the other waiting."""
    start("skorched.py", "apart")
    assert crew.wait() == [1, 1]
    for rank in (0, 1):
        assert any("NOT_SHARED" in line for line in crew.printed(rank))
