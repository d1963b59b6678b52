"""Which events of a study are told: each once, whatever comes again and wherever it begins."""

from __future__ import annotations

from ashad.cli.notification.events import KINDS, Events, Told
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp


def at(seconds: int) -> Timestamp:
    return Timestamp(seconds=seconds)


def study(**fields) -> pb.Study:
    spec = pb.StudySpec(metric="loss", max_resource=9)
    state = fields.pop("state", pb.STUDY_STATE_ACTIVE)
    return pb.Study(name="digits", spec=spec, state=state, **fields)


def best(trial: int, value: float) -> pb.BestResult:
    params = [pb.Parameter(name="lr", value=pb.ParameterValue(double_value=0.1))]
    return pb.BestResult(trial=trial, resource=1, value=value, params=params)


def failed(seq: int, trial: int) -> pb.StudyChange:
    about = pb.Trial(trial=trial, message="no memory\x1b[1m")
    return pb.StudyChange(commit_seq=seq, time=at(100), kind="FAILED", trial=about)


def answer(seq: int, now: int, *changes: pb.StudyChange, **fields) -> pb.WatchStudyResponse:
    return pb.WatchStudyResponse(
        commit_seq=seq, time=at(now), changes=changes, study=study(**fields)
    )


def keys(events: Events, said: pb.WatchStudyResponse) -> list[str]:
    return [event.key for event in events.of(said)]


def test_each_failure_once():
    events = Events("digits", frozenset(KINDS), 60, Told())
    assert keys(events, answer(5, 100, failed(3, 0), failed(5, 1))) == ["failed-3-0", "failed-5-1"]
    assert events.told.after == 5


def test_what_a_worker_said_drives_no_terminal():
    (event,) = Events("digits", frozenset(KINDS), 60, Told()).of(answer(3, 100, failed(3, 0)))
    assert event.study == "digits"
    assert "\x1b" not in event.message


def test_a_best_is_told_once_and_after_a_restart_not_again():
    told = Told()
    events = Events("digits", frozenset(KINDS), 60, told)
    assert keys(events, answer(1, 100, best=best(3, 0.5))) == ["best-3-1"]
    assert keys(events, answer(2, 101, best=best(3, 0.5))) == []
    again = Events("digits", frozenset(KINDS), 60, told)
    assert keys(again, answer(3, 102, best=best(3, 0.5))) == []
    assert keys(again, answer(4, 103, best=best(7, 0.4))) == ["best-7-1"]


def test_an_event_whose_delivery_broke_off_is_still_due():
    told = Told()
    for _ in Events("digits", frozenset(KINDS), 60, told).of(answer(1, 100, best=best(3, 0.5))):
        break  # killed on the way
    assert keys(
        Events("digits", frozenset(KINDS), 60, told), answer(1, 101, best=best(3, 0.5))
    ) == ["best-3-1"]


def test_the_end_is_told_again_after_a_limit_was_raised():
    events = Events("digits", frozenset(KINDS), 60, Told())
    over = {"state": pb.STUDY_STATE_FINISHED, "reason": "MAX_TRIALS"}
    assert keys(events, answer(4, 100, **over)) == ["finished-4"]
    assert keys(events, answer(4, 101, **over)) == []
    assert keys(events, answer(5, 102)) == []
    assert keys(events, answer(9, 103, **over)) == ["finished-9"]


def test_the_end_waits_for_what_runs():
    events = Events("digits", frozenset(KINDS), 60, Told())
    running = pb.TrialCounts(running=1)
    over = {"state": pb.STUDY_STATE_STOPPED, "reason": "STOPPED"}
    assert keys(events, answer(4, 100, counts=running, **over)) == []
    assert keys(events, answer(5, 101, **over)) == ["finished-5"]


def test_a_stall_by_the_daemons_clock_once_until_a_report_comes():
    events = Events("digits", frozenset(KINDS), 60, Told())
    assert keys(events, answer(1, 100)) == []
    assert keys(events, answer(1, 159)) == []
    assert keys(events, answer(1, 160)) == ["stalled-100"]
    assert keys(events, answer(1, 400)) == []
    report = pb.StudyChange(commit_seq=2, time=at(500), kind="REPORTED", report=pb.StoredReport())
    assert keys(events, answer(2, 500, report)) == []
    assert keys(events, answer(2, 560)) == ["stalled-500"]


def test_a_paused_study_does_not_stall():
    events = Events("digits", frozenset(KINDS), 60, Told(changed=1))
    assert keys(events, answer(1, 400, state=pb.STUDY_STATE_PAUSED)) == []


def test_only_what_was_asked_for():
    events = Events("digits", frozenset({"finished"}), 60, Told())
    assert keys(events, answer(5, 900, failed(3, 0), best=best(1, 0.1))) == []
    assert events.told.best == [1, 1, 0.1]
