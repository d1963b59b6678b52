"""Brackets that are done: nothing is ever handed out from them again. A few bytes each.

A search that repeats its brackets has as many of them as it has time for. The entries of those of
one shape lie side by side, rung by rung and bracket by bracket, each rung ranked.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ashad.core.brackets.bracket import Bracket
from ashad.core.brackets.entry import OUT
from ashad.core.brackets.rung import Rung


class _Column:
    """The entries of one rung of all settled brackets of a shape; row i is from starts[i] on."""

    def __init__(self) -> None:
        self.scores, self.trials, self.fates = array("d"), array("I"), bytearray()
        self.starts = array("Q", [0])

    def add(self, scores: array[float], trials: array[int], fates: bytearray) -> None:
        """Add a row of ranked entries."""
        self.scores.extend(scores)
        self.trials.extend(trials)
        self.fates.extend(fates)
        self.starts.append(len(self.scores))

    def fill(self, row: int, rung: Rung) -> None:
        """Fill an empty rung with a row."""
        part = slice(self.starts[row], self.starts[row + 1])
        rung.fill_ranked(self.scores[part], self.trials[part], self.fates[part])


class SettledBrackets:
    """Those of one shape, by their number among all of that shape."""

    def __init__(self, levels: tuple[int, ...]) -> None:
        self.levels = levels
        self._rungs = [_Column() for _ in levels]
        self._rows = array("q")  # by number; -1 where the bracket is not settled

    def __len__(self) -> int:
        return len(self._rungs[0].starts) - 1

    def add(self, number: int, bracket: Bracket) -> None:
        """Take in a bracket."""
        self._place(number)
        for column, rung in zip(self._rungs, bracket.rungs, strict=True):
            assert isinstance(rung, Rung)  # rounds have no points
            column.add(*rung.ranked())

    def add_all(self, numbers: Iterable[int], rungs: list[Ranked]) -> None:
        """Take in brackets, in order of their numbers, from the ranked entries of each rung."""
        wanted = np.fromiter(numbers, np.int64)
        for number in wanted.tolist():
            self._place(number)
            for column in self._rungs:
                column.starts.append(0)
        for column, (of, scores, trials, fates) in zip(self._rungs, rungs, strict=True):
            mine = np.isin(of, wanted)
            column.scores.frombytes(scores[mine].tobytes())
            column.trials.frombytes(trials[mine].tobytes())
            column.fates.extend(fates[mine].tobytes())
            ends = np.searchsorted(of[mine], wanted, side="right")
            column.starts = array("Q", [0])
            column.starts.frombytes(ends.astype(np.uint64).tobytes())

    def fill(self, number: int, bracket: Bracket) -> None:
        """Fill an empty bracket with the entries of this one."""
        for column, rung in zip(self._rungs, bracket.rungs, strict=True):
            assert isinstance(rung, Rung)
            column.fill(self._rows[number], rung)

    def withdraw(self, number: int, rung: int, trial: int) -> None:
        """Take a waiting trial out of the running; its entry still counts."""
        column, row = self._rungs[rung], self._rows[number]
        column.fates[column.trials.index(trial, column.starts[row], column.starts[row + 1])] = OUT

    def size(self, level: int) -> int:
        """Return how many entries of a level there are."""
        return len(self._rungs[self.levels.index(level)].trials)

    def trials(self, level: int) -> NDArray[np.uint32]:
        """Return the trials of all entries of a level, bracket by bracket."""
        return np.array(self._rungs[self.levels.index(level)].trials, np.uint32)

    def columns(self, level: int) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """Return the scores and the trials of all entries of a level, bracket by bracket."""
        column = self._rungs[self.levels.index(level)]
        return np.array(column.scores, np.float64), np.array(column.trials, np.uint32)

    def _place(self, number: int) -> None:
        """Give a bracket the next row."""
        self._rows.extend([-1] * (number + 1 - len(self._rows)))
        self._rows[number] = len(self)


# The entries of one rung of many brackets: (bracket, score, trial, fate), sorted by the first two.
Ranked = tuple[NDArray[np.uint32], NDArray[np.float64], NDArray[np.uint32], NDArray[np.uint8]]
