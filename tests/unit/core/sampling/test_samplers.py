"""Samplers: what they draw equals a naive reading of the formulas, and they beat random draws.

Also conditions: a parameter is there exactly where its parents say so, in every sampler.
"""

import itertools
import json
import math
import random
from collections import Counter
from statistics import NormalDist, mean, stdev

import numpy as np
import pytest
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment
from ashad.core.errors import RefusalError
from ashad.core.kinds import Asha, Grid, GridSampler, Halton, Random, RandomSampler, Tpe, from_json
from ashad.core.recovery.replay import replay
from ashad.core.recovery.restore import snapshot
from ashad.core.sampling import grid, halton, tpe
from ashad.core.sampling.prng import uniform, uniforms
from ashad.core.sampling.samplers import configure
from ashad.core.space import Choice, Constant, Float, Int, active
from ashad.core.spec import Limits, StudySpec, differences, to_json
from hypothesis import given
from hypothesis import strategies as st

from tests.support.search import Search

SPACE = {"x": Float(0.0, 1.0), "y": Float(1e-3, 1.0, log=True), "n": Int(1, 9), "k": Choice("abc")}
TREE = {
    "opt": Choice(("sgd", "adam")),
    "momentum": Float(0.0, 1.0, grid_points=3),
    "layers": Int(1, 3),
    "width": Int(1, 2),
    "drop": Choice((True, False)),
    "rate": Float(0.1, 0.3, grid_points=2),
}
WHEN = {
    "momentum": (("opt", ("sgd",)),),
    "width": (("layers", (2, 3)),),
    "rate": (("drop", (True,)), ("layers", (3,))),
}


def spec(sampler, space=SPACE, algorithm=None, when=None, **limits):
    return StudySpec(
        "loss", False, 9, space, algorithm or Asha(), sampler=sampler, when=when or {},
        limits=Limits(**limits),
    )  # fmt: skip


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
    search = Search(spec(sampler, TREE, when=WHEN))
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
    search = Search(spec(GridSampler(), space))
    list(search.jobs(lambda trial, level: trial))
    assert search.suggest().reason == "GRID_EXHAUSTED"
    assert search.state.trials == 5


@pytest.mark.parametrize(
    ("when", "field"),
    [
        ({"opt": (("momentum", (1,)),)}, "opt"),
        ({"momentum": (("nothing", (1,)),)}, "momentum"),
        ({"momentum": (("momentum", (1.0,)),)}, "momentum"),
        ({"layers": (("momentum", (0.5,)),)}, "layers"),
        ({"momentum": (("opt", ()),)}, "momentum"),
        ({"momentum": (("opt", ("rmsprop",)),)}, "momentum"),
        ({"width": (("layers", (4,)),)}, "width"),
    ],
)
def test_wrong_conditions_are_refused_by_name(when, field):
    with pytest.raises(RefusalError) as refusal:
        Study.create("s", "u", spec(RandomSampler(), TREE, when=when), 0, 0, None)
    assert refusal.value.fields["field"] == f"spec.space[{field}].when"


def test_a_configuration_with_what_is_not_there_is_refused():
    search = Search(spec(RandomSampler(), TREE, when=WHEN))
    for given_ in ({"momentum": 0.5}, {"momentum": 0.5, "opt": "adam"}):
        with pytest.raises(RefusalError, match="only where opt is sgd"):
            search.do("enqueue", "q", given_)
    trial = search.do("enqueue", "q", {"momentum": 0.5, "opt": "sgd"})
    assert trial.configuration()["momentum"] == 0.5


def test_a_spec_with_sampler_and_conditions_reads_back():
    made = spec(Tpe(0.5, min_points=7), TREE, when=WHEN)
    again = from_json(json.loads(json.dumps(to_json(made))))
    assert again == made
    assert differences(made, spec(Tpe(0.25, min_points=7), TREE, when=WHEN)) == [
        "sampler.random_fraction: 0.5 is not 0.25"
    ]
    older = {
        k: v for k, v in to_json(spec(RandomSampler())).items() if k not in {"sampler", "when"}
    }
    assert from_json(older) == spec(RandomSampler())


@pytest.mark.parametrize(
    ("sampler", "field"),
    [
        (Tpe(1.5), "random_fraction"), (Tpe(good_fraction=1.0), "good_fraction"),
        (Tpe(candidates=0), "candidates"), (Tpe(candidates=1001), "candidates"),
        (Tpe(min_points=-1), "min_points"), (Tpe(bandwidth_factor=math.nan), "bandwidth_factor"),
        (Tpe(min_bandwidth=0.0), "min_bandwidth"),
    ],
)  # fmt: skip
def test_wrong_settings_of_tpe_are_refused_by_name(sampler, field):
    with pytest.raises(RefusalError) as refusal:
        Study.create("s", "u", spec(sampler), 0, 0, None)
    assert refusal.value.fields["field"] == f"spec.tpe.{field}"


