"""More seeds of the simulation than an ordinary run has time for, in two processes."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys

import pytest

from tests.support import LARGE, ROOT

FIRST = 1_000  # the ordinary run has those below


def run(first: int, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.simulation", str(first), "--count", str(count)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONHASHSEED": str(first % 1000)},
    )  # fmt: skip


@pytest.mark.skipif(not LARGE, reason="test_simulation.py has the first seeds; make torture")
@pytest.mark.timeout(14_400)
def test_many_seeds_heal_and_end(tell) -> None:
    """Each seed ends by healing all; some are run again in a process with other hashes."""
    seeds, replayed = 20_000, 200
    parts = [run(FIRST + i * seeds // 2, seeds // 2) for i in range(2)]
    told = [part.communicate()[0] for part in parts]
    for part, text in zip(parts, told, strict=True):
        assert part.returncode == 0, text[-3000:]
        assert f"{seeds // 2} seeds in" in text
    counts = {
        what: sum(int(match[1]) for text in told if (match := re.search(rf"(\d+)  {what}\n", text)))
        for what in ("crashes", "echoes", "leases expired", "reissued", "reports acknowledged")
    }
    assert counts["crashes"] > seeds
    chance = random.Random(seeds)
    for seed in chance.sample(range(FIRST, FIRST + seeds), replayed):
        digests = {run(seed, 1).communicate()[0].split()[0] for _ in range(2)}
        assert len(digests) == 1, f"seed {seed} does not replay"
    tell("simulation seeds", f"{seeds:,}, {replayed} of them replayed", f"0 failed; {counts}",
         f"{FIRST} to {FIRST + seeds - 1}")  # fmt: skip
