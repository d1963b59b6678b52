"""Who holds a trial: leases run out, are taken back, superseded, and outlive the daemon."""

from __future__ import annotations

import json
import time

import pytest
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from tests.support.wire import PROMOTION, SHORT, proof, reporting, until

CONTINUE, STOP = pb.ACTION_CONTINUE, pb.ACTION_STOP
QUEUED, RUNNING = pb.TRIAL_STATE_QUEUED, pb.TRIAL_STATE_RUNNING


def lost(wire, name, number=0):
    """Wait until the lease of a trial has run out."""
    until(lambda: wire.trial(name, number).state == QUEUED)
    return wire.trial(name, number)


def expired(wire, *names):
    """The leases that ran out, as the log has them: a worker that takes one back hides it."""
    lines = [json.loads(line) for line in wire.daemon.log.read_text().splitlines()]
    return [x for x in lines if x["event"] == "lease_expired" and x["study"] in names]


def test_a_silent_worker_loses_its_trial_and_takes_it_back(wire):
    names = [wire.create(lease=SHORT) for _ in range(4)]
    held = [wire.take(name, "w") for name in names]
    for one in held:
        assert (one.lease_duration.seconds, one.heartbeat_interval.nanos) == (1, 200_000_000)
        wire.report(one, 1, 0.5, "s3://1")
    for name in names:
        trial = lost(wire, name)
        assert (trial.reason, trial.lost_leases, trial.attempt) == ("LEASE_EXPIRED", 1, 1)
        counts = wire.study(name).counts
        assert (counts.lost_leases, counts.queued, counts.running) == (1, 1, 0)
    # Each call of the old worker takes it back, in the same attempt, and nothing was lost.
    assert wire.report(held[0], 2, 0.4).action == CONTINUE
    assert wire.beat(held[1]).action == CONTINUE
    for name in names[:2]:
        trial, counts = wire.trial(name, 0), wire.study(name).counts
        assert (trial.state, trial.attempt, trial.lost_leases) == (RUNNING, 1, 0)
        assert (counts.lost_leases, counts.running) == (0, 1)
    answer = wire.scheduler.CompleteTrial(pb.CompleteTrialRequest(**proof(held[2])), timeout=9)
    assert answer.state == pb.TRIAL_STATE_COMPLETED
    # A pure read takes nothing back.
    request = pb.ShouldStopRequest(study=names[3], trial=0, attempt=1)
    assert not wire.scheduler.ShouldStop(request, timeout=9).should_stop
    assert wire.trial(names[3], 0).state == QUEUED


def test_once_it_is_issued_again_the_old_worker_is_told_to_stop_and_does_not_count(wire):
    name = wire.create(lease=SHORT)
    old = wire.take(name, "old")
    wire.report(old, 1, 0.5, "s3://1")
    lost(wire, name)
    new = wire.take(name, "new")
    assert (new.trial, new.attempt, new.start_resource) == (0, 2, 1)
    assert new.resume_checkpoint_uri == "s3://1"
    assert new.lease_token != old.lease_token
    assert new.params == old.params
    before = wire.rows()
    for call, request in [
        (wire.scheduler.Report, reporting(old, 2, 0.001)),
        (wire.scheduler.Heartbeat, pb.HeartbeatRequest(**proof(old))),
        (wire.scheduler.ShouldStop, pb.ShouldStopRequest(study=name, trial=0, attempt=1)),
    ]:
        told = call(request, timeout=9).decision
        assert (told.action, told.reason, told.current_attempt) == (STOP, "SUPERSEDED", 2)
    for call, request in [
        (wire.scheduler.CompleteTrial, pb.CompleteTrialRequest(**proof(old))),
        (wire.scheduler.FailTrial, pb.FailTrialRequest(**proof(old))),
    ]:
        answer = call(request, timeout=9)
        assert (answer.state, answer.reason) == (RUNNING, "SUPERSEDED")
    release = wire.scheduler.ReleaseTrial(pb.ReleaseTrialRequest(**proof(old)), timeout=9)
    assert release.state == RUNNING
    assert wire.rows() == before
    assert wire.study(name).best.value == 0.5
    assert wire.report(new, 2, 0.4).action == CONTINUE  # resource 2 was not used up


def test_any_call_renews_the_lease(wire):
    names = [wire.create(lease=SHORT) for _ in range(2)]
    beaten, reported = (wire.take(name) for name in names)
    silent_name = wire.create(lease=SHORT)
    wire.take(silent_name)
    wire.report(reported, 1, 0.5)
    began, again = time.monotonic(), 0
    while time.monotonic() - began < 2.5:
        assert wire.beat(beaten).action == CONTINUE
        again += 1
        wire.scheduler.Report(reporting(reported, 1, 0.5), timeout=9)
    assert again > 10
    lost = expired(wire, *names)  # now: nobody renews them any more
    assert until(lambda: expired(wire, silent_name))  # the control: leases do run out
    assert not lost


