"""What is judged, from messages and back: defaults filled in, what is malformed named."""

import pytest
from ashad.core.errors import RefusalError
from ashad.core.objectives import Objective
from ashad.core.validation.differences import differences
from ashad.service.messages import from_proto, goals, to_proto
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.specs import GOOD, with_

OBJECTIVES = (
    Objective("error", maximize=False, weight=0.7),
    Objective("recall", True, 1.0, 20.0, 0.5),
)
TOGETHER = with_(objectives=OBJECTIVES, combination="chebyshev", metric="both", maximize=False)


@pytest.mark.parametrize("spec", [GOOD, TOGETHER])
def test_they_read_back(spec):
    again = from_proto.spec(to_proto.spec(spec))
    assert differences(spec, again) == []
    assert again == spec


def test_what_is_left_out_has_its_default():
    ones = [pb.Objective(metric=name, goal=pb.GOAL_MAXIMIZE) for name in ("a", "b")]
    assert goals.read(pb.StudySpec(objectives=ones)) == {
        "metric": "weighted_sum", "maximize": False, "combination": "weighted_sum",
        "objectives": (Objective("a", maximize=True), Objective("b", maximize=True)),
    }  # fmt: skip


def test_the_metric_to_report_is_one_that_is_reported():
    assert goals.reported(GOOD) == "loss"
    assert goals.reported(TOGETHER) == "error"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (pb.StudySpec(metric="a"), "spec.goal"),
        (pb.StudySpec(metric="a", goal=9), "spec.goal"),
        (pb.StudySpec(objectives=[pb.Objective(metric="a")]), "spec.objectives[0].goal"),
        (pb.StudySpec(metric="a", goal=1, combination=9), "spec.combination"),
    ],
)
def test_what_is_malformed_is_named(message, field):
    with pytest.raises(RefusalError) as refused:
        goals.read(message)
    assert refused.value.fields["field"] == field
