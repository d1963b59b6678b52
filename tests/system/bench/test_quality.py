"""Runs of the benchmark: made once, and the same as if every epoch were told."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ashad.core.kinds import Random
from ashad.core.spec import SECOND, Limits, StudySpec
from ashad.simulate import CurveTable, simulate

from bench.quality import report, runs
from bench.quality.methods import OURS
from bench.quality.tables import FIRST, task
from tests.support.curve_tables import save

PARAMS = [{"name": "a", "type": "float", "lower": 0, "upper": 1, "log": False}]


@pytest.fixture
def one(tmp_path, monkeypatch):
    """A table of 60 curves that cross and last differently long; runs are kept aside."""
    random = np.random.default_rng(3)
    a = random.random((60, 1))
    curve = (a + random.random((60, 1)) / np.arange(1, 28)) + 0.1 * random.random((60, 27))
    curve[5, 7:] = np.nan
    save(tmp_path / "t.npz", curve, PARAMS, params_rows=a, seconds=1 + random.random(60))
    monkeypatch.setattr(runs, "FRESH", tmp_path / "fresh")
    monkeypatch.setattr(runs, "PACKED", tmp_path / "packed.gz")
    return task(tmp_path, "t")


@pytest.mark.parametrize("method", [*list(OURS)[:5], "asha stopping + tpe"])
def test_reports_at_levels_make_the_run_that_reports_of_every_epoch_make(one, method):
    limits = Limits(max_duration=int(8 * one.full * SECOND))
    spec = OURS[method](StudySpec("loss", False, 27, one.space, Random(), limits=limits))
    result = simulate(spec, CurveTable(one.path, spec, 5, reports=True), 16, 5)
    told = [
        [float(f"{time / one.full:.4g}"), round(one.regret(value), 4)]
        for time, value in result.best
        if time <= 8 * one.full
    ]
    best = min(regret for _, regret in told)
    found = runs.run(one, method, 16, 5)
    better = [point for n, point in enumerate(told) if all(point[1] < q[1] for q in told[:n])]
    assert found.curve == better
    assert found.at(8) == best
    assert found.reaches(best) <= 8
    assert found.reaches(-1.0) == runs.NEVER


def test_what_is_kept_is_not_made_again_and_half_a_line_is(one, monkeypatch):
    runs.make([one], ["random"], 16, range(2))
    (path,) = runs.FRESH.iterdir()
    first, second = path.read_text().splitlines(keepends=True)
    path.write_text(first + second[:-9])
    made = []
    run = runs.run
    monkeypatch.setattr(runs, "run", lambda *what: made.append(what[3]) or run(*what))
    path.rename(path.with_stem("0"))
    runs.make([one], ["random"], 16, range(2))
    assert made == [1]
    kept = runs.load()
    assert len(kept) == 2
    runs.pack(kept)
    packed = runs.PACKED.read_bytes()
    for old in runs.FRESH.iterdir():
        old.unlink()
    assert runs.load() == kept
    runs.pack(runs.load())
    assert runs.PACKED.read_bytes() == packed


def test_runs_of_other_settings_do_not_count(one):
    runs.make([one], ["random"], 16, range(1))
    (path,) = runs.FRESH.iterdir()
    line = json.loads(path.read_text())
    path.write_text(json.dumps([*line[:4], "Random(other)", *line[5:]]))
    assert runs.load() == {}


def test_one_half_of_the_tables_chooses_and_random_search_is_followed_longer(tmp_path):
    for name in FIRST:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        save(tmp_path / f"{name}.npz", [[3, 3], [2, 2], [1, 1]], PARAMS, params_rows=[[0.1]] * 3)
    halves = {task(tmp_path, name).judged for name in FIRST}
    assert halves == {False, True}
    kept = {}
    for name in FIRST:
        judges = task(tmp_path, name).judged
        of = {
            "random": [[0.1, 0.9], [20.0, 0.0]] if judges else [[0.1, 0.9]],
            "asha stopping": [[0.1, 0.8], [2.0 if judges else 4.0, 0.0]],
            "adaptive standard": [[0.1, 0.8], [4.0 if judges else 2.0, 0.0]],
        }
        for method, curve in of.items():
            kept[runs.Key(name, method, 16, 0)] = runs.Run(9, 9, curve)
    found = report.Found.of(kept, tmp_path)
    assert report.default(found) == "adaptive standard"
    for name in FIRST:
        expected = 20 / 4 if task(tmp_path, name).judged else 64 / 2  # 64: followed, not reached
        assert found.speedup(name, "adaptive standard", 16) == expected
