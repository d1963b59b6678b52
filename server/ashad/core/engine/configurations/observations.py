"""What a study knows of its configurations, for samplers that learn. Only reads.

Trials whose configurations are outside of the space as it is by now are left out.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from ashad.core.brackets.entry import DIVERGED
from ashad.core.brackets.rung import Rung
from ashad.core.engine.state import State
from ashad.core.history.records import LIVE
from ashad.core.sampling.unit_cube import Points

_RANKS = 8  # of a level that are looked at for each of the best


class Observations:
    """The entries of rungs by level, over all brackets, and the trials under way."""

    def __init__(self, state: State) -> None:
        self._state = state

    @property
    def points(self) -> Points:
        """Return where the configurations lie."""
        assert self._state.known.points is not None
        return self._state.known.points

    def levels(self) -> list[int]:
        """Return all levels, highest first."""
        return self._state.brackets.levels()

    def size(self, level: int) -> int:
        """Return how many entries the rungs of this level have that the space holds."""
        if self.points.whole:
            return self._state.brackets.size(level)
        return len(self.ranked(level))

    def latest(self, level: int, most: int) -> list[tuple[int, float]]:
        """Return (trial, score) of the latest trials that entered this level, diverged ones not."""
        columns = self._state.brackets.columns(level)
        scores, trials = (np.concatenate(column) for column in zip(*columns, strict=True))
        order = np.argsort(trials)
        order = order[np.isfinite(scores[order])]
        if not self.points.whole:
            order = order[np.isin(trials[order], self.points.inside(trials[order].tolist()))]
        order = order[-most:]
        return list(zip(trials[order].tolist(), scores[order].tolist(), strict=True))

    def ranked(self, level: int) -> list[int]:
        """Return the trials that entered a rung of this level, best first, ties to the oldest."""
        columns = self._state.brackets.columns(level)
        if len(self._state.brackets) == 1:  # as its rung ranks them
            return self.points.inside(columns[0][1].tolist())
        scores, trials = (np.concatenate(column) for column in zip(*columns, strict=True))
        return self.points.inside(trials[np.lexsort((trials, scores))].tolist())

    def under_way(self, level: int) -> list[int]:
        """Return the trials under way that have not entered this level and may, oldest first."""
        brackets = self._state.brackets
        found = sorted(
            number
            for number, trial in self._state.live.items()
            if trial.state in LIVE and level in brackets[trial.bracket].levels[trial.rung :]
        )
        return self.points.inside(found)

    def entered(self) -> int:
        """Return how many trials entered the first rung of their bracket, inside of the space."""
        return max(0, sum(rung.size for rung in self._first()) - self.points.outside)

    def best(self, most: int) -> list[int]:
        """Return the best trials by their ranks at the highest level that each entered.

        The first of each level, the highest first, then the second of each, and so on. What
        diverged or failed is good nowhere.
        """
        first = _RANKS * most if self.points.whole else None
        found = [self._standing(level, first) for level in self.levels()]
        ranks, trials = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.argsort(ranks, kind="stable")
        return self.points.inside(trials[order].tolist())[:most]

    def spread(self, most: int) -> list[int]:
        """Return trials that entered a first rung, evenly by rank, the best first."""
        total, found = self.entered(), list[int]()
        for rung in self._first():
            many = rung.size if total <= most else -(-most * rung.size // total)
            found += _at(rung, [i * rung.size // many for i in range(many)])
        return self.points.inside(found)

    def unheard(self) -> list[int]:
        """Return the trials under way that entered no rung yet, oldest first."""
        live = self._state.live.items()
        found = sorted(number for number, trial in live if not trial.rung and trial.state in LIVE)
        return self.points.inside(found)

    def _first(self) -> list[Rung]:
        """Return the first rungs of the open brackets."""
        opened = self._state.brackets.open.values()
        return [bracket.rungs[0] for bracket in opened if isinstance(bracket.rungs[0], Rung)]

    def _standing(
        self, level: int, most: int | None
    ) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
        """Return (ranks, trials) of those that entered no higher level, of the first ranks."""
        parts = []
        for bracket in self._state.brackets.open.values():
            if level in bracket.levels:
                at = bracket.levels.index(level)
                rung = bracket.rungs[at]
                assert isinstance(rung, Rung)  # one that learns ranks by one number
                scores, trials = _first_ranks(rung, most)
                higher = np.zeros(self._state.trials, bool)
                for _, numbers, _ in (
                    bracket.rungs[at + 1].blocks() if bracket.rungs[at + 1 :] else ()
                ):
                    higher[np.frombuffer(numbers, np.uint32)] = True
                parts.append((scores, trials, ~higher[trials] & (scores != DIVERGED)))
        if not parts:
            return np.empty(0, np.int64), np.empty(0, np.uint32)
        scores, trials, stays = (np.concatenate(column) for column in zip(*parts, strict=True))
        if len(parts) > 1:
            order = np.lexsort((trials, scores))
            trials, stays = trials[order], stays[order]
        return np.flatnonzero(stays), trials[stays]


def _first_ranks(rung: Rung, most: int | None) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    """Return scores and trials of the first ranks, best first; None: of all."""
    scores, trials = array("d"), array("I")
    for block, numbers, _ in rung.blocks():
        scores.extend(block)
        trials.extend(numbers)
        if most is not None and len(scores) >= most:
            break
    return np.frombuffer(scores)[:most], np.frombuffer(trials, np.uint32)[:most]


def _at(rung: Rung, ranks: list[int]) -> list[int]:
    """Return the trials at some ranks, from 0, rising."""
    found, start = list[int](), 0
    for _, trials, _ in rung.blocks():
        end = start + len(trials)
        past = bisect_left(ranks, end, len(found))
        found += [trials[rank - start] for rank in ranks[len(found) : past]]
        start = end
    return found
