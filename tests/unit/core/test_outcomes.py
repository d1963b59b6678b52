"""Outcome constraints: what is read, what breaks them, and the order of entries under them."""

import json
import math
import random
from itertools import pairwise

import pytest
from ashad.core.outcomes import WORST_BAND, broken, feasible, missing, mistakes, parse, ranked_score

FAST_AND_GOOD = ("latency_ms <= 20", "accuracy >= 0.5")


def told(**metrics):
    return json.dumps({n: v if math.isfinite(v) else repr(v) for n, v in metrics.items()})


@pytest.mark.parametrize(
    ("text", "metric", "upper", "bound"),
    [
        ("latency_ms <= 20", "latency_ms", True, 20.0),
        ("  a.b/c-d>=-.5e1 ", "a.b/c-d", False, -5.0),
        ("`peak memory, GiB` <= 1e3", "peak memory, GiB", True, 1000.0),
    ],
)
def test_what_is_read(text, metric, upper, bound):
    one = parse(text)
    assert (one.metric, one.upper, one.bound) == (metric, upper, bound)


@pytest.mark.parametrize(
    ("texts", "number", "fix"),
    [
        (["latency_ms < 20"], 0, "write <= or >="),
        (["latency_ms == 20"], 0, "write <= or >="),
        (["20 >= latency_ms"], 0, "as latency_ms <= 20"),
        (["a + b <= 1"], 0, "METRIC <= NUMBER"),
        (["a <= 1 and b <= 2"], 0, "METRIC <= NUMBER"),
        (["a <= nan"], 0, "METRIC <= NUMBER"),
        ([""], 0, "METRIC <= NUMBER"),
        (["a <= 1" + " " * 1000], 0, "METRIC <= NUMBER"),
        (["a <= 1e999"], 0, "no finite number"),
        (["loss <= 1"], 0, "loss is the goal, by which trials rank; set limits.target_value"),
        (["a <= 1", "a <= 2"], 1, "'a <= 1' bounds it too; leave one out"),
        (["a <= 1", "a >= 1.5"], 1, "nothing keeps 'a <= 1' as well"),
        (["a >= 1.5", "a <= 1"], 1, "nothing keeps 'a >= 1.5' as well"),
    ],
)
def test_what_is_refused(texts, number, fix):
    [(at, said)] = mistakes(texts, "loss")
    assert at == number
    assert fix in said


def test_what_is_not_refused():
    assert not [*mistakes(["a <= 1", "a >= 1", "b >= -1e300"], "loss")]


def test_what_breaks_them():
    fine = told(latency_ms=20, accuracy=0.5, other=math.nan)
    assert feasible(FAST_AND_GOOD, fine)
    assert broken(FAST_AND_GOOD, fine) == []
    slow = told(latency_ms=math.nextafter(20, 21), accuracy=0.5)
    assert [bound.text for bound, _ in broken(FAST_AND_GOOD, slow)] == ["latency_ms <= 20"]
    for value in (math.nan, math.inf, -math.inf):
        assert not feasible(FAST_AND_GOOD, told(latency_ms=value, accuracy=1))
        assert not feasible(FAST_AND_GOOD, told(latency_ms=1, accuracy=value))
    assert missing(FAST_AND_GOOD, told(accuracy=1)) == ["latency_ms"]
    assert missing(FAST_AND_GOOD, None) == ["latency_ms", "accuracy"]
    assert not feasible(FAST_AND_GOOD, None)
    assert feasible((), None)


def test_the_feasible_come_first_then_the_violation_then_the_score():
    ordered = [
        (told(latency_ms=1, accuracy=0.5), -1e308),
        (told(latency_ms=20, accuracy=9), 0.0),
        (told(latency_ms=20, accuracy=9), 1e300),
        (told(latency_ms=21, accuracy=9), -1e308),
        (told(latency_ms=21, accuracy=9), 0.25),
        (told(latency_ms=21, accuracy=9), 0.5),
        (told(latency_ms=21, accuracy=9), 1e308),
        (told(latency_ms=22, accuracy=9), -1e308),
        (told(latency_ms=21, accuracy=0.45), 0.0),  # 0.05 and 0.1
        (told(latency_ms=1e300, accuracy=9), -1.0),
        (told(latency_ms=math.nan, accuracy=9), -0.5),  # beyond any bound, as the one before
    ]
    scores = [ranked_score(FAST_AND_GOOD, metrics, score) for metrics, score in ordered]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)
    assert scores[2] < WORST_BAND <= scores[3]
    assert scores[-1] < math.inf  # what diverged ranks behind
    assert ranked_score(FAST_AND_GOOD, ordered[0][0], 1.7e308) < WORST_BAND


def test_the_order_is_total_and_told_to_five_digits():
    rng = random.Random(0)
    bound = ("latency_ms <= 1",)
    pairs = [(2 ** rng.uniform(-9, 50), rng.gauss(0, 10) ** 3) for _ in range(2000)]
    by_score = sorted(pairs, key=lambda p: ranked_score(bound, told(latency_ms=1 + p[0]), p[1]))
    violations = [violation for violation, _ in by_score]
    assert all(a <= b * (1 + 1e-5) for a, b in pairwise(violations))
    equal = sorted(pairs, key=lambda p: ranked_score(bound, told(latency_ms=3), p[1]))
    scores = [score for _, score in equal]
    assert all(a <= b + 1e-5 * abs(b) for a, b in pairwise(scores))
    one, other = (ranked_score(bound, told(latency_ms=3 + more), 1.0) for more in (0, 1e-9))
    assert one == other  # then the older one
