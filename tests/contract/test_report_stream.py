"""ReportStream: many reports on one stream, answered in order, as durable as single ones."""

from __future__ import annotations

import queue
import sqlite3
from contextlib import closing

import grpc
import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.wire import DEADLINE, Code, reporting, told

MESSAGE = pb.ReportStreamRequest


class Talk:
    """One stream: a message in, its answer out."""

    def __init__(self, wire, **options) -> None:
        self._messages = queue.SimpleQueue()
        self.call = wire.scheduler.ReportStream(
            iter(self._messages.get, None), timeout=DEADLINE, **options
        )

    def say(self, *reports):
        self._messages.put(MESSAGE(reports=reports))

    def hear(self):
        return list(next(self.call).results)

    def ask(self, *reports):
        self.say(*reports)
        return self.hear()

    def close(self):
        self._messages.put(None)
        assert next(self.call, None) is None

    def ended(self):
        """How it was ended by the daemon."""
        with pytest.raises(grpc.RpcError) as caught:
            next(self.call)
        return caught.value.code(), told(caught.value)


def test_reports_of_many_trials_are_decided_in_order_and_kept(wire):
    name = wire.create()
    first, second = wire.take(name), wire.take(name)
    stream = Talk(wire)
    one, two, three = stream.ask(
        reporting(first, 1, 0.5), reporting(second, 1, 0.6), reporting(first, 2, 0.4)
    )
    assert one.response.decision.action == pb.ACTION_CONTINUE
    assert two.response.decision.reason == "BELOW_CUTOFF"  # it came after the first, not before
    assert (two.response.decision.rank, two.response.decision.size) == (2, 2)
    assert three.response.decision.reason == "BETWEEN_RUNGS"
    seqs = [result.response.commit_seq for result in (one, two, three)]
    assert seqs == sorted(set(seqs))
    kept = [(report.trial, report.resource) for report in wire.reports(name)]
    assert kept == [(first.trial, 1), (second.trial, 1), (first.trial, 2)]
    assert len(stream.ask(*(reporting(first, step, 0.3) for step in range(3, 10)))) == 7
    assert stream.ask() == []
    stream.close()


def test_a_stream_and_single_calls_are_one(wire):
    """The key is the report's, whichever way it comes; a repeat is an echo of either."""
    name = wire.create()
    held = wire.take(name)
    single = wire.scheduler.Report(reporting(held, 1, 0.5), timeout=9)
    stream = Talk(wire)
    before = wire.rows()
    assert stream.ask(reporting(held, 1, 0.5))[0].response == single
    assert wire.rows() == before
    (streamed,) = stream.ask(reporting(held, 2, 0.4))
    assert wire.scheduler.Report(reporting(held, 2, 0.4), timeout=9) == streamed.response


def test_one_that_is_refused_does_not_harm_the_others(wire):
    name = wire.create()
    held = wire.take(name)
    wire.report(held, 2, 0.5)
    stranger = reporting(held, 3, 0.5)
    stranger.study = "nowhere"
    results = Talk(wire).ask(
        reporting(held, 2, 0.6), stranger, reporting(held, 1, 0.1),
        pb.ReportRequest(study=name, trial=0, attempt=1, lease_token="x", resource=3),
        reporting(held, 3, 0.4),
    )  # fmt: skip
    refusals = [(result.refusal.code, result.refusal.reason) for result in results[:4]]
    assert refusals == [
        (Code.ALREADY_EXISTS.value[0], "REPORT_CONFLICT"),
        (Code.NOT_FOUND.value[0], "STUDY_NOT_FOUND"),
        (Code.FAILED_PRECONDITION.value[0], "RESOURCE_NOT_INCREASING"),
        (Code.INVALID_ARGUMENT.value[0], "METRIC_MISSING"),
    ]
    assert "with other content" in results[0].refusal.message
    assert results[4].response.decision.reason == "IN_TOP"
    assert [report.resource for report in wire.reports(name)] == [2, 3]


def test_a_superseded_lease_is_an_answer(wire):
    name = wire.create()
    old = wire.take(name, "stable")
    wire.take(name, "stable")
    (result,) = Talk(wire).ask(reporting(old, 1, 0.5))
    assert result.response.decision.reason == "SUPERSEDED"


@pytest.mark.parametrize("many", [1001, 5000])
def test_a_message_with_too_many_reports_ends_the_stream_and_changes_nothing(wire, many):
    name = wire.create(max_resource=10**6)
    held = wire.take(name)
    stream = Talk(wire)
    assert stream.ask(reporting(held, 1, 0.5))
    stream.say(*(reporting(held, step, 0.5) for step in range(2, 2 + many)))
    assert stream.ended() == (Code.INVALID_ARGUMENT, "INVALID_FIELD")
    assert len(wire.reports(name)) == 1


def test_a_thousand_in_one_message_are_one_commit(wire):
    name = wire.create(max_resource=10**6, random=pb.RandomSearch())
    held = wire.take(name)
    results = Talk(wire).ask(*(reporting(held, step, 0.5) for step in range(1, 1001)))
    assert [result.response.decision.action for result in results] == [pb.ACTION_CONTINUE] * 1000
    assert len(wire.reports(name)) == 1000


def test_bytes_that_are_no_message_end_the_stream(wire):
    raw = wire.channel.stream_stream("/ashad.v1.SchedulerService/ReportStream")
    for body, due in (
        (b"\xff\xff", (Code.INVALID_ARGUMENT, "MALFORMED_MESSAGE")),
        (b"x" * (5 << 20), (Code.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE")),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            next(raw(iter([body]), timeout=DEADLINE))
        assert (caught.value.code(), told(caught.value)) == due


def test_what_was_answered_is_there_after_kill_9_and_the_rest_is_repeated(wire):
    name = wire.create(max_resource=10**6, random=pb.RandomSearch())
    held = wire.take(name)
    stream, asked = Talk(wire), [reporting(held, step, 1 / step) for step in range(1, 401)]
    for report in asked:  # far ahead of the answers
        stream.say(report)
    answered = [stream.hear()[0].response for _ in range(100)]
    wire.crash()
    with closing(sqlite3.connect(wire.daemon.db)) as file:
        (kept,) = file.execute(
            "SELECT count(*) FROM report JOIN study ON study.id = report.study "
            "WHERE study.name = ?", (name,),
        ).fetchone()  # fmt: skip
    assert 100 <= kept <= 400
    again = [result.response for result in Talk(wire).ask(*asked)]
    assert again[:100] == answered
    assert [report.resource for report in wire.reports(name)] == list(range(1, 401))


def test_a_daemon_that_stops_ends_streams_too(new_daemon, tmp_path):
    from tests.support.wire import Wire  # noqa: PLC0415 - a daemon of its own

    daemon = new_daemon(tmp_path).start()
    wire = Wire(daemon)
    name = wire.create()
    stream = Talk(wire)
    assert stream.ask(reporting(wire.take(name), 1, 0.5))
    assert daemon.stop() == 0
    code, _ = stream.ended()
    assert code in (Code.UNAVAILABLE, Code.CANCELLED)
