"""Samplers: positions are where values were drawn, and conditions hold in every one of them."""

import json
from collections import Counter

import pytest
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment
from ashad.core.errors import RefusalError
from ashad.core.kinds import Grid, GridSampler, Halton, RandomSampler, Tpe, from_json
from ashad.core.sampling.prng import uniform
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import to_json
from ashad.core.validation.differences import differences
from hypothesis import given
from hypothesis import strategies as st

from tests.support.search import Search
from tests.support.specs import TREE, WHEN, sampled

# --- positions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "domain",
    [
        Int(1, 9), Int(1, 512, log=True), Int(0, 100, step=7), Choice((1, 1.0, True, "1")),
        Float(0.0, 0.5, step=0.1), Constant(3), Int(-(2**40), 2**40),
    ],
)  # fmt: skip
@given(u=st.floats(0, 1, exclude_max=True))
def test_what_is_drawn_at_the_position_of_a_value_is_the_value(domain, u):
    value = domain.draw(u)
    again = domain.draw(domain.position(value))
    assert (type(again), again) == (type(value), value)


@pytest.mark.parametrize("domain", [Float(-3.0, 5.0), Float(1e-6, 1e3, log=True)])
@given(u=st.floats(0, 1, exclude_max=True))
def test_a_position_is_where_it_was_drawn(domain, u):
    assert domain.position(domain.draw(u)) == pytest.approx(u, abs=1e-9)


# --- conditions ----------------------------------------------------------------------------------


def sound(params):
    """Read the conditions of TREE by hand."""
    assert ("momentum" in params) == (params["opt"] == "sgd")
    assert ("width" in params) == (params["layers"] >= 2)
    assert ("rate" in params) == (params["drop"] is True and params["layers"] == 3)
    assert list(params) == [name for name in TREE if name in params]


@pytest.mark.parametrize("sampler", [RandomSampler(), Halton(), GridSampler(), Tpe(), Tpe(0.0)])
def test_a_parameter_is_there_where_its_parents_say_so(sampler):
    search = Search(sampled(sampler, TREE, when=WHEN))
    seen = Counter()
    for _ in range(60):
        job = search.suggest(f"w{search.calls}")
        if not isinstance(job, Assignment):
            break
        sound(job.params)
        seen.update(job.params)
        search.report(job, 1, uniform(5, job.trial, "loss"))
    assert set(seen) == set(TREE)
    assert seen["rate"] < seen["drop"]


def test_a_spec_with_sampler_and_conditions_reads_back():
    made = sampled(Tpe(0.5, min_points=7), TREE, when=WHEN)
    again = from_json(json.loads(json.dumps(to_json(made))))
    assert again == made
    assert differences(made, sampled(Tpe(0.25, min_points=7), TREE, when=WHEN)) == [
        "sampler.random_fraction: 0.5 is not 0.25"
    ]
    older = {
        k: v for k, v in to_json(sampled(RandomSampler())).items() if k not in {"sampler", "when"}
    }
    assert from_json(older) == sampled(RandomSampler())


def test_a_grid_search_with_another_sampler_is_refused():
    with pytest.raises(RefusalError, match="takes the grid"):
        Study.create("s", "u", sampled(Tpe(), {"n": Int(1, 2)}, Grid()), 0, 0, None)


# --- halton --------------------------------------------------------------------------------------


# --- tpe -----------------------------------------------------------------------------------------
