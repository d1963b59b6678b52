"""A fair sample of trials that hardly changes as trials are added: the least by a hash.

Pure: arrays in, arrays out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ashad.store.queries.columns import GOLDEN

Numbers = NDArray[np.uint32]


def least(numbers: Numbers, many: int) -> Numbers:
    """Return at most so many of some trials, those that come first by `columns.sample`."""
    if len(numbers) <= many:
        return numbers
    keys = numbers * np.uint32(GOLDEN)  # 32 bits: what is above them falls away
    return numbers[np.argpartition(keys, many - 1)[:many]] if many else numbers[:0]


def shares(sizes: list[int], room: int) -> list[int]:
    """Return how many of each of some groups there is room for: as even as their sizes allow."""
    given = [0] * len(sizes)
    waiting = sorted(range(len(sizes)), key=lambda group: sizes[group])
    while waiting:
        group = waiting[0]
        given[group] = min(sizes[group], room // len(waiting))
        room -= given[group]
        waiting = waiting[1:]
    return given
