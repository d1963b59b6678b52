"""Trials in some order, page by page: each once, and those that run are merged in as they stand."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from ashad.core.history.records import RUNNING
from ashad.store.queries.columns import COLUMNS, ColumnTest, parameter
from ashad.store.queries.trials import TrialQuery, configurations, find, rows_of

from tests.support.history import SPACE, History


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    made = History(Path(tmp_path_factory.mktemp("queries")) / "a.db", 11)
    for _ in range(250):
        made.step()
    yield made
    made.close()


ORDERS = [COLUMNS["trial"], COLUMNS["best_value"], COLUMNS["reason"], parameter(SPACE, "o")]


def due(history, query):
    """The same with sorts of Python: no value last, numbers before text, ties by number."""
    found = []
    for row in history.reader.trials(1):
        params = json.loads(row.params)
        if query.states and row.state not in query.states:
            continue
        if all(test.passes(row, params) for test in query.tests):
            found.append((query.order.value(row, params), row.number))
    some = sorted(
        [one for one in found if one[0] is not None],
        key=lambda one: (isinstance(one[0], str), one[0]), reverse=query.descending,
    )  # fmt: skip
    alike: dict[object, list[int]] = {}
    for value, number in some:
        alike.setdefault(value, []).append(number)
    numbers = [number for group in alike.values() for number in sorted(group)]
    return numbers + sorted(number for value, number in found if value is None)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", ORDERS, ids=lambda column: column.name)
@pytest.mark.parametrize("states", [(), ("STOPPED", "RUNNING", "COMPLETED"), ("RUNNING",)])
def test_pages_hold_each_trial_once_and_in_order(history, order, descending, states):
    test = ColumnTest(COLUMNS["trial"], at_least=2)
    query = TrialQuery(states, [test], order, descending)
    running = [row for row in history.reader.trials(1) if row.state == RUNNING]
    chance = random.Random(3)
    found, after = [], None
    while page := find(history.reader, 1, query, running, after, chance.randint(1, 5)):
        found += [place.number for place in page]
        after = page[-1]
    assert found == due(history, query)


def test_rows_and_configurations_by_number(history):
    found = rows_of(history.reader, 1, [0, 2, 10**6])
    assert sorted(found) == [0, 2]
    assert configurations(history.reader, 1, [0, 2]) == {
        number: json.loads(row.params) for number, row in found.items()
    }
