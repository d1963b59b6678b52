"""Objectives on the command line: from a file, shown, explained, replayed; not simulated."""

import csv
import importlib
import io

from ashad_client.v1 import ashad_pb2 as pb

from tests.unit.cli.conftest import held

TOGETHER = """
combination = "chebyshev"

[objectives.error]
goal = "minimize"
weight = 0.5
[objectives.ms]
goal = "minimize"
scale = 20
"""
FILE = {
    'metric = "loss"\n': "",
    'goal = "minimize"\n': "",
    "seed = 1\n": f"seed = 1\n{TOGETHER}",
    'type = "asha"\neta = 3': 'type = "random"',
}
TOLD = {0: (0.5, 31), 1: (0.9, 4), 2: (0.2, 10)}


def search(worker, trials):
    for _ in range(trials):
        lease = worker.suggest("digits", "w")
        error, ms = TOLD[lease.trial]
        for resource in range(1, 10):
            metrics = [pb.Metric(name="error", value=error), pb.Metric(name="ms", value=ms)]
            request = pb.ReportRequest(**held(lease), resource=resource, metrics=metrics)
            if worker.stub.Report(request, timeout=30).decision.action != pb.ACTION_CONTINUE:
                break


def test_they_are_shown_explained_and_replayed(cli, study_file, worker):
    cli("study", "create", "-f", study_file(FILE))
    search(worker, 3)
    shown = " ".join(cli("study", "show", "digits").out.split())
    assert "chebyshev of error minimize weight 0.5, ms minimize weight 1 scale 20" in shown
    assert "0.45 by trial 1" in shown
    [row, *_] = csv.DictReader(io.StringIO(cli("export", "digits").out))
    assert (row["value"], row["metrics.error"], row["metrics.ms"]) == ("1.55", "0.5", "31.0")
    assert "reported chebyshev 0.5 of error 0.2, ms 10" in cli("why", "digits", 2).out
    out = cli("replay", "digits", "--type", "asha", "--eta", 3).out
    assert [line.split()[-2] for line in out.splitlines()[1:3]] == ["0.45", "0.45"]


def test_a_simulation_says_that_it_leaves_them_out(cli, study_file):
    told = cli.fails("simulate", study_file(FILE))
    assert told.code == 0
    assert told.err == "simulated without objectives: curves have one metric\n"


PARETO = TOGETHER.replace("chebyshev", "pareto").replace("weight = 0.5\n", "")
FRONTS = FILE | {"seed = 1\n": f"seed = 1\n{PARETO}".replace("scale = 20\n", "")}


def test_the_front_is_told_exported_and_drawn(cli, study_file, worker, tmp_path):
    cli("study", "create", "-f", study_file(FRONTS))
    search(worker, 3)
    shown = " ".join(cli("study", "show", "digits").out.split())
    assert "pareto of error minimize, ms minimize" in shown
    told = cli("best", "digits").out.splitlines()
    assert told[0] == "2 trials that no other dominates, by error:"
    assert [line.split()[:4] for line in told[1:]] == [
        ["trial", "resource", "error", "ms"], ["2", "9", "0.2", "10"], ["1", "9", "0.9", "4"],
    ]  # fmt: skip
    front = cli("best", "digits", "-o", "json").data["front"]
    assert [(one["trial"], one["metrics"]) for one in front] == [
        (2, {"error": 0.2, "ms": 10}), (1, {"error": 0.9, "ms": 4}),
    ]  # fmt: skip
    assert "choose one of the front" in cli.fails("best", "digits", "-o", "args").err
    rows = [*csv.DictReader(io.StringIO(cli("export", "digits", "--front").out))]
    assert [(row["trial"], row["metrics.error"], row["metrics.ms"]) for row in rows] == [
        ("2", "0.2", "10.0"), ("1", "0.9", "4.0"),
    ]  # fmt: skip
    worker.suggest("digits", "w")  # has no report
    everything = [*csv.DictReader(io.StringIO(cli("export", "digits").out))]
    assert [*everything[0]] == [*rows[0]]
    assert [(row["trial"], row["metrics.error"], row["metrics.ms"]) for row in everything] == [
        ("0", "0.5", "31.0"), ("1", "0.9", "4.0"), ("2", "0.2", "10.0"), ("3", "", ""),
    ]  # fmt: skip
    parquet = importlib.import_module("pyarrow.parquet")
    cli("export", "digits", "-o", tmp_path / "all.parquet")
    table = parquet.read_table(tmp_path / "all.parquet")
    assert table["metrics.error"].to_pylist()[:3] == [0.5, 0.9, 0.2]
    assert table["metrics.ms"].to_pylist() == [31, 4, 10, None]
    exported = cli("export", "digits", "--front", "-o", "json").data
    assert [one["trial"]["trial"] for one in exported] == [2, 1]
    why = cli("why", "digits", 0).out
    assert "in front 1 of 1, number 1 of the 1 there by spread: nothing dominates it" in why
    [*_, top] = cli("why", "digits", 1).out.split("\n\n")
    held, *table = (" ".join(line.split()) for line in top.splitlines()[2:])
    assert held == "The rung at epoch 9 held 2 trials by their fronts in error, ms:"
    assert table == [
        "rank front trial error",
        "1 1 0 0.5 trained in full",
        "2 1 1 0.9 <- this trial, trained in full",
    ]
    drawn = tmp_path / "front.svg"
    assert "digits: front of 2 trials" in cli("plot", "digits", "--front", "-o", drawn).out
    assert "no other dominates them" in drawn.read_text()
    assert "give it alone" in cli.fails("plot", "digits", "--front", "--params", "-o", drawn).err
    assert "judged by pareto" in cli.fails("replay", "digits").err


