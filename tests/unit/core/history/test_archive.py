"""The past of a study: what an archive in memory tells, and one that keeps only digests."""

import random

import pytest
from ashad.core.history.archive import DigestArchive, InMemoryArchive
from ashad.core.history.records import RUNNING

from tests.support.search import Search, asha


@pytest.fixture
def search():
    """Ten trials of a search by stopping: finished, failed, infeasible, one released, one left."""
    made = Search(asha(9, 3, promotion=False))
    chance = random.Random(4)
    for _ in range(8):
        job = made.suggest(f"w{made.calls}")
        level, told = 1, "CONTINUE"
        while told == "CONTINUE":
            decision = made.report(job, level, chance.random(), f"mem:{level}")
            told, level = decision.action, decision.next_resource
    bad = made.suggest("bad")
    made.report(bad, 1, -1.0)
    made.end("fail", bad, infeasible=True, message="no")
    made.suggest("left")
    return made


def test_an_archive_tells_what_was_recorded(search):
    archive = search.memory
    row = archive.trial(9)
    assert (row.state, row.worker) == (RUNNING, "left")
    assert archive.trial(10) is None
    assert archive.report(0, 1, 1).checkpoint == "mem:1"
    assert archive.report(0, 2, 1) is None
    assert archive.last_report(0).resource >= 1
    assert archive.request("r10").trial == 9
    assert archive.request("never") is None
    assert archive.ending(8, 1).kind == "INFEASIBLE"
    assert archive.ending(9, 1) is None  # it was assigned only


def test_a_cancellation_does_not_hide_what_the_worker_was_told(search):
    job = search.suggest("third")
    search.end("release", job)
    search.do("cancel", job.trial)
    assert search.memory.ending(job.trial, 1).kind == "RELEASED"


@pytest.mark.parametrize("maximize", [False, True])
def test_the_best_is_feasible_and_the_oldest_of_equals(search, maximize):
    rows = search.memory.trials
    able = [n for n in rows if n != 8 and rows[n].best_value is not None]
    due = (max if maximize else min)(able, key=lambda n: rows[n].best_value)
    assert search.memory.best(maximize=maximize, without=()).number == due
    assert search.memory.best(maximize=maximize, without=[due]).number != due
    assert InMemoryArchive().best(maximize=maximize, without=()) is None


def test_a_digest_knows_the_best_and_who_can_go_on(search):
    digest = DigestArchive()
    digest.take(search.records)
    for maximize in (False, True):
        whole = search.memory.best(maximize=maximize, without=())
        found = digest.best(maximize=maximize, without=())
        assert (found.number, found.best_value, found.best_resource, found.best_seq) == (
            whole.number, whole.best_value, whole.best_resource, whole.best_seq,
        )  # fmt: skip
    assert set(digest.trials) == {9}  # the one that runs
    assert all(digest.is_latest(row) for row in search.memory.trials.values())
    assert not digest.is_latest(search.memory.trials[0]._replace(spent=-1))
    assert not digest.is_latest(search.memory.trials[0]._replace(number=99))
