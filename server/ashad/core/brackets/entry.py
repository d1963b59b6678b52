"""One entry of a rung: its score, its place among the others, and what became of it."""

from __future__ import annotations

from enum import IntEnum
from math import inf
from typing import NamedTuple

DIVERGED = inf  # the score of an entry without a valid metric: after every real one


class Fate(IntEnum):
    """What became of an entry."""

    OUT = 0  # nothing more: stopped, diverged, at the top, or withdrawn
    WAITING = 1  # paused here, and may be promoted
    PROMOTED = 2  # went on to the next rung


OUT, WAITING, PROMOTED = map(int, Fate)  # as whole numbers: a rung holds millions


class Placement(NamedTuple):
    """The place of one entry: its rank (1 = best) among `size`, `quota` of which may go on."""

    rank: int
    size: int
    quota: int
    cutoff: float | None  # score at rank `quota`; None while the quota is 0 or that rank diverged

    @property
    def within(self) -> bool:
        """Whether the rank is within the quota."""
        return self.rank <= self.quota
