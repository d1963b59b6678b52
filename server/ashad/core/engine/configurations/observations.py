"""What a study knows of its configurations, for samplers that learn. Only reads.

Trials whose configurations are outside of the space as it is by now are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice, zip_longest

import numpy as np

from ashad.core.brackets.bracket import Bracket
from ashad.core.brackets.entry import DIVERGED, PROMOTED
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
        """Return how many trials entered the first rung of their bracket."""
        return sum(rung.size for rung in self._first())

    def best(self, most: int) -> list[int]:
        """Return the best trials by their ranks at the highest level that each entered.

        The first of each level, the highest first, then the second of each, and so on. Whoever went
        on from a level counts at the next one; under way to it, still at the last.
        """
        heads = [self._standing(level) for level in self.levels()]
        found: list[int] = []
        for rank in zip_longest(*(islice(head, _RANKS * most) for head in heads)):
            found += [trial for trial in rank if trial is not None]
            if len(found) >= most:
                break
        return self.points.inside(found[:most])

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
        return self.points.inside(
            sorted(number for number, trial in live if trial.rung == 0 and trial.state in LIVE)
        )

    def _first(self) -> list[Rung]:
        """Return the first rungs of the open brackets."""
        opened = self._state.brackets.open.values()
        return [bracket.rungs[0] for bracket in opened if isinstance(bracket.rungs[0], Rung)]

    def _standing(self, level: int) -> Iterator[int | None]:
        """Yield by rank whose last rung is of this level, None for those that went on from it."""
        parts = [
            self._standing_in(bracket, bracket.levels.index(level))
            for bracket in self._state.brackets.open.values()
            if level in bracket.levels
        ]
        for _, number, stays in merge(*parts) if len(parts) > 1 else parts[0] if parts else ():
            yield number if stays else None

    def _standing_in(self, bracket: Bracket, at: int) -> Iterator[tuple[float, int, bool]]:
        """Yield (score, trial, whether this rung is its last), best first.

        What diverged or failed is good nowhere. Of a trial that ended, its entry alone is asked:
        when its record is on disk it is forgotten.
        """
        live, last = self._state.live, at + 1 == len(bracket.levels)
        for score, number, fate in bracket.rungs[at].entries():
            trial = live.get(number)
            if trial is not None and trial.state in LIVE:
                stays = trial.rung == at + 1
            else:
                stays = last or fate != PROMOTED
            yield score, number, stays and score != DIVERGED


def _at(rung: Rung, ranks: list[int]) -> list[int]:
    """Return the trials at some ranks, from 0, rising."""
    found, start = list[int](), 0
    for _, trials, _ in rung.blocks():
        end = start + len(trials)
        while len(found) < len(ranks) and ranks[len(found)] < end:
            found.append(trials[ranks[len(found)] - start])
        start = end
    return found
