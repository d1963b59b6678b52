"""How two specs differ, told by field and in words that a study file takes."""

import re

import pytest
from ashad.core.kinds import AdaptiveAsha, Asha, Grid, Pbt, Tpe
from ashad.core.objectives import Objective
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import SECOND, Lease, Limits
from ashad.core.validation.differences import differences

from tests.support.specs import GOOD, SPACE, with_


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"metric": "error"}, 'metric: "loss" is not "error"'),
        ({"maximize": False}, 'goal: "maximize" is not "minimize"'),
        ({"max_resource": 9}, "max_resource: 27 is not 9"),
        ({"seed": None}, "seed: 9223372036854775807 is not nothing"),
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


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"outcome_constraints": ("mem <= 10",)}, 'outcome_constraints: nothing is not ["mem <='),
        ({"algorithm": Pbt()}, 'algorithm.type: "asha" is not "pbt"'),
        ({"objectives": (Objective("a", True),)}, 'objectives: nothing is not [{"metric": "a",'),
        ({"algorithm": Asha(promotion=True)}, 'algorithm.variant: "stopping" is not "promotion"'),
        ({"sampler": Tpe()}, 'sampler.type: "random" is not "tpe"'),
        ({"lease": Lease(duration=SECOND // 2)}, 'lease.duration: "90s" is not "0.5s"'),
        ({"limits": Limits(max_duration=SECOND)}, 'limits.max_duration: nothing is not "1s"'),
        ({"failed_counts_as_worst": False}, 'failure_policy: "count_as_worst" is not "ignore"'),
        ({"space": {"x": Choice(("a", True))}}, '"choices": ["a", true]}'),
    ],
)
def test_it_is_said_as_a_file_says_it(changes, line):
    plain = {
        "algorithm": Asha(),
        "limits": Limits(),
        "lease": Lease(),
        "failed_counts_as_worst": True,
    }
    assert any(line in said for said in differences(with_(**plain), with_(**plain | changes)))


def test_of_another_type_the_settings_are_not_told():
    lines = differences(with_(algorithm=Asha()), with_(algorithm=Pbt(population=3)))
    assert lines == ['algorithm.type: "asha" is not "pbt"']


def test_nothing_of_python_is_printed():
    every = {
        "space": {"a": Float(0, 1), "b": Choice((1, True, "x")), "c": Constant(False)},
        "objectives": (Objective("a", True), Objective("b", False)), "combination": "pareto",
        "constraints": ("a < 1",), "outcome_constraints": ("a <= 1",),
        "when": {"a": (("b", ("x", True)),)}, "points_to_evaluate": ({"b": "x"},),
        "algorithm": AdaptiveAsha(bracket_rungs=(1, 2)), "limits": Limits(3, 4, 5, 6, 0.5, 7),
    }  # fmt: skip
    for one, other in ((GOOD, with_(**every)), (with_(**every), with_(algorithm=Grid()))):
        told = "\n".join(differences(one, other))
        assert not re.search(r"None|True|False|\(|\)|'", told), told
