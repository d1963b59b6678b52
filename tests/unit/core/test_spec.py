"""Specs there and back through JSON, how two differ, and what is refused: each by its field."""

import json

import pytest
from ashad.core.kinds import Asha, from_json
from ashad.core.space import Constant, Int
from ashad.core.spec import Lease, Limits, differences, to_json

from tests.support.specs import ALGORITHMS, GOOD, SPACE, with_


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


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"metric": "error"}, "metric: 'loss' is not 'error'"),
        ({"maximize": False}, "goal: 'maximize' is not 'minimize'"),
        ({"max_resource": 9}, "max_resource: 27 is not 9"),
        ({"seed": None}, "seed: 9223372036854775807 is not None"),
        ({"space": {"x": Int(1, 2)}}, "space."),
        ({"algorithm": Asha()}, "algorithm."),
        ({"limits": Limits()}, "limits."),
        ({"points_to_evaluate": ({"kind": 1},)}, "points_to_evaluate."),
    ],
)
def test_differences_name_the_field(changes, named):
    line, *_ = differences(GOOD, with_(**changes))
    assert line.startswith(named)
    assert len(line) < 500


def test_one_is_not_one_point_nought_is_not_true():
    for one, other in [(1, 1.0), (1, True), (1.0, True), ("1", 1)]:
        left, right = (with_(space={"a": Constant(v)}, points_to_evaluate=()) for v in (one, other))
        assert len(differences(left, right)) == 1
    swapped = dict(reversed(list(SPACE.items())))
    assert len(differences(GOOD, with_(space=swapped))) == 1  # a grid depends on the order
