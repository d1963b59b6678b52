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


def leading(*members: tuple[int, int, float, float]) -> pb.GetBestTrialResponse:
    """Say who is in the front: trial, resource, loss and ms."""
    front = [
        pb.FrontEntry(
            trial=pb.Trial(trial=trial),
            report=pb.StoredReport(
                resource=at, value=loss, metrics=[pb.Metric(name="ms", value=ms)]
            ),
        )
        for trial, at, loss, ms in members
    ]
    return pb.GetBestTrialResponse(front=front)


def by_fronts(seq: int, **fields) -> pb.WatchStudyResponse:
    said = answer(seq, 100, **fields)
    said.study.spec.combination = pb.COMBINATION_PARETO
    for name in ("loss", "ms"):
        said.study.spec.objectives.add(metric=name)
    return said


def test_of_a_front_each_trial_that_comes_into_it_is_told():
    told = Told()
    events = Events("digits", frozenset(KINDS), 60, told)

    def keys_of(seq, found):
        return [event.key for event in events.of(by_fronts(seq, best=best(3, 0.5)), found)]

    assert keys_of(1, leading((3, 1, 0.5, 9), (4, 1, 0.7, 5))) == ["front-3-1", "front-4-1"]
    assert keys_of(2, None) == []  # not asked this time
    assert keys_of(3, leading((3, 2, 0.4, 9), (4, 1, 0.7, 5))) == []  # it stays
    assert keys_of(4, leading((6, 1, 0.4, 4))) == ["front-6-1"]
    assert keys_of(5, leading((6, 1, 0.4, 4), (3, 3, 0.1, 9))) == ["front-3-3"]  # again
    assert keys_of(6, leading((6, 1, 0.4, 4))) == []
    assert keys_of(7, leading((6, 1, 0.4, 4), (3, 3, 0.1, 9))) == []  # as it was
    [event] = events.of(by_fronts(6), leading((8, 2, 0.05, 2)))
    assert (event.kind, event.trial, event.value) == ("best", 8, 0.05)
    assert event.message == "in the front: trial 8 with loss 0.05, ms 2 at epoch 2"


def test_of_a_front_what_broke_off_is_still_due():
    told = Told()
    both = leading((3, 1, 0.5, 9), (4, 1, 0.7, 5))
    found = Events("digits", frozenset(KINDS), 60, told).of(by_fronts(1), both)
    assert [next(found).key, next(found).key] == ["front-3-1", "front-4-1"]
    again = Events("digits", frozenset(KINDS), 60, told)
    assert [event.key for event in again.of(by_fronts(1), both)] == ["front-4-1"]


def test_of_goals_in_order_the_first_one_is_told_when_it_is_another():
    events = Events("digits", frozenset(KINDS), 60, Told())

    def keys_of(seq, trial, resource):
        said = by_fronts(seq)
        said.study.spec.combination = pb.COMBINATION_LEXICOGRAPHIC
        one = leading((trial, resource, 0.5, 9)).front[0]
        found = pb.GetBestTrialResponse(trial=one.trial, report=one.report)
        return [event.key for event in events.of(said, found)]

    assert keys_of(1, 3, 1) == ["front-3-1"]
    assert keys_of(2, 3, 2) == []
    assert keys_of(3, 5, 1) == ["front-5-1"]


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
