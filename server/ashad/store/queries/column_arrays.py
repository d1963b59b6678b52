"""One column of all trials of a study as an array; the place of a trial is its number. No SQL."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ashad.core.space import Value
from ashad.store.queries.columns import ColumnKind, ColumnTest, TrialColumn, order_key, sample

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
_EXACT = 2**53  # whole numbers up to here are exact as doubles
_MOST_WORDS = 4_000  # different values


class UnfitError(Exception):
    """Values that an array cannot tell from one another."""


class NumberArray:
    """Numbers as doubles, NaN where there is none."""

    width = 8

    def __init__(self, column: TrialColumn) -> None:
        self.of = column
        self.values: Numbers = np.empty(0)

    def grow(self, size: int) -> None:
        """Make room for so many trials."""
        self.values = _grown(self.values, size, np.nan)

    def put(self, places: NDArray[np.int64], values: Sequence[Any], _: object) -> None:
        """Set the values of some trials."""
        found = np.array(values, np.float64)
        if self.of.kind is ColumnKind.INTEGER and np.nanmax(np.abs(found), initial=0) > _EXACT:
            raise UnfitError
        self.values[places] = found

    def keys(self, part: slice) -> Numbers:
        """Return numbers in whose order the values stand, NaN where there is none."""
        return self.values[part]

    def place(self, value: Value) -> float:
        """Return the number of a value in that order."""
        return exact(value)

    def value(self, number: int) -> Value:
        """Return the value of a trial."""
        found = float(self.values[number])
        return int(found) if self.of.kind is ColumnKind.INTEGER else found

    def passes(self, test: ColumnTest, part: slice) -> Mask:
        """Return which trials pass a test."""
        values = self.keys(part)
        if test.missing:
            return np.isnan(values) & test.holds(None)
        mask = ~np.isnan(values)
        if test.at_least is not None:
            mask &= values >= exact(test.at_least)
        if test.at_most is not None:
            mask &= values <= exact(test.at_most)
        if test.one_of:
            mask &= np.isin(values, [exact(one) for one in test.one_of])
        return mask


class NameArray(NumberArray):
    """What follows from the number of a trial, and is not kept."""

    width = 0

    def grow(self, size: int) -> None:
        """Nothing is kept."""

    def keys(self, part: slice) -> Numbers:
        """Return the numbers themselves, or those of the sample."""
        numbers = np.arange(part.start, part.stop)
        return (numbers if self.of.name == "trial" else sample(numbers)).astype(np.float64)

    def value(self, number: int) -> Value:
        """Return the value of a trial."""
        return number if self.of.name == "trial" else int(sample(number))


class WordArray:
    """Values of any type by their places in a list; 0 is none."""

    width = 2

    def __init__(self, column: TrialColumn) -> None:
        self.of = column
        self.values: NDArray[np.uint16] = np.empty(0, np.uint16)
        self._known: list[Value] = []
        self._codes: dict[tuple[str | None, Any], int] = {(None, None): 0}
        self._order: tuple[list[Any], Numbers] | None = None

    def grow(self, size: int) -> None:
        """Make room for so many trials."""
        self.values = _grown(self.values, size, 0)

    def put(
        self, places: NDArray[np.int64], values: Sequence[Any], types: Sequence[Any] | None
    ) -> None:
        """Set the values of some trials; types are those of JSON, and none for text."""
        pairs = list(zip(types or repeat(None), values))  # noqa: B905 - one may have no end
        for kind, value in set(pairs) - self._codes.keys():
            if len(self._codes) > _MOST_WORDS:
                raise UnfitError
            if value is None:
                self._codes[kind, value] = 0
                continue
            self._known.append(bool(value) if kind in ("true", "false") else value)
            self._codes[kind, value] = len(self._known)
            self._order = None
        self.values[places] = [self._codes[pair] for pair in pairs]

    def keys(self, part: slice) -> Numbers:
        """Return numbers in whose order the values stand, NaN where there is none."""
        return self._ranks()[1][self.values[part]]

    def place(self, value: Value) -> float:
        """Return the number of a value in that order; between two where it is not there."""
        known, key = self._ranks()[0], order_key(value)
        at = bisect_left(known, key)
        return float(at) if at < len(known) and known[at] == key else at - 0.5

    def value(self, number: int) -> Value:
        """Return the value of a trial."""
        return self._known[int(self.values[number]) - 1]

    def passes(self, test: ColumnTest, part: slice) -> Mask:
        """Return which trials pass a test."""
        return self.are(test.holds, part)

    def are(self, holds: Callable[[Value | None], bool], part: slice) -> Mask:
        """Return for which trials it holds."""
        allowed: Mask = np.array([holds(None), *map(holds, self._known)], np.bool_)
        return allowed[self.values[part]]

    def _ranks(self) -> tuple[list[Any], Numbers]:
        if self._order is None:
            keys = [order_key(value) for value in self._known]
            known = sorted(set(keys))
            ranks = [np.nan, *(float(bisect_left(known, key)) for key in keys)]
            self._order = known, np.array(ranks)
        return self._order


ColumnArray = NumberArray | WordArray


def array_of(column: TrialColumn) -> ColumnArray:
    """Return an empty array for a column."""
    if column.name in ("trial", "sample"):
        return NameArray(column)
    return NumberArray(column) if column.numeric else WordArray(column)


def first(keys: Numbers, numbers: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return which come first, at most so many, by their keys and then their numbers."""
    if len(numbers) > most:
        cut = np.partition(keys, most - 1)[most - 1]
        better = np.flatnonzero(keys < cut)
        chosen = np.concatenate([better, np.flatnonzero(keys == cut)[: most - len(better)]])
    else:
        chosen = np.arange(len(numbers))
    order: NDArray[np.int64] = chosen[np.lexsort((numbers[chosen], keys[chosen]))]
    return order


def exact(value: Any) -> float:
    """Return a number as a double; one that is none cannot be compared here."""
    found = float(value)
    if found != value:
        raise UnfitError
    return found


def _grown(values: Any, size: int, empty: float) -> Any:
    if size <= len(values):
        return values
    grown = np.full(size + size // 16, empty, values.dtype)
    grown[: len(values)] = values
    return grown
