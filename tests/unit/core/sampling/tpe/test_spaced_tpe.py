"""spaced_tpe: equal to a naive reading, at a distance from what was tried, better than random."""

import json
import math
import random
from statistics import mean, stdev

import pytest
from ashad.core.engine.configurations.observations import Observations
from ashad.core.engine.study import Study
from ashad.core.errors import RefusalError
from ashad.core.kinds import (
    AdaptiveAsha,
    Asha,
    Halton,
    Random,
    RandomSampler,
    SpacedTpe,
)
from ashad.core.recovery.replay import replay
from ashad.core.recovery.restore import snapshot
from ashad.core.sampling.prng import uniform
from ashad.core.sampling.samplers import configure
from ashad.core.space import Choice, Constant, Float
from ashad.core.spec import Limits

from tests.support.parzen import Known, found_by, naive_candidates
from tests.support.search import Search
from tests.support.specs import MIXED, TREE, WHEN, sampled

LEARNING = SpacedTpe(random_fraction=0.0)


def places(params):
    """Where configurations of MIXED lie; two choices are 1 apart."""
    half = 0.5**0.5
    return [
        [MIXED[name].position(one[name]) for name in "xyn"]
        + [half * (one["k"] == choice) for choice in "abc"]
        for one in params
    ]


@pytest.mark.parametrize("seed", range(20))
def test_it_equals_the_naive_reading(seed):
    chance = random.Random(seed)
    study = sampled(
        SpacedTpe(random_fraction=0.0, candidates=16, spacing=chance.choice([0.5, 10.0]))
    )
    params = [
        {name: domain.draw(chance.random()) for name, domain in MIXED.items()} for _ in range(60)
    ]
    ranked = chance.sample(range(50), chance.randint(12, 50))
    pending = list(range(50, 50 + chance.randint(0, 10)))
    found, _ = configure(study, seed, 60, 60, Known(study, params, ranked, pending))

    salt, tried = "/spaced_tpe", places(params)
    drawn = naive_candidates(study, seed, 60, params, ranked, pending, salt)
    apart = []
    for at in drawn:
        here = [*at[:3], *(0.5**0.5 * (int(at[3] * 3) == j) for j in range(3))]
        apart.append(min(math.dist(here, there) for there in tried))
    least = (study.sampler.spacing / 60 / (math.pi**2 / 2)) ** (1 / 4)
    far = [i for i, distance in enumerate(apart) if distance >= least]
    chosen = drawn[far[0] if far else apart.index(max(apart))]
    for name, where in zip(MIXED, chosen, strict=True):
        step = 1 / 18 if name == "n" else 1 / 6 if name == "k" else 1e-6
        assert MIXED[name].position(found[name]) == pytest.approx(where, abs=step + 1e-6), name


def configurations(search):
    return [json.loads(row.params) for row in search.memory.trials.values()]


def run(seed, algorithm=None, trials=80, sampler=LEARNING, **how):
    search = Search(sampled(sampler, algorithm=algorithm, max_trials=trials, **how), seed)
    list(search.jobs(lambda trial, level: uniform(seed, trial, "loss") + 1 / level))
    return search


@pytest.mark.parametrize("algorithm", [Asha(), Asha(promotion=True), AdaptiveAsha()])
@pytest.mark.parametrize("seed", range(3))
def test_the_best_have_the_least_ranks_at_their_highest_levels(algorithm, seed):
    search = run(seed, algorithm)
    evidence = Observations(search.state)
    last: dict[int, tuple[int, int]] = {}  # of each trial: rank, and how far below the top
    for below, level in reversed(list(enumerate(evidence.levels()))):
        last |= {trial: (rank, below) for rank, trial in enumerate(evidence.ranked(level))}
    expected = sorted(last, key=last.__getitem__)
    for most in (1, 7, 30, 1000):
        assert evidence.best(most) == expected[:most]
    assert evidence.entered() == len(last) == 80


def test_a_trial_on_its_way_counts_at_its_last_level_and_a_failed_one_nowhere():
    search = Search(sampled(LEARNING, algorithm=Asha(eta=2.0)))
    jobs = [search.suggest(f"w{i}") for i in range(6)]
    for i, job in enumerate(jobs[:5]):
        search.report(job, 1, [0.5, 0.1, 0.7, 0.2, 0.9][i])
    evidence = Observations(search.state)
    assert evidence.best(9) == [1, 3, 0, 2, 4]
    assert evidence.unheard() == [5]
    going = [job for job in jobs[:5] if search.state.trial(job.trial).state == "RUNNING"]
    assert jobs[1] in going
    search.end("fail", jobs[1], message="x", infeasible=False)
    assert evidence.best(9) == [3, 0, 2, 4]


