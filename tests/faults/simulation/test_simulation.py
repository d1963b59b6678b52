"""Two hundred seeds: each lives through its trouble, heals, ends, and is the same once more."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from tests.support import ROOT

from .world import Result, simulate

SEEDS, CHUNK = 200, 10

# What must have happened in every chunk, and over all seeds: a run in which nothing goes wrong
# shows nothing.
IN_A_CHUNK = {"reports acknowledged": 500, "crashes": 10, "echoes": 50, "trials": 50}
IN_ALL = {
    "reports acknowledged": 20_000, "crashes": 600, "crashes with an open batch": 50,
    "crashes before a commit": 100, "crashes after a commit": 20, "broken writes": 30,
    "gentle ends": 60,
    "refused batches": 40, "stalls": 40, "jumps of the wall clock": 40, "cuts": 300,
    "doubled": 5_000, "requests lost": 3_000, "replies lost": 2_000, "late": 500,
    "deaths of workers": 500, "freezes": 200, "leases expired": 300, "reissued": 500,
    "reclaimed": 50, "echoes": 5_000, "echoes before the answer": 1_000, "wrong calls": 500,
    "late reports SUPERSEDED": 50, "decided DIVERGED": 100, "decided IN_TOP": 500,
    "decided BELOW_CUTOFF": 300, "decided RUNG_REACHED": 1_000, "mishap fail": 20,
    "mishap infeasible": 20, "mishap release": 20, "refused REPORT_CONFLICT": 100,
    "ended MAX_TRIALS": 100, "ended BRACKETS_EXHAUSTED": 5,
    "ended MAX_TOTAL_RESOURCE": 10, "ended MAX_DURATION": 5,
}  # fmt: skip

_total: Counter[str] = Counter()
_digests: dict[int, str] = {}


def sound(seed: int) -> Result:
    """Run a seed; a failure says how to see it again."""
    result = simulate(seed)
    again = f"again: python -m tests.faults.simulation {seed} --trace"
    assert not result.failures, "\n".join([*result.failures, again])
    _digests[seed] = result.digest
    return result


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_a_chunk_of_seeds(first: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(first, first + CHUNK):
        counts += sound(seed).counts
    _total.update(counts)
    assert {what: counts[what] for what, least in IN_A_CHUNK.items() if counts[what] < least} == {}


def test_there_was_trouble_enough() -> None:
    if len(_digests) < SEEDS:
        pytest.skip("needs all seeds in one process")
    assert {what: _total[what] for what, least in IN_ALL.items() if _total[what] < least} == {}


@pytest.mark.parametrize("seed", range(0, SEEDS, 20))
def test_a_seed_replays_exactly(seed: int) -> None:
    before = _digests.get(seed) or sound(seed).digest
    assert sound(seed).digest == before


def test_a_seed_replays_in_another_process_with_other_hashes() -> None:
    digests = set()
    for hashes in ("0", "7"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.simulation", "7"], cwd=ROOT, text=True, check=True,
            env=os.environ | {"PYTHONHASHSEED": hashes}, capture_output=True,
        )  # fmt: skip
        digests.add(done.stdout.split()[0])
    assert digests == {simulate(7).digest}
