"""The verbs of a study: a call that is refused changes nothing."""

import math

import pytest
from ashad.core.errors import RefusalError
from ashad.core.history.records import AttemptKey, ReportContent
from ashad.core.kinds import Asha
from ashad.core.spec import Limits
from ashad.core.validation.study_spec import check_key

from tests.support.search import Search
from tests.support.specs import GOOD, with_

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "é", "x" * 201, "\0"])
def test_bad_keys_change_nothing(key):
    search = Search(GOOD)
    with pytest.raises(RefusalError) as refusal:
        search.do("suggest", key, "r")
    assert refusal.value.fields["field"] == "worker"
    with pytest.raises(RefusalError) as refusal:
        search.do("enqueue", key, {})
    assert refusal.value.fields["field"] == "request_id"
    assert search.state.seq == 1
    assert check_key("worker", "!~") == "!~"


def tell(search, trial, attempt, token, resource, value):
    key = AttemptKey(trial, attempt, token)
    return search.study.report(9, key, ReportContent(resource, value))


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda s, j: tell(s, 7, 1, j.token, 1, 0.5), "TRIAL_NOT_FOUND"),
        (lambda s, j: tell(s, -1, 1, j.token, 1, 0.5), "TRIAL_NOT_FOUND"),
        (lambda s, j: tell(s, 0, 2, j.token, 1, 0.5), "UNKNOWN_ATTEMPT"),
        (lambda s, j: tell(s, 0, 0, j.token, 1, 0.5), "UNKNOWN_ATTEMPT"),
        (lambda s, j: tell(s, 0, 1, "forged", 1, 0.5), "UNKNOWN_LEASE_TOKEN"),
        (lambda s, j: tell(s, 0, 1, j.token, 0, 0.5), "INVALID_FIELD"),
        (lambda s, j: tell(s, 0, 1, j.token, -1, 0.5), "INVALID_FIELD"),
        (lambda s, j: tell(s, 0, 1, j.token, 28, 0.5), "INVALID_FIELD"),
        (lambda s, j: tell(s, 0, 1, j.token, 2**63 - 1, 0.5), "INVALID_FIELD"),
        (lambda s, j: tell(s, 0, 1, j.token, 1, 0.5), "RESOURCE_NOT_INCREASING"),
        (lambda s, j: tell(s, 0, 1, j.token, 2, 0.7), "REPORT_CONFLICT"),
        (lambda s, j: tell(s, 0, 1, j.token, 2, NAN), "REPORT_CONFLICT"),
        (lambda s, j: s.study.should_stop(9, AttemptKey(7, 1)), "TRIAL_NOT_FOUND"),
        (lambda s, j: s.study.should_stop(9, AttemptKey(0, 2)), "UNKNOWN_ATTEMPT"),
        (lambda s, j: s.study.heartbeat(9, AttemptKey(0, 1, "")), "UNKNOWN_LEASE_TOKEN"),
        (lambda s, j: s.study.complete(9, AttemptKey(0, 1, "x")), "UNKNOWN_LEASE_TOKEN"),
        (lambda s, j: s.study.release(9, AttemptKey(0, 1, "x")), "UNKNOWN_LEASE_TOKEN"),
        (lambda s, j: s.study.fail(9, AttemptKey(0, 1, "x"), infeasible=True, message=""),
         "UNKNOWN_LEASE_TOKEN"),
        (lambda s, j: s.study.cancel(9, 7), "TRIAL_NOT_FOUND"),
        (lambda s, j: s.study.update(9, Limits(max_trials=0)), "INVALID_LIMITS"),
        (lambda s, j: s.study.suggest(9, "other", "r1"), "REQUEST_CONFLICT"),
        (lambda s, j: s.study.enqueue(9, "r1", {}), "REQUEST_CONFLICT"),
        (lambda s, j: s.study.enqueue(9, "new", {"nothing": 1}), "INVALID_CONFIGURATION"),
    ],
)  # fmt: skip
def test_a_refused_call_changes_nothing(call, reason):
    search = Search(with_(algorithm=Asha(), limits=Limits()))
    job = search.suggest()
    search.report(job, 2, 0.5)
    search.now = 9
    before = repr((search.state.seq, search.state.time, search.state.trials, search.sizes()))
    with pytest.raises(RefusalError) as refusal:
        call(search, job)
    assert refusal.value.reason == reason
    assert search.state.drain() == []
    after = repr((search.state.seq, search.state.time, search.state.trials, search.sizes()))
    assert after == before
