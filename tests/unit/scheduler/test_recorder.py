"""What follows from records: the batch, the leases and the log, and whether a trial may be free."""

from types import SimpleNamespace

import pytest
from ashad.core.history.records import AttemptKey, ReportContent
from ashad.scheduler.quotas import Quotas
from ashad.scheduler.recorder import Recorder, ReportPass
from ashad.scheduler.registry import StudyEntry

from tests.support.search import Search, asha


class Told:
    """The neighbours of a recorder: what each was told, in order."""

    def __init__(self):
        self.batch, self.leases, self.log, self.names, self.served = [], [], [], [], []
        commit = SimpleNamespace(
            add=lambda number, records, seq: self.batch.append((number, len(records), seq)),
            put=lambda row: self.batch.append(row.mode),
        )
        leases = SimpleNamespace(
            renew=lambda number, study, trial, attempt: self.leases.append(("renew", trial)),
            renew_each=lambda number, study, attempts: len(attempts),
            drop=lambda number, trial: self.leases.append(("drop", trial)),
        )
        names = SimpleNamespace(
            called=lambda number, trial, attempt, now, beat: self.names.append((trial, beat)),
            called_each=lambda number, attempts, now, beat: self.names.extend(
                (trial, beat) for trial, _ in attempts
            ),
        )
        log = lambda event, **facts: self.log.append((event, facts))
        self.recorder = Recorder(commit, leases, names, Quotas(lambda _: (), lambda: 0.0), log)


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def search():
    return Search(asha(9, 3, promotion=False, max_trials=4))


@pytest.fixture
def entry(search):
    return StudyEntry(7, search.study)


def made(search, act):
    before = len(search.records)
    found = act()
    return found, search.records[before:]


def test_nothing_decided_is_nothing_told(told, entry):
    assert told.recorder.record(entry, []) is False
    assert (told.batch, told.log) == ([], [])


def test_an_assignment_begins_a_lease_and_frees_nothing(told, search, entry):
    job, records = made(search, search.suggest)
    assert told.recorder.record(entry, records) is False
    assert told.leases == [("renew", job.trial)]
    ((event, facts),) = told.log
    assert (event, facts["trial"], facts["worker"], facts["target"]) == (
        "trial_assigned",
        0,
        "w",
        9,
    )
    assert told.batch[0][0] == 7


def test_a_report_that_continues_is_not_logged_and_one_that_ends_is(told, search, entry):
    job = search.suggest()
    _, records = made(search, lambda: search.report(job, 1, 0.5))
    assert told.recorder.record(entry, records) is False
    assert (told.leases, told.log) == ([], [])
    _, records = made(search, lambda: search.report(job, 9, 0.5))
    assert told.recorder.record(entry, records) is True
    assert told.leases == [("drop", 0)]
    assert [(event, facts["reason"]) for event, facts in told.log] == [
        ("trial_ended", "MAX_RESOURCE")
    ]


def test_a_lost_lease_and_a_failure_are_told_apart(told, search, entry):
    job = search.suggest()
    _, records = made(search, lambda: search.do("expire", job.trial, job.attempt))
    assert told.recorder.record(entry, records) is True
    again = search.suggest()
    fail = lambda: search.end("fail", again, infeasible=False, message="boom")
    _, records = made(search, fail)
    told.recorder.record(entry, records)
    assert [event for event, _ in told.log] == ["lease_expired", "trial_ended"]


def test_a_change_of_the_study_is_put_and_logged(told, search, entry):
    _, records = made(search, lambda: search.do("pause"))
    assert told.recorder.record(entry, records) is True
    assert told.log == [("study_paused", {"study": "s"})]
    assert told.batch[1:] == [search.state.mode]


def test_reports_of_one_message_are_handed_on_together(told, search, entry):
    jobs = [search.suggest(f"w{n}") for n in range(3)]
    clock = SimpleNamespace(wall=lambda: 99)
    each = ReportPass(lambda name: entry, told.recorder, clock, told.served.append)
    for job in jobs:
        key = AttemptKey(job.trial, job.attempt, job.token)
        each.report("s", key, ReportContent(1, 0.5 + job.trial))
    assert (told.batch, told.names) == ([], [])
    each.close()
    assert [number for number, *_ in told.batch] == [7]
    assert told.names == [(0, False), (1, False), (2, False)]
    assert told.served == ["s"]  # two were stopped
    each.close()
    assert told.served == ["s"]
