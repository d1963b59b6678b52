"""What the calls about studies return: every field of the contract, in plain Python, one line."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields

import ashad_client
import pytest
from ashad_client import TrialState, records
from ashad_client.v1 import ashad_pb2 as pb


@pytest.mark.parametrize("name", sorted(records._RECORDS))
def test_each_record_has_the_fields_of_its_message(name):
    message = pb.DESCRIPTOR.message_types_by_name[name]
    made = [field.name for field in fields(records._RECORDS[name])]
    assert sorted(made) == sorted(field.name for field in message.fields)


@pytest.mark.parametrize("name", ["StudyState", "TrialState"])
def test_each_state_is_that_of_the_contract(name):
    known = {state.name: state.value for state in records._STATES[name]}
    prefix = "STUDY_STATE_" if name == "StudyState" else "TRIAL_STATE_"
    values = pb.DESCRIPTOR.enum_types_by_name[name].values
    assert known == {value.name.removeprefix(prefix): value.number for value in values}


def test_a_state_reads_as_its_word_and_counts_as_its_number():
    state = TrialState.RUNNING
    assert (str(state), f"{state}", f"{state:>8}") == ("running", "running", " running")
    assert state == pb.TRIAL_STATE_RUNNING
    assert pb.TrialState.Name(state) == "TRIAL_STATE_RUNNING"
    new = records.trial(pb.Trial(state=77)).state
    assert (new, str(new), type(new)) == (77, "77", TrialState)
    with pytest.raises(ValueError, match="seven"):
        TrialState("seven")


def test_a_study_and_its_trials_as_they_stand(client, make_study):
    study = make_study(space={"lr": ashad_client.uniform(0, 1), "opt": "sgd", "layers": 3})
    trial = client.suggest(study)
    told = client.get_trial(study, 0)
    assert told.params == trial.params == {"lr": trial.params["lr"], "opt": "sgd", "layers": 3}
    assert (told.value, told.best_value, told.seed) == (None, None, trial.seed)
    trial.report(1, loss=0.25, checkpoint="c1", other=1.5)
    trial.complete()
    told = client.get_trial(study, 0)
    assert (told.value, told.checkpoint_uri, told.HasField("best_value")) == (0.25, "c1", True)
    assert told.create_time.tzinfo is dt.UTC
    assert told.create_time <= told.update_time <= dt.datetime.now(dt.UTC)
    assert dt.timedelta() < told.worker_time < dt.timedelta(minutes=5)
    (report,) = client.list_reports(study)
    assert (report.value, report.metrics, report.decision.action) == (
        0.25,
        {"other": 1.5},
        "CONTINUE",
    )
    stands = client.get_study(study)
    assert (str(stands.state), stands.counts.completed, stands.best.value) == ("active", 1, 0.25)
    assert [(rung.level, rung.size, rung.cutoff) for rung in stands.brackets[0].rungs] == [
        (4, 0, None)
    ]
    assert client.create_study(study, stands.spec) == stands  # the spec makes it again
    assert client.explain_trial(study, 0).explanations == []


def test_each_is_shown_in_one_line(client, make_study):
    study = make_study()
    made = client.get_study(study)
    assert repr(made) == f"<study {study}: active, 0 trials, 0 running, 0 epochs>"
    trial = client.suggest(study)
    trial.report(1, loss=0.25)
    trial.report(2, loss=float("nan"))
    (told,) = client.list_trials(study, states=[TrialState.RUNNING, "paused"])
    lr = trial.params["lr"]
    assert repr(told) == f"<trial 0: running at 2, no value, {{'lr': {lr!r}}}>"
    first, second = client.list_reports(study)
    assert repr(first).startswith("<report of trial 0, attempt 1, at 1: 0.25, CONTINUE ")
    assert ": diverged, " in repr(second)
    assert "best loss 0.25 by trial 0 at 1>" in repr(client.get_study(study))


def test_text_of_others_drives_no_terminal():
    evil = "\x1b[2J\n"
    params = [pb.Parameter(name=evil, value=pb.ParameterValue(string_value=evil))]
    trial = records.trial(pb.Trial(reason=evil, params=params))
    spec = pb.StudySpec(metric=evil, resource=evil)
    study = records.study(pb.Study(name=evil, reason=evil, spec=spec, best=pb.BestResult()))
    report = records.report(
        pb.StoredReport(metrics=[pb.Metric(name=evil)], decision=pb.Decision(reason=evil))
    )
    for shown in map(repr, (trial, study, report)):
        assert "\x1b" not in shown
        assert "\n" not in shown
