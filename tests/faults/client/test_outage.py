"""The daemon is killed, and comes back or not: training goes on, no report is lost or doubled."""

from __future__ import annotations

import signal
import threading
import time

import ashad_client
import pytest


def resources(client, study, trial):
    return [report.resource for report in client.list_reports(study, trial)]


def start_soon(daemon):
    """Start the daemon while the main thread is in the client."""
    thread = threading.Thread(target=daemon.start)
    thread.start()
    return thread


def test_kill_in_mid_trial(daemon, new_client, make_study, until):
    study = make_study(max_resource=60, limits={"max_trials": 2})
    client = new_client()
    longest, queued = 0.0, 0
    for trial in client.trials(study):
        for epoch in trial.steps():
            if trial.number == 0 and epoch == 10:
                daemon.kill()
            if trial.number == 0 and epoch == 40:
                daemon.start()
            begun = time.monotonic()
            decision = trial.report(epoch, loss=1 / epoch)
            longest = max(longest, time.monotonic() - begun)
            queued += decision.reason == "UNREACHABLE"
            if trial.number == 0 and epoch in (39, 59):
                assert decision.action == "CONTINUE"
        assert epoch == 60
    assert queued >= 30
    assert longest < 5
    for number in (0, 1):
        assert resources(client, study, number) == list(range(1, 61))
    counts = client.study(study).counts
    assert (counts.completed, counts.lost_leases, counts.failed) == (2, 0, 0)


def test_decisions_come_back_with_the_daemon(daemon, new_client, make_study, until):
    study = make_study(
        max_resource=9, algorithm={"type": "asha", "eta": 3}, limits={"max_trials": 9}
    )
    client = new_client()
    with client.suggest(study) as good:
        for epoch in good.steps():
            good.report(epoch, loss=0.0)
    bad = client.suggest(study)
    daemon.kill()
    assert bad.report(1, loss=1.0).reason == "UNREACHABLE"
    assert bad.report(2, loss=1.0).reason == "UNREACHABLE"
    assert not bad.should_stop()
    daemon.start()
    until(bad.should_stop)
    assert bad.decision.reason == "BELOW_CUTOFF"
    assert resources(client, study, 1) == [1]  # what came after the stop counts for nothing


def test_the_order_is_kept_where_the_first_of_two_reports_fails(
    daemon, new_client, make_study, state_of, until
):
    study = make_study()
    client = new_client()
    trial = client.suggest(study)
    outbox = client._session.outbox
    daemon.process.send_signal(signal.SIGSTOP)
    threads = [
        threading.Thread(target=trial.report, args=(step,), kwargs={"loss": 1.0}) for step in (1, 2)
    ]
    for waiting, thread in enumerate(threads):
        thread.start()
        until(lambda n=waiting: outbox.sending and len(outbox.queue) == n)
    daemon.kill()
    daemon.start()
    for thread in threads:
        thread.join()
    client.close()
    assert resources(new_client(), study, 0) == [1, 2]
    assert state_of(study, 0) == "QUEUED"


def test_target_reached_while_away(daemon, new_client, make_study):
    study = make_study(limits={"max_trials": 2})
    client = new_client()
    numbers = []
    for trial in client.trials(study):
        numbers.append((trial.number, trial.attempt))
        for epoch in trial.steps():
            if trial.number == 0 and epoch == 3:
                daemon.kill()
            trial.report(epoch, loss=1.0)
        if trial.number == 0:
            starter = start_soon(daemon)
    starter.join()
    assert numbers == [(0, 1), (1, 1)]
    assert resources(client, study, 0) == [1, 2, 3, 4]
    assert client.study(study).counts.completed == 2


def test_end_while_away(daemon, new_client, make_study, state_of, until):
    study = make_study()
    client = new_client()
    trial = client.suggest(study)
    daemon.kill()
    trial.report(1, loss=1.0)
    trial.fail("out of luck")
    daemon.start()
    until(lambda: state_of(study, 0) == "FAILED")
    assert resources(client, study, 0) == [1]


