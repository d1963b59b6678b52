"""A study in which nobody can be trained in full is told so, and no other: against searches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ashad.core.brackets import reach
from ashad.core.brackets.brackets import Brackets
from ashad.core.engine.suggest import Assignment
from ashad.core.kinds import (
    AdaptiveAsha,
    Asha,
    AsyncHyperband,
    Grid,
    GridSampler,
    Hyperband,
    Random,
    SuccessiveHalving,
)
from ashad.core.sampling.samplers import available
from ashad.core.space import Choice
from ashad.core.spec import Limits, StudySpec

from tests.support.search import SPACE, Search

PROMOTION = Asha(promotion=True)
ALGORITHMS = [
    PROMOTION,
    Asha(promotion=True, min_resource=2, eta=2.5),
    Asha(promotion=True, max_rungs=2),
    Asha(),
    AdaptiveAsha(promotion=True),
    AdaptiveAsha(promotion=True, mode="conservative", eta=3.0),
    AsyncHyperband(promotion=True),
    SuccessiveHalving(),
    Hyperband(),
    Hyperband(repeat=True),
    Random(),
]


def spec(algorithm, space=SPACE, sampler=None, **limits):
    made = StudySpec("loss", False, 27, space, algorithm, limits=Limits(**limits))
    return replace(made, sampler=sampler) if sampler else made


def told(made):
    configurations = available(made)
    return reach.warnings(made, [*Brackets(made, configurations).open.values()], configurations)


def furthest(made):
    """Train step by step, nobody failing; return how far anybody comes, and at what cost."""
    search, most, spent = Search(made), 0, 0
    while isinstance(job := search.suggest(), Assignment):
        for resource in range(job.start + 1, job.target + 1):
            decision = search.report(job, resource, 1 / resource, f"mem:{resource}")
            most, spent = max(most, resource), spent + 1
            if decision.action != "CONTINUE":
                break
        if most == made.max_resource:
            break
    return most, spent


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=repr)
def test_too_few_trials_are_told_and_only_these(algorithm):
    for trials in (*range(1, 12), 26, 27, 28):
        made = spec(algorithm, max_trials=trials)
        if made.synchronous and trials < 27:
            continue  # refused
        reached, _ = furthest(made)
        if told(made):
            assert reached < 27, trials
            assert f"past epoch {reached} of 27" in told(made)[0]
        elif reached < 27:  # of several brackets, one was a trial short of what it may have
            assert len(Brackets(made, None)) > 1, trials


@pytest.mark.parametrize("algorithm", [PROMOTION, ALGORITHMS[1], Asha(), Random()], ids=repr)
def test_too_little_resource_is_told_and_the_least_that_is_enough(algorithm):
    (bracket,) = Brackets(spec(algorithm), None).open.values()
    least = reach.least_resource(bracket)
    assert furthest(spec(algorithm)) == (27, least)
    for most in (least - 1, least):
        made = spec(algorithm, max_total_resource=most)
        assert bool(told(made)) == (furthest(made)[0] < 27) == (most < least)
    assert f"takes {least:,}; raise it" in told(spec(algorithm, max_total_resource=1))[0]


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=repr)
def test_what_is_told_of_several_brackets_is_never_untrue(algorithm):
    limits = {"max_trials": 40} if isinstance(algorithm, AdaptiveAsha) else {}
    for most in (10, 26, 27, 54, 81, 200):
        made = spec(algorithm, max_total_resource=most, **limits)
        if told(made):
            assert furthest(made)[0] < 27, most


def test_the_remedy_is_the_least_that_helps():
    (sentence,) = told(spec(PROMOTION, max_trials=9))
    assert "limits.max_trials is 9" in sentence
    assert "set it to 27 or more" in sentence
    assert told(spec(PROMOTION, max_trials=27)) == ()
    assert told(spec(PROMOTION, max_trials=26)) != ()


def test_a_space_that_is_too_small_is_told():
    space = {"x": Choice(("a", "b", "c", "d"))}
    for max_trials in (None, 100):
        made = spec(PROMOTION, space, GridSampler(), max_trials=max_trials)
        assert "the space has 4 configurations" in told(made)[0]
    assert furthest(made)[0] == 3
    assert told(spec(Grid(), space)) == ()
