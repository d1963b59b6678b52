"""The grid: each combination once, its last parameter fastest, conditions included."""

import itertools
import json

import pytest
from ashad.core.kinds import Grid, GridSampler
from ashad.core.sampling import grid
from ashad.core.sampling.samplers import available, configure
from ashad.core.space import Choice, Constant, Int, active
from ashad.core.spec import StudySpec

from tests.support.search import Search
from tests.support.specs import TREE, WHEN, sampled


def test_a_grid_counts_with_its_last_parameter_fastest():
    space = {"a": Int(0, 1), "b": Choice(("x", "y", "z")), "c": Constant(1)}
    study = StudySpec("loss", False, 9, space, Grid())
    assert available(study) == 6
    found = [configure(study, 1, n, n) for n in range(6)]
    assert [(p["a"], p["b"]) for p, _ in found] == [
        (0, "x"), (0, "y"), (0, "z"), (1, "x"), (1, "y"), (1, "z"),
    ]  # fmt: skip
    assert {origin for _, origin in found} == {"grid"}
    assert list(found[0][0]) == ["a", "b", "c"]


def test_a_grid_study_ends_with_its_grid():
    points = ({"a": 1},)
    space = {"a": Int(0, 1), "b": Int(0, 2)}
    search = Search(StudySpec("loss", False, 9, space, Grid(), points_to_evaluate=points))
    found = []
    while not hasattr(job := search.suggest(), "reason"):
        found.append(tuple(job.params.values()))
        search.report(job, 9, 0.0)
    assert found[1:] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert found[0][0] == 1
    assert job.reason == "GRID_EXHAUSTED"


def test_the_grid_holds_each_combination_once():
    axes = {name: domain.grid() for name, domain in TREE.items()}
    naive = set()
    for values in itertools.product(*axes.values()):
        point = {}
        for name, value in zip(axes, values, strict=True):
            if active(WHEN, point, name):
                point[name] = value
        naive.add(json.dumps(point))
    assert grid.size(TREE, WHEN) == len(naive)
    found = [json.dumps(grid.configuration(TREE, WHEN, i)) for i in range(len(naive))]
    assert len(set(found)) == len(found)
    assert set(found) == naive


def test_the_last_parameter_of_a_grid_changes_fastest():
    space = {"a": Int(1, 2), "b": Choice("xy"), "c": Int(0, 1)}
    found = [tuple(grid.configuration(space, {}, i).values()) for i in range(8)]
    assert found == list(itertools.product((1, 2), "xy", (0, 1)))


def test_asha_over_a_grid_ends_with_it():
    space = {"n": Int(1, 5)}
    search = Search(sampled(GridSampler(), space))
    list(search.jobs(lambda trial, level: trial))
    assert search.suggest().reason == "GRID_EXHAUSTED"
    assert search.state.trials == 5


@pytest.mark.parametrize("parents", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_grid_of_as_many_parameters_as_a_space_may_have(parents):
    space = {f"p{i}": Choice(("a",)) for i in range(999)} | {"x": Int(1, 3)}
    when = {f"p{i}": ((f"p{i - 1}", ("a",)),) for i in range(1, 999)} if parents else {}
    assert grid.size(space, when) == 3
    assert grid.configuration(space, when, 2)["x"] == 3