def test_refusal_of_a_queued_report_ends_the_loop(
    daemon, new_client, make_study, state_of, until, caplog
):
    study = make_study()
    client = new_client()
    trial = client.suggest(study)
    daemon.kill()
    assert trial.report(1, loss=1.0).action == "CONTINUE"
    assert trial.report(2, other=1.0).action == "CONTINUE"
    assert trial.report(3, loss=1.0).action == "CONTINUE"
    daemon.start()
    until(trial.should_stop)
    assert trial.decision.reason == "METRIC_MISSING"
    assert list(trial.steps()) == []
    until(lambda: state_of(study, 0) == "FAILED")
    assert "was refused" in client.get_trial(study, 0).message
    assert "Report of trial" in caplog.text
    assert client.suggest(study).number == 1


def test_same_request_id_until_answered(daemon, new_client, make_study):
    study = make_study()
    client = new_client()
    daemon.kill()
    starter = start_soon(daemon)
    trial = client.suggest(study)
    starter.join()
    assert (trial.number, trial.attempt) == (0, 1)
    assert client.study(study).counts.created == 1


def test_outage_that_does_not_end(daemon, new_client, make_study, caplog):
    study = make_study()
    client = new_client(outage_s=0.5, call_timeout_s=0.3)
    trial = client.suggest(study)
    daemon.kill()
    with pytest.raises(ashad_client.Error) as away:
        client.study(study)
    assert (away.value.code, away.value.reason) == ("UNAVAILABLE", "UNREACHABLE")
    trial.report(1, loss=1.0)
    with pytest.raises(ashad_client.Error):
        for _ in client.trials(study):
            pass  # pragma: no cover
    daemon.start()


def test_close_is_bounded(daemon, new_client, make_study, caplog):
    study = make_study()
    client = new_client(close_timeout_s=0.5)
    trial = client.suggest(study)
    daemon.kill()
    trial.report(1, loss=1.0)
    begun = time.monotonic()
    client.close()
    assert time.monotonic() - begun < 20  # by default 30
    assert "calls lost: 2" in caplog.text
    daemon.start()


def test_close_flushes(daemon, new_client, make_study, state_of):
    study = make_study()
    client = new_client(close_timeout_s=60)
    trial = client.suggest(study)
    daemon.kill()
    trial.report(1, loss=1.0)
    trial.report(2, loss=1.0)
    starter = start_soon(daemon)
    client.close()
    starter.join()
    assert state_of(study, 0) == "QUEUED"
    assert resources(new_client(), study, 0) == [1, 2]


def test_no_daemon_at_all():
    with ashad_client.connect("127.0.0.1:1", outage_s=0.2, close_timeout_s=0.1) as client:
        with pytest.raises(ashad_client.Error) as away:
            client.suggest("any")
        assert (away.value.code, away.value.reason) == ("UNAVAILABLE", "UNREACHABLE")
        assert not client.should_stop("any", 0, 1)


def test_heartbeats_survive_an_outage(daemon, new_client, make_study, until, caplog):
    study = make_study(lease={"duration": 60, "heartbeat_interval": 0.1})
    client = new_client()
    client.suggest(study)  # from here on nothing but its heartbeats calls the daemon
    daemon.kill()
    until(lambda: "no service from ashad" in caplog.text)
    daemon.start()
    until(lambda: "ashad is back" in caplog.text)


def test_heartbeats_keep_a_silent_trial(daemon, new_client, make_study):
    study = make_study(lease={"duration": 1, "heartbeat_interval": 0.1})
    client, asker = new_client(), new_client()
    trial = client.suggest(study)
    end = time.monotonic() + 2.5
    while time.monotonic() < end:  # longer than two leases
        time.sleep(0.1)
        assert asker.get_trial(study, 0).lost_leases == 0
    assert trial.report(1, loss=1.0).action == "CONTINUE"
    trial.release()