def test_a_lease_of_zero_never_runs_out(wire):
    name = wire.create(lease=pb.LeaseSpec(duration=Duration()))
    control = wire.create(lease=SHORT)
    held = wire.take(name)
    wire.take(control)
    assert held.lease_duration == Duration()
    lost(wire, control)
    assert wire.trial(name, 0).state == RUNNING


def test_a_restarted_worker_gets_its_trial_back_as_the_next_attempt(wire):
    name = wire.create()
    first = wire.take(name, "stable", "r1")
    wire.report(first, 2, 0.5, "s3://2")
    wire.report(first, 3, 0.4)
    second = wire.take(name, "stable", "r2")
    assert (second.trial, second.attempt, second.start_resource) == (0, 2, 2)
    assert second.resume_checkpoint_uri == "s3://2"
    assert wire.study(name).counts.lost_leases == 1
    told = wire.report(first, 4, 0.4)
    assert (told.action, told.reason, told.current_attempt) == (STOP, "SUPERSEDED", 2)
    # It gets it back in a paused study too: the trial was running.
    wire.studies.PauseStudy(pb.PauseStudyRequest(study=name), timeout=9)
    assert wire.take(name, "stable", "r3").attempt == 3
    assert wire.ask(name, "another").wait.reason == "STUDY_PAUSED"


def test_a_trial_that_loses_too_many_workers_fails(wire):
    lease = pb.LeaseSpec(max_attempts=2)
    name = wire.create(lease=lease, limits=pb.StudyLimits(max_trials=1))
    wire.take(name, "w", "r1")
    second = wire.take(name, "w", "r2")
    assert wire.ask(name, "w", "r3").finished.reason == "MAX_TRIALS"
    trial = wire.trial(name, 0)
    assert (trial.state, trial.reason, trial.lost_leases) == (pb.TRIAL_STATE_FAILED, "LOST", 2)
    counts = wire.study(name).counts
    assert (counts.failed, counts.failed_lost, counts.failed_error) == (1, 1, 0)
    assert wire.report(second, 1, 0.1).action == STOP


def test_a_pre_empted_trial_may_be_given_back_for_ever(wire):
    name = wire.create(lease=pb.LeaseSpec(max_attempts=2))
    for attempt in range(1, 7):
        held = wire.take(name)
        assert (held.trial, held.attempt) == (0, attempt)
        wire.scheduler.ReleaseTrial(pb.ReleaseTrialRequest(**proof(held)), timeout=9)
    counts = wire.study(name).counts
    assert (counts.released, counts.failed, counts.lost_leases) == (6, 0, 0)


def test_a_trial_of_a_stopped_study_whose_worker_is_gone_is_cancelled(wire):
    name = wire.create(lease=SHORT)
    wire.take(name)
    wire.studies.StopStudy(pb.StopStudyRequest(study=name), timeout=9)
    until(lambda: wire.trial(name, 0).state == pb.TRIAL_STATE_CANCELLED, 6)


def test_a_lost_trial_goes_to_who_stands_in_line(wire):
    name = wire.create(lease=SHORT, limits=pb.StudyLimits(max_concurrent_trials=1))
    wire.take(name)
    found = wire.ask(name, "next", wait=6)
    assert (found.assignment.trial, found.assignment.attempt) == (0, 2)


@pytest.mark.parametrize("variant", ["kill", "stop"])
def test_downtime_of_the_daemon_expires_nothing(wire, variant):
    name = wire.create(
        lease=pb.LeaseSpec(duration=Duration(seconds=2)), asha=PROMOTION, max_resource=27
    )
    held = wire.take(name, "w")
    daemon = wire.daemon
    if variant == "kill":
        daemon.kill()
    else:
        assert daemon.stop() == 0
    wire.channel.close()
    down = time.monotonic() + 2.2
    until(lambda: time.monotonic() > down)
    daemon.start()
    wire.connect()
    up = time.monotonic() + 1.2  # well within a fresh term, and past the daemon's looks
    while time.monotonic() < up:
        assert wire.trial(name, 0).state == RUNNING
    assert not expired(wire, name)
    assert wire.beat(held).action == CONTINUE
    lost(wire, name)  # and then it runs out as any other
    assert until(lambda: expired(wire, name))
