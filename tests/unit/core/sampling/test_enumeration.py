"""A finite space, counted: each number its configuration, each configuration its number."""

import json
import math

import pytest
from ashad.core.sampling.configuration_set import Tried
from ashad.core.sampling.enumeration import Enumeration
from ashad.core.space import Choice, Float, Int

from tests.support.specs import FINITE, FINITE_SIZES


def everything(space, when):
    found = Enumeration.of(space, when)
    return [found.configuration(number) for number in range(found.size)]


@pytest.mark.parametrize("name", FINITE)
def test_numbers_and_configurations_are_each_others(name):
    space, when = FINITE[name]
    found = Enumeration.of(space, when)
    assert found.size == FINITE_SIZES[name]
    listed = everything(space, when)
    assert len({json.dumps(params) for params in listed}) == found.size
    assert [found.number(params) for params in listed] == list(range(found.size))
    assert all([n for n in space if n in params] == list(params) for params in listed)


def test_a_space_without_end_has_nothing_to_keep():
    assert Tried.of({"x": Float(0.0, 1.0)}, {}) is None
    assert Tried.of({"x": Float(2.0, 2.0), "n": Int(1, 3)}, {}) is not None


def test_conditions_of_no_end_are_given_up_at_a_bound():
    """2^30 cases: it is not tried to tell them apart."""
    space = {f"p{i}": Choice((0, 1)) for i in range(60)}
    when = {f"p{i + 30}": ((f"p{i}", (1,)),) for i in range(30)}
    assert Enumeration.of(space, when) is None
    assert math.prod(domain.size() for domain in space.values()) == 2**60
