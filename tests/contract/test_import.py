"""ImportTrials on a real daemon, and `ashad import`: kept over a crash, shown, and explained."""

from __future__ import annotations

import json

import pytest
from ashad.cli import main
from ashad_client.v1 import ashad_pb2 as pb
from click.testing import CliRunner

from tests.support import ROOT
from tests.support.wire import FLOAT, Code, refused

SAMPLES = ROOT.parent / "shared" / "data" / "imports"
STOPPED, COMPLETED = pb.TRIAL_STATE_STOPPED, pb.TRIAL_STATE_COMPLETED


def ashad(wire, *words):
    ran = CliRunner().invoke(main, [*words, "--address", wire.daemon.address])
    assert ran.exit_code == 0, ran.output
    return ran.output


def past(*curve, rate=0.5, state=STOPPED, note=""):
    return pb.PastTrial(
        params=[pb.Parameter(name="rate", value=pb.ParameterValue(double_value=rate))],
        state=state,
        reports=[pb.PastReport(resource=at, value=value) for at, value in curve],
        note=note,
    )


def test_past_trials_are_there_like_any_after_a_crash_too(wire):
    name = wire.create(space=[FLOAT])
    trials = [past((1, 0.5), (3, float("nan"))), past((9, 0.25), state=COMPLETED, note="run 7")]
    request = pb.ImportTrialsRequest(study=name, trials=trials, request_id="i")
    made = wire.studies.ImportTrials(request, timeout=9)
    assert (made.first_trial, made.trials) == (0, 2)
    before = wire.everything(name)
    wire.crash()
    assert wire.everything(name) == before
    assert wire.studies.ImportTrials(request, timeout=9) == made
    trial = wire.studies.GetTrial(pb.GetTrialRequest(study=name, trial=1), timeout=9).trial
    assert (trial.state, trial.reason, trial.origin) == (COMPLETED, "IMPORTED", "imported")
    assert (trial.message, trial.resource, trial.best_value) == ("run 7", 9, 0.25)
    study = wire.study(name)
    assert (study.best.trial, study.total_resource) == (1, 0)
    assert [rung.size for rung in study.brackets[0].rungs] == [2, 2, 1]
    explained = wire.studies.ExplainTrial(pb.ExplainTrialRequest(study=name, trial=1), timeout=9)
    assert "before it was imported" in explained.explanations[-1].sentence
    assert wire.take(name).trial == 2


def test_what_is_no_past_trial_is_refused_by_its_field(wire):
    name = wire.create(space=[FLOAT])
    for trials, field, fix in (
        ([], "trials", "give 1 to 100"),
        ([past()], "trials[0].reports", "at least one"),
        ([past((10**6, 0.5))], "trials[0].reports", "max_resource"),
        ([past((1, 0.5), state=77)], "trials[0].state", "COMPLETED or STOPPED"),
    ):
        request = pb.ImportTrialsRequest(study=name, trials=trials, request_id="i")
        call = wire.studies.ImportTrials
        refused(call, request, Code.INVALID_ARGUMENT, "INVALID_IMPORT", field, fix)
    lacking = pb.PastTrial(state=STOPPED, reports=[pb.PastReport(resource=1, value=1)])
    request = pb.ImportTrialsRequest(study=name, trials=[lacking], request_id="i")
    refused(wire.studies.ImportTrials, request, Code.INVALID_ARGUMENT, "INVALID_FIELD", "rate")
    assert wire.study(name).counts.created == 0


def test_the_command_makes_the_study_and_its_trials_once(wire, tmp_path):
    """A journal of Optuna with more trials than one call takes."""
    told = {"name": "FloatDistribution", "attributes": {"low": 0, "high": 1, "log": False}}
    lines = [{"op_code": 0, "study_name": "s/1", "directions": [1]}]
    for n in range(150):
        lines += [
            {"op_code": 4, "study_id": 0},
            {"op_code": 5, "trial_id": n, "param_name": "x", "param_value_internal": n / 150}
            | {"distribution": json.dumps(told)},
            {"op_code": 7, "trial_id": n, "step": 1, "intermediate_value": n / 10},
            {"op_code": 6, "trial_id": n, "state": 1 + n % 2, "values": [n / 10]},
        ]
    path = tmp_path / "journal.log"
    path.write_text("\n".join(map(json.dumps, lines)))
    said = ashad(wire, "import", str(path), "--study", "warm")
    assert "trials 0 to 149 are imported" in said
    assert "note: metric: Optuna has no name for it" in said
    rows = wire.rows()
    assert "was there already" in ashad(wire, "import", str(path), "--study", "warm")
    assert wire.rows() == rows
    why = ashad(wire, "why", "warm", "3")
    assert "It comes from: trial 3 of study 's/1' of an Optuna journal" in why
    assert "because it was imported as another tool left it" in why
    assert "At step 1, trial 3 reported value 0.3, before it was imported" in why


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/data/imports is not there")
def test_the_daemon_takes_what_real_tools_wrote(wire, tmp_path):
    """Each sample becomes a study, its trials with it, and goes on with a trial of its own.

    What --dry-run prints of it is the file of that very study.
    """
    file = tmp_path / "study.toml"
    trials = {}
    for pattern in ("*.json", "*.yaml", "optuna*", "syne*/*", "ray*/asha_tiny"):
        for number, path in enumerate(sorted(SAMPLES.glob(pattern))):
            name = f"sample-{len(trials)}-{number}"
            given = ["--goal", "minimize", "--metric", "loss"]
            given = given if pattern in ("*.json", "ray*/asha_tiny") else []
            most = ["--max-resource", "9"] if pattern == "*.json" else []
            words = ["import", str(path), "--study", name, *given, *most]
            ashad(wire, *words)
            file.write_text(CliRunner().invoke(main, [*words, "--dry-run"]).stdout)
            assert "an equal spec" in ashad(wire, "study", "create", "-f", str(file))
            study = wire.study(name)
            assert wire.take(name).trial == study.counts.created
            trials[path.name.split("-")[0]] = study.counts.created
    counts = {name: many for name, many in trials.items() if many}
    assert counts == {
        "optuna_5.0.0.db": 18,
        "optuna_5.0.0_journal.log": 6,
        "asha": 2,
        "asha_tiny": 8,
    }
