"""Objectives: the number that several metrics make, and what is wrong with them."""

import json
import math
import random
from fractions import Fraction

import pytest
from ashad.core.objectives import Objective, combined, missing, mistakes

ERROR = Objective("error", maximize=False, weight=0.75)
RECALL = Objective("recall", maximize=True, weight=0.25, scale=0.5, reference=1.0)
MS = Objective("ms", maximize=False, weight=2.0, scale=20.0, reference=5.0)
ALL = (ERROR, RECALL, MS)


def told(**given):
    return json.dumps({n: v if math.isfinite(v) else repr(v) for n, v in given.items()})


def test_the_sum_and_the_largest():
    given = told(error=0.5, recall=0.75, ms=15, other=9)
    terms = [0.75 * 0.5, 0.25 * 0.25 / 0.5, 2 * 10 / 20]
    assert combined(ALL, "weighted_sum", given) == sum(terms)
    assert combined(ALL, "chebyshev", given) == 1.0
    assert combined(ALL[:2], "chebyshev", given) == 0.375


def test_it_is_the_formula_in_any_order_of_the_report():
    rng = random.Random(3)
    for _ in range(300):
        ones = [
            Objective(
                f"m{n}", rng.random() < 0.5, rng.random(), rng.random() + 0.1, rng.gauss(0, 1)
            )
            for n in range(rng.randrange(2, 6))
        ]
        values = {one.metric: rng.gauss(0, 9) for one in ones}
        exact = [
            Fraction(one.weight) * (Fraction(values[one.metric]) - Fraction(one.reference))
            * (-1 if one.maximize else 1) / Fraction(one.scale) for one in ones
        ]  # fmt: skip
        text = json.dumps(dict(sorted(values.items(), key=lambda _: rng.random())))
        for word, wanted in (("weighted_sum", sum(exact)), ("chebyshev", max(exact))):
            found = combined(ones, word, text)
            assert found == pytest.approx(float(wanted), abs=1e-12)
            assert found == combined(ones, word, json.dumps(values))  # to the last bit


def test_better_in_one_and_no_worse_in_others_is_better():
    given = {"error": 0.5, "recall": 0.5, "ms": 15}
    before = combined(ALL, "weighted_sum", told(**given))
    for better in ({"error": 0.4}, {"recall": 0.6}, {"ms": 14}):
        assert combined(ALL, "weighted_sum", told(**given | better)) < before


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("word", ["weighted_sum", "chebyshev"])
def test_one_that_is_no_number_makes_none(word, bad):
    given = told(recall=bad)  # the others need not be there
    assert missing(ALL, given) == []
    assert math.isnan(combined(ALL, word, given))
    assert math.isnan(combined(ALL, word, told(error=bad, recall=-bad, ms=1)))


def test_what_a_report_lacks():
    assert missing(ALL, told(recall=1)) == ["error", "ms"]
    assert missing(ALL, None) == ["error", "recall", "ms"]
    assert missing(ALL, told(error=1, recall=1, ms=1)) == []
    assert missing(ALL, told(other=math.nan)) == ["error", "recall", "ms"]


def with_error(metric="a", **settings):
    return (ERROR, Objective(metric, maximize=False, **settings))


@pytest.mark.parametrize(
    ("ones", "field", "fix"),
    [
        ((), "combination", "there are none"),
        ((ERROR,), "objectives", "one alone is the study's metric; give 2 to 10"),
        ([Objective(f"m{n}", maximize=False) for n in range(11)], "objectives", "give 2 to 10"),
        ((ERROR, ERROR), "objectives[1].metric", "'error' is given twice"),
        (with_error("sum"), "metric", "'sum' is one of the objectives, and it names what is"),
        (with_error("x y", scale=0), "objectives[1].scale", "above 0"),
        (with_error(""), "objectives[1].metric", "a name has"),
        (with_error("a\n"), "objectives[1].metric", "a name has"),
        (with_error(weight=-1.0), "objectives[a].weight", "above 0"),
        (with_error(weight=math.nan), "objectives[a].weight", "above 0"),
        (with_error(scale=math.inf), "objectives[a].scale", "above 0"),
        (with_error(reference=math.nan), "objectives[a].reference", "1e100"),
    ],
)
def test_what_is_refused(ones, field, fix):
    [(at, said)] = mistakes(ones, "weighted_sum", "sum", maximize=False)
    assert at == field
    assert fix in said


def test_a_goal_of_the_sum_that_larger_is_better_is_refused():
    assert [*mistakes(ALL, "weighted_sum", "sum", maximize=False)] == []
    [(field, fix)] = mistakes(ALL, "weighted_sum", "sum", maximize=True)
    assert (field, fix) == ("goal", "smaller is better of a weighted_sum: leave it out")
