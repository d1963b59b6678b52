"""Columns of large studies in memory: a filter or an order looks through arrays, not through rows.

Bounded in bytes; what was asked for least lately goes first. A column is read once and then follows
what is committed. The answer is that of the file, or there is none, and the file is asked.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from ashad.core.history.records import RUNNING
from ashad.store.queries.column_arrays import (
    ColumnArray,
    UnfitError,
    WordArray,
    array_of,
    first,
)
from ashad.store.queries.columns import COLUMNS, ColumnKind, TrialColumn

if TYPE_CHECKING:
    from ashad.store.queries.trials import OrderPlace, TrialQuery
    from ashad.store.reader import Reader

MOST_BYTES = 24 << 20
LEAST_TRIALS = 5_000  # fewer are looked through in the file as quickly
_TOGETHER = 10_000  # rows that are read together
_BLOCK = 1 << 17  # trials that are looked at together
_STATE = COLUMNS["state"]
_WORDS = {"state", "reason", "origin", "worker"}  # of others nearly each trial has its own


class ColumnCache:
    """Columns of some studies. Of several threads one is served; the others ask the file."""

    def __init__(self, most_bytes: int = MOST_BYTES, least_trials: int = LEAST_TRIALS) -> None:
        self._most, self._least = most_bytes, least_trials
        self._studies: OrderedDict[int, _StudyColumns] = OrderedDict()
        self._turn = Lock()

    def find(
        self, reader: Reader, study: int, query: TrialQuery, after: OrderPlace | None, most: int
    ) -> list[tuple[Any, int]] | None:
        """Return (value, number) of the first trials that do not run; None: ask the file."""
        needed = columns_of(query)
        if not needed or not self._turn.acquire(blocking=False):
            return None
        try:
            of = self._studies.get(study)
            if of is None or not of.has(needed):
                return None
            self._studies.move_to_end(study)
            current = of.follow(reader, study, trial_count(reader, study))
            return of.find(query, after, most) if current and of.has(needed) else None
        except UnfitError:
            return None
        finally:
            self._turn.release()

    def lacks(self, study: int, trials: int, columns: Iterable[TrialColumn]) -> bool:
        """Whether `read` would be of use for a study of so many trials."""
        of, fits = self._studies.get(study), self._fitting(columns, trials)
        if trials < self._least or of is None:
            return trials >= self._least and bool(fits)
        return any(c.name not in of.columns and c.name not in of.unfit for c in fits)

    def read(self, reader: Reader, study: int, columns: Iterable[TrialColumn]) -> None:
        """Read columns of a study, the first ones that there is room for; takes about a second."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            size = trial_count(reader, study)
            of = self._studies.setdefault(study, _StudyColumns())
            self._studies.move_to_end(study)
            if of.follow(reader, study, size):
                of.read(reader, study, self._fitting(columns, size))
            while self._kept() > self._most and len(self._studies) > 1:
                self._studies.popitem(last=False)
            while self._kept() > self._most and of.columns:
                of.columns.popitem(last=False)
        finally:
            self._turn.release()

    def _fitting(self, columns: Iterable[TrialColumn], trials: int) -> list[TrialColumn]:
        """Return the first of these columns that there is room for."""
        chosen, room = dict[str, TrialColumn](), self._most
        for column in columns:
            size = array_of(column).width * trials
            if size and _is_kept(column) and column.name not in chosen and size <= room:
                chosen[column.name] = column
                room -= size
        return list(chosen.values())

    def _kept(self) -> int:
        return sum(
            column.values.nbytes for of in self._studies.values() for column in of.columns.values()
        )


