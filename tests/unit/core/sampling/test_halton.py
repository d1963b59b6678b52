"""Halton points: the radical inverse, read naively, and more even than random draws."""

from ashad.core.sampling import halton
from ashad.core.sampling.prng import uniform


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
