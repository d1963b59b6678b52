"""TPE: equal to a naive reading of BOHB's formulas, better than random draws, and replayed."""

import math
import random
from statistics import NormalDist, mean, stdev

import numpy as np
import pytest
from ashad.core.engine.study import Study
from ashad.core.errors import RefusalError
from ashad.core.kinds import Asha, Random, RandomSampler, Tpe
from ashad.core.recovery.replay import replay
from ashad.core.recovery.restore import snapshot
from ashad.core.sampling import tpe
from ashad.core.sampling.prng import uniform, uniforms
from ashad.core.sampling.samplers import configure
from ashad.core.space import Choice, Float

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


class Known:
    """Evidence given by hand: one level, the ranked and the pending trials."""

    def __init__(self, study, params, ranked, pending):
        self.state = Search(study).state
        self.points = self.state.known.points
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
    """BOHB's proposal for MIXED with loops and plain numbers; 4 parameters, no conditions."""
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
    study = sampled(Tpe(random_fraction=0.0, candidates=16))
    params = [
        {name: domain.draw(chance.random()) for name, domain in MIXED.items()} for _ in range(60)
    ]
    ranked = chance.sample(range(50), chance.randint(12, 50))
    pending = list(range(50, 50 + chance.randint(0, 10)))
    found, origin = configure(study, seed, 60, 60, Known(study, params, ranked, pending))
    naive = naive_tpe(study, seed, 60, params, ranked, pending)
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


def branin(x, y):
    """A function of two variables whose minimum is 0.398."""
    x, y = 15 * x - 5, 15 * y
    b, c, t = 5.1 / (4 * math.pi**2), 5 / math.pi, 1 / (8 * math.pi)
    return (y - b * x * x + c * x - 6) ** 2 + 10 * (1 - t) * math.cos(x) + 10


def found_by(sampler, seed, algorithm, trials=60):
    space = {"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)}
    search = Search(sampled(sampler, space, algorithm), seed)
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


def test_tpe_takes_a_choice_of_one_at_the_widest_bandwidth():
    density = tpe.Density(np.array([[0.5, 0.5]]), [1.0, 1.0], [0, 1])
    assert np.isfinite(density.log_at(np.array([[0.2, 0.5]]))).all()
