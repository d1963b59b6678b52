"""Outcome constraints on the command line: shown, explained, replayed; no simulation knows them."""

import csv
import io

from ashad_client.v1 import ashad_pb2 as pb

from tests.unit.cli.conftest import held

FILE = {'metric = "loss"': 'metric = "loss"\noutcome_constraints = ["ms <= 20"]'}
FAST = {0: 31, 1: 20, 2: 19}  # milliseconds of a trial
LOSS = {0: 0.1, 1: 0.5, 2: 0.4}


def search(worker, trials):
    for _ in range(trials):
        lease = worker.suggest("digits", "w")
        for resource in range(1, 10):
            metrics = [
                pb.Metric(name="loss", value=LOSS[lease.trial]),
                pb.Metric(name="ms", value=FAST[lease.trial]),
            ]
            request = pb.ReportRequest(**held(lease), resource=resource, metrics=metrics)
            if worker.stub.Report(request, timeout=30).decision.action != pb.ACTION_CONTINUE:
                break


def test_they_are_shown_explained_and_replayed(cli, study_file, worker):
    cli("study", "create", "-f", study_file(FILE | {'type = "asha"\neta = 3': 'type = "random"'}))
    search(worker, 3)
    shown = cli("study", "show", "digits").out
    assert "ms <= 20" in shown
    assert "0.4 by trial 2" in shown
    assert "infeasible: ms 31 > 20" in cli("why", "digits", 0).out
    assert "this trial, trained in full, infeasible" in cli("why", "digits", 0).out
    # With cuts trial 0 goes on alone while it is the only one; what came of it is never the best.
    out = cli("replay", "digits", "--type", "asha", "--eta", 3).out
    assert [line.split()[-2] for line in out.splitlines()[1:3]] == ["0.4", "0.4"]


def test_lists_and_exports_have_what_is_broken(cli, study_file, worker):
    cli("study", "create", "-f", study_file(FILE | {'type = "asha"\neta = 3': 'type = "random"'}))
    search(worker, 2)
    worker.suggest("digits", "w")
    first, second, third = cli("trial", "list", "digits").out.splitlines()[1:]
    assert "completed, breaks ms <= 20" in first
    assert "breaks" not in second + third
    for what, feasible in (("trials", ["false", "true", ""]), ("reports", ["false", "true"])):
        rows = [*csv.DictReader(io.StringIO(cli("export", "digits", "--what", what).out))]
        found = {row["trial"]: (row["feasible"], row["broken_constraints"]) for row in rows}
        assert [one for one, _ in found.values()] == feasible
        assert [broken for _, broken in found.values()] == ["ms <= 20", *[""] * (len(found) - 1)]
    trials = cli("export", "digits", "-o", "json").data
    assert [trial["broken_constraints"] for trial in trials] == [["ms <= 20"], [], []]


def test_where_nothing_is_feasible_nothing_is_the_best(cli, study_file, worker):
    cli("study", "create", "-f", study_file(FILE | {'type = "asha"\neta = 3': 'type = "random"'}))
    search(worker, 1)
    assert "best" not in cli("study", "show", "digits").out
    assert "No verdict: one of the two found no valid value." in cli("replay", "digits").out


def test_a_simulation_says_that_it_leaves_them_out(cli, study_file):
    told = cli.fails("simulate", study_file(FILE))
    assert told.code == 0
    assert told.err == "simulated without outcome_constraints: curves have one metric\n"


def test_a_bound_that_is_none_is_refused_with_its_place(cli, study_file):
    bounds = 'metric = "loss"\noutcome_constraints = '
    told = cli.fails("study", "create", "-f", study_file({'metric = "loss"': f"{bounds}[3]"}))
    assert 'outcome_constraints[0]: must be text, such as "latency_ms <= 20", not' in told.err
    path = study_file({'metric = "loss"': f'{bounds}["ms < 20"]'})
    told = cli.fails("study", "create", "-f", path)
    assert "outcome_constraints[0]: 'ms < 20': < is none of the two: write <= or >=" in told.err
