"""Spaces to messages and back: nothing is lost, and what is malformed is refused by its field."""

import pytest
from ashad.core.errors import RefusalError
from ashad.core.kinds import Asha
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import StudySpec
from ashad.service.messages import spaces
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.specs import FOREST, FOREST_WHEN, SPACE

PRIORS = {
    "x": Float(1e-3, 1.0, log=True, mean=0.1, sigma=0.5),
    "n": Int(1, 9, mean=4.0),
    "k": Choice(("a", 1, 1.0, True), weights=(1.0, 2.0, 3.0, 4.0)),
    "c": Constant("v"),
}


@pytest.mark.parametrize(("space", "when"), [(SPACE, {}), (FOREST, FOREST_WHEN), (PRIORS, {})])
def test_there_and_back(space, when):
    spec = StudySpec("loss", False, 9, space, Asha(), when=when)
    message = [spaces.parameter(spec, name) for name in space]
    assert spaces.space(message) == space
    assert spaces.when(message, space) == when


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ([pb.ParameterSpec(name="x")], "spec.space['x']"),
        ([pb.ParameterSpec(name="x", constant=pb.ParameterValue(int_value=1))] * 2, "spec.space"),
        (
            [pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1, scale=9))],
            "spec.space['x'].scale",
        ),
    ],
)
def test_what_is_malformed_is_refused_by_its_field(message, field):
    with pytest.raises(RefusalError) as refusal:
        spaces.space(message)
    assert refusal.value.fields["field"].startswith(field)
