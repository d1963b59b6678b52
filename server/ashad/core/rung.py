"""One rung: every trial that reached a level, ranked by (score, arrival). Never a float comparison of
quantiles, never a Python object for an entry.

A blocked sorted array. A block holds up to 2048 scores (8 bytes each), their trial numbers (4) and what
became of them (1) side by side; a pointer is kept on the entry at rank `quota`, so that its score, the
cut-off, costs nothing to read. Insert and decide take a few microseconds at 10 million entries.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from math import inf
from typing import NamedTuple

import numpy as np

OUT, WAITING, ON = 0, 1, 2  # what became of an entry: nothing more, paused here, went on
DIVERGED = inf  # the score of an entry without a valid metric: after every real one

_BLOCK = 2048


class Standing(NamedTuple):
    """Where one entry stands: its rank (1 = best) among `size`, `quota` of which may go on."""

    rank: int
    size: int
    quota: int
    cutoff: float | None  # score at rank `quota`; None while the quota is 0 or that rank diverged

    @property
    def within(self) -> bool:
        """Whether the rank is within the quota."""
        return self.rank <= self.quota


class Rung:
    """Entries of one level. `at_least` is the smallest quota: 1 for stopping, 0 for promotion."""

    __slots__ = (
        "_cut_at", "_cut_block", "_fates", "_lasts", "_sizes", "_trials", "_values", "_waits",
        "at_least", "denominator", "numerator", "promoted", "size", "waiting",
    )  # fmt: skip

    def __init__(self, eta: Fraction, at_least: int) -> None:
        self.numerator, self.denominator = eta.numerator, eta.denominator
        self.at_least = at_least
        self.size = 0
        self.promoted = 0
        self.waiting = 0
        self._values = [array("d")]
        self._trials = [array("I")]
        self._fates = [bytearray()]
        self._lasts = [-inf]  # highest score of each block
        self._sizes = np.zeros(1, np.int64)
        self._waits = np.zeros(1, np.int64)
        self._cut_block = self._cut_at = 0

    def quota(self) -> int:
        """Return how many may go on: floor(n / eta), exactly, and at least `at_least`."""
        return max(self.at_least, self.size * self.denominator // self.numerator)

    def cutoff(self) -> float | None:
        """Return the score at rank `quota`; None while the quota is 0 or that rank diverged."""
        if not self.size or not self.quota():
            return None
        score = self._values[self._cut_block][self._cut_at]
        return None if score == DIVERGED else score

    def enter(self, score: float, trial: int, fate: int | None = None) -> Standing:
        """Insert an entry after its equals and return its standing.

        `fate` is what became of it; left out, it is decided by the rule of the rung: with stopping it
        goes on if and only if it is valid and within the quota, with promotion it waits if it is valid.
        """
        block, at = self._insert(score, trial)
        within = (block, at) <= (self._cut_block, self._cut_at) if self.quota() else False
        if fate is None:
            if score == DIVERGED:
                fate = OUT
            elif self.at_least:
                fate = ON if within else OUT
            else:
                fate = WAITING
        self._set(block, at, fate)
        rank = int(self._sizes[:block].sum()) + at + 1
        if len(self._values[block]) > _BLOCK:
            self._split(block)
        return Standing(rank, self.size, self.quota(), self.cutoff())

    def best_waiting(self) -> tuple[int, Standing] | None:
        """Return the best waiting trial and its standing, if it is within the quota."""
        found = self._first_waiting()
        if found is None:
            return None
        block, at = found
        rank = int(self._sizes[:block].sum()) + at + 1
        if rank > self.quota():
            return None
        return self._trials[block][at], Standing(rank, self.size, self.quota(), self.cutoff())

    def promote(self) -> None:
        """Send the best waiting trial on."""
        found = self._first_waiting()
        assert found is not None
        self._set(*found, ON)

    def settle(self, trial: int) -> None:
        """Take a waiting trial out of the running; its entry still counts."""
        found = self._find(trial)
        assert found is not None
        self._set(*found, OUT)

    def remove(self, trial: int) -> bool:
        """Take the trial's entry out as if it had never been; return whether there was one."""
        found = self._find(trial)
        if found is None:
            return False
        block, at = found
        self._set(block, at, OUT)
        del self._values[block][at], self._trials[block][at], self._fates[block][at]
        self._sizes[block] -= 1
        self.size -= 1
        values = self._values[block]
        if values:
            self._lasts[block] = values[-1]
        elif len(self._values) > 1:
            for parts in (self._values, self._trials, self._fates, self._lasts):
                del parts[block]
            self._sizes = np.delete(self._sizes, block)
            self._waits = np.delete(self._waits, block)
        else:
            self._lasts[block] = -inf
        self._seek()
        return True

    def entries(self) -> Iterator[tuple[float, int, int]]:
        """Yield (score, trial, fate) from best to worst."""
        for values, trials, fates in zip(self._values, self._trials, self._fates, strict=True):
            yield from zip(values, trials, fates, strict=True)

    def _insert(self, score: float, trial: int) -> tuple[int, int]:
        before = self.quota() if self.size else 0
        block = min(bisect_right(self._lasts, score), len(self._lasts) - 1)
        values = self._values[block]
        at = bisect_right(values, score)
        values.insert(at, score)
        self._trials[block].insert(at, trial)
        self._fates[block].insert(at, OUT)
        if at == len(values) - 1:
            self._lasts[block] = score
        self._sizes[block] += 1
        self.size += 1
        after = self.quota()
        if before:
            # The pointer keeps its rank: entries that moved right under it are one rank worse now.
            if block < self._cut_block:
                self._step_left()
            if after > before:
                self._step_right()
        elif after:
            self._seek()
        return block, at

    def _step_left(self) -> None:
        self._cut_at -= 1
        while self._cut_at < 0:
            self._cut_block -= 1
            self._cut_at = len(self._values[self._cut_block]) - 1

    def _step_right(self) -> None:
        self._cut_at += 1
        while self._cut_at >= len(self._values[self._cut_block]):
            self._cut_block += 1
            self._cut_at = 0

    def _seek(self) -> None:
        """Put the pointer on the entry at rank `quota`, from nothing."""
        rank = self.quota()
        if not self.size or not rank:
            self._cut_block = self._cut_at = 0
            return
        ends = self._sizes.cumsum()
        self._cut_block = int(ends.searchsorted(rank))
        self._cut_at = rank - 1 - int(ends[self._cut_block] - self._sizes[self._cut_block])

    def _split(self, block: int) -> None:
        half = len(self._values[block]) // 2
        values, trials, fates = self._values[block], self._trials[block], self._fates[block]
        self._values[block : block + 1] = [values[:half], values[half:]]
        self._trials[block : block + 1] = [trials[:half], trials[half:]]
        self._fates[block : block + 1] = [fates[:half], fates[half:]]
        self._lasts.insert(block, self._values[block][-1])
        waits = self._fates[block].count(WAITING)
        self._sizes = np.insert(self._sizes, block, half)
        self._sizes[block + 1] -= half
        self._waits = np.insert(self._waits, block, waits)
        self._waits[block + 1] -= waits
        if self._cut_block > block:
            self._cut_block += 1
        elif self._cut_block == block and self._cut_at >= half:
            self._cut_block += 1
            self._cut_at -= half

    def _set(self, block: int, at: int, fate: int) -> None:
        fates = self._fates[block]
        was = fates[at]
        fates[at] = fate
        if was != fate:
            gained = (fate == WAITING) - (was == WAITING)
            if gained:
                self.waiting += gained
                self._waits[block] += gained
            self.promoted += (fate == ON) - (was == ON)

    def _first_waiting(self) -> tuple[int, int] | None:
        if not self.waiting:
            return None
        block = int((self._waits > 0).argmax())
        return block, self._fates[block].find(WAITING)

    def _find(self, trial: int) -> tuple[int, int] | None:
        for block, trials in enumerate(self._trials):
            hits = np.flatnonzero(np.asarray(trials) == trial)
            if hits.size:
                return block, int(hits[0])
        return None