GOALS = PARETO.replace("pareto", "lexicographic").replace("scale = 20", "target = 8")
GOALS = GOALS.replace("goal", "tolerance = 0.5\ngoal", 1)
ORDER = FILE | {"seed = 1\n": f"seed = 1\n{GOALS}"}


def test_goals_in_order_are_shown_and_the_first_is_the_best(cli, study_file, worker):
    cli("study", "create", "-f", study_file(ORDER))
    assert "has no report yet" in cli.fails("best", "digits").err
    search(worker, 3)
    shown = " ".join(cli("study", "show", "digits").out.split())
    assert "lexicographic of error minimize tolerance 0.5, ms minimize target 8" in shown
    told = cli("best", "digits").out.splitlines()
    assert told[0] == (
        "Best error: 0.2, trial 2 at epoch 9 (the first in the order of the objectives, by the "
        "latest report of each trial)"
    )
    assert "Reported with it: ms 10" in told
    assert told[-1].startswith("To paste: --")
    best = cli("best", "digits", "-o", "json").data
    assert (best["by"], best["trial"], best["metrics"]) == ("order", 2, {"ms": 10})
    assert cli("best", "digits", "-o", "args", "--by", "smoothed").out.startswith("--")
    cli("study", "create", "other", "-f", study_file(ORDER))
    compared = cli("compare", "digits", "other").out
    assert "Judged by lexicographic, they have no single number to compare" in compared
    assert "no single number" in cli.fails("compare", "digits", "other", "-o", "json").err
    assert 'it is not of "pareto"' in cli.fails("export", "digits", "--front").err
    assert "judged by lexicographic" in cli.fails("replay", "digits").err
    why = cli("why", "digits", 2).out
    assert "may not continue" not in why
    assert "The rung at epoch 9 held 3 trials by error, where that is equal by ms:" in why
    assert [line.split()[:6] for line in why.splitlines()[-2:]] == [
        ["2", "1", "0.9", "trained", "in", "full"], ["3", "0", "0.5", "trained", "in", "full"],
    ]  # fmt: skip


def test_no_value_is_a_cut_off_of_goals_in_order(cli, study_file, worker):
    swaps = {old: new for old, new in ORDER.items() if "asha" not in old}
    cli("study", "create", "-f", study_file(swaps))
    search(worker, 3)
    why = cli("why", "digits", 1).out
    assert "cut-off" not in why.split("bracket 0", 1)[1]
    assert "within the best" in why


def test_a_front_is_of_pareto_alone(cli, study_file):
    cli("study", "create", "-f", study_file(FILE))
    assert 'it is not of "pareto"' in cli.fails("export", "digits", "--front").err
    told = cli.fails("plot", "digits", "--front", "-o", "front.svg")
    assert 'it is not of "pareto"' in told.err
    both = cli.fails("export", "digits", "--front", "--what", "reports")
    assert "--front is of trials" in both.err
