"""Another library in the simulator's world: a naive ASHA is our ASHA, and NaN ends a trial."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from subprocess import run

import numpy as np
import pytest
from ashad.core.kinds import Asha
from ashad.core.sampling.samplers import draw
from ashad.core.space import Float, Int
from ashad.core.spec import SECOND, Limits, StudySpec
from ashad.simulate import CurveTable, Hill, Trouble, simulate

from bench.quality.judge import Judge
from bench.quality.methods import PEERS
from tests.support import ROOT
from tests.support.curve_tables import save

HOMES = ROOT / ".venv-peers"
SPACE = {"a": Float(0.0, 1.0), "n": Int(1, 4)}
SECONDS = 300.0
SPEC = StudySpec(
    "loss", False, 27, SPACE, Asha(), limits=Limits(max_duration=int(SECONDS * SECOND))
)


class Naive:
    """ASHA that stops, by sorting everything at every level; its calls are noted."""

    def __init__(self, spec: StudySpec, seed: int) -> None:
        self.spec, self.seed, self.asked = spec, seed, 0
        self.rungs: dict[int, list[float]] = {1: [], 3: [], 9: []}
        self.ended: list[tuple[int, float | None]] = []

    def ask(self):
        trial, self.asked = self.asked, self.asked + 1
        return trial, draw(self.spec, self.seed, trial, {}), 0

    def tell(self, trial, resource, value):
        sign = -1 if self.spec.maximize else 1
        rung = self.rungs.get(resource)
        if rung is None:
            return True
        rung.append(sign * value)
        return sorted(rung).index(sign * value) < max(1, len(rung) // 3)

    def finished(self, trial, value):
        self.ended.append((trial, value))


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_naive_asha_in_the_judges_seat_finds_what_the_scheduler_finds(seed, maximize):
    spec = replace(SPEC, maximize=maximize)
    uneven = Trouble(straggle=1.0)  # or reports of one instant would have no order
    ours = simulate(spec, Hill(spec, seed, 0.5), 7, seed, uneven)
    naive = Naive(spec, seed)
    judge = Judge(naive, 27, SECONDS)
    theirs = simulate(spec, Hill(spec, seed, 0.5), 7, seed, uneven, judge=judge)
    assert len(ours.best) > 3, seed
    assert theirs.best == ours.best, seed
    assert (theirs.trials, theirs.in_full) == (ours.trials, ours.in_full), seed
    assert len(naive.ended) == theirs.in_full, seed


def test_a_training_that_diverges_ends_there_and_the_library_hears_that_it_failed(tmp_path):
    curve = np.array([[4, 3, 2], [3, np.nan, 1], [2, 2, 2], [1, 1, 0.5]])
    path = save(tmp_path / "t.npz", curve)
    spec = StudySpec("loss", False, 3, {"n": Int(1, 4)}, Asha(), limits=SPEC.limits)
    naive = Naive(spec, 0)
    naive.tell = lambda trial, resource, value: True
    rows = iter([2, 2, 1])
    naive.ask = lambda: (7, {"n": next(rows)}, 0) if naive.ended else (6, {"n": next(rows)}, 0)
    found = simulate(spec, CurveTable(path, spec, 0), 1, 0, judge=Judge(naive, 3, 5.0))
    assert naive.ended == [(6, None), (7, None)]
    assert found.best == [(1.0, 3.0)]


def test_nothing_starts_and_everything_stops_when_the_time_is_over():
    naive = Naive(SPEC, 1)
    found = simulate(SPEC, Hill(SPEC, 1, 0.5), 3, 1, judge=Judge(naive, 27, 10.0))
    assert found.seconds == pytest.approx(10.0)
    assert naive.asked == found.trials


@pytest.mark.parametrize("method", PEERS)
def test_a_peer_searches_a_table(method, tmp_path):
    _in_home(
        method, tmp_path,
        f"found, again = (runs.run(task, {method!r}, 4, 1) for _ in range(2));"
        "assert found == again;"
        "assert found.trials > found.in_full > 1; assert found.curve[-1][1] < 0.5; print('well')",
    )  # fmt: skip


def test_bohb_is_faster_and_the_same(tmp_path):
    _in_home(
        "syne bohb", tmp_path,
        "from bench.quality.faster_bohb import KernelDensityEstimator as Kernels;"
        "own = Kernels._get_config;"
        "from bench.quality import syne;"
        "fast = runs.run(task, 'syne bohb', 4, 1); Kernels._get_config = own;"
        "slow = runs.run(task, 'syne bohb', 4, 1);"
        "assert fast == slow; assert fast.trials > 60; print('well')",
    )  # fmt: skip


def _in_home(method: str, folder: Path, then: str) -> None:
    """Have the Python where a peer lives read a small table and do something with it."""
    python = HOMES / PEERS[method].home / "bin" / "python"
    if not python.exists():
        pytest.skip("the peer is not installed: make bench-quality")
    rows = np.random.default_rng(0).random((50, 2))
    curve = np.linspace(1, rows.sum(axis=1), 9, axis=1) + rows[:, :1]
    curve[3, 4:] = np.nan
    params = [
        {"name": "a", "type": "float", "lower": 0, "upper": 1, "log": False},
        {"name": "b", "choices": ["x", "y", "z"]},
    ]
    rows[:, 1] = np.floor(rows[:, 1] * 3)
    save(folder / "t.npz", curve, params, params_rows=rows)
    code = (
        "from pathlib import Path; from bench.quality import runs, tables;"
        f"task = tables.task(Path({str(folder)!r}), 't');{then}"
    )
    done = run(
        [python, "-W", "ignore", "-c", code], cwd=ROOT, env={"PYTHONPATH": "server:."},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.endswith("well\n"), done.stderr
