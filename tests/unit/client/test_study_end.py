"""A study that ends stops what is silent: the heartbeat brings it, whatever the reason."""

from __future__ import annotations

import pytest

BEAT = {"duration": 60, "heartbeat_interval": 0.1}


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_duration": 1.0}, "MAX_DURATION"),
        ({"target_value": 0.5}, "TARGET_REACHED"),
        ({"max_total_resource": 2}, "MAX_TOTAL_RESOURCE"),
        ({"max_failed_trials": 1}, "MAX_FAILED_TRIALS"),
        ({}, "STUDY_STOPPED"),
    ],
)
def test_a_silent_trial_hears_of_the_end(client, new_client, make_study, until, limits, reason):
    study = make_study(limits={"max_trials": 9, **limits}, lease=BEAT)
    silent = new_client().suggest(study)
    if reason in ("TARGET_REACHED", "MAX_TOTAL_RESOURCE"):
        with new_client().suggest(study) as other:
            other.report(4, loss=0.1)
    elif reason == "MAX_FAILED_TRIALS":
        for trial in new_client().trials(study):
            trial.fail("no")
    elif reason == "STUDY_STOPPED":
        client.stop_study(study)
    until(lambda: silent.decision.should_stop)
    assert (silent.decision.action, silent.decision.reason) == ("STOP", reason)
    assert silent.should_stop()
    assert list(silent.steps()) == []
    assert new_client().suggest(study) is None
