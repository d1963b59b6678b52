"""`--dry-parse`, which runs nothing, and `-f`, which makes the study that is not there."""

from __future__ import annotations

import pytest

LOG = """\
starting
Epoch 1/4 - loss: 0.5 - acc: 0.1
Epoch 2/4 - loss: n/a
loss=0,25
Epoch 0: loss=1
Epoch 9: loss=1
Epoch 3/4 - loss: 0.25
"""
STUDY = """\
name = "{name}"
metric = "loss"
goal = "minimize"
max_resource = {most}
[algorithm]
type = "random"
[space]
lr = {{ float = [0.1, 1.0] }}
[limits]
max_trials = 2
"""


def test_what_would_be_taken_from_a_log(agent, make_study, trials, tmp_path):
    (tmp_path / "log").write_text(LOG)
    study = make_study()
    out = agent(study, options=["--dry-parse", "log"]).out.decode()
    taken = [line.split(None, 1) for line in out.splitlines() if ": loss=" in line[:24]]
    assert taken == [["2", "epoch 1: loss=0.5 acc=0.1"], ["7", "epoch 3: loss=0.25"]]
    for why in ("is no plain number: 'n/a'", "--zero-based", "9 is above max_resource, 4"):
        assert why in out
    assert "2 lines would be reported, 5 say nothing" in out
    assert trials(study) == []


def test_a_log_without_the_metric(agent, make_study, tmp_path):
    (tmp_path / "log").write_text("step 1 error 0.5\n")
    ran = agent(make_study(), options=["--dry-parse", "log"], check=1)
    assert "Wanted is a line such as epoch=3 loss=0.25" in ran.err
    ran = agent("nowhere", options=["--dry-parse", "log", "--regex", "error (?P<m>.*)"], check=1)
    assert "there is no study" in ran.err


@pytest.fixture
def run_file(agent, tmp_path):
    """Run an agent that is given a study file in place of a study."""

    def run(name, most, check=0, command=("echo", "loss={lr}"), more=()):
        (tmp_path / "study.toml").write_text(STUDY.format(name=name, most=most))
        options = ["-f", "study.toml", "--count", "1", *more]
        return agent(name, *command, options=options, module="ashad", check=check)

    return run


def test_a_study_file_makes_the_study_once(run_file, trials, client):
    run_file("from-a-file", 1)
    client.update_study("from-a-file", max_trials=3)  # which is no other study
    run_file("from-a-file", 1)
    assert trials("from-a-file") == [("COMPLETED", "MAX_RESOURCE", 1)] * 2
    ran = run_file("from-a-file", 2, check=1)
    assert "max_resource" in ran.err
    assert len(trials("from-a-file")) == 2


def test_a_study_file_that_is_wrong(run_file, client):
    assert "max_resource" in run_file("wrong-file", '"many"', check=None).err
    assert "{lrr}" in run_file("wrong-file", 1, check=2, command=["echo", "{lrr}"]).err
    assert "--regex" in run_file("wrong-file", 1, check=2, more=["--regex", "(?P<x>.)"]).err
    assert "wrong-file" not in [study.name for study in client.studies()]
