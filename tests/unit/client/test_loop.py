"""The loop of the README against a real daemon: its answers, its ends, its errors."""

from __future__ import annotations

import itertools

import ashad_client
import numpy as np
import pytest
from ashad_client import choice, integer


def reports_of(client, study, trial=None):
    return [(r.trial, r.attempt, r.resource) for r in client.list_reports(study, trial)]


def test_a_part_of_a_unit_is_refused_with_what_to_report(client, make_study):
    trial = client.suggest(make_study())
    with pytest.raises(
        ashad_client.Error, match=r"not 1\.7; report whole units, such as int\("
    ) as no:
        trial.report(1.7, loss=0.5)
    assert "tenths of a second: int(10 * elapsed)" in str(no.value)
    for other in ("3", True, float("nan"), None):
        with pytest.raises(ashad_client.Error, match="a whole number, not ") as no:
            trial.report(other, loss=0.5)
        assert "int(" not in str(no.value)
    assert not trial.report(1, loss=0.5).should_stop


def test_whole_search(client, make_study):
    study = make_study()
    seen = []
    for trial in client.trials(study):
        for epoch in trial.steps():
            decision = trial.report(epoch, loss=trial.params["lr"] + 1 / epoch)
            seen.append((trial.number, trial.attempt, epoch))
        assert (decision.action, decision.reason) == ("STOP", "MAX_RESOURCE")
    assert seen == [(trial, 1, epoch) for trial in range(3) for epoch in range(1, 5)]
    assert reports_of(client, study) == seen
    best = client.best(study)
    assert best.resource == 4
    assert best.value == best.params["lr"] + 1 / 4
    assert client.study(study).counts.completed == 3


def test_stop_ends_the_loop_quietly(client, make_study):
    study = make_study(
        max_resource=9, algorithm={"type": "asha", "eta": 3}, limits={"max_trials": 4}
    )
    lengths = []
    for trial in client.trials(study):
        for epoch in trial.steps():
            decision = trial.report(epoch, loss=trial.number)
        lengths.append(epoch)
        assert decision.should_stop
        assert trial.should_stop()
        assert trial.decision == decision
        assert trial.report(epoch + 1, loss=0) == decision  # over is over
    assert lengths == [9, 1, 1, 1]
    assert decision.reason == "BELOW_CUTOFF"
    assert (decision.rung, decision.level, decision.rank, decision.size) == (0, 1, 4, 4)
    assert decision.cutoff == 0


def test_promotion_resumes_from_the_checkpoint(client, make_study):
    study = make_study(
        max_resource=9,
        algorithm={"type": "asha", "variant": "promotion", "eta": 3},
        limits={"max_trials": 9},
    )
    resumed = []
    for trial in client.trials(study):
        if trial.start_resource:
            resumed.append(trial.start_resource)
            assert trial.resume_checkpoint == f"at-{trial.number}-{trial.start_resource}"
        else:
            assert trial.resume_checkpoint == ""
        steps = []
        for epoch in trial.steps():
            steps.append(epoch)
            trial.report(epoch, f"at-{trial.number}-{epoch}", loss=trial.number)
        assert steps == list(range(trial.start_resource + 1, trial.target_resource + 1))
        assert trial.decision.action in ("PAUSE", "STOP")
    assert sorted(resumed)[:2] == [1, 1]
    assert 3 in resumed


def test_parameters_keep_their_types(client, make_study):
    space = {
        "big": 2**63 - 1,
        "small": -(2**63),
        "odd": integer(2**53 + 1, 2**53 + 1),
        "flag": True,
        "word": "é",
        "rate": 0.1,
        "pick": choice(3),
    }
    study = make_study(space=space)
    trial = client.suggest(study)
    expected = {**space, "odd": 2**53 + 1, "pick": 3}
    assert trial.params == expected
    assert {n: type(v) for n, v in trial.params.items()} == {
        n: type(v) for n, v in expected.items()
    }
    assert list(trial.params) == list(space)
    trial.release()


