"""A report after the end of its attempt: the stored decision, and the commit that holds it."""

import pytest
from ashad.core.history.records import Report, ReportContent

from tests.support.search import Search, asha


def seq_of(search, kind):
    return [r for r in search.records if isinstance(r, kind)][-1].seq


def told_late(search, job, resource):
    """Report late, after something else has happened to the study."""
    search.suggest("other")
    before = search.state.seq
    search.now += 1
    content = ReportContent(resource, 0.5)
    decision, seq, records = search.study.report(search.now, job.key, content)
    assert (records, search.state.seq) == ([], before)
    return decision, seq


@pytest.mark.parametrize("promotion", [False, True])
def test_a_report_after_the_deciding_one_names_the_commit_of_that_one(promotion):
    search = Search(asha(9, 3, promotion=promotion))
    job = search.suggest()
    search.report(job, 1, float("nan"))
    ended = seq_of(search, Report)
    decision, seq = told_late(search, job, 2)
    assert (decision.action, decision.reason, seq) == ("STOP", "DIVERGED", ended)


@pytest.mark.parametrize("how", ["complete", "fail", "release", "cancel"])
def test_a_report_after_another_end_names_the_commit_of_that_end(how):
    search = Search(asha(9, 3, promotion=False))
    job = search.suggest()
    search.report(job, 1, 0.5)
    if how == "cancel":
        search.do("cancel", job.trial)
    else:
        named = {"infeasible": False, "message": ""} if how == "fail" else {}
        search.end(how, job, **named)
    ended = search.state.seq
    if how == "release":
        search.do("pause")  # so that nobody takes it
    decision, seq = told_late(search, job, 2)
    assert (decision.action, seq) == ("STOP", ended)


def test_a_report_of_a_superseded_attempt_names_what_the_answer_reflects():
    search = Search(asha(9, 3, promotion=False))
    job = search.suggest("a")
    search.do("expire", job.trial, job.attempt)
    assert search.suggest("b").trial == job.trial
    decision, seq = told_late(search, job, 2)
    assert (decision.reason, decision.current_attempt, seq) == ("SUPERSEDED", 2, search.state.seq)


def test_a_trial_that_was_cancelled_while_it_waited_keeps_the_decision_of_its_report():
    search = Search(asha(9, 3, promotion=True))
    job = search.suggest()
    search.report(job, 1, 0.5)
    paused = seq_of(search, Report)
    search.do("cancel", job.trial)
    decision, seq = told_late(search, job, 2)
    assert (decision.action, decision.reason, seq) == ("PAUSE", "RUNG_REACHED", paused)
