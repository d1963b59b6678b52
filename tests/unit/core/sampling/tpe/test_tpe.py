"""TPE: equal to a naive reading of BOHB's formulas, better than random draws, and replayed."""

import math
import random
from statistics import mean, stdev

import pytest
from ashad.core.engine.study import Study
from ashad.core.errors import RefusalError
from ashad.core.kinds import Asha, Random, RandomSampler, Tpe
from ashad.core.recovery.replay import replay
from ashad.core.recovery.restore import snapshot
from ashad.core.sampling.prng import uniform
from ashad.core.sampling.samplers import configure
from ashad.core.space import Float

from tests.support.parzen import Known, found_by, naive_candidates
from tests.support.search import Search
from tests.support.specs import MIXED, TREE, WHEN, sampled


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
        Study.create("s", "u", sampled(sampler), 0, 0, None)
    assert refusal.value.fields["field"] == f"spec.tpe.{field}"


@pytest.mark.parametrize("seed", range(20))
def test_tpe_equals_the_naive_reading(seed):
    chance = random.Random(seed)
    study = sampled(Tpe(random_fraction=0.0, candidates=16))
    params = [
        {name: domain.draw(chance.random()) for name, domain in MIXED.items()} for _ in range(60)
    ]
    ranked = chance.sample(range(50), chance.randint(12, 50))
    pending = list(range(50, 50 + chance.randint(0, 10)))
    found, origin = configure(study, seed, 60, 60, Known(study, params, ranked, pending))
    naive = naive_candidates(study, seed, 60, params, ranked, pending)[0]
    assert origin == "sampled"
    for name, where in zip(MIXED, naive, strict=True):
        got = MIXED[name].position(found[name])
        step = 1 / 18 if name == "n" else 1 / 6 if name == "k" else 1e-6
        assert got == pytest.approx(where, abs=step + 1e-6), name


def test_tpe_is_random_until_it_knows_enough():
    study = sampled(Tpe(random_fraction=0.0))
    params = [{"x": 0.5, "y": 0.5, "n": 5, "k": "a"}] * 9
    plain = configure(sampled(RandomSampler()), 3, 9, 9)[0]
    few = configure(study, 3, 9, 9, Known(study, params, list(range(9)), []))[0]
    assert few == plain
    enough = configure(study, 3, 10, 10, Known(study, params + params, list(range(10)), []))[0]
    assert enough != configure(sampled(RandomSampler()), 3, 10, 10)[0]


def test_a_third_is_random():
    study = sampled(Tpe(), {"x": Float(0.0, 1.0)})
    params = [{"x": 0.3 + i / 1000} for i in range(40)]
    known = Known(study, params, list(range(40)), [])
    plain = sum(
        configure(study, 1, t, t, known)
        == configure(sampled(RandomSampler(), study.space), 1, t, t)
        for t in range(40, 640)
    )
    assert 160 < plain < 240


def test_workers_that_ask_at_once_are_sent_to_different_places():
    """Trials under way count as bad: without them all would be sent to the same hill."""
    study = sampled(Tpe(random_fraction=0.0), {"x": Float(0.0, 1.0)})
    params = [{"x": i / 40} for i in range(40)]
    ranked = sorted(range(40), key=lambda t: abs(params[t]["x"] - 0.5))
    crowd = [{"x": 0.5}] * 60

    def near(pending):
        known = Known(study, params + crowd, ranked, pending)
        return mean(abs(configure(study, 2, t, t, known)[0]["x"] - 0.5) for t in range(100, 160))

    assert near(list(range(40, 100))) > 1.5 * near([])


@pytest.mark.parametrize("algorithm", [Random(), Asha()])
def test_tpe_beats_random(algorithm):
    """On a function with three hills, and with a bandwidth that does not collapse."""
    tpe = [found_by(Tpe(), seed, algorithm) - 0.3978 for seed in range(12)]
    plain = [found_by(RandomSampler(), seed, algorithm) - 0.3978 for seed in range(12)]
    difference = [math.log(a) - math.log(b) for a, b in zip(plain, tpe, strict=True)]
    assert mean(difference) > 2 * stdev(difference) / math.sqrt(12), (tpe, plain)


def test_a_study_with_tpe_replays_and_depends_on_its_seed():
    def run(seed):
        search = Search(sampled(Tpe(0.1), TREE, when=WHEN, max_trials=50), seed)
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