def test_seed_is_the_same_for_every_attempt(client, make_study):
    study = make_study()
    first = client.suggest(study)
    first.release()
    again = client.suggest(study)
    assert (again.number, again.attempt) == (first.number, 2)
    assert (again.seed, again.params) == (first.seed, first.params)
    again.release()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_divergence_is_reported_not_raised(client, make_study, value):
    study = make_study(max_resource=9, algorithm={"type": "asha", "eta": 3})
    trial = client.suggest(study)
    decision = trial.report(2, loss=value)
    assert decision.reason == "DIVERGED"
    trial.release()


def test_metrics_of_any_kind(client, make_study):
    study = make_study()
    trial = client.suggest(study)
    trial.report(np.int64(1), metrics={"loss": np.float32(0.5)}, accuracy=np.array(0.25), n=7)
    (report,) = client.list_reports(study)
    assert report.value == 0.5
    assert report.metrics == {"accuracy": 0.25, "n": 7}
    trial.release()


@pytest.mark.parametrize("bad", ["x", None, object()])
def test_metric_that_is_no_number(client, make_study, bad):
    trial = client.suggest(make_study())
    with pytest.raises(ashad_client.Error, match="metric loss: a number"):
        trial.report(1, loss=bad)
    trial.release()


def test_refusals_are_one_error(client, make_study, new_client):
    study = make_study()
    trial = client.suggest(study)
    trial.report(2, loss=1.0)
    with pytest.raises(ashad_client.Error) as refused:
        trial.report(1, loss=1.0)
    assert (refused.value.code, refused.value.reason) == (
        "FAILED_PRECONDITION",
        "RESOURCE_NOT_INCREASING",
    )
    assert refused.value.__context__ is None
    assert trial.report(3, loss=1.0).action == "CONTINUE"
    with pytest.raises(ashad_client.Error) as refused:
        trial.report(4, other=1.0)
    assert refused.value.reason == "METRIC_MISSING"
    with pytest.raises(ashad_client.Error) as refused:
        next(new_client().trials("nothing-of-the-kind"))
    assert refused.value.code == "NOT_FOUND"
    trial.release()


def test_one_running_trial_a_client(client, make_study, new_client):
    study = make_study()
    for trial in client.trials(study):
        with pytest.raises(ashad_client.Error, match=r"connect\(\) a second client") as refused:
            client.suggest(study)
        assert refused.value.reason == "TRIAL_HELD"
        with pytest.raises(ashad_client.Error, match=r"connect\(\) a second client"):
            next(client.trials(study))
        other = new_client().suggest(study)
        assert other.number != trial.number
        other.release()
        break


def test_exception_fails_the_trial(client, make_study, state_of):
    study = make_study()

    def train():
        for trial in client.trials(study):
            trial.report(1, loss=1.0)
            raise ZeroDivisionError("by zero")

    try:
        train()
    except ZeroDivisionError:
        client.study(study)  # the next call settles it
    assert state_of(study, 0) == "FAILED"
    assert client.get_trial(study, 0).message == "ZeroDivisionError: by zero"


def test_with_trial(client, make_study, state_of):
    study = make_study()
    with pytest.raises(ValueError, match="no"), client.suggest(study):
        raise ValueError("no")
    assert state_of(study, 0) == "FAILED"
    with pytest.raises(KeyboardInterrupt), client.suggest(study):
        raise KeyboardInterrupt
    assert state_of(study, 1) == "QUEUED"
    with client.suggest(study) as trial:
        trial.report(1, loss=1.0)
    assert state_of(study, 1) == "COMPLETED"


def test_with_client_fails_what_it_holds(new_client, make_study, state_of):
    study = make_study()
    client = new_client()

    def train():
        with client:
            for _ in client.trials(study):
                raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        train()
    assert state_of(study, 0) == "FAILED"
    with pytest.raises(ashad_client.Error, match="closed"):
        client.study(study)


def test_break_gives_back(new_client, make_study, state_of, until):
    study = make_study(lease={"duration": 60, "heartbeat_interval": 0.2})
    client = new_client()
    for trial in client.trials(study):
        trial.report(1, loss=1.0)
        break
    # Not kept alive by heartbeats: given back in the place of the next one.
    until(lambda: state_of(study, 0) == "QUEUED")
    again = client.suggest(study)
    assert (again.number, again.attempt) == (0, 2)
    client.close()
    assert state_of(study, 0) == "QUEUED"
    counts = new_client().study(study).counts
    assert (counts.failed, counts.lost_leases, counts.released) == (0, 0, 2)


