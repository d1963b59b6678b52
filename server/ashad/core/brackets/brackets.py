"""All brackets of a study, by number. What is done is settled: it costs a few bytes and no time.

Only a search that repeats its brackets has many; it settles those that can never hand out work
again, whatever becomes of its limits. All others stay open.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ashad.core.brackets.bracket import Bracket, kind_of_rung
from ashad.core.brackets.columns import Ranked, SettledBrackets
from ashad.core.brackets.entry import WAITING
from ashad.core.brackets.plan import Plan, Rounds, plan
from ashad.core.brackets.points.fronts import Point
from ashad.core.brackets.rung import Rung
from ashad.core.spec import StudySpec, Synchronous


class Entries:
    """Entries of a rung in order of arrival: of one bracket, or of all that have its shape."""

    def __init__(self) -> None:
        self.brackets, self.scores = array("I"), array("d")
        self.trials, self.fates = array("I"), bytearray()
        self.points: list[Point] = []  # of a study that has them

    def add(
        self,
        brackets: NDArray[Any],
        scores: NDArray[np.float64],
        trials: NDArray[Any],
        fates: NDArray[Any],
    ) -> None:
        """Add the next ones to arrive."""
        self.brackets.frombytes(brackets.astype(np.uint32).tobytes())
        self.scores.frombytes(scores.tobytes())
        self.trials.frombytes(trials.astype(np.uint32).tobytes())
        self.fates.extend(fates.astype(np.uint8).tobytes())

    def ranked(self) -> Ranked:
        """Return them by bracket, and ranked within each."""
        scores, brackets = np.frombuffer(self.scores), np.frombuffer(self.brackets, np.uint32)
        order = np.lexsort((scores, brackets))  # stable: ties in order of arrival
        trials, fates = np.frombuffer(self.trials, np.uint32), np.frombuffer(self.fates, np.uint8)
        return brackets[order], scores[order], trials[order], fates[order]


class Brackets:
    """The brackets that a study has begun: `brackets[number]`, whether open or settled."""

    def __init__(self, spec: StudySpec, configurations: int | None) -> None:
        self._spec, self._configurations = spec, configurations
        self._rung = kind_of_rung(spec.objectives, spec.combination)
        algorithm = spec.algorithm
        self.repeats = isinstance(algorithm, Synchronous) and algorithm.repeat
        plans = plan(spec, configurations)
        self._rungs = tuple(bracket.rungs for bracket in plans)
        self._rounds = Rounds(spec, configurations) if self.repeats else None
        self.shapes = len(plans)  # that follow one another, where brackets repeat
        self._settled = [SettledBrackets(bracket.levels) for bracket in plans]
        self.open = {number: self._made(bracket) for number, bracket in enumerate(plans)}
        self._begun = len(plans)

    def __len__(self) -> int:
        return self._begun

    def __getitem__(self, number: int) -> Bracket:
        """Return a bracket; a settled one is a copy, for reading."""
        found = self.open.get(number)
        if found is not None:
            return found
        if self._rounds is None or not 0 <= number < self._begun:
            raise IndexError(number)
        bracket = self._made(self._rounds.plan(number))
        bracket.created = self._rounds.shape(number).trials or 0
        settled, place = self._of(number)
        settled.fill(place, bracket)
        return bracket

    def __iter__(self) -> Iterator[Bracket]:
        return (self[number] for number in range(self._begun))

    def begin(self) -> int:
        """Begin the next bracket of a search that repeats them; return its number."""
        assert self._rounds is not None
        number = self._begun
        self.open[number] = self._made(self._rounds.plan(number))
        self._begun += 1
        return number

    def replan(self, spec: StudySpec) -> None:
        """Take the planned trials of new limits; levels stay."""
        self._spec = spec
        if self._rounds is not None:
            self._rounds = Rounds(spec, self._configurations)
            for number, bracket in self.open.items():
                bracket.replan(self._rounds.plan(number))
        else:
            plans = plan(spec, self._configurations, self._rungs)
            for bracket, new in zip(self.open.values(), plans, strict=True):
                bracket.replan(new)

    def settle(self, number: int) -> None:
        """Settle a bracket that is full, has no trial under way and none to promote.

        One that is cut by a limit stays open: a raised limit may let it continue.
        """
        if self._rounds is None or not self._rounds.whole(number):
            return
        bracket = self.open[number]
        if bracket.created == bracket.trials:
            settled, place = self._of(number)
            settled.add(place, bracket)
            del self.open[number]

    def withdraw(self, number: int, rung: int, trial: int) -> None:
        """Take a waiting trial out of the running; its entry still counts."""
        bracket = self.open.get(number)
        if bracket is not None:
            bracket.rungs[rung].withdraw(trial)
        else:
            settled, place = self._of(number)
            settled.withdraw(place, rung, trial)

    def levels(self) -> list[int]:
        """Return all levels of all brackets, highest first."""
        return sorted({n for settled in self._settled for n in settled.levels}, reverse=True)

    def size(self, level: int) -> int:
        """Return how many entries the rungs of a level have."""
        return sum(s.size(level) for s in self._settled if level in s.levels) + sum(
            bracket.rungs[bracket.levels.index(level)].size
            for bracket in self.open.values()
            if level in bracket.levels
        )

    def columns(self, level: int) -> list[tuple[NDArray[np.float64], NDArray[np.uint32]]]:
        """Return (scores, trials) of what entered a level, a pair for each part that has it."""
        return [s.columns(level) for s in self._settled if len(s) and level in s.levels] + [
            bracket.rungs[bracket.levels.index(level)].columns()
            for bracket in self.open.values()
            if level in bracket.levels
        ]

    def entered(self, level: int) -> list[tuple[int, NDArray[np.uint32]]]:
        """Return (rung, trials) of what entered a level, a pair for each part that has it."""
        found = [
            (s.levels.index(level), s.trials(level))
            for s in self._settled
            if len(s) and level in s.levels
        ]
        for bracket in self.open.values():
            if level in bracket.levels:
                at = bracket.levels.index(level)
                parts = b"".join(trials for _, trials, _ in bracket.rungs[at].blocks())
                found.append((at, np.frombuffer(parts, np.uint32)))
        return found

    def fill(
        self,
        entries: Mapping[tuple[int, int], Entries],
        created: Mapping[int, int],
        busy: Collection[int],
    ) -> None:
        """Take all entries at once into brackets that are still empty, settling what is done.

        Entries are keyed by (bracket, rung), or by (shape, rung) where brackets repeat. `created`
        has the trials made by bracket, `busy` the brackets of trials under way.
        """
        self._begun = max(self._begun, max(created, default=0) + 1)
        empty = Entries()
        if self._rounds is None:
            for number, bracket in self.open.items():
                bracket.created = created.get(number, 0)
                for k, rung in enumerate(bracket.rungs):
                    of = entries.get((number, k), empty)
                    rung.fill(of.scores, of.trials, of.fates, of.points)
            return
        self.open = {}
        for kind, settled in enumerate(self._settled):
            ranked = [entries.get((kind, k), empty).ranked() for k in range(len(settled.levels))]
            self._fill_kind(kind, ranked, created, busy)
        self.open = dict(sorted(self.open.items()))

    def _fill_kind(
        self, kind: int, ranked: list[Ranked], created: Mapping[int, int], busy: Collection[int]
    ) -> None:
        """Fill the brackets of one shape, every one of them either open or settled."""
        assert self._rounds is not None
        many, shape = self.shapes, self._rounds.shape(kind)
        still: set[int] = set()
        for entries, quota in zip(ranked[:-1], shape.quotas, strict=False):
            still.update(_promotable(entries, quota))
        done = []
        for number in range(kind, self._begun, many):
            full = created.get(number, 0) == shape.trials and self._rounds.whole(number)
            if full and number not in busy and number not in still:
                done.append(number)
                continue
            bracket = self.open[number] = self._made(self._rounds.plan(number))
            bracket.created = created.get(number, 0)
            for rung, (of, scores, trials, fates) in zip(bracket.rungs, ranked, strict=True):
                assert isinstance(rung, Rung)  # rounds have no points
                part = slice(*np.searchsorted(of, (number, number + 1)))
                rung.fill_ranked(
                    array("d", scores[part].tobytes()),
                    array("I", trials[part].tobytes()),
                    bytearray(fates[part].tobytes()),
                )
        places = [(of // many, scores, trials, fates) for of, scores, trials, fates in ranked]
        self._settled[kind].add_all([number // many for number in done], places)

    def _of(self, number: int) -> tuple[SettledBrackets, int]:
        return self._settled[number % self.shapes], number // self.shapes

    def _made(self, bracket: Plan) -> Bracket:
        return Bracket(bracket, self._spec.eta, promotion=self._spec.promotion, rung=self._rung)


def _promotable(ranked: Ranked, quota: int) -> list[int]:
    """Return the brackets with a trial that waits within the quota."""
    of, _, _, fates = ranked
    first = np.searchsorted(of, of)  # of each entry's bracket
    within = (fates == WAITING) & (np.arange(len(of)) - first < quota)
    return np.unique(of[within]).tolist()  # type: ignore[no-any-return]
