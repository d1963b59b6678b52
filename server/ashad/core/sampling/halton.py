"""Scrambled Halton points: spread more evenly than random ones, any number of them, no state.

Coordinate j of point i is the radical inverse of i in the j-th prime base, each digit permuted
(Owen, "A randomized Halton algorithm in R", arXiv 1706.02808): the permutations break the
correlations that large bases would have. In bases above 101 they are lines (random linear digit
scrambling), which cost nothing to make. A function of (seed, i): points may be taken in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ashad.core.prior import bent
from ashad.core.sampling.draw import Draw
from ashad.core.sampling.prng import shuffled, uniforms
from ashad.core.space import Params
from ashad.core.spec import Sampler

SMALL = 101  # a larger base is permuted by a line, since a table of it for each digit would be slow
_PRECISION = 2.0**-53


@dataclass(frozen=True, slots=True)
class Halton(Sampler):
    """Scrambled Halton points."""

    def configuration(self, draw: Draw) -> Params:
        """Return the configuration of a point; a parameter has its dimension, active or not."""
        dimensions = {name: j for j, name in enumerate(draw.spec.space)}
        small = 2**53 if draw.spec.draws == 1 else SMALL
        space = draw.spec.space

        def at(name: str) -> float:
            u = coordinate(draw.seed, dimensions[name], draw.index, small)
            return bent(space[name], u)

        found = draw.place(at)
        return found if draw.allows(found) else draw.independent()


def coordinate(seed: int, dimension: int, index: int, small: int = SMALL) -> float:
    """Return coordinate number `dimension` of point `index`, in [0, 1)."""
    base = _primes()[dimension]
    value, scale, position = 0.0, 1.0 / base, 0
    while scale >= _PRECISION:  # zeros behind the first digit are permuted as well
        index, digit = divmod(index, base)
        if base <= small:
            digit = _permutation(seed, dimension, position, base)[digit]
        else:
            slope, start = _line(seed, dimension, position, base)
            digit = (slope * digit + start) % base
        value += digit * scale
        scale /= base
        position += 1
    return min(value, 1 - _PRECISION)


@lru_cache(maxsize=4096)
def _permutation(seed: int, dimension: int, position: int, base: int) -> tuple[int, ...]:
    return tuple(shuffled(seed, f"/halton/{dimension}/{position}", base))


@lru_cache(maxsize=16_384)
def _line(seed: int, dimension: int, position: int, base: int) -> tuple[int, int]:
    """Return a permutation of the digits of a prime base: digit d becomes slope * d + start."""
    slope, start = uniforms(seed, 0, f"/halton/{dimension}/{position}", 2)
    return 1 + int(slope * (base - 1)), int(start * base)


@lru_cache(maxsize=1)
def _primes() -> list[int]:
    """Return the first primes, one for each parameter that a space may have."""
    sieve = bytearray([1]) * 8000
    found = []
    for number in range(2, len(sieve)):
        if sieve[number]:
            found.append(number)
            sieve[number * number :: number] = bytes(len(sieve[number * number :: number]))
    return found