def test_end_without_a_stop_completes(client, make_study, state_of):
    study = make_study(limits={"max_trials": 2})
    for trial in client.trials(study):
        for epoch in itertools.islice(trial.steps(), 2):
            if trial.number == 0:
                trial.report(epoch, loss=1.0)
    assert state_of(study, 0) == "COMPLETED"
    assert state_of(study, 1) == "FAILED"
    assert client.get_trial(study, 1).reason == "METRIC_MISSING"


def test_infeasible_is_replaced(client, make_study, state_of):
    study = make_study(limits={"max_trials": 1})
    numbers = []
    for trial in client.trials(study):
        numbers.append(trial.number)
        if trial.number == 0:
            trial.infeasible("does not fit into memory")
        for epoch in trial.steps():
            trial.report(epoch, loss=1.0)
    assert numbers == [0, 1]
    assert state_of(study, 0) == "INFEASIBLE"


def test_superseded_ends_quietly(new_client, make_study, caplog):
    study = make_study()
    old, new = new_client(worker="slot-1"), new_client(worker="slot-1")
    before = old.suggest(study)
    before.report(1, loss=1.0)
    after = new.suggest(study)
    assert (after.number, after.attempt) == (before.number, 2)
    decision = before.report(2, loss=1.0)
    assert (decision.action, decision.reason) == ("STOP", "SUPERSEDED")
    assert decision.current_attempt == 2
    assert list(before.steps()) == []
    assert sum("taken over" in record.message for record in caplog.records) == 1
    after.release()


def test_deleted_study_ends_the_loop_quietly(client, make_study, new_client, caplog):
    study = make_study()
    numbers = []
    for trial in client.trials(study):
        numbers.append(trial.number)
        for epoch in trial.steps():
            if epoch == 2:
                new_client().delete_study(study, force=True)
            trial.report(epoch, loss=1.0)
    assert (numbers, epoch) == ([0], 2)
    assert "no more there" in caplog.text


def test_heartbeat_brings_the_stop(client, make_study, new_client, until):
    study = make_study(lease={"duration": 60, "heartbeat_interval": 0.1})
    trial = client.suggest(study)
    trial.report(1, loss=1.0)
    assert not trial.should_stop()
    new_client().cancel_trial(study, trial.number)
    until(trial.should_stop)
    assert trial.decision.reason == "CANCELLED"
    assert list(trial.steps()) == []


def test_stopped_study_ends_its_running_trials(client, make_study, new_client, state_of, until):
    study = make_study(lease={"duration": 60, "heartbeat_interval": 0.1})
    asker, numbers = new_client(), []
    for trial in client.trials(study):
        numbers.append(trial.number)
        trial.report(1, loss=1.0)
        asker.stop_study(study)
        until(trial.should_stop)
        assert list(trial.steps()) == []
        assert trial.decision.reason == "STUDY_STOPPED"
    assert numbers == [0]
    assert state_of(study, 0) == "CANCELLED"


def test_last_report_after_a_stop_by_heartbeat_counts(client, make_study, new_client, until):
    study = make_study(lease={"duration": 60, "heartbeat_interval": 0.1})
    trial = client.suggest(study)
    new_client().stop_study(study)
    until(trial.should_stop)
    assert trial.report(1, loss=1.0).reason == "STUDY_STOPPED"
    assert [r.resource for r in client.list_reports(study, 0)] == [1]


def test_any_rank_may_ask(client, make_study, new_client):
    study = make_study()
    trial = client.suggest(study)
    rank1 = new_client()
    assert not rank1.should_stop(study, trial.number, trial.attempt)
    rank1.cancel_trial(study, trial.number)
    assert rank1.should_stop(study, trial.number, trial.attempt)


def test_waits_for_work_and_gives_up_in_time(client, make_study, new_client):
    study = make_study(limits={"max_trials": 3, "max_concurrent_trials": 1})
    trial = client.suggest(study)
    with pytest.raises(ashad_client.Error) as late:
        new_client().suggest(study, timeout_s=0.3)
    assert late.value.reason == "NO_TRIAL"
    trial.release()
    assert new_client().suggest(study, timeout_s=30).number == 0
