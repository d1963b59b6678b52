"""How the scores of a rung are spread: counts in bins of equal width. Never changes a rung.

The entries of a rung are sorted in blocks, so each edge of a bin is found by halves: it costs some
steps for each block and each bin, whatever the number of entries.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from ashad.core.brackets.entry import DIVERGED, PROMOTED
from ashad.core.brackets.points.pareto_rung import ParetoRung
from ashad.core.brackets.rung import Rung

BINS = 64
FENCE = 3.0  # interquartile ranges beyond the worse quartile that bins still cover


class Histogram(NamedTuple):
    """Scores from `low`, the best, to `high` in bins of equal width; smaller is better.

    A score on an edge is in the lower bin. `promoted` are those of `counts` that went on.
    """

    low: float
    high: float
    counts: list[int]
    promoted: list[int]
    worse: int  # above `high`
    diverged: int
    infeasible: int


def histogram(rung: Rung | ParetoRung, worst: float = DIVERGED) -> Histogram:
    """Return the histogram of a rung; without bins where no entry of it has a valid score.

    `worst` is what the score of a feasible entry is below.
    """
    blocks = [(scores, fates) for scores, _, fates in rung.blocks() if scores]
    valid, diverged = (rung.size - _from(blocks, worst), _from(blocks, DIVERGED))
    infeasible = rung.size - valid - diverged
    if not valid:
        return Histogram(0.0, 0.0, [], [], 0, diverged, infeasible)
    low, high = blocks[0][0][0], _high(blocks, valid)
    counts, promoted = [], []
    block = at = below = 0
    for n in range(1, BINS + 1):
        share = n / BINS
        edge = high if n == BINS else low * (1 - share) + high * share
        many = went = 0
        while block < len(blocks):
            scores, fates = blocks[block]
            end = len(scores) if scores[-1] <= edge else bisect_right(scores, edge, at)
            many += end - at
            went += fates.count(PROMOTED, at, end)
            if end < len(scores):
                at = end
                break
            block, at = block + 1, 0
        counts.append(many)
        promoted.append(went)
        below += many
    return Histogram(low, high, counts, promoted, valid - below, diverged, infeasible)


def _from(blocks: list[tuple[array[float], bytearray]], score: float) -> int:
    """Return how many entries have this score or a worse one: they are the last."""
    found = 0
    for scores, _ in reversed(blocks):
        found += len(scores) - bisect_left(scores, score)
        if scores[0] < score:
            break
    return found


def _high(blocks: list[tuple[array[float], bytearray]], valid: int) -> float:
    """Return where the last bin ends: at the worst score, or at the fence before it."""
    ranks = -(-valid // 4), -(-3 * valid // 4), valid
    better, worse, worst = (_ranked(blocks, rank) for rank in ranks)
    fence = worse + FENCE * (worse - better)
    return fence if better < worse and fence < worst else worst


def _ranked(blocks: list[tuple[array[float], bytearray]], rank: int) -> float:
    for scores, _ in blocks:
        if rank <= len(scores):
            return scores[rank - 1]
        rank -= len(scores)
    raise IndexError(rank)
