"""Specs there and back through JSON, how two differ, and what is refused: each by its field."""

import json

import pytest
from ashad.core.kinds import from_json
from ashad.core.spec import Lease, Limits, to_json
from ashad.core.validation.differences import differences

from tests.support.specs import ALGORITHMS, GOOD, with_


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_there_and_back_through_json(algorithm):
    spec = with_(algorithm=algorithm)
    text = json.dumps(to_json(spec), ensure_ascii=False, allow_nan=False)
    again = from_json(json.loads(text))
    assert repr(again) == repr(spec)  # 1 is not 1.0 is not True
    assert again == spec
    assert differences(spec, again) == []
    assert list(again.space) == list(spec.space)


def test_a_field_that_an_older_version_lacked_is_default():
    plain = to_json(GOOD)
    for name in ("lease", "limits"):
        plain[name] = {}
    del plain["failed_counts_as_worst"], plain["algorithm"]["max_rungs"]
    found = from_json(json.loads(json.dumps(plain)))
    assert found.lease == Lease()
    assert found.limits == Limits()
    assert found.failed_counts_as_worst
    assert found.algorithm.max_rungs == 0
