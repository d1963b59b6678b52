"""Requests about studies: keys are new each time, and what is wrong is named before it is sent."""

import logging

import pytest
from ashad_client import Error, records, study_requests
from ashad_client.v1 import ashad_pb2 as pb


def test_a_limit_of_none_is_removed():
    request = study_requests.update("s", {"max_trials": 5, "target_value": None})
    assert sorted(request.update_mask.paths) == ["max_trials", "target_value"]
    assert request.limits.max_trials == 5
    assert not request.limits.HasField("target_value")


def test_each_request_has_a_key_of_its_own():
    first, second = (study_requests.enqueue("s", {"x": 1}) for _ in range(2))
    assert first.request_id != second.request_id
    assert first.configuration == second.configuration


def test_a_message_is_taken_as_it_is():
    spec = pb.StudySpec(metric="loss")
    request = study_requests.create("s", spec, validate_only=True)
    assert (request.spec, request.validate_only) == (spec, True)


def test_states_as_words():
    request = study_requests.trials_page("s", ["running", "paused"], "token")
    assert list(request.states) == [pb.TRIAL_STATE_RUNNING, pb.TRIAL_STATE_PAUSED]
    with pytest.raises(Error, match="states"):
        study_requests.trials_page("s", ["asleep"], "")


def test_warnings_are_logged_without_what_drives_a_terminal(caplog):
    answer = pb.CreateStudyResponse(study=pb.Study(name="s"), warnings=["a\x1b[2Jb"])
    with caplog.at_level(logging.WARNING, "ashad_client"):
        assert study_requests.created(answer).name == "s"
    assert "\x1b" not in caplog.text
    assert "study s: a" in caplog.text


def test_before_a_valid_report_there_is_no_best():
    assert study_requests.best_of_study(records.study(pb.Study())) is None
    study = pb.Study()
    study.best.trial, study.best.resource, study.best.value = 3, 9, 0.5
    best = study_requests.best_of_study(records.study(study))
    assert (best.trial, best.resource, best.value, best.seed) == (3, 9, 0.5, None)
