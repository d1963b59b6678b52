"""The benchmarks run, say what came of each aim, and notice a report that was lost.

What they measure is not judged here: a test with a stop-watch would fail on a busy machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack

import pytest
from ashad.web.site import STATIC

from bench.load import Load
from bench.native import PROGRAM, Native
from bench.servers import compare, daemon
from tests.support import ROOT

ROUNDS = ["--rounds", "2", "--seconds", "0.05"]
SHORT = {"reports": ROUNDS, "growth": ROUNDS, "blocking": ROUNDS}
AIMS = {  # how many aims each of them has
    "reports 1 64 16x10 64c": 6,
    "reports 16 16x10 64c --client grpc": 3,
    "blocking": 3,
    "cold --rounds 2": 2,
    "inside --rounds 1 64 16x10 64c": 0,
    "growth --trials 0 20": 2,
    "crowd --workers 50 --rate 100 --minutes 0.02": 3,
    "scale --workers 40 80 --minutes 0.03": 0,
    "decisions --entries 1000 --rounds 2 --seconds 0.05": 0,  # no peer is here to be held against
    "page --trials 500 --rounds 1 --seconds 0.2 --rest 0 --pages 1": 6,
    "rung --entries 2000 --more 200 --waiting 3000": 10,
}


OTHERS = ("grpc", "page")  # need builds of other languages
GRPC = [
    pytest.param(line, marks=pytest.mark.languages) if set(OTHERS) & set(line.split()) else line
    for line in AIMS
]


@pytest.mark.parametrize("command", GRPC)
def test_a_benchmark_runs_and_keeps_its_numbers(command, tmp_path):
    name, *arguments = command.split()
    if "grpc" in arguments and not PROGRAM.exists():
        pytest.skip("the load in C++ is not built: make bench-load")
    if name == "page" and not all(map(shutil.which, ("node", "chromium"))):
        pytest.skip("there is no Chromium here")
    if name == "page" and not (STATIC / "index.html").exists():
        pytest.skip("the page is not built: make web")
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", *SHORT.get(name, ()), *arguments], cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    kept = json.loads((tmp_path / ".build/bench.json").read_text())[name.partition(".")[0]]
    assert len(kept["aims"]) == AIMS[command]
    assert kept["numbers"]
    assert done.stdout.count("AIM ") == AIMS[command]


def test_the_cost_of_a_draw_is_told_by_sampler():
    done = subprocess.run(
        [sys.executable, "-m", "bench.draws", "--trials", "60"],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    head, _, row = done.stdout.splitlines()
    assert head.count("|") == row.count("|") == 7
    assert row.count(" ms, at most ") == 5


@pytest.fixture(params=[Load, pytest.param(Native, marks=pytest.mark.languages)])
def load(tmp_path, request):
    if request.param is Native and not PROGRAM.exists():
        pytest.skip("the load in C++ is not built: make bench-load")
    with ExitStack() as stack:
        server = daemon(stack, tmp_path / "ashad.db")
        made = request.param(server.address, 3, server.leases)
        made.prepare(0.01)
        yield made
        made.close()


def test_a_lost_report_is_noticed(load, tmp_path):
    load.run(0.1)
    load.pace(100, 0.1)
    answered = load.acknowledged()
    assert compare(tmp_path / "ashad.db", answered) == len(answered)
    with pytest.raises(RuntimeError, match="1 answered reports are not in the file, 0 rows"):
        compare(tmp_path / "ashad.db", [*answered, ("bench", 0, 270)])
    with pytest.raises(RuntimeError, match="0 answered reports are not in the file, 1 rows"):
        compare(tmp_path / "ashad.db", answered[1:])
    with pytest.raises(RuntimeError, match="reported twice"):
        compare(tmp_path / "ashad.db", [*answered, answered[0]])


def test_at_a_pace_all_report_in_turn_however_short_a_round_is(load):
    """Two of three, then one: it was the first again, and half of a crowd lost its leases."""
    load.pace(100, 0.02)
    load.pace(100, 0.01)
    assert len({trial for _, trial, _ in load.acknowledged()}) == 3


def test_at_a_pace_a_wait_counts_from_when_the_report_was_due(load):
    """Three callers of one call at a time cannot keep this pace: the last wait for the others."""
    done = load.pace(100_000, 0.01)
    assert done.reports == 1000
    assert max(done.waits) > 0.8 * done.seconds
