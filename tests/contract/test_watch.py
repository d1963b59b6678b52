"""WatchStudy: every change once, in order, over crashes; and at no cost to those who report."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import grpc
import pytest
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc

from tests.support.wire import PROMOTION, SHORT, Code, Wire, refused, told, until

MANY = pb.StudyLimits(max_trials=1_000_000)


def watch(wire, name, after=0, timeout=30.0):
    return wire.studies.WatchStudy(
        pb.WatchStudyRequest(study=name, after_seq=after), timeout=timeout
    )


def key(change):
    """What tells one change from another."""
    trial = change.report.trial if change.HasField("report") else -1
    return change.commit_seq, change.kind, trial if trial >= 0 else change.trial.trial


def up_to(stream, seq):
    """Take answers until all up to `seq` is told; return the changes and the last answer."""
    changes = []
    for answer in stream:
        changes += answer.changes
        if answer.commit_seq >= seq:
            return changes, answer
    raise AssertionError("the stream ended")


def assignments(wire, name):
    """Trial, attempt and worker of each, as the file has them: not as they are now."""
    with closing(sqlite3.connect(f"file:{wire.daemon.db}?mode=ro", uri=True)) as file:
        return file.execute(
            "SELECT trial, attempt, worker FROM change WHERE kind = 'ASSIGNED' AND study = "
            "(SELECT id FROM study WHERE name = ?) ORDER BY seq",
            (name,),
        ).fetchall()


def on_file(wire, name):
    """The changes of a study, from the file itself, by sequence number."""
    with closing(sqlite3.connect(f"file:{wire.daemon.db}?mode=ro", uri=True)) as file:
        (number,) = file.execute("SELECT id FROM study WHERE name = ?", (name,)).fetchone()
        return sorted(
            file.execute(
                "SELECT seq, kind, trial FROM change WHERE study = :s UNION ALL "
                "SELECT seq, 'REPORTED', trial FROM report WHERE study = :s UNION ALL "
                "SELECT seq, kind, 0 FROM event WHERE study = :s",
                {"s": number},
            )
        )


def seq_of(wire, name):
    return wire.studies.GetStudy(pb.GetStudyRequest(study=name), timeout=9).commit_seq


def test_the_whole_story_is_told_from_the_beginning(wire):
    name = wire.create(asha=PROMOTION)
    for value in (0.3, 0.1, 0.2):
        wire.run(name, value)
    wire.run(name, 0.05)  # the best of them, promoted
    failed = wire.take(name)
    wire.scheduler.FailTrial(
        pb.FailTrialRequest(
            study=name, trial=failed.trial, attempt=1, lease_token=failed.lease_token, message="oh"
        ),
        timeout=9,
    )
    wire.studies.PauseStudy(pb.PauseStudyRequest(study=name), timeout=9)

    changes, answer = up_to(watch(wire, name), seq_of(wire, name))

    assert [key(change) for change in changes] == on_file(wire, name)
    kinds = {change.kind for change in changes}
    assert kinds == {"CREATED", "ASSIGNED", "REPORTED", "FAILED", "PAUSED"}
    assert answer.study.state == pb.STUDY_STATE_PAUSED
    assert answer.study.counts.failed == 1
    reports = [change.report for change in changes if change.HasField("report")]
    assert reports == wire.reports(name)
    assigned = [change for change in changes if change.kind == "ASSIGNED"]
    assert [(c.trial.trial, c.attempt, c.worker) for c in assigned] == assignments(wire, name)
    trials = {change.trial.trial: change.trial for change in changes if change.HasField("trial")}
    now = {trial.trial: trial for trial in wire.trials(name)}
    for trial in (*trials.values(), *now.values()):
        trial.ClearField("worker_time")
    assert trials == now


def test_changes_come_as_they_are_made(wire):
    name = wire.create()
    stream = watch(wire, name, seq_of(wire, name))
    assert next(stream).study.name == name
    held = wire.take(name)
    wire.report(held, 1, 0.5)
    changes, answer = up_to(stream, seq_of(wire, name))
    assert [change.kind for change in changes] == ["ASSIGNED", "REPORTED"]
    assert answer.study.counts.running == 1
    assert changes[1].report.value == 0.5
    stream.cancel()


def test_resumed_anywhere_there_is_no_gap_and_no_double(wire):
    name = wire.create()
    for number in range(12):
        wire.run(name, number / 10)
    everything = on_file(wire, name)
    for after in {0, 1, 2, len(everything) // 2, everything[-1][0] - 1}:
        changes, _ = up_to(watch(wire, name, after), everything[-1][0])
        assert [key(c) for c in changes] == [row for row in everything if row[0] > after]


def test_watching_goes_on_over_kill_9(new_daemon, tmp_path):
    """A watcher that goes on after the last number it was told has it all, each once."""
    wire = Wire(new_daemon(tmp_path).start())
    name = wire.create(limits=MANY, max_resource=81, lease=SHORT)
    seen, done, after, last = [], [0], 0, 1 << 60
    # Outlives the daemons, and shares no waiting with the channels of the workers.
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_reconnect_backoff_ms", 200)]
    channel = grpc.insecure_channel(wire.daemon.address, options=options)
    stub = ashad_pb2_grpc.StudyServiceStub(channel)

    def look():
        nonlocal after
        while after < last:
            with suppress(grpc.RpcError):
                for answer in stub.WatchStudy(
                    pb.WatchStudyRequest(study=name, after_seq=after), wait_for_ready=True
                ):
                    seen.extend(answer.changes)
                    after = answer.commit_seq
                    if after >= last:
                        return

    def work():
        with suppress(grpc.RpcError):
            while True:
                held = wire.take(name)
                for resource in range(1, 81):
                    done[0] += 1
                    if wire.report(held, resource, 1 / resource).action != pb.ACTION_CONTINUE:
                        break

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    for _ in range(4):
        done[:] = [0]
        workers = [threading.Thread(target=work, daemon=True) for _ in range(4)]
        for worker in workers:
            worker.start()
        until(lambda: done[0] > 200, 30)
        wire.daemon.kill()
        for worker in workers:
            worker.join(20)
        wire.channel.close()
        wire.daemon.start()
        wire.connect()
    wire.studies.PauseStudy(pb.PauseStudyRequest(study=name), timeout=9)
    last = seq_of(wire, name)
    watcher.join(30)
    assert not watcher.is_alive()
    assert [key(change) for change in seen] == on_file(wire, name)
    assert len(seen) > 800
    channel.close()
    wire.channel.close()
    assert wire.daemon.stop() == 0


def test_one_that_reads_nothing_is_sent_away_and_nobody_waits(new_daemon, tmp_path, monkeypatch):
    """As `ashad`, but that it waits two seconds for a watcher and not a minute."""
    (tmp_path / "sitecustomize.py").write_text(
        "import ashad.service.watch as w\nw.SLOW = 2.0\nimport ashad.service.study_service as s\n"
        "s.SLOW = 2.0\n"
    )
    wire = Wire(new_daemon(tmp_path).start(PYTHONPATH=str(tmp_path)))
    name = wire.create(limits=MANY, max_resource=1_000_000, asha=pb.Asha(eta=3))
    held = wire.take(name)
    lazy = watch(wire, name, timeout=60)
    next(lazy)
    blob = "u" * 4000
    longest = 0.0

    def push(count, start):
        nonlocal longest
        for resource in range(start, start + count):
            began = time.monotonic()
            wire.report(held, resource, 0.5, checkpoint=f"{blob}{resource}")
            longest = max(longest, time.monotonic() - began)

    begun, start = time.monotonic(), 1
    while "watcher_too_slow" not in wire.daemon.log.read_text():
        assert time.monotonic() < begun + 90
        push(100, start)
        start += 100
    assert longest < 2.0
    with pytest.raises(grpc.RpcError) as ended:
        for _ in lazy:
            pass
    assert (ended.value.code(), told(ended.value)) == (Code.RESOURCE_EXHAUSTED, "WATCHER_SLOW")
    # Another one has everything.
    changes, _ = up_to(watch(wire, name), seq_of(wire, name))
    assert [key(change) for change in changes] == on_file(wire, name)
    wire.channel.close()
    assert wire.daemon.stop() == 0


def test_what_cannot_be_watched(wire):
    name = wire.create()
    for study, after, code, reason in (
        ("nothing-of-that-name", 0, Code.NOT_FOUND, "STUDY_NOT_FOUND"),
        (name, 2, Code.FAILED_PRECONDITION, "SEQ_UNKNOWN"),
        (name, -1, Code.FAILED_PRECONDITION, "SEQ_UNKNOWN"),
    ):
        refused(
            lambda request, timeout: next(wire.studies.WatchStudy(request, timeout=timeout)),
            pb.WatchStudyRequest(study=study, after_seq=after), code, reason,
        )  # fmt: skip


def test_a_study_that_is_deleted_ends_its_watchers(wire):
    name = wire.create()
    stream = watch(wire, name)
    next(stream)
    wire.studies.DeleteStudy(pb.DeleteStudyRequest(study=name), timeout=9)
    with pytest.raises(grpc.RpcError) as ended:
        for _ in stream:
            pass
    assert (ended.value.code(), told(ended.value)) == (Code.NOT_FOUND, "STUDY_NOT_FOUND")


def test_a_daemon_that_ends_tells_its_watchers(new_daemon, tmp_path):
    wire = Wire(new_daemon(tmp_path).start())
    stream = watch(wire, wire.create())
    next(stream)
    begun = time.monotonic()
    assert wire.daemon.stop() == 0
    assert time.monotonic() - begun < 9  # else they would be waited for as long as 10 s
    with pytest.raises(grpc.RpcError) as ended:
        for _ in stream:
            pass
    assert (ended.value.code(), told(ended.value)) == (Code.UNAVAILABLE, "DRAINING")
    wire.channel.close()


def test_many_watch_thousands_of_reports(wire):
    """All watchers are told everything, while reports are answered as before."""
    name = wire.create(limits=MANY, max_resource=1_000_000, random=pb.RandomSearch())
    channels = [wire.daemon.channel() for _ in range(4)]
    stubs = [ashad_pb2_grpc.StudyServiceStub(channel) for channel in channels]
    streams = [stubs[n % 4].WatchStudy(pb.WatchStudyRequest(study=name)) for n in range(20)]
    for stream in streams:
        next(stream)
    leases = [wire.take(name) for _ in range(16)]
    with ThreadPoolExecutor(len(leases)) as pool:
        list(pool.map(lambda held: [wire.report(held, n, 0.5) for n in range(1, 251)], leases))
    last = seq_of(wire, name)
    for stream in streams:
        changes, _ = up_to(stream, last)
        assert [c.commit_seq for c in changes] == list(range(2, last + 1))  # 1 was told before
        stream.cancel()
    for channel in channels:
        channel.close()


def test_those_who_went_leave_room_for_others(wire):
    """More come and go than may watch at one time."""
    name = wire.create()
    for _ in range(12):
        with wire.daemon.channel() as channel:  # one connection has only so many streams
            stub = ashad_pb2_grpc.StudyServiceStub(channel)
            request = pb.WatchStudyRequest(study=name)
            streams = [stub.WatchStudy(request, timeout=30) for _ in range(50)]
            for stream in streams:
                assert next(stream).study.name == name
    assert next(watch(wire, name)).study.name == name


def test_too_many_are_told_so(new_daemon, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import ashad.service.watch as w\nw.MOST_WATCHERS = 3\n"
    )
    wire = Wire(new_daemon(tmp_path).start(PYTHONPATH=str(tmp_path)))
    name = wire.create()
    streams = [watch(wire, name) for _ in range(3)]
    for stream in streams:
        next(stream)
    refused(
        lambda request, timeout: next(wire.studies.WatchStudy(request, timeout=timeout)),
        pb.WatchStudyRequest(study=name), Code.RESOURCE_EXHAUSTED, "OVERLOADED",
    )  # fmt: skip
    streams.pop().cancel()
    until(lambda: _watches(wire, name))
    assert wire.daemon.stop() == 0
    wire.channel.close()


def _watches(wire, name):
    stream = watch(wire, name)
    with suppress(grpc.RpcError):
        return next(stream)
