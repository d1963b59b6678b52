"""The examples that people copy, as they stand: each searches its study to the end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ashad_client import TrialState

from tests.support import ROOT
from tests.support.libraries import library

EXAMPLES = ROOT / "examples/frameworks"


@pytest.mark.parametrize(
    ("framework", "script", "study"),
    [
        ("torch", "pytorch_loop.py", "pytorch"),
        ("jax", "jax_loop.py", "jax"),
        ("transformers", "transformers_tiny.py", "transformers"),
        ("keras", "keras_digits.py", "keras"),
        ("lightning", "lightning_ddp.py", "lightning"),
        ("xgboost", "xgboost_trees.py", "xgboost"),
        ("lightgbm", "lightgbm_trees.py", "lightgbm"),
    ],
)
def test_an_example(run, client, framework, script, study):
    library(framework)
    run(sys.executable, EXAMPLES / script)
    searched(client, study)


def test_lightning_on_two_ranks(run, client):
    library("lightning")
    run(
        Path(sys.executable).parent / "torchrun", "--nproc-per-node", "2", "--standalone",
        EXAMPLES / "lightning_ddp.py",
    )  # fmt: skip
    searched(client, "lightning")


def searched(client, study):
    """Assert that each trial was told epoch by epoch, once, and that some were stopped early."""
    trials = list(client.list_trials(study))
    assert len(trials) == 6
    assert {trial.state for trial in trials} == {TrialState.COMPLETED, TrialState.STOPPED}
    for trial in trials:
        told = [report.resource for report in client.list_reports(study, trial.trial)]
        assert told == list(range(1, trial.resource + 1))
