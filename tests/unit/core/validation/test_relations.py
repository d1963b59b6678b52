"""Constraints in a study: every sampler keeps them; what allows almost nothing is refused."""

from dataclasses import replace

import pytest
from ashad.core.constraints import broken
from ashad.core.engine.suggest import Assignment
from ashad.core.errors import RefusalError
from ashad.core.kinds import Grid, GridSampler, Halton, Random, RandomSampler, Tpe, from_json
from ashad.core.sampling.draw import Draw, constrained
from ashad.core.sampling.outside import Optuna
from ashad.core.space import Choice, Float, Int
from ashad.core.spec import StudySpec, to_json
from ashad.core.validation.differences import differences

from tests.support.search import Search

SPACE = {
    "opt": Choice(("sgd", "adam")),
    "low": Float(0.0, 1.0),
    "high": Float(0.0, 1.0),
    "beta": Float(0.0, 1.0),
    "n": Int(1, 4),
    "m": Int(1, 4),
}
KEPT = ("low < high", "n + m <= 5", "not (opt == 'sgd' and beta > 0.5)")


def spec(constraints=KEPT, **more):
    made = StudySpec("loss", False, 9, SPACE, Random(), constraints=constraints)
    return replace(made, **more)


def configurations(search, many):
    for n in range(many):
        job = search.suggest(f"w{n}")
        if not isinstance(job, Assignment):
            return
        yield job.params
        p = job.params
        search.report(job, 9, sum(v for v in p.values() if isinstance(v, (int, float))))


@pytest.mark.parametrize("sampler", [RandomSampler(), Halton(), Tpe(0.0)])
def test_every_sampler_keeps_them(sampler):
    found = list(configurations(Search(spec(sampler=sampler)), 120))
    assert [params for params in found if broken(KEPT, params)] == []
    assert len({repr(params) for params in found}) == 120


def test_a_first_draw_that_keeps_them_is_the_one_of_a_study_without():
    with_, without = spec(), spec(constraints=())
    same = 0
    for trial in range(50):
        free = Draw(without, 7, trial, 0).independent()
        bound = Draw(with_, 7, trial, 0).independent()
        assert (bound == free) is (broken(KEPT, free) is None)
        same += bound == free
    assert 0 < same < 50


def test_a_grid_is_filtered():
    space = {"n": Int(1, 3), "m": Int(1, 3)}
    for how in ({"algorithm": Grid()}, {"sampler": GridSampler()}):
        search = Search(spec(("n < m",), space=space, **how))
        found = [(p["n"], p["m"]) for p in configurations(search, 99)]
        assert found == [(1, 2), (1, 3), (2, 3)]


def test_a_finite_space_is_tried_without_what_they_forbid():
    space = {"n": Int(1, 3), "m": Int(1, 3)}
    search = Search(spec(("n < m",), space=space))
    found = [(p["n"], p["m"]) for p in configurations(search, 8)]
    assert set(found[:3]) == {(1, 2), (1, 3), (2, 3)}
    assert all(n < m for n, m in found)


def test_what_a_sampler_outside_proposes_keeps_them():
    search = Search(spec(sampler=Optuna()))
    search.suggest()
    bad = {"opt": "adam", "low": 0.9, "high": 0.1, "beta": 0.1, "n": 1, "m": 1}
    good = bad | {"high": 0.95}
    for proposed, taken in ((bad, False), (good, True)):
        search.do("propose", proposed)
        job = search.suggest(repr(taken))
        assert (job.params == proposed) is taken
        assert broken(KEPT, job.params) is None


def test_given_values_are_completed_or_refused():
    search = Search(spec())
    assert search.do("enqueue", "a", {"low": 0.5}).configuration()["high"] > 0.5
    for given, why in (
        ({"low": 0.5, "high": 0.25}, "breaks the constraint 'low < high'"),
        ({"low": 1.0}, "with these values none of 2000 draws"),
    ):
        with pytest.raises(RefusalError) as refusal:
            search.do("enqueue", "b", given)
        assert refusal.value.reason == "INVALID_CONFIGURATION"
        assert why in str(refusal.value)
    assert search.state.trials == 1


@pytest.mark.parametrize(
    ("more", "field", "why"),
    [
        ({"constraints": ("low < hihg",)}, "spec.constraints[0]", "no parameter 'hihg'"),
        ({"constraints": ("low <",)}, "spec.constraints[0]", "before its end"),
        ({"constraints": ("low < high",) * 101}, "spec.constraints", "at most 100"),
        ({"constraints": ("low > 0.9999",)}, "spec.constraints", "0 of 500 random"),
        (
            {"constraints": ("low < 0", "n > 1")},
            "spec.constraints",
            "give ranges that lie more within them",
        ),
        (
            {"points_to_evaluate": ({"low": 0.9, "high": 0.1},)},
            "spec.points_to_evaluate[0]",
            "breaks the constraint 'low < high'",
        ),
        (
            {"space": {"n": Int(1, 200), "m": Int(1, 200)}, "algorithm": Grid()}
            | {"constraints": ("n < m",)},
            "spec.constraints",
            "at most 10000 points",
        ),
        (
            {"space": {"n": Int(1, 3), "m": Int(4, 6)}, "algorithm": Grid()}
            | {"constraints": ("m < n",)},
            "spec.constraints",
            "no point of the grid",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_at_creation(more, field, why):
    with pytest.raises(RefusalError) as refusal:
        Search(spec(**more))
    assert refusal.value.fields["field"] == field
    assert why in str(refusal.value)


def test_the_bound_on_tries_is_one():
    """Where creation found enough, it is never met; else one is told instead of waiting."""
    with pytest.raises(RefusalError) as refusal:
        Draw(spec(("low < 0",)), 1, 0, 0).independent()
    assert refusal.value.reason == "CONSTRAINTS_NOT_MET"
    assert constrained(spec(("low < 0",)), 1, 0, {}, most=10) is None


def test_they_are_kept_with_the_study_and_compared():
    assert from_json(to_json(spec())) == spec()
    assert "constraints" not in to_json(spec(constraints=()))  # an earlier daemon reads it
    [line] = differences(spec(), spec(constraints=()))
    assert line.startswith('constraints: ["low < high"')
    assert line.endswith("is not nothing")