def test_what_ends_by_itself_stays_as_good_as_it_was():
    """Training that stops early on its own has its best to show, and comes to no higher level."""
    search = run(1, trials=30)
    search.do("update", Limits(max_trials=31))
    job = search.suggest("early")
    search.report(job, 1, -1.0)
    search.end("complete", job)
    assert job.trial in Observations(search.state).best(3)  # the first of one of three levels


def test_who_crosses_levels_is_once_among_the_best():
    search = Search(sampled(LEARNING))
    for i in range(20):
        job = search.suggest(f"w{i}")
        search.report(job, 5, uniform(1, i, "loss"))
    best = Observations(search.state).best(40)
    assert sorted(best) == list(range(20))


def test_the_bad_are_spread_evenly_by_rank():
    search = run(1, AdaptiveAsha(), 300, SpacedTpe(1.0))
    evidence = Observations(search.state)
    every = evidence.spread(1000)
    assert sorted(every) == list(range(300))
    some = evidence.spread(30)
    assert len(some) == len(set(some)) <= 30 + len(search.state.brackets)
    assert set(some) <= set(every)


def test_no_trial_is_next_to_another():
    """Kernel densities alone would go back to the best place again and again."""
    space = {"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)}

    def nearest(spacing):
        study = sampled(SpacedTpe(0.0, spacing=spacing), space, max_trials=200)
        search = Search(study, 5)
        list(search.jobs(lambda trial, level: configurations(search)[trial]["x"] / level))
        at = [tuple(params.values()) for params in configurations(search)]
        return [
            min(math.dist(here, there) for there in at[:i]) for i, here in enumerate(at) if i >= 100
        ]

    assert min(nearest(0.5)) >= (0.5 / 200 / math.pi) ** 0.5
    assert min(nearest(0.0)) < 0.01


def test_it_starts_with_halton_points_and_a_third_stays_so():
    study = sampled(SpacedTpe(), {"x": Float(0.0, 1.0)})
    even = sampled(Halton(), study.space)
    params = [{"x": 0.3 + i / 1000} for i in range(40)]
    few = Known(study, params[:3], [0, 1, 2], [])
    assert configure(study, 1, 3, 3, few) == configure(even, 1, 3, 3)
    known = Known(study, params, list(range(40)), [])
    alike = sum(
        configure(study, 1, t, t, known) == configure(even, 1, t, t) for t in range(40, 640)
    )
    assert 160 < alike < 240


@pytest.mark.parametrize("algorithm", [Random(), Asha()])
def test_it_beats_random_draws(algorithm):
    ours = [found_by(SpacedTpe(), seed, algorithm) - 0.3978 for seed in range(12)]
    plain = [found_by(RandomSampler(), seed, algorithm) - 0.3978 for seed in range(12)]
    difference = [math.log(a) - math.log(b) for a, b in zip(plain, ours, strict=True)]
    assert mean(difference) > 2 * stdev(difference) / math.sqrt(12), (ours, plain)


@pytest.mark.parametrize("algorithm", [Asha(), Asha(promotion=True), AdaptiveAsha()])
def test_a_study_replays(algorithm):
    search = Search(sampled(SpacedTpe(0.1), TREE, algorithm, WHEN, max_trials=90), 3)
    list(search.jobs(lambda trial, level: uniform(9, trial, "loss") + 1 / level))
    history = [r for r in search.records if type(r).__name__ != "TrialRow"]
    again = replay("s", "uid", 3, history)
    assert repr(snapshot(again.state)) == repr(snapshot(search.state))


def test_a_space_that_ends_is_gone_through_whole():
    space = {"k": Choice("abcd"), "n": Choice((1, 2, 3)), "one": Constant(1)}
    search = Search(sampled(LEARNING, space, max_trials=12))
    list(search.jobs(lambda trial, level: uniform(9, trial, "loss") + 1 / level))
    assert len({tuple(one.items()) for one in configurations(search)}) == 12


@pytest.mark.parametrize(
    ("sampler", "field"),
    [
        (SpacedTpe(spacing=-1.0), "spacing"),
        (SpacedTpe(spacing=math.nan), "spacing"),
        (SpacedTpe(random_fraction=1.5), "random_fraction"),
        (SpacedTpe(candidates=0), "candidates"),
    ],
)
def test_wrong_settings_are_refused_by_name(sampler, field):
    with pytest.raises(RefusalError) as refusal:
        Study.create("s", "u", sampled(sampler), 0, 0, None)
    assert refusal.value.fields["field"] == f"spec.spaced_tpe.{field}"
