"""Forty seeds: each lives through its trouble, heals, ends, and is the same once more."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from tests.support import ROOT

from .world import Result, simulate

SEEDS, CHUNK = 40, 40

# What must have happened in every chunk: a run in which nothing goes wrong shows nothing.
IN_A_CHUNK = {
    "reports acknowledged": 3_000, "trials": 500, "crashes": 100, "crashes with an open batch": 8,
    "crashes before a commit": 15, "crashes after a commit": 4, "broken writes": 6,
    "gentle ends": 12, "refused batches": 8, "stalls": 8, "jumps of the wall clock": 8, "cuts": 60,
    "doubled": 1_000, "requests lost": 600, "replies lost": 400, "late": 100,
    "deaths of workers": 100, "freezes": 40, "leases expired": 60, "reissued": 100,
    "reclaimed": 8, "echoes": 800, "echoes before the answer": 150, "wrong calls": 60,
    "waits for a quota": 500,
    "late reports SUPERSEDED": 10, "decided DIVERGED": 15, "decided IN_TOP": 60,
    "decided BELOW_CUTOFF": 60, "decided RUNG_REACHED": 200, "decided EXPLOITED": 20,
    "mishap fail": 4, "mishap infeasible": 4, "mishap release": 4, "refused REPORT_CONFLICT": 20,
    "spaces changed": 20, "ended MAX_TRIALS": 20, "ended BRACKETS_EXHAUSTED": 1,
    "ended MAX_TOTAL_RESOURCE": 1, "ended MAX_DURATION": 2,
}  # fmt: skip


def sound(seed: int) -> Result:
    """Run a seed; a failure says how to see it again."""
    result = simulate(seed)
    again = f"again: python -m tests.faults.simulation {seed} --trace"
    assert not result.failures, "\n".join([*result.failures, again])
    return result


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_a_chunk_of_seeds(first: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(first, first + CHUNK):
        counts += sound(seed).counts
    assert {what: counts[what] for what, least in IN_A_CHUNK.items() if counts[what] < least} == {}


@pytest.mark.parametrize("seed", range(0, SEEDS, 10))
def test_a_seed_replays_exactly(seed: int) -> None:
    assert sound(seed).digest == sound(seed).digest


def test_a_seed_replays_in_another_process_with_other_hashes() -> None:
    digests = set()
    for hashes in ("0", "7"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.simulation", "7"], cwd=ROOT, text=True, check=True,
            env=os.environ | {"PYTHONHASHSEED": hashes}, capture_output=True,
        )  # fmt: skip
        digests.add(done.stdout.split()[0])
    assert digests == {simulate(7).digest}