class _StudyColumns:
    """The columns of one study as one sequence number left them."""

    def __init__(self) -> None:
        self.columns: OrderedDict[str, ColumnArray] = OrderedDict()
        self.unfit = set[str]()
        self._seq, self._size = 0, 0

    def has(self, columns: Iterable[TrialColumn]) -> bool:
        """Whether these columns are there."""
        return all(c.name in self.columns or not array_of(c).width for c in columns)

    def follow(self, reader: Reader, study: int, size: int) -> bool:
        """Take in what was committed since; False where the snapshot is older than what is kept."""
        seq = reader.last_seq(study)
        if seq < self._seq:
            return False
        kept = list(self.columns.values())
        if seq > self._seq and kept:
            for column in kept:
                column.grow(size)
            among = "AND number IN (SELECT value FROM json_each(?))"
            for part in _parts(iter(sorted(changed(reader, study, self._seq)))):
                self._take(kept, _rows(reader, study, kept, among, json.dumps(part)))
        self._seq, self._size = seq, size
        return True

    def read(self, reader: Reader, study: int, wanted: Iterable[TrialColumn]) -> None:
        """Read the columns that are not there yet, all in one go."""
        new = []
        for column in wanted:
            if column.name not in self.columns:
                self.columns[column.name] = made = array_of(column)
                made.grow(self._size)
                new.append(made)
            self.columns.move_to_end(column.name)
        if new:
            self._take(new, _rows(reader, study, new, ""))

    def _take(self, columns: Sequence[ColumnArray], rows: Iterator[tuple[Any, ...]]) -> None:
        for part in _parts(rows):
            numbers, *found = zip(*part, strict=True)
            places, values = np.array(numbers, np.int64), iter(found)
            for column in columns:
                some = next(values)
                types = next(values) if _has_types(column.of) else None
                try:
                    column.put(places, some, types)
                except UnfitError:
                    self.unfit.add(column.of.name)
                    self.columns.pop(column.of.name, None)

    def find(self, query: TrialQuery, after: OrderPlace | None, most: int) -> list[tuple[Any, int]]:
        """Return the first places: those with a value, then those without."""
        order = self._array(query.order)
        ranked, numbers = np.empty(0), np.empty(0, np.int64)
        bare, sign = np.empty(0, np.int64), -1.0 if query.descending else 1.0
        place = None if after is None or after.value is None else sign * order.place(after.value)
        for start in range(0, self._size, _BLOCK):
            part = slice(start, min(start + _BLOCK, self._size))
            mask = self._passing(query, part)
            keys = sign * order.keys(part)
            here = np.arange(part.start, part.stop)
            if len(bare) < most:
                beyond = here > after.number if after is not None and after.value is None else True
                bare = np.concatenate([bare, here[mask & np.isnan(keys) & beyond][:most]])
            if after is not None and after.value is None:
                continue
            mask &= ~np.isnan(keys)
            if after is not None and place is not None:
                mask &= (keys > place) | ((keys == place) & (here > after.number))
            ranked, numbers = (
                np.concatenate([ranked, keys[mask]]),
                np.concatenate([numbers, here[mask]]),
            )
            best = first(ranked, numbers, most)
            ranked, numbers = ranked[best], numbers[best]
        found: list[tuple[Any, int]] = [(order.value(n), n) for n in numbers.tolist()]
        return (found + [(None, n) for n in bare.tolist()])[:most]

    def _passing(self, query: TrialQuery, part: slice) -> Any:
        states = self.columns[_STATE.name]
        assert isinstance(states, WordArray)
        wanted = (set(query.states) - {RUNNING}) if query.states else None
        mask = states.are(
            lambda state: (
                state is not None and state != RUNNING and (wanted is None or state in wanted)
            ),
            part,
        )
        for test in query.tests:
            mask &= self._array(test.column).passes(test, part)
        return mask

    def _array(self, column: TrialColumn) -> ColumnArray:
        return self.columns.get(column.name) or array_of(column)


def columns_of(query: TrialQuery) -> list[TrialColumn]:
    """Return the columns that a query looks at; none where the file has the trials in its order."""
    if not query.states and not query.tests and query.order.name == "trial":
        return []
    return [_STATE, query.order, *(test.column for test in query.tests)]


def _is_kept(column: TrialColumn) -> bool:
    return column.numeric or column.kind is ColumnKind.CHOICE or column.name in _WORDS


def trial_count(reader: Reader, study: int) -> int:
    """Return how many trials a study has: their numbers leave none out."""
    [(last,)] = reader.rows("SELECT max(number) FROM trial WHERE study = ?", (study,))
    return 0 if last is None else last + 1


def changed(reader: Reader, study: int, after: int) -> set[int]:
    """Return the trials whose rows may have changed since a sequence number."""
    found = reader.rows("SELECT trial FROM change WHERE study = ? AND seq > ?", (study, after))
    return {trial for (trial,) in found} | reader.reported(study, after=after)


def _rows(
    reader: Reader, study: int, columns: Iterable[ColumnArray], among: str, *values: Any
) -> Iterator[tuple[Any, ...]]:
    """Yield numbers of trials and their values, each of a choice with its type."""
    shown = ", ".join(
        f"{column.of.sql}, {column.of.type_sql()}" if _has_types(column.of) else column.of.sql
        for column in columns
    )
    statement = f"SELECT number, {shown} FROM trial WHERE study = ? {among} ORDER BY number"  # noqa: S608 - our words
    return reader.stream(statement, (study, *values))


def _has_types(column: TrialColumn) -> bool:
    return column.kind is ColumnKind.CHOICE


def _parts(of: Iterator[Any]) -> Iterator[list[Any]]:
    while part := list(islice(of, _TOGETHER)):
        yield part
