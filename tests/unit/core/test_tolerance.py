"""Steps of a scale: against their definition in fractions, on every edge, in every order."""

import random
from itertools import pairwise

import pytest
from ashad.core.tolerance import even_edges, even_step, growing_edges, growing_step

from tests.support import oracle


def test_edges_are_where_they_are_written():
    assert [even_step(n / 10, 0.0, 0.1) for n in range(-3, 5)] == [-3, -2, -1, 0, 1, 2, 3, 4]
    assert even_step(0.3, 0.0, 0.1) == 3  # 0.3 / 0.1 is below 3 in doubles
    assert even_step(0.55, 0.25, 0.1) == 3
    first = growing_step(1.0, 1.0, 0.1)
    assert [growing_step(n, 1.0, 0.1) - first for n in (1.1, 1.21, 1.331, 1.2)] == [1, 2, 3, 1]
    assert growing_step(1 / 1024, 1.0, 1.0) - first == -10
    assert growing_step(-1.0, 1.0, 0.1) < growing_step(-5e-324, 1.0, 0.1) < 0
    assert 0 == growing_step(0.0, 1.0, 0.1) < growing_step(5e-324, 1.0, 0.1)


@pytest.mark.parametrize("goal", [(0.1, 0), (0.3, 0), (7.0, 0), (0, 0.1), (0, 0.01), (0, 3.0)])
def test_they_are_their_definition(goal):
    width, share = goal
    rng = random.Random(4)
    for origin in (0.0, 0.5, -2.0):
        numbers = [round(rng.gauss(0, 2), rng.randrange(4)) for _ in range(120)]
        numbers += [origin, width, -width, 1.0 + share, -1.0 - share]
        due = {n: oracle.step(max(n, origin), (1, width, share, origin)) for n in numbers}
        made = {
            n: even_step(max(n, origin), origin, width)
            if width
            else growing_step(max(n, origin), origin or 1.0, share)
            for n in numbers
        }
        ordered = sorted(numbers)
        for one, other in pairwise(ordered):
            assert (made[one] < made[other]) == (due[one] < due[other]), (one, other)
            assert made[one] <= made[other]


def test_a_number_is_between_the_edges_of_its_step():
    rng = random.Random(5)
    for _ in range(300):
        number, origin = rng.gauss(0, 9), rng.choice([0.0, 1.5, -3.0])
        low, high = even_edges(even_step(number, origin, 0.25), origin, 0.25)
        assert low <= number < high
        assert high - low == 0.25
        low, high = growing_edges(growing_step(number, origin or 1.0, 0.25), origin or 1.0, 0.25)
        assert low * (1 - 1e-12) <= number <= high * (1 + 1e-12) or number < 0
        assert min(abs(low), abs(high)) <= abs(number) * (1 + 1e-12)
        assert max(abs(low), abs(high)) == pytest.approx(1.25 * min(abs(low), abs(high)))
    assert growing_edges(0, 1.0, 0.25) == (0.0, 0.0)


def test_the_ends_of_what_a_double_holds():
    ends = [-1.7e308, -5e-324, 0.0, 5e-324, 1.7e308]
    for steps in (
        [even_step(n, 0.0, 1e-100) for n in ends],
        [growing_step(n, 1e100, 1e-9) for n in ends],
    ):
        assert steps == sorted(steps)
    assert even_edges(even_step(1.79e308, 0.0, 1e308), 0.0, 1e308) == (1e308, float("inf"))
