"""Every value of every type, wherever a value is said: taken as the parameter has it, or refused.

A refusal names the field and what would be taken; nothing else comes out of any of them.
"""

import itertools
import math
from types import SimpleNamespace

import pytest
from ashad.core.engine.study import Study
from ashad.core.errors import RefusalError
from ashad.core.history.archive import InMemoryArchive
from ashad.core.kinds import Asha
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import Limits, StudySpec
from ashad.core.validation.study_spec import check_spec, complete
from ashad.service.messages import from_proto
from ashad_client.v1 import ashad_pb2 as pb

NAN, INF = math.nan, math.inf
VALUES = [
    NAN, INF, -INF, 0, -0.0, 1, 1.0, 2.0, 2.5, True, False, "", "1", "nan", "a", "\x00", "é" * 300,
    2**63 - 1, -(2**63), 2**53 + 1, 1e308, -1e308, 5e-324, 9.3e18, 0.1 + 0.2, 0.3, 64, 65, 65.0,
]  # fmt: skip
DOMAINS = {
    "real": Float(0.0, 1.0),
    "log": Float(1e-5, 10.0, log=True),
    "step": Float(0.0, 1.0, step=0.1),
    "whole": Int(0, 9),
    "wide": Int(-(2**63), 2**63 - 1),
    "stepped": Int(64, 256, step=32),
    "choice": Choice((1, 1.0, True, "1", "a", -(2**63))),
    "text": Choice(("a", "b")),
    "fixed": Constant(1),
}
CHILD = Float(0.0, 1.0)


def spec(domain, when=(), points=()):
    return StudySpec(
        "loss",
        False,
        9,
        {"p": domain, "c": CHILD},
        Asha(),
        when={"c": (("p", when),)} if when else {},
        points_to_evaluate=tuple(points),
        limits=Limits(max_trials=9),
    )


def refused_at(field, call):
    """Call; return what came out, None where it was refused by that field with words about it."""
    try:
        return SimpleNamespace(found=call())
    except RefusalError as found:
        refusal = found
    assert refusal.fields["field"].startswith(field), refusal.message
    assert refusal.message.startswith(field)
    return None


@pytest.mark.parametrize(("name", "value"), list(itertools.product(DOMAINS, VALUES)))
def test_a_value_is_taken_or_refused_alike_by_enqueue_points_and_when(name, value):
    domain = DOMAINS[name]
    expected = domain.accept(value)
    one = refused_at(
        "configuration[p]", lambda: complete(spec(domain), {"p": value}, "configuration")
    )
    assert (one.found["p"] if one else None) == expected
    if expected is not None:
        assert type(one.found["p"]) is type(expected)
        again = domain.draw(domain.position(expected))
        exact = not isinstance(domain, Float) and name != "wide"  # 53 bits of a position
        assert not exact or (type(again), again) == (type(expected), expected)
    point = refused_at(
        "spec.points_to_evaluate[0][p]", lambda: check_spec(spec(domain, points=[{"p": value}]))
    )
    assert (point is None) == (expected is None)
    study, _ = Study.create("s", "u", spec(domain), 0, 0, InMemoryArchive())
    queued = refused_at("configuration[p]", lambda: study.enqueue(1, "r", {"p": value}))
    assert (queued is None) == (expected is None)
    if isinstance(domain, (Int, Choice)):
        when = refused_at("spec.space[c].when", lambda: check_spec(spec(domain, when=(value,))))
        assert (when is None) == (expected is None or type(expected) is not type(value))


@pytest.mark.parametrize("value", VALUES)
def test_a_value_of_a_parent_is_refused_by_name_where_its_child_is_given(value):
    """NaN for a whole-number parent was an internal error."""
    for parent in (DOMAINS["whole"], DOMAINS["stepped"], DOMAINS["text"]):
        first = parent.nth(1)
        conditional = spec(parent, when=(first,))
        given = {"p": value, "c": 0.5}
        found = refused_at("configuration[", lambda: complete(conditional, given, "configuration"))  # noqa: B023
        assert (found is None) == (parent.accept(value) != first or parent.accept(value) is None)


@pytest.mark.parametrize("value", VALUES)
def test_a_choice_is_a_value_that_can_be_kept(value):
    finite = not isinstance(value, float) or math.isfinite(value)
    found = refused_at("spec.space[p]", lambda: check_spec(spec(Choice((value, "other")))))
    assert (found is not None) == finite
    refused_at("spec.space[p]", lambda: check_spec(spec(Constant(value))))


@pytest.mark.parametrize(
    ("domain", "value", "said"),
    [
        (Int(64, 256, step=32), 65, "65 is off the step of 32; the nearest values are 64 and 96"),
        (Int(64, 250, step=32), 249, "249 is off the step of 32; the nearest values are 224"),
        (Float(0.0, 1.0, step=0.1), 0.33, "the nearest values are 0.3 and 0.4"),
        (Int(0, 9), NAN, "must be a whole number from 0 to 9, not nan"),
        (Int(0, 9), 1.5, "must be a whole number from 0 to 9, not 1.5"),
        (Float(1e-5, 0.1), 1, "must be a number from 1e-05 to 0.1, not 1"),
        (Choice(("a", 1)), "b", "must be one of 'a', 1, not 'b'"),
    ],
)
def test_a_refusal_says_what_would_be_taken(domain, value, said):
    with pytest.raises(RefusalError) as refusal:
        complete(spec(domain), {"p": value}, "configuration")
    assert said in refusal.value.message


def test_steps_are_exact_in_decimal():
    tenths = Float(0.0, 1.0, step=0.1)
    assert [tenths.nth(i) for i in range(11)] == [
        0.0,
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.7,
        0.8,
        0.9,
        1.0,
    ]
    assert tenths.grid() == [tenths.nth(i) for i in range(11)]
    assert {tenths.draw(i / 110) for i in range(110)} == set(tenths.grid())
    assert tenths.accept(0.1 + 0.2) == 0.3
    assert Float(-0.3, 0.3, step=0.1).grid() == [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]
    assert Float(1e-4, 5e-4, step=1e-4).grid() == [1e-4, 2e-4, 3e-4, 4e-4, 5e-4]


def test_a_refusal_names_twenty_mistakes_and_stops():
    point = {"p": "no"}
    with pytest.raises(RefusalError) as refusal:
        check_spec(spec(Int(1, 9), points=[point] * 10_000))
    assert refusal.value.message.count("must be a whole number") == 20


def test_a_whole_float_is_a_whole_number_in_a_message_too():
    message = pb.Configuration(
        params=[pb.Parameter(name="p", value=pb.ParameterValue(double_value=2.0))]
    )
    given = from_proto.configuration(message, "configuration")
    assert repr(complete(spec(Int(1, 9)), given, "configuration")) == repr({"p": 2})
