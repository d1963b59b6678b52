"""Which configurations of a finite space were tried, so that none comes again before all have come.

8 bytes a configuration, in sorted blocks. Equal is what trains alike: a parameter that is not there
does not count.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ashad.core.sampling.enumeration import Enumeration
from ashad.core.space import Params, Space, When

_BLOCK = 4096
_MODULUS = 2**61 - 1  # numbers of a space that is larger are kept by their remainder


class Tried:
    """The numbers of the configurations that were tried."""

    def __init__(self, space: Enumeration) -> None:
        self.space = space
        self._blocks = [array("Q")]
        self._lasts = [-1]
        self._size = 0

    @classmethod
    def of(cls, space: Space, when: When) -> Tried | None:
        """Return nothing tried yet; None where the space has no end or too many cases."""
        found = Enumeration.of(space, when)
        return None if found is None else cls(found)

    @property
    def full(self) -> bool:
        """Whether every configuration was tried."""
        return self._size >= self.space.size

    @property
    def exact(self) -> bool:
        """Whether a number that is held tells its configuration."""
        return self.space.size <= _MODULUS

    def __contains__(self, params: object) -> bool:
        assert isinstance(params, dict)
        return self._holds(self.space.number(params) % _MODULUS)

    def add(self, params: Params) -> None:
        """Take in a configuration that is being tried."""
        if self.full:
            return
        number = self.space.number(params) % _MODULUS
        if self._holds(number):
            return
        at = min(bisect_left(self._lasts, number), len(self._blocks) - 1)
        block = self._blocks[at]
        insort(block, number)
        self._size += 1
        if len(block) > _BLOCK:
            self._blocks[at : at + 1] = [block[: _BLOCK // 2], block[_BLOCK // 2 :]]
            self._lasts.insert(at, block[_BLOCK // 2 - 1])
            at += 1
        self._lasts[at] = self._blocks[at][-1]

    def fill(self, numbers: NDArray[Any]) -> None:
        """Take in many at once, by their numbers, where nothing was tried yet."""
        assert not self._size
        kept = np.unique((numbers % _MODULUS).astype(np.uint64))
        self._size = len(kept)
        starts = range(0, max(len(kept), 1), _BLOCK // 2)
        self._blocks = [array("Q", kept[n : n + _BLOCK // 2].tobytes()) for n in starts]
        self._lasts = [block[-1] if block else -1 for block in self._blocks]

    def column(self) -> NDArray[np.int64]:
        """Return what was tried, in order."""
        return np.frombuffer(b"".join(self._blocks), np.int64)

    def next_untried(self, params: Params) -> Params:
        """Return the first configuration from this one on that was not tried, by their numbers."""
        assert not self.full
        whole = self.space.size
        number = self.space.number(params)
        free = self._free(number % _MODULUS) - number % _MODULUS + number
        return self.space.configuration(free if free < whole else self._free(0))

    def numbers(self) -> list[int]:
        """Return what was tried, to compare by."""
        return [number for block in self._blocks for number in block]

    def _holds(self, number: int) -> bool:
        at = bisect_left(self._lasts, number)
        if at == len(self._blocks):
            return False
        block = self._blocks[at]
        found = bisect_left(block, number)
        return found < len(block) and block[found] == number

    def _free(self, number: int) -> int:
        """Return the least number from this one on that is not held."""
        while self._holds(number):
            block = self._blocks[bisect_left(self._lasts, number)]
            first = bisect_left(block, number)
            # Up to a gap, an entry is as far from the first in value as in place.
            run = bisect_left(
                range(first, len(block)),
                1,
                key=lambda k: block[k] - number - (k - first),
            )
            number += run
        return number
