"""What the tests of the Parzen estimators share: evidence by hand, a naive reading, a function."""

import math
from statistics import NormalDist

from ashad.core.sampling.prng import uniforms
from ashad.core.space import Choice, Float

from tests.support.search import Search
from tests.support.specs import sampled


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

    def entered(self):
        return len(self._ranked)

    def best(self, most):
        return self._ranked[:most]

    def spread(self, most):
        ranked, many = self._ranked, min(most, len(self._ranked))
        return [ranked[i * len(ranked) // many] for i in range(many)]

    def unheard(self):
        return self._pending


def naive_candidates(study, seed, trial, params, ranked, pending, salt="/tpe"):
    """BOHB's candidates for MIXED, the best first, with loops and plain numbers; no conditions."""
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
    us = iter(uniforms(seed, trial, salt, tpe.candidates * (1 + 2 * d)))
    found = []
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
        found.append((ratio, x))
    return [x for _, x in sorted(found, key=lambda one: -round(one[0], 9))]


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
