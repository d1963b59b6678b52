"""One rung: every trial that reached a level, ranked by (score, arrival).

Never an interpolated quantile, never a Python object for an entry. A blocked sorted array: a block
holds up to 2048 scores (8 bytes each), their trial numbers (4) and what became of them (1) side by
side. A pointer stays on the entry at rank `quota`, so that its score, the cut-off, costs nothing to
read. Insert, rank and decide take about 3 microseconds at a million entries.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ashad.core.brackets import rule
from ashad.core.brackets.entry import DIVERGED, OUT, PROMOTED, WAITING, Placement

_BLOCK = 2048
_NEVER = 2**63  # a size no rung has
_GROUP = 64  # blocks whose entries are counted together, so that a rank adds up few numbers


class Rung:
    """Entries of one level. `min_quota` is the smallest quota: 1 for stopping, 0 for promotion.

    `fixed_quota` is how many continue in a synchronous round, whoever else is still to come.
    """

    _BEFORE_ALL: Any = -inf  # less than any score
    __slots__ = (
        "_cut_at",
        "_cut_block",
        "_fates",
        "_fixed_quota",
        "_groups",
        "_lasts",
        "_next_size",
        "_quota",
        "_sizes",
        "_trials",
        "_values",
        "_waits",
        "eta",
        "min_quota",
        "promoted",
        "size",
        "waiting",
    )

    def __init__(self, eta: Fraction, min_quota: int, fixed_quota: int | None = None) -> None:
        self.eta, self.min_quota = eta, min_quota
        self._fixed_quota = fixed_quota
        self.size = 0
        self.promoted = 0
        self.waiting = 0
        self._values: list[Any] = [array("d")]
        self._trials = [array("I")]
        self._fates = [bytearray()]
        self._lasts = [self._BEFORE_ALL]  # highest score of each block
        self._sizes = [0]
        self._groups = [0]  # entries of `_GROUP` blocks each
        self._waits = bytearray(1)  # 1 for a block with a waiting entry
        self._quota = 0  # as the rule says; the pointer is on this rank, 0 while there is none
        self._next_size = self._size_of_next()
        self._cut_block = self._cut_at = 0

    def quota(self) -> int:
        """Return how many may continue: what the rule says, and at least `min_quota`."""
        if self._fixed_quota is not None:
            return min(self._fixed_quota, self.size)
        return max(self.min_quota, rule.quota(self.size, self.eta))

    def cutoff(self) -> float | None:
        """Return the score at rank `quota`; None while the quota is 0 or that rank diverged."""
        if not self._quota:
            return None
        score = self._values[self._cut_block][self._cut_at]
        return None if score == DIVERGED else score

    def enter(self, score: float, trial: int, fate: int | None = None, _: object = ()) -> Placement:
        """Insert an entry after its equals and return its placement.

        `fate` is what became of it; left out, the rule of the rung decides: with stopping it goes
        on if and only if it is valid and within the quota, with promotion it waits if it is valid.
        """
        block = bisect_right(self._lasts, score)
        if block == len(self._lasts):
            block -= 1
            self._lasts[block] = score
        values = self._values[block]
        at = bisect_right(values, score)
        group = block // _GROUP
        rank = sum(self._groups[:group]) + sum(self._sizes[group * _GROUP : block]) + at + 1
        self.size = size = self.size + 1
        quota = self._quota + (size >= self._next_size)  # as `quota` says: eta is above 1
        if fate is None:
            if score == DIVERGED:
                fate = OUT
            elif self.min_quota:
                fate = PROMOTED if rank <= quota else OUT
            else:
                fate = WAITING
        values.insert(at, score)
        self._trials[block].insert(at, trial)
        self._fates[block].insert(at, fate)
        self._sizes[block] += 1
        self._groups[group] += 1
        if fate == PROMOTED:
            self.promoted += 1
        elif fate == WAITING:
            self.waiting += 1
            self._waits[block] = 1
        self._step(block, quota)
        if len(values) > _BLOCK:
            self._split(block)
        cutoff = self._values[self._cut_block][self._cut_at] if quota else DIVERGED
        return Placement(rank, size, quota, None if cutoff == DIVERGED else cutoff)

    def fix_quota(self, quota: int) -> None:
        """Let so many continue, whatever the size."""
        self._fixed_quota = quota
        self._seek()

    def fill(
        self, scores: array[float], trials: array[int], fates: bytearray, _: object = ()
    ) -> None:
        """Take all entries at once, given in order of arrival, into a rung that is still empty."""
        if scores:
            order = np.argsort(np.frombuffer(scores), kind="stable")
            scores = array("d", np.frombuffer(scores)[order].tobytes())
            trials = array("I", np.frombuffer(trials, np.uint32)[order].tobytes())
            fates = bytearray(np.frombuffer(fates, np.uint8)[order].tobytes())
        self.fill_ranked(scores, trials, fates)

    def fill_ranked(self, scores: array[float], trials: array[int], fates: bytearray) -> None:
        """Take all entries at once, given from best to worst, into a rung that is still empty."""
        assert not self.size
        starts = range(0, max(len(scores), 1), _BLOCK // 2)
        parts = [slice(start, start + _BLOCK // 2) for start in starts]
        self._values = [scores[part] for part in parts]
        self._trials = [trials[part] for part in parts]
        self._fates = [fates[part] for part in parts]
        self._lasts = [block[-1] if block else self._BEFORE_ALL for block in self._values]
        self._sizes = [len(block) for block in self._values]
        self._waits = bytearray(WAITING in block for block in self._fates)
        self._regroup()
        self.size = len(scores)
        self.waiting = fates.count(WAITING)
        self.promoted = fates.count(PROMOTED)
        self._seek()

    def best_waiting(self) -> tuple[int, Placement] | None:
        """Return the best waiting trial and its placement, if it is within the quota."""
        found = self._first_waiting()
        if found is None:
            return None
        block, at = found
        rank = self._before(block) + at + 1
        if rank > self._quota:
            return None
        return self._trials[block][at], Placement(rank, self.size, self._quota, self.cutoff())

    def promote(self) -> None:
        """Send the best waiting trial on."""
        found = self._first_waiting()
        assert found is not None
        self._set(*found, PROMOTED)

    def withdraw(self, trial: int) -> None:
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
        values = self._values[block]
        del values[at], self._trials[block][at], self._fates[block][at]
        self.size -= 1
        if values or len(self._values) == 1:
            self._lasts[block] = values[-1] if values else self._BEFORE_ALL
            self._sizes[block] -= 1
            self._groups[block // _GROUP] -= 1
        else:
            del self._values[block], self._trials[block], self._fates[block]
            del self._lasts[block], self._sizes[block], self._waits[block]
            self._regroup()
        self._seek()
        return True

    def ranked(self) -> tuple[array[float], array[int], bytearray]:
        """Return the scores, trials and fates from best to worst, as `fill_ranked` takes them."""
        scores, trials, fates = array("d"), array("I"), bytearray()
        for block, numbers, became in self.blocks():
            scores.extend(block)
            trials.extend(numbers)
            fates.extend(became)
        return scores, trials, fates

    def entries(self) -> Iterator[tuple[float, int, int]]:
        """Yield (score, trial, fate) from best to worst."""
        for values, trials, fates in self.blocks():
            yield from zip(values, trials, fates, strict=True)

    def blocks(self) -> Iterator[tuple[array[float], array[int], bytearray]]:
        """Return blocks of scores, trials and fates from best to worst; not for changing."""
        return zip(self._values, self._trials, self._fates, strict=True)

    def columns(self) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """Return the scores and the trials from best to worst."""
        return (
            np.concatenate([np.asarray(block, np.float64) for block in self._values]),
            np.concatenate([np.asarray(block, np.uint32) for block in self._trials]),
        )

    def _step(self, block: int, quota: int) -> None:
        """Bring the pointer to the entry at rank `quota`, after one went into `block`.

        An entry that went in at or before the pointer moved what is there one rank down, and within
        the same block one place on: the place then holds the entry of the same rank.
        """
        if not self._quota:
            if quota:
                self._seek()
            return
        if block < self._cut_block:
            self._cut_at -= 1
            if self._cut_at < 0:
                self._cut_block -= 1
                self._cut_at = self._sizes[self._cut_block] - 1
        if quota > self._quota:
            self._quota = quota
            self._next_size = self._size_of_next()
            self._cut_at += 1
            if self._cut_at == self._sizes[self._cut_block]:
                self._cut_block += 1
                self._cut_at = 0

    def _before(self, block: int) -> int:
        """Return how many entries are in the blocks before this one."""
        group = block // _GROUP
        return sum(self._groups[:group]) + sum(self._sizes[group * _GROUP : block])

    def _seek(self) -> None:
        """Put the pointer on the entry at rank `quota`, from nothing."""
        self._quota = rank = self.quota() if self.size else 0
        self._next_size = self._size_of_next()
        self._cut_block = self._cut_at = 0
        if rank:
            ends = np.cumsum(self._sizes)
            self._cut_block = block = int(ends.searchsorted(rank))
            self._cut_at = rank - 1 - int(ends[block]) + self._sizes[block]

    def _size_of_next(self) -> int:
        """Return the size at which the quota will be one more."""
        quota = self._quota + 1
        if self._fixed_quota is not None:
            return quota if quota <= self._fixed_quota else _NEVER
        return quota if quota <= self.min_quota else rule.size_with(quota, self.eta)

    def _split(self, block: int) -> None:
        half = self._sizes[block] // 2
        values, trials, fates = self._values[block], self._trials[block], self._fates[block]
        self._values[block : block + 1] = [values[:half], values[half:]]
        self._trials[block : block + 1] = [trials[:half], trials[half:]]
        self._fates[block : block + 1] = [fates[:half], fates[half:]]
        self._lasts.insert(block, self._values[block][-1])
        self._sizes[block : block + 1] = [half, self._sizes[block] - half]
        self._waits.insert(block, WAITING in self._fates[block])
        self._waits[block + 1] = WAITING in self._fates[block + 1]
        self._regroup()
        if self._cut_block > block:
            self._cut_block += 1
        elif self._cut_block == block and self._cut_at >= half:
            self._cut_block += 1
            self._cut_at -= half

    def _regroup(self) -> None:
        sizes = self._sizes
        self._groups = [sum(sizes[i : i + _GROUP]) for i in range(0, len(sizes), _GROUP)]

    def _set(self, block: int, at: int, fate: int) -> None:
        fates = self._fates[block]
        was = fates[at]
        fates[at] = fate
        self.promoted += (fate == PROMOTED) - (was == PROMOTED)
        if WAITING in (fate, was):
            self.waiting += (fate == WAITING) - (was == WAITING)
            self._waits[block] = fate == WAITING or WAITING in fates

    def _first_waiting(self) -> tuple[int, int] | None:
        if not self.waiting:
            return None
        block = self._waits.find(1)
        return block, self._fates[block].find(WAITING)

    def _find(self, trial: int) -> tuple[int, int] | None:
        """Return where a trial stands. Many blocks are looked through at once."""
        for first in range(0, len(self._trials), _GROUP):
            group = self._trials[first : first + _GROUP]
            numbers = np.frombuffer(b"".join(group), np.uint32)
            at = (numbers == trial).tobytes().find(1)
            if at < 0:
                continue
            for block, trials in enumerate(group, first):
                if at < len(trials):
                    return block, at
                at -= len(trials)
        return None
