"""Scrambled Halton points: spread more evenly than random ones, any number of them, no state.

Coordinate j of point i is the radical inverse of i in the j-th prime base, each digit permuted
(Owen, "A randomized Halton algorithm in R", arXiv 1706.02808): the permutations break the
correlations that large bases would have. A function of (seed, i): points may be taken in any order.
"""

from __future__ import annotations

from functools import lru_cache

from ashad.core.sampling.prng import shuffled
from ashad.core.space import Params, Space, When, place

_PRECISION = 2.0**-53


def configuration(space: Space, when: When, seed: int, index: int) -> Params:
    """Return the configuration of point `index`; a parameter has its dimension, active or not."""
    dimensions = {name: j for j, name in enumerate(space)}
    return place(space, when, {}, lambda name: coordinate(seed, dimensions[name], index))


def coordinate(seed: int, dimension: int, index: int) -> float:
    """Return coordinate number `dimension` of point `index`, in [0, 1)."""
    base = _prime(dimension)
    value, scale, position = 0.0, 1.0 / base, 0
    while scale >= _PRECISION:  # zeros behind the first digit are permuted as well
        index, digit = divmod(index, base)
        value += _permutation(seed, dimension, position, base)[digit] * scale
        scale /= base
        position += 1
    return min(value, 1 - _PRECISION)


@lru_cache(maxsize=4096)
def _permutation(seed: int, dimension: int, position: int, base: int) -> tuple[int, ...]:
    return tuple(shuffled(seed, f"/halton/{dimension}/{position}", base))


@lru_cache(maxsize=1024)
def _prime(number: int) -> int:
    found: list[int] = []
    candidate = 2
    while len(found) <= number:
        if all(candidate % p for p in found):
            found.append(candidate)
        candidate += 1
    return found[-1]
