"""Native values and typed ones: each type stays what it is, both ways."""

import numpy as np
import pytest
from ashad_client import Error
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import configuration, native, params_of, typed


@pytest.mark.parametrize(
    "value", [True, False, 0, 1, -(2**63), 2**63 - 1, 0.0, 1.0, 1e-300, float("inf"), "", "1", "é"]
)
def test_a_value_comes_back_as_it_was(value):
    again = native(typed(value))
    assert (type(again), again) == (type(value), value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [(np.int64(2**62), 2**62), (np.float32(0.5), 0.5), (np.bool_(1), True), (np.str_("a"), "a")],
)
def test_scalars_of_numpy_are_what_they_hold(value, plain):
    again = native(typed(value))
    assert (type(again), again) == (type(plain), plain)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, None, [1], {"a": 1}, 1j])
def test_what_is_no_value_is_refused_by_name(value):
    with pytest.raises(Error, match="lr: "):
        typed(value, "lr")


def test_a_configuration_keeps_its_order():
    params = {"b": 1, "a": 2.0, "c": True}
    assert list(params_of(configuration(params).params).items()) == list(params.items())


def test_a_kind_of_tomorrow_asks_for_a_newer_client():
    with pytest.raises(Error, match="upgrade"):
        native(pb.ParameterValue())
