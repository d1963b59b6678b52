"""What exploration makes of a configuration: within the space, and as the settings say."""

from __future__ import annotations

from collections import Counter

import pytest
from ashad.core.constraints import broken
from ashad.core.kinds import Pbt
from ashad.core.sampling.perturbation import explored, perturbed
from ashad.core.space import Choice, Float, Int
from ashad.core.spec import StudySpec

CASES = [
    (Float(0.0, 1.0), 0.5, 1.2, 0.6),
    (Float(0.0, 1.0), 0.9, 1.2, 1.0),  # Ray: 1.08, out of the range
    (Float(0.5, 1.0), 0.6, 0.8, 0.5),
    (Float(1e-4, 1e-1, log=True), 1e-2, 0.8, 8e-3),
    (Float(-2.0, 2.0), -1.0, 1.2, -1.2),
    (Float(-2.0, 2.0), 0.0, 1.2, None),  # Ray: 0 for ever
    (Float(0.0, 1.0, step=0.1), 0.5, 1.2, 0.6),
    (Float(0.0, 1.0, step=0.1), 0.1, 1.2, 0.2),  # one step at least
    (Float(0.0, 1.0, step=0.1), 1.0, 1.2, 1.0),
    (Int(1, 10), 5, 1.2, 6),
    (Int(1, 10), 1, 1.2, 2),  # Ray: 1 for ever
    (Int(1, 10), 1, 0.8, 1),  # Ray rounds to 1 as well
    (Int(1, 10), 9, 1.2, 10),  # Ray: 11, out of the range
    (Int(16, 256, step=16), 64, 0.8, 48),
    (Int(16, 256, step=16), 32, 1.2, 48),
    (Int(-9, 9), -5, 1.2, -6),
    (Choice((1, 2, 4, 8)), 2, 1.2, 4),
    (Choice((1, 2, 4, 8)), 2, 0.8, 1),
    (Choice((1, 2, 4, 8)), 8, 1.2, 8),
    (Choice(("sgd", "adam")), "sgd", 1.2, "adam"),
    (Choice((False, True)), True, 0.8, False),
]


@pytest.mark.parametrize(("domain", "value", "factor", "expected"), CASES)
def test_a_value_is_perturbed_within_its_domain(domain, value, factor, expected):
    found = perturbed(domain, value, factor)
    assert found == pytest.approx(expected) if isinstance(expected, float) else found == expected
    assert found is None or type(domain.accept(found)) is type(found)


def spec(space, constraints=(), **settings):
    return StudySpec("loss", False, 10, space, Pbt(**settings), constraints=constraints)


def test_a_quarter_is_drawn_anew_and_factors_come_alike():
    study = spec({"x": Float(0.0, 10.0)})
    told = Counter(explored(study, 7, number, {"x": 5.0})[1] for number in range(4000))
    assert set(told) == {"x resampled", "x * 0.8", "x * 1.2"}
    assert 900 < told["x resampled"] < 1100
    assert 1400 < told["x * 1.2"] < 1600


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_the_probability_of_drawing_anew(chance):
    study = spec({"x": Float(0.0, 10.0)}, resample_probability=chance, perturbation_factors=(2.0,))
    told = {explored(study, 7, number, {"x": 5.0})[1] for number in range(50)}
    assert told == ({"x resampled"} if chance else {"x * 2"})


def test_constraints_are_kept():
    space = {"low": Float(0.0, 1.0), "high": Float(0.0, 1.0)}
    rule = ("low < high",)
    moved = 0
    for number in range(200):
        params, _ = explored(spec(space, rule), 3, number, {"low": 0.49, "high": 0.5})
        assert broken(rule, params) is None
        moved += params != {"low": 0.49, "high": 0.5}
    assert moved == 200


def test_where_none_of_the_tries_keeps_them_the_donor_stays_as_it_is():
    space = {"x": Int(1, 100), "y": Int(1, 100)}
    study = spec(space, ("x + y == 100",), resample_probability=0.0)
    params, told = explored(study, 3, 1, {"x": 60, "y": 40})
    assert params == {"x": 60, "y": 40} or params["x"] + params["y"] == 100
    study = spec(space, ("x == 50",), explore=("x",), resample_probability=0.0)
    params, told = explored(study, 3, 1, {"x": 50, "y": 1})
    assert params == {"x": 50, "y": 1}
    assert told.startswith("unchanged: none of 200")


def test_a_parameter_whose_condition_begins_to_hold_is_drawn():
    space = {"opt": Choice(("sgd", "adam")), "beta": Float(0.5, 0.99)}
    study = StudySpec(
        "loss",
        False,
        10,
        space,
        Pbt(resample_probability=0.0),
        when={"beta": (("opt", ("adam",)),)},
    )
    told = {explored(study, 1, n, {"opt": "sgd"})[1] for n in range(30)}
    assert told == {"opt at its end", "opt to its neighbour, beta drawn"}
    left = {tuple(explored(study, 1, n, {"opt": "adam", "beta": 0.9})[0]) for n in range(30)}
    assert left == {("opt",), ("opt", "beta")}
