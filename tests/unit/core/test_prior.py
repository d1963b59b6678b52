"""Priors: what is drawn follows them, what a sampler learns from is left as it was."""

import math
from statistics import NormalDist, fmean, median, stdev

import pytest
from ashad.core.kinds import Halton, Tpe, from_json
from ashad.core.prior import bent, has_prior, prior_mistakes
from ashad.core.sampling.draw import Draw
from ashad.core.sampling.samplers import configure
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import Asha, StudySpec, to_json

MANY = 4000
US = [(n + 0.5) / MANY for n in range(MANY)]


def drawn(domain):
    return [domain.draw(bent(domain, u)) for u in US]


def test_weights_are_the_odds():
    found = drawn(Choice(("a", 1, True), (1, 2, 5)))
    assert [found.count("a"), sum(type(v) is int for v in found)] == [MANY // 8, MANY // 4]
    assert drawn(Choice(("a", "b"))) == drawn(Choice(("a", "b"), (3, 3)))


def test_a_normal_prior_is_a_normal_that_is_cut_off():
    found = drawn(Float(-10.0, 10.0, mean=1.0, sigma=0.5))
    assert fmean(found) == pytest.approx(1, abs=0.01)
    assert stdev(found) == pytest.approx(0.5, rel=0.01)
    cut = drawn(Float(0.0, 1.0, mean=0.0, sigma=0.5))
    half = NormalDist(0, 0.5)
    assert min(cut) >= 0
    assert max(cut) <= 1
    wanted = half.inv_cdf(0.5 + (half.cdf(1) - 0.5) / 2)
    assert median(cut) == pytest.approx(wanted, abs=0.001)


def test_on_a_log_scale_it_is_log_normal():
    found = drawn(Float(1e-6, 1.0, log=True, mean=1e-3, sigma=0.7))
    assert median(found) == pytest.approx(1e-3, rel=0.01)
    assert stdev(map(math.log, found)) == pytest.approx(0.7, rel=0.01)


@pytest.mark.parametrize(
    "domain",
    [
        Int(0, 20, mean=6, sigma=2.0),
        Int(0, 20, step=2, mean=6, sigma=2.0),
        Float(0.0, 20.0, step=0.5, mean=6.0, sigma=2.0),
    ],
)
def test_whole_numbers_and_steps_keep_mean_and_deviation(domain):
    found = drawn(domain)
    assert fmean(found) == pytest.approx(6, abs=0.05)
    assert stdev(found) == pytest.approx(2, rel=0.1)
    assert all(domain.accept(value) == value for value in found)


def test_a_whole_number_on_a_log_scale():
    assert median(drawn(Int(1, 1024, log=True, mean=64, sigma=0.5))) == 64


def test_without_a_sigma_it_is_a_quarter_of_the_range():
    assert drawn(Float(0.0, 8.0, mean=4.0)) == drawn(Float(0.0, 8.0, mean=4.0, sigma=2.0))


def test_no_prior_leaves_a_draw_as_it_was():
    for domain in (Float(0.0, 1.0), Int(1, 9), Choice("ab"), Constant(1)):
        assert not has_prior(domain)
        assert [bent(domain, u) for u in US[:9]] == US[:9]


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        (Choice("ab", (1,)), "1 weights for 2 choices"),
        (Choice("ab", (1, 0)), "above 0"),
        (Choice("ab", (1, math.nan)), "above 0"),
        (Float(0.0, 1.0, mean=2.0), "mean must be from 0.0 to 1.0"),
        (Float(0.0, 1.0, mean=math.nan), "mean must be from"),
        (Float(0.0, 1.0, sigma=0.5), "sigma needs a mean"),
        (Float(0.0, 1.0, mean=0.5, sigma=-1.0), "sigma must be"),
        (Int(1, 9, mean=5, sigma=math.inf), "sigma must be"),
        (Int(1, 1, mean=1), "a single value"),
    ],
)
def test_what_is_no_prior_is_refused(domain, why):
    assert why in " ".join(prior_mistakes(domain))


SPACE = {"x": Float(0.0, 1.0, mean=0.25, sigma=0.05), "k": Choice("ab", (9, 1))}


@pytest.mark.parametrize("sampler", [None, Halton()])
def test_draws_of_a_study_follow_them(sampler):
    more = {"sampler": sampler} if sampler else {}
    spec = StudySpec("loss", False, 9, SPACE, Asha(), **more)
    found = [configure(spec, 3, n, n)[0] for n in range(400)]
    assert fmean(p["x"] for p in found) == pytest.approx(0.25, abs=0.01)
    assert 340 <= sum(p["k"] == "a" for p in found) <= 380


def test_a_sampler_that_learns_is_not_bound_to_them():
    """Good values lie far from the prior: TPE goes there, its random draws do not."""

    class Seen:
        def __init__(self, points):
            self.points = points

        def levels(self):
            return [9]

        def ranked(self, level):
            return list(range(60))

        def under_way(self, level):
            return []

    from ashad.core.sampling.unit_cube import Points  # noqa: PLC0415

    points = Points(SPACE)
    for n in range(60):
        points.add({"x": 0.9 - n / 100, "k": "b" if n < 12 else "a"})
    spec = StudySpec("loss", False, 9, SPACE, Asha(), sampler=Tpe(0.0))
    found = [Tpe(0.0).configuration(Draw(spec, 1, n, n, Seen(points))) for n in range(40)]
    assert sum(p["x"] > 0.6 for p in found) >= 30
    assert sum(p["k"] == "b" for p in found) >= 30


def test_they_are_kept_and_what_has_none_is_written_as_before():
    spec = StudySpec("loss", False, 9, SPACE, Asha())
    assert from_json(to_json(spec)) == spec
    plain = StudySpec("loss", False, 9, {"x": Float(0.0, 1.0), "k": Choice("ab")}, Asha())
    for entry in to_json(plain)["space"]:
        assert not {"mean", "sigma", "weights"} & set(entry)


@pytest.mark.parametrize(
    "domain",
    [
        Int(16, 250, log=True, step=16),
        Float(0.5, 8.0, log=True, step=0.5),
        Float(0.2, 1.0, log=True, step=0.3),
    ],
)
def test_steps_of_a_log_scale(domain):
    """Each value is drawn by what is nearest to it, and lies in the middle of that."""
    found = drawn(domain)
    values = [domain.nth(n) for n in range(domain.size())]
    assert sorted(set(found)) == values
    assert all(domain.accept(value) == value for value in found)
    low, high = values[0] - domain.step / 2, values[-1] + domain.step / 2
    for value in values:
        ends = math.log(value - domain.step / 2), math.log(value + domain.step / 2)
        share = (ends[1] - ends[0]) / math.log(high / low)
        assert found.count(value) / MANY == pytest.approx(share, abs=2 / MANY)
        assert domain.draw(domain.position(value)) == value
        at = [u for u, drew in zip(US, found, strict=True) if drew == value]
        assert domain.position(value) == pytest.approx(fmean(at), abs=2 / MANY)
    assert set(domain.grid()) <= set(values)
