"""Plain DDP on two ranks (gloo, on the CPU): they train the same trials; what ends one ends all."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from ashad_client import TrialState

from tests.support.libraries import library

library("torch")
PROGRAM = Path(__file__).parent / "programs/ddp.py"


@pytest.fixture
def train(crew, daemon, study):
    def run(how: str, deadline_s: float = 120, **changes):
        crew.start(PROGRAM, study(**changes), how, address=daemon.address)
        return crew.wait(deadline_s)

    return run


def words(crew, rank):
    return [line.split(" ", 2)[2] for line in crew.printed(rank) if line.startswith("rank ")]


def states(client):
    return Counter(trial.state for trial in client.list_trials("s"))


def test_both_ranks_train_the_same(train, crew, client):
    assert train("well") == [0, 0], crew.printed(0) + crew.printed(1)
    assert words(crew, 0) == words(crew, 1)
    assert states(client).keys() <= {TrialState.COMPLETED, TrialState.STOPPED}
    assert sum(states(client).values()) == 4


def test_different_values_are_warned_of(train, crew):
    assert train("differ", limits={"max_trials": 1}) == [0, 0]
    warned = [line for line in crew.printed(0) if "error differs between ranks: rank 0" in line]
    assert len(warned) == 1


def test_an_exception_on_one_rank_fails_the_trial_once(train, crew, client):
    ended = train("raise")
    assert ended[1] == 1
    assert ended[0] not in (0, None)
    (trial,) = client.list_trials("s")
    assert trial.state == TrialState.FAILED
    assert trial.message == "rank 1: ValueError: no more memory"


def test_a_killed_rank_leaves_nobody_waiting(train, client):
    first, second = train("kill")
    assert second == -signal.SIGKILL
    assert first not in (0, None)
    (trial,) = client.list_trials("s")
    assert trial.state in (TrialState.RUNNING, TrialState.QUEUED)  # not failed: a worker was lost


def test_sigterm_on_one_rank_gives_the_trial_back(train, client):
    first, second = train("terminate")
    assert first is not None
    assert second == 143
    (trial,) = client.list_trials("s")
    assert trial.state == TrialState.QUEUED
    assert (trial.lost_leases, trial.message) == (0, "")


def test_ranks_that_part_are_told_so(train, crew):
    """One leaves the loop over steps, and the other does not."""
    assert None not in train("break")
    assert any("RANKS_DISAGREE" in line for line in crew.printed(0))


def test_one_rank_may_call_it_infeasible(train, client):
    assert train("infeasible", limits={"max_trials": 1}) == [0, 0]
    first = next(iter(client.list_trials("s")))
    assert first.state == TrialState.INFEASIBLE


def test_a_build_in_which_only_rank_0_hears_hangs(train, crew):
    """What all this is for: the rank that did not hear waits in the next all-reduce for ever."""
    train("deaf", deadline_s=0)
    crew.until(0, "rank 0 1.1 STOP")
    assert crew.wait(deadline_s=8) == [None, None]
    stops = [len([line for line in crew.printed(rank) if " STOP " in line]) for rank in (0, 1)]
    assert stops[0] > stops[1] == 0


def test_torchrun(run, daemon, study, client):
    study(limits={"max_trials": 2})
    run(
        Path(sys.executable).parent / "torchrun", "--nproc-per-node", "2",
        "--standalone", PROGRAM, "s", "well",
    )  # fmt: skip
    assert sum(states(client).values()) == 2


def test_the_same_script_on_one_process(run, study, client):
    study(limits={"max_trials": 2})
    run(sys.executable, PROGRAM, "s", "well")
    assert sum(states(client).values()) == 2