def test_a_grid_search_with_another_sampler_is_refused():
    with pytest.raises(RefusalError, match="takes the grid"):
        Study.create("s", "u", spec(Tpe(), {"n": Int(1, 2)}, Grid()), 0, 0, None)


# --- halton --------------------------------------------------------------------------------------


def test_halton_equals_the_naive_radical_inverse():
    """In base 2 and 3 each block of b^k points has one in each of b^k equal parts."""
    for dimension, base in ((0, 2), (1, 3), (2, 5), (9, 29)):
        many = base**2
        for start in (0, many, 7 * many):
            parts = {int(halton.coordinate(4, dimension, start + i) * many) for i in range(many)}
            assert parts == set(range(many))
        assert all(0 <= halton.coordinate(4, dimension, i) < 1 for i in range(200))


def test_halton_is_more_even_than_random():
    """The share of points in boxes at the origin differs less from their volume."""

    def discrepancy(points):
        corners = [(a / 8, b / 8) for a in range(1, 9) for b in range(1, 9)]
        return max(
            abs(sum(x < a and y < b for x, y in points) / len(points) - a * b) for a, b in corners
        )

    for seed in range(5):
        even = [tuple(halton.coordinate(seed, d, i) for d in (0, 1)) for i in range(256)]
        plain = [(uniform(seed, i, "x"), uniform(seed, i, "y")) for i in range(256)]
        assert discrepancy(even) < discrepancy(plain) / 2


# --- tpe -----------------------------------------------------------------------------------------


class Known:
    """Evidence given by hand: one level, the ranked and the pending trials."""

    def __init__(self, study, params, ranked, pending):
        self.state = Search(study).state
        self.points = self.state.points
        for one in params:
            self.points.add(one)
        self._ranked, self._pending = ranked, pending

    def levels(self):
        return [9, 3]

    def ranked(self, level):
        return self._ranked if level == 3 else self._ranked[:4]

    def under_way(self, level):
        return self._pending


def naive_tpe(study, seed, trial, params, ranked, pending):
    """BOHB's proposal for SPACE with loops and plain numbers; 4 parameters, no conditions."""
    domains = list(study.space.values())
    d, tpe = len(domains), study.sampler
    at = [[domain.position(p[name]) for name, domain in study.space.items()] for p in params]
    n_good = max(d + 1, int(tpe.good_fraction * len(ranked)))
    good = [at[t] for t in ranked[:n_good]]
    bad = [at[t] for t in ranked[n_good:] + pending]

    def widths(rows):
        found = []
        for j, domain in enumerate(domains):
            many = len(domain.choices) if isinstance(domain, Choice) else 0
            column = [int(r[j] * many) if many else r[j] for r in rows]
            m = sum(column) / len(column)
            deviation = math.sqrt(sum((c - m) ** 2 for c in column) / len(column))
            width = max(tpe.min_bandwidth, 1.06 * deviation * len(column) ** (-1 / (4 + d)))
            found.append(min(width, (many - 1) / many) if many else width)
        return found

    def density(x, rows, h):
        total = 0.0
        for r in rows:
            product = 1.0
            for j, domain in enumerate(domains):
                if isinstance(domain, Choice):
                    same = abs(x[j] - r[j]) < 1e-6
                    product *= 1 - h[j] if same else h[j] / (len(domain.choices) - 1)
                else:
                    product *= NormalDist(r[j], h[j]).pdf(x[j])
            total += product
        return max(total / len(rows), 1e-32)

    hg, hb = widths(good), widths(bad)
    us = iter(uniforms(seed, trial, "/tpe", tpe.candidates * (1 + 2 * d)))
    best = None
    for _ in range(tpe.candidates):
        near, x = good[int(next(us) * len(good))], []
        for j, domain in enumerate(domains):
            u, v = next(us), next(us)
            if isinstance(domain, Choice):
                many = len(domain.choices)
                x.append(near[j] if v < 1 - hg[j] else (int(u * many) + 0.5) / many)
            else:
                normal = NormalDist(near[j], 3 * hg[j])
                low, high = normal.cdf(0), normal.cdf(1)
                x.append(min(max(normal.inv_cdf(low + u * (high - low)), 0), 1))
        ratio = math.log(density(x, good, hg)) - math.log(density(x, bad, hb))
        if best is None or ratio > best[0] + 1e-9:
            best = ratio, x
    return best[1]


@pytest.mark.parametrize("seed", range(20))
def test_tpe_equals_the_naive_reading(seed):
    chance = random.Random(seed)
    study = spec(Tpe(random_fraction=0.0, candidates=16))
    params = [
        {name: domain.draw(chance.random()) for name, domain in SPACE.items()} for _ in range(60)
    ]
    ranked = chance.sample(range(50), chance.randint(12, 50))
    pending = list(range(50, 50 + chance.randint(0, 10)))
    found, origin = configure(study, seed, 60, 60, Known(study, params, ranked, pending))
    naive = naive_tpe(study, seed, 60, params, ranked, pending)
    assert origin == "sampled"
    for name, where in zip(SPACE, naive, strict=True):
        got = SPACE[name].position(found[name])
        step = 1 / 18 if name == "n" else 1 / 6 if name == "k" else 1e-6
        assert got == pytest.approx(where, abs=step + 1e-6), name


