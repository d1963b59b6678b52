"""Replay finds what differs: a record that was altered, left out, doubled, or put elsewhere."""

import pytest
from ashad.core.history.records import Change, Event, Report
from ashad.core.recovery.replay import ReplayMismatchError, replay
from ashad.core.recovery.restore import snapshot

from tests.support.search import Search, asha


@pytest.fixture(scope="module")
def search():
    """A search by promotion with a failed, a released, a lost and an infeasible trial."""
    made = Search(asha(9, 3, promotion=True, max_trials=12), seed=3)
    list(made.jobs(lambda trial, level: 1 / (trial + level), 9))
    made.end("fail", made.suggest("a"), infeasible=False, message="boom")
    made.end("fail", made.suggest("b"), infeasible=True, message="no")
    made.end("release", made.suggest("c"))
    lost = made.suggest("d")
    made.do("expire", lost.trial, lost.attempt)
    return made


def log(search):
    return [r for r in search.records if isinstance(r, (Report, Change, Event))]


def test_what_was_recorded_gives_the_same_study(search):
    again = replay("s", "uid", 3, log(search))
    assert repr(snapshot(again.state)) == repr(snapshot(search.state))


def refused(records):
    with pytest.raises(ReplayMismatchError) as mismatch:
        replay("s", "uid", 3, records)
    return str(mismatch.value)


def test_no_record_may_be_left_out_or_stand_twice(search):
    records = log(search)
    for place in range(len(records) - 1):  # one that lacks its last record is just shorter
        refused(records[:place] + records[place + 1 :])
    for place in range(1, len(records)):
        refused([*records[: place + 1], *records[place:]])


def test_neighbours_may_not_change_places(search):
    records = log(search)
    for place in range(1, len(records) - 1):
        swapped = list(records)
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        refused(swapped)


def test_an_altered_value_is_named_by_its_number(search):
    records = log(search)
    place = next(n for n, record in enumerate(records) if isinstance(record, Report))
    records[place] = records[place]._replace(checkpoint="mem:other", value=-5.0)
    assert "seq" in refused(records)


@pytest.mark.parametrize("records", [[], None])
def test_without_its_creation_there_is_no_study(search, records):
    words = "no record of its creation" if records == [] else "not its creation"
    assert words in refused(log(search)[1:] if records is None else records)


def test_a_number_of_another_type_is_another(search):
    records = log(search)
    place = next(n for n, r in enumerate(records) if isinstance(r, Report) and r.value == 1)
    report = records[place]
    for other in (
        report._replace(value=1),
        report._replace(decision=report.decision._replace(rank=float(report.decision.rank))),
        report._replace(last_rung=bool(report.last_rung)),
    ):
        assert other == report
        assert f"seq {report.seq}" in refused([*records[:place], other, *records[place + 1 :]])
