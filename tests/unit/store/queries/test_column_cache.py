"""Columns in memory answer as the file does, follow what is committed, and stay within bounds."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from ashad.core.history.records import RUNNING
from ashad.core.space import Choice, Float, Int
from ashad.store.queries.column_arrays import UnfitError, array_of, exact
from ashad.store.queries.column_cache import ColumnCache, columns_of
from ashad.store.queries.columns import COLUMNS, ColumnTest, parameter
from ashad.store.queries.trials import OrderPlace, TrialQuery, find

from tests.support.history import SPACE, History

SEED = 20261130
COLUMN = [
    *COLUMNS.values(),
    *(parameter(SPACE, name) for name in SPACE),
]


@pytest.fixture
def history(tmp_path):
    made = History(Path(tmp_path) / "a.db", 5)
    for _ in range(150):
        made.step()
    yield made
    made.close()


def asked(chance, reader):
    """Some query: an order, states, and tests whose bounds are values that are there."""
    rows = list(reader.trials(1))

    def test():
        column, row = chance.choice(COLUMN), chance.choice(rows)
        value = column.value(row, json.loads(row.params))
        if value is None or chance.random() < 0.1:
            return ColumnTest(column, missing=chance.random() < 0.5)
        if isinstance(value, (str, bool)):
            return ColumnTest(column, one_of=(value,))
        return chance.choice(
            [
                ColumnTest(column, at_least=value),
                ColumnTest(column, at_most=value),
                ColumnTest(column, one_of=(value,)),
                ColumnTest(column, at_most=value, missing=True),
            ]
        )

    states = chance.choice([(), (), ("STOPPED", "PAUSED"), ("RUNNING", "COMPLETED"), ("RUNNING",)])
    tests = [test() for _ in range(chance.randint(0, 2))]
    return TrialQuery(states, tests, chance.choice(COLUMN), chance.random() < 0.5)


@pytest.mark.parametrize("seed", range(SEED, SEED + 6))
def test_it_answers_as_the_file_does_while_the_study_goes_on(tmp_path, seed):
    chance, cache, served = random.Random(seed), ColumnCache(least_trials=0), 0
    history = History(Path(tmp_path) / "a.db", seed)
    history.do_suggest()
    for _ in range(30):
        for _ in range(chance.randint(0, 8)):
            history.step()
        query, after = asked(chance, history.reader), None
        with history.reader.snapshot():
            cache.read(history.reader, 1, columns_of(query))
            running = [row for row in history.reader.trials(1) if row.state == RUNNING]
            while True:
                size = chance.randint(1, 9)
                due = find(history.reader, 1, query, running, after, size)
                served += cache.find(history.reader, 1, query, after, size) is not None
                assert find(history.reader, 1, query, running, after, size, cache) == due, query
                if not due:
                    break
                after = due[-1]
    history.close()
    assert served > 30


def test_a_value_that_is_gone_is_still_a_place(history):
    cache = ColumnCache(least_trials=0)
    for name in ("worker", "best_value"):
        query = TrialQuery((), [], COLUMNS[name], descending=False)
        cache.read(history.reader, 1, columns_of(query))
        for place in (OrderPlace("w0x" if name == "worker" else 0.123456, 1), OrderPlace(None, 3)):
            due = find(history.reader, 1, query, [], place, 20)
            assert find(history.reader, 1, query, [], place, 20, cache) == due


def test_an_older_snapshot_is_told_by_the_file(history):
    cache, query = ColumnCache(least_trials=0), TrialQuery((), [], COLUMNS["best_value"], True)
    older = type(history.reader)(history.reader.path)
    with older.snapshot():
        older.last_seq(1)  # a snapshot begins with its first look
        history.step()
        history.step()
        cache.read(history.reader, 1, columns_of(query))
        assert cache.find(history.reader, 1, query, None, 5) is not None
        assert cache.find(older, 1, query, None, 5) is None
    older.close()


def test_it_stays_within_its_bytes_and_forgets_what_is_asked_for_least(history):
    trials = history.reader.rows("SELECT max(number) + 1 FROM trial")[0][0]
    room = 20 * trials  # two columns of numbers as they grow
    cache = ColumnCache(room, least_trials=0)
    value, best, spent = COLUMNS["value"], COLUMNS["best_value"], COLUMNS["spent"]
    for column in (value, best, spent):
        cache.read(history.reader, 1, [column])
        kept = cache._studies[1].columns
        assert sum(column.values.nbytes for column in kept.values()) <= room
    assert set(kept) == {"best_value", "spent"}
    assert cache.lacks(1, trials, [value])
    assert not cache.lacks(1, trials, [spent])
    assert not cache.lacks(1, 10**9, [value])  # there is no room for it
    assert not ColumnCache(least_trials=trials + 1).lacks(1, trials, [value])


def test_what_doubles_and_few_words_cannot_tell_is_left_to_the_file():
    with pytest.raises(UnfitError):
        exact(2**53 + 1)
    whole = array_of(parameter({"n": Int(0, 2**60)}, "n"))
    whole.grow(2)
    whole.put(np.array([0]), (2**53,), None)
    with pytest.raises(UnfitError):
        whole.put(np.array([1]), (2**53 + 2,), None)
    words = array_of(COLUMNS["worker"])
    words.grow(5000)
    with pytest.raises(UnfitError):
        words.put(np.arange(5000), tuple(map(str, range(5000))), None)


def test_one_and_true_and_text_are_three_choices():
    column = parameter({"k": Choice((1, True, "1", 1.0))}, "k")
    array = array_of(column)
    array.grow(5)
    array.put(np.arange(5), (1, 1, "1", 1.0, None), ("integer", "true", "text", "real", None))
    whole = slice(0, 5)
    for value, due in ((1, 0), (True, 1), ("1", 2), (1.0, 3)):
        assert array.passes(ColumnTest(column, one_of=(value,)), whole).nonzero()[0].tolist() == [
            due
        ]
    assert array.passes(ColumnTest(column, missing=True), whole).tolist() == [False] * 4 + [True]
    assert array.keys(whole)[:4].tolist() == [0, 0, 1, 0]


def test_a_range_of_reals_keeps_no_whole_numbers():
    array = array_of(parameter({"x": Float(0, 1)}, "x"))
    array.grow(1)
    array.put(np.array([0]), (1.0,), None)
    assert isinstance(array.value(0), float)