def test_tpe_is_random_until_it_knows_enough():
    study = spec(Tpe(random_fraction=0.0))
    params = [{"x": 0.5, "y": 0.5, "n": 5, "k": "a"}] * 9
    plain = configure(spec(RandomSampler()), 3, 9, 9)[0]
    few = configure(study, 3, 9, 9, Known(study, params, list(range(9)), []))[0]
    assert few == plain
    enough = configure(study, 3, 10, 10, Known(study, params + params, list(range(10)), []))[0]
    assert enough != configure(spec(RandomSampler()), 3, 10, 10)[0]


def test_a_third_is_random():
    study = spec(Tpe(), {"x": Float(0.0, 1.0)})
    params = [{"x": 0.3 + i / 1000} for i in range(40)]
    known = Known(study, params, list(range(40)), [])
    plain = sum(
        configure(study, 1, t, t, known) == configure(spec(RandomSampler(), study.space), 1, t, t)
        for t in range(40, 640)
    )
    assert 160 < plain < 240


def test_workers_that_ask_at_once_are_sent_to_different_places():
    """Trials under way count as bad: without them all would be sent to the same hill."""
    study = spec(Tpe(random_fraction=0.0), {"x": Float(0.0, 1.0)})
    params = [{"x": i / 40} for i in range(40)]
    ranked = sorted(range(40), key=lambda t: abs(params[t]["x"] - 0.5))
    crowd = [{"x": 0.5}] * 60

    def near(pending):
        known = Known(study, params + crowd, ranked, pending)
        return mean(abs(configure(study, 2, t, t, known)[0]["x"] - 0.5) for t in range(100, 160))

    assert near(list(range(40, 100))) > 1.5 * near([])


def branin(x, y):
    """A function of two variables whose minimum is 0.398."""
    x, y = 15 * x - 5, 15 * y
    b, c, t = 5.1 / (4 * math.pi**2), 5 / math.pi, 1 / (8 * math.pi)
    return (y - b * x * x + c * x - 6) ** 2 + 10 * (1 - t) * math.cos(x) + 10


def found_by(sampler, seed, algorithm, trials=60):
    space = {"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)}
    search = Search(spec(sampler, space, algorithm), seed)
    values = []
    jobs = [search.suggest(f"w{i}") for i in range(4)]
    for i in range(trials):
        job = jobs[i % 4]
        value = branin(**job.params)
        level, told = job.next_resource, "CONTINUE"
        while told == "CONTINUE":
            decision = search.report(job, level, value + 1 / level)
            told, level = decision.action, decision.next_resource
        values.append(value)
        jobs[i % 4] = search.suggest(f"w{i % 4}")
    return min(values)


@pytest.mark.parametrize("algorithm", [Random(), Asha()])
def test_tpe_beats_random(algorithm):
    """On a function with three hills, and with a bandwidth that does not collapse."""
    tpe = [found_by(Tpe(), seed, algorithm) - 0.3978 for seed in range(12)]
    plain = [found_by(RandomSampler(), seed, algorithm) - 0.3978 for seed in range(12)]
    difference = [math.log(a) - math.log(b) for a, b in zip(plain, tpe, strict=True)]
    assert mean(difference) > 2 * stdev(difference) / math.sqrt(12), (tpe, plain)


def test_a_study_with_tpe_replays_and_depends_on_its_seed():
    def run(seed):
        search = Search(spec(Tpe(0.1), TREE, when=WHEN, max_trials=50), seed)
        list(search.jobs(lambda trial, level: uniform(9, trial, "loss") + 1 / level))
        return search

    search = run(3)
    history = [r for r in search.records if type(r).__name__ != "TrialRow"]
    again = replay("s", "uid", 3, history)
    assert repr(snapshot(again.state)) == repr(snapshot(search.state))
    assert [r.params for r in run(3).memory.trials.values()] == [
        r.params for r in search.memory.trials.values()
    ]
    assert [r.params for r in run(4).memory.trials.values()] != [
        r.params for r in search.memory.trials.values()
    ]


def test_tpe_takes_a_choice_of_one_at_the_widest_bandwidth():
    density = tpe.Density(np.array([[0.5, 0.5]]), [1.0, 1.0], [0, 1])
    assert np.isfinite(density.log_at(np.array([[0.2, 0.5]]))).all()


@pytest.mark.parametrize("parents", [False, True])
def test_a_grid_of_as_many_parameters_as_a_space_may_have(parents):
    space = {f"p{i}": Choice(("a",)) for i in range(999)} | {"x": Int(1, 3)}
    when = {f"p{i}": ((f"p{i - 1}", ("a",)),) for i in range(1, 999)} if parents else {}
    assert grid.size(space, when) == 3
    assert grid.configuration(space, when, 2)["x"] == 3
