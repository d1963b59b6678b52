"""The instrument: exact times by hand, troubles that show, tables that fit or are refused."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from ashad.cli import main
from ashad.cli.commands.simulate import _show
from ashad.core.kinds import (
    AdaptiveAsha,
    Asha,
    AsyncHyperband,
    Grid,
    Hyperband,
    Random,
    SuccessiveHalving,
    Tpe,
)
from ashad.core.space import Choice, Float, Int
from ashad.core.spec import SECOND, Limits, StudySpec
from ashad.simulate import CurveTable, CurveTableError, Hill, Result, Trouble, simulate
from click.testing import CliRunner

from tests.support import ROOT
from tests.support.curve_tables import PARAMS, save

SPACE = {"n": Int(1, 4)}


def spec(algorithm, top=9, space=None, **limits):
    return StudySpec("loss", False, top, space or SPACE, algorithm, limits=Limits(**limits))


@pytest.fixture
def table(tmp_path):
    """Four configurations, three reports; the second takes two seconds a report."""
    curve = [[4, 4, 4], [3, 3, 1], [2, 2, 2], [1, float("nan"), 5]]
    return save(tmp_path / "t.npz", curve, seconds=np.array([1.0, 2.0, 1.0, 1.0]))


def test_times_of_a_grid_on_two_workers_by_hand(table):
    """Worker 0 trains n = 1 (3 s) and n = 3 (to 6 s); worker 1 n = 2 (6 s); n = 4 to 9 s."""
    study = spec(Grid(), 3)
    found = simulate(study, CurveTable(table, study, 0), 2, 0)
    assert found.trials == 4
    assert found.first_full == 3.0
    assert found.seconds == pytest.approx(9.0)
    assert found.busy == pytest.approx(3 + 6 + 3 + 3)
    assert found.spent == 12
    assert [(time, value) for time, value in found.best if value <= 2] == [(4.0, 2.0), (6.0, 1.0)]
    assert found.in_full == 4
    assert found.at(5.0) == 2.0
    assert found.at(0.5) is None


def test_a_straggling_job_takes_longer_and_nothing_else_changes():
    study = spec(Asha(promotion=True), max_trials=40)
    plain = simulate(study, Hill(study, 1, 0.1), 1, 1)
    slow = simulate(study, Hill(study, 1, 0.1), 1, 1, Trouble(straggle=1.0))
    assert slow.seconds > 1.3 * plain.seconds
    assert (slow.spent, slow.trials, slow.in_full) == (plain.spent, plain.trials, plain.in_full)
    assert plain.utilization == pytest.approx(1.0)


@pytest.mark.parametrize("promotion", [False, True])
@pytest.mark.parametrize("checkpoints", [False, True])
def test_dropped_jobs_and_dead_workers_lose_work_but_no_trial(promotion, checkpoints):
    study = spec(Asha(promotion=promotion), 27, max_trials=60)
    trouble = Trouble(
        drop=0.02, death=0.03, downtime=20.0, lease=10.0, straggle=0.5, checkpoints=checkpoints
    )
    found = simulate(study, Hill(study, 2, 0.1), 8, 2, trouble)
    assert found.dropped > 2
    assert found.deaths > 2
    assert found.failed == 0
    assert found.trials == 60
    assert found.reason == "MAX_TRIALS"
    assert (found.repeated > 0) != checkpoints
    assert found.utilization < 0.95


def test_promotion_without_checkpoints_trains_again():
    study = spec(Asha(promotion=True), max_trials=60)
    kept = simulate(study, Hill(study, 1, 0.1), 4, 1)
    lost = simulate(study, Hill(study, 1, 0.1), 4, 1, Trouble(checkpoints=False))
    assert kept.repeated == 0
    assert lost.spent - lost.repeated == pytest.approx(kept.spent, rel=0.1)


@pytest.mark.parametrize(
    "algorithm",
    [
        Asha(), Asha(promotion=True), AdaptiveAsha(), SuccessiveHalving(), Hyperband(repeat=True),
        AsyncHyperband(), Random(),
    ],
)  # fmt: skip
def test_a_run_is_a_function_of_its_seed(algorithm):
    study = replace(spec(algorithm, max_trials=30), sampler=Tpe(0.1))
    trouble = Trouble(straggle=0.5, drop=0.01)

    def run(seed):
        return asdict(simulate(study, Hill(study, seed, 0.3), 5, seed, trouble))

    assert run(3) == run(3)
    assert run(3) != run(4)
    assert run(3)["reason"] in ("MAX_TRIALS", "BRACKETS_EXHAUSTED")


@pytest.mark.slow
def test_what_was_promoted_beyond_the_quota_is_counted():
    """The identity of the paper: all promoted = the quota + the mispromoted."""
    study = spec(Asha(promotion=True, eta=4.0), 4, {"x": Float(0.0, 1.0)}, max_trials=1024)
    counts = [simulate(study, Hill(study, s, 5.0), 1, s, every=0).mispromoted for s in range(12)]
    assert 10 < sum(counts) / 12 < 18  # 13.7 on 200 seeds of the reference
    found = simulate(study, Hill(study, 1, 5.0), 1, 1, every=0)
    assert found.promoted == 1024 // 4 + found.mispromoted


@pytest.mark.slow
def test_asha_trains_more_in_full_than_sha_where_jobs_straggle():
    def many(algorithm):
        study = spec(algorithm, 256, {"x": Float(0.0, 1.0)}, max_duration=1000 * SECOND)
        trouble = Trouble(straggle=1.33)
        runs = (simulate(study, Hill(study, s, 1.0), 25, s, trouble, every=0) for s in range(2))
        return sum(run.in_full for run in runs)

    asha = many(Asha(promotion=True, eta=4.0))
    assert asha > many(SuccessiveHalving(eta=4.0, trials=256, repeat=True)) > 0


def test_workers_of_a_synchronous_round_stand_in_line(table):
    study = spec(SuccessiveHalving(min_resource=1, eta=3.0, max_rungs=2), 3)
    found = simulate(study, CurveTable(table, study, 0), 3, 0)
    assert found.reason == "BRACKETS_EXHAUSTED"
    assert found.in_full == 1
    assert found.utilization < 0.8


# --- tables --------------------------------------------------------------------------------------


def test_a_trial_gets_the_nearest_row(tmp_path):
    params = [
        {"name": "rate", "type": "float", "lower": 0.001, "upper": 1.0, "log": True},
        {"name": "kind", "type": "choice", "choices": ["a", "b"]},
    ]
    rows = [[0.01, 0], [0.01, 1], [0.5, 0]]
    path = save(tmp_path / "t.npz", [[1], [2], [3]], params, params_rows=rows)
    space = {"kind": Choice(("a", "b")), "rate": Float(0.001, 1.0, log=True), "more": Int(1, 2)}
    study = spec(Random(), 1, space)
    curves = CurveTable(path, study, 0)
    for trial, (rate, kind, value) in enumerate(
        [(0.02, "a", 1), (0.008, "b", 2), (0.4, "a", 3), (1.0, "b", 3)]
    ):
        curves.begin(trial, {"rate": rate, "kind": kind, "more": 1})
        assert curves.value(trial, 1) == value


def test_without_its_parameters_rows_are_drawn(table):
    study = spec(Random(), 3, {"other": Float(0.0, 1.0)}, max_trials=200)
    curves = CurveTable(table, study, 0)
    values = set()
    for trial in range(100):
        curves.begin(trial, {"other": 0.5})
        values.add(curves.value(trial, 1))
    assert values == {1.0, 2.0, 3.0, 4.0}


def test_of_several_seeds_the_first_is_the_table(tmp_path):
    rows, seeds = [[1], [2], [1], [1]], np.array([42, 42, 43, 44])
    path = save(tmp_path / "t.npz", [[5], [6], [7], [8]], params_rows=rows, seed=seeds)
    curves = CurveTable(path, spec(Random(), 1, {"other": Float(0.0, 1.0)}, max_trials=50), 0)
    for trial in range(50):
        curves.begin(trial, {"other": 0.5})
    assert {curves.value(trial, 1) for trial in range(50)} == {5.0, 6.0}


def test_reports_of_a_table_may_be_far_apart(tmp_path):
    path = save(tmp_path / "t.npz", [[3, 2, 1]], resource=np.array([200.0, 400.0, 600.0]))
    curves = CurveTable(path, spec(Random(), 600), 0)
    curves.begin(0, {"n": 1})
    assert [curves.value(0, r) for r in (1, 200, 399, 400, 600)] == [3, 3, 3, 2, 1]
    assert sum(curves.seconds(0, r) for r in range(1, 401)) == pytest.approx(2)
    counted = CurveTable(path, spec(Random(), 3), 0, reports=True)
    counted.begin(0, {"n": 1})
    assert [counted.value(0, r) for r in (1, 2, 3)] == [3, 2, 1]
    assert counted.seconds(0, 2) == 1


@pytest.mark.parametrize(
    ("top", "changes", "why"),
    [
        (4, {}, "its curves end at 3"),
        (3, {"mode": "max"}, "maximized"),
        (3, {"params": [{"name": "k", "type": "choice", "choices": [1]}]}, None),
    ],
)
def test_a_table_that_does_not_fit_is_told(tmp_path, top, changes, why):
    path = save(tmp_path / "t.npz", [[3, 2, 1]], **changes)
    if why is None:
        CurveTable(path, spec(Random(), top), 0)
        return
    with pytest.raises(CurveTableError, match=why):
        CurveTable(path, spec(Random(), top), 0)


@pytest.mark.parametrize("content", [b"", b"no table", None])
def test_what_is_no_table_is_told(tmp_path, content):
    path = tmp_path / "t.npz"
    if content is None:
        np.savez(path, x=np.zeros(3))
    else:
        path.write_bytes(content)
    with pytest.raises(CurveTableError, match="not a table of curves"):
        CurveTable(path, spec(Random()), 0)


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"curve": np.ones(3)}, "curve must be"),
        ({"curve": np.ones((0, 3)), "params": np.ones((0, 1))}, "curve must be"),
        ({"curve": np.array([["a", "b", "c"]])}, "curve must hold numbers"),
        ({"curve": np.array([[None, 1, 2]], object)}, "not a table"),
        ({"params": np.ones((2, 1))}, "params must have"),
        ({"meta": [1]}, "not a table"),
        ({"meta": {"params": [{}], "mode": "min"}}, "not a table"),
        ({"resource": np.array([3, 2, 1])}, "resource must be"),
        ({"resource": np.array([-1, 2, 3])}, "resource must be"),
        ({"seconds": np.array([-1.0])}, "seconds must be finite"),
        ({"seconds": np.array([np.inf])}, "seconds must be finite"),
        ({"seconds": np.ones(4)}, "seconds must be"),
    ],
)
def test_arrays_that_do_not_fit_are_told(tmp_path, arrays, why):
    whole = {"meta": {"params": PARAMS, "mode": "min"}, "curve": np.ones((1, 3))}
    whole |= {"params": np.ones((1, 1))} | arrays
    np.savez(tmp_path / "t.npz", **whole | {"meta": json.dumps(whole["meta"])})
    with pytest.raises(CurveTableError, match=why):
        CurveTable(tmp_path / "t.npz", spec(Random(), 3), 0)


def test_choices_are_matched_by_value_not_by_their_place(tmp_path):
    params = [{"name": "kind", "type": "choice", "choices": ["a", "b", "c"]}]
    path = save(tmp_path / "t.npz", [[1], [2], [3]], params, params_rows=[[0], [1], [2]])
    study = spec(Random(), 1, {"kind": Choice(("c", "a"))})
    curves = CurveTable(path, study, 0)
    for trial, (kind, value) in enumerate([("a", 1), ("c", 3)]):
        curves.begin(trial, {"kind": kind})
        assert curves.value(trial, 1) == value
    params = [{"name": "kind", "type": "choice", "choices": [16, 32]}]
    save(tmp_path / "t.npz", [[1], [2]], params, params_rows=[[32], [16]])
    curves = CurveTable(path, spec(Random(), 1, {"kind": Choice((16, 32))}), 0)
    curves.begin(0, {"kind": 32})
    assert curves.value(0, 1) == 1
    with pytest.raises(CurveTableError, match="no choice of the table"):
        CurveTable(path, spec(Random(), 1, {"kind": Choice(("x", "y"))}), 0)


def test_time_that_ended_in_lost_jobs_has_passed(tmp_path):
    path = save(tmp_path / "t.npz", [[1]], seconds=np.array([1e6]))
    study = spec(Random(), 1, max_duration=50 * SECOND)
    found = simulate(study, CurveTable(path, study, 0), 1, 0, Trouble(drop=0.1))
    assert found.seconds >= 50
    assert found.utilization == pytest.approx(1.0)


# --- the command ---------------------------------------------------------------------------------

FILE = """
metric = "loss"
goal = "minimize"
max_resource = 3
[algorithm]
type = "asha"
[space]
n = { int = [1, 4] }
"""


@pytest.mark.parametrize("every", [0, 1, 2])
def test_what_is_trained_again_is_counted_however_often_it_reports(every):
    study = spec(Asha(promotion=True), max_trials=20)
    found = simulate(study, Hill(study, 1, 0.1), 1, 1, Trouble(checkpoints=False), every)
    again = sum(job.began == 0 for job in found.jobs) - found.trials
    assert again > 0
    assert found.repeated >= again
    furthest: dict[int, int] = {}
    for job in found.jobs:
        furthest[job.trial] = max(job.reached, furthest.get(job.trial, 0))
    assert found.spent - found.repeated == sum(furthest.values())


def test_times_of_milliseconds_are_told_apart(capsys):
    _show(Result(1, seconds=0.02, best=[(1e-6, 0.5)]), spec(Asha()))
    out = capsys.readouterr().out
    assert "after 0.02 s" in out
    shown = [line.split()[0] for line in out.splitlines()[-14:-2]]
    assert len(set(shown)) == 12, shown


def call(tmp_path, text, *arguments):
    (tmp_path / "s.toml").write_text(text)
    words = ["simulate", str(tmp_path / "s.toml"), *arguments]
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.output


def test_of_a_population_the_command_says_what_no_curve_shows(tmp_path):
    study = (ROOT / "examples/schedule/study.toml").read_text()
    code, out = call(tmp_path, study, "--workers", 3)
    assert code == 0
    assert out.startswith("a trial that goes on from a donor is given the curve of its own")
    assert "every member of the population was trained" in out


def test_the_command_prints_what_a_run_came_to(tmp_path, table):
    limited = f"{FILE}[limits]\nmax_trials = 30\n"
    code, out = call(tmp_path, limited, "--workers", 3, "--curves", table, "--seed", 5)
    assert code == 0
    for word in ("first in full", "at work", "overtaken", "best loss", "has made all its trials"):
        assert word in out
    code, out = call(tmp_path, limited, "-o", "json", "--straggle", 0.5, "--drop", 0.01)
    assert code == 0
    assert json.loads(out)["trials"] == 30


def test_the_command_ends_at_a_virtual_time(tmp_path):
    code, out = call(tmp_path, FILE, "--max-duration", "100s", "--workers", 2)
    assert code == 0
    assert "time" in out.splitlines()[0]


@pytest.mark.parametrize("kind", ["hyperband", "successive_halving", "grid", "single"])
def test_a_search_that_ends_by_itself_needs_no_limit(tmp_path, kind):
    code, out = call(tmp_path, FILE.replace('"asha"', f'"{kind}"'))
    assert code == 0, out


@pytest.mark.parametrize(
    ("text", "arguments", "why"),
    [
        (FILE, [], "no limit"),
        (FILE, ["--max-duration", "0s"], "max_duration"),
        (FILE, ["--max-duration", "9s", "--noise", "nan"], "--noise"),
        (FILE, ["--max-duration", "9s", "--straggle", "inf"], "--straggle"),
        (FILE, ["--max-duration", "9s", "--drop", "nan"], "--drop"),
        (FILE.replace("= 3", "= 0"), [], "max_resource"),
        (FILE.replace("= 3", "= 5"), ["--curves", "TABLE", "--max-duration", "9s"], "end at 3"),
        (FILE, ["--max-duration", "soon"], "soon"),
        (FILE, ["--curves", "/no/such.npz", "--max-duration", "9s"], "No such file"),
    ],
)
def test_a_wrong_command_line_or_file_is_told(tmp_path, table, text, arguments, why):
    words = [table if word == "TABLE" else word for word in arguments]
    code, out = call(tmp_path, text, *words)
    assert code != 0
    assert why in out
