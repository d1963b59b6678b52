"""Configurations that are given: a repetition is an echo, and what is refused changes nothing."""

import pytest
from ashad.core.errors import RefusalError
from ashad.core.space import Choice, Constant
from ashad.core.validation.study_spec import MAX_PARAMS_BYTES

from tests.support.search import Search
from tests.support.specs import with_


def test_an_enqueued_configuration_that_is_too_large_changes_nothing():
    space = {f"p{i}": Constant("é" * 4000) for i in range(12)}
    search = Search(with_(space=space, points_to_evaluate=()))
    before = search.state.seq, search.state.trials
    assert 12 * 4000 < MAX_PARAMS_BYTES < 12 * 8000
    with pytest.raises(RefusalError) as refusal:
        search.do("enqueue", "r", {})
    assert refusal.value.fields["field"] == "configuration"
    assert (search.state.seq, search.state.trials) == before


def test_an_enqueue_is_repeated_only_with_the_same_configuration():
    search = Search(with_(space={"kind": Choice((1, 1.0, True))}, points_to_evaluate=()))
    first = search.do("enqueue", "r", {"kind": 1})
    seq = search.state.seq
    assert search.do("enqueue", "r", {"kind": 1}).number == first.number
    for other in ({}, {"kind": 1.0}, {"kind": True}):
        with pytest.raises(RefusalError) as refusal:
            search.do("enqueue", "r", other)
        assert refusal.value.reason == "REQUEST_CONFLICT"
    assert search.state.seq == seq
