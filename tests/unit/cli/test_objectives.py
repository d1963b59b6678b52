"""Objectives on the command line: from a file, shown, explained, replayed; not simulated."""

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
    assert "reported chebyshev 0.5 of error 0.2, ms 10" in cli("why", "digits", 2).out
    out = cli("replay", "digits", "--type", "asha", "--eta", 3).out
    assert [line.split()[-2] for line in out.splitlines()[1:3]] == ["0.45", "0.45"]


def test_a_simulation_says_that_it_leaves_them_out(cli, study_file):
    told = cli.fails("simulate", study_file(FILE))
    assert told.code == 0
    assert told.err == "simulated without objectives: curves have one metric\n"
