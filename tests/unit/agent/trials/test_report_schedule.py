"""When the readings of an attempt are reported."""

from __future__ import annotations

from ashad_agent.metrics.metric_parser import Reading, Skipped
from ashad_agent.metrics.progress import Progress
from ashad_agent.trials.report_schedule import Look, ReportSchedule

EMPTY, WRITING, WRITTEN = Look(True, 99.0), Look(False, 0.2), Look(False, 1.0)


def course(start=0, target=3, most=9, waits=True):
    return ReportSchedule(Progress(start, most), target, waits=waits, grace_s=30.0)


def take(course, resource, now=0.0, **fields):
    taken = course.take(Reading(0.5, resource=resource, **fields), now)
    return taken if isinstance(taken, Skipped) else [report.resource for report in taken]


def test_what_is_below_the_target_is_reported_at_once():
    assert [take(course(), 1), take(course(), 2)] == [[1], [2]]


def test_the_last_one_waits_for_its_checkpoint():
    run = course()
    assert take(run, 3, now=10.0) == []
    assert run.due(10.5, EMPTY) == []
    assert run.due(11.0, WRITING) == []
    assert [report.resource for report in run.due(12.0, WRITTEN)] == [3]
    assert run.due(13.0, WRITTEN) == []


def test_it_does_not_wait_for_ever():
    run = course()
    take(run, 3, now=10.0)
    assert run.due(39.9, EMPTY) == []
    assert [report.resource for report in run.due(40.0, WRITING)] == [3]


def test_the_next_reading_or_the_end_brings_it_out_in_order():
    run = course()
    take(run, 3)
    assert take(run, 4) == [3, 4]
    run = course()
    take(run, 3)
    assert [report.resource for report in run.flush()] == [3]
    assert run.flush() == []


def test_a_checkpoint_that_the_line_names_is_there():
    assert take(course(), 3, checkpoint="/c") == [3]


def test_nothing_waits_where_no_checkpoint_is_expected():
    assert take(course(waits=False), 3) == [3]


def test_lines_without_a_resource_count_up_from_where_it_stood():
    run = course(start=5, target=9)
    assert [take(run, None), take(run, None)] == [[6], [7]]
    assert take(run, 8) == [8]


def test_what_does_not_go_on_does_not_count():
    run = course()
    take(run, 2)
    assert isinstance(take(run, 2), Skipped)
    assert isinstance(take(run, 1), Skipped)
    assert "--zero-based" in take(course(), 0).hint
    assert "max_resource" in take(course(), 10).why
    assert run.seen == 1
