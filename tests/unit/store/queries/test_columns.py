"""Columns and tests of them: what SQL finds in the file is what Python finds in the rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ashad.core.history.records import TrialRow
from ashad.store import rows
from ashad.store.queries.columns import COLUMNS, ColumnKind, ColumnTest, lower, parameter, sample

from tests.support.history import SPACE, History


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """A file with trials of every state, and of a choice among "a", 1, True and 1.0."""
    made = History(Path(tmp_path_factory.mktemp("columns")) / "a.db", 5)
    for _ in range(250):
        made.step()
    yield made
    made.close()


@pytest.fixture(scope="module")
def trials(history) -> list[TrialRow]:
    found = list(history.reader.trials(1))
    assert len(found) > 10
    return found


PARAMETERS = [parameter(SPACE, name) for name in SPACE]


@pytest.mark.parametrize("column", [*COLUMNS.values(), *PARAMETERS], ids=lambda c: c.name)
def test_a_column_is_the_same_in_sql_and_of_a_row(history, trials, column):
    found = dict(history.reader.rows(f"SELECT number, {column.sql} FROM trial WHERE study = 1"))
    due = {row.number: column.value(row, json.loads(row.params)) for row in trials}
    assert found == due


TESTS = [
    ColumnTest(COLUMNS["trial"], at_least=3, at_most=9),
    ColumnTest(COLUMNS["state"], one_of=("STOPPED", "QUEUED", "COMPLETED")),
    ColumnTest(COLUMNS["reason"], contains="e"), ColumnTest(COLUMNS["reason"], contains="_"),
    ColumnTest(COLUMNS["best_value"], at_most=0.5), ColumnTest(COLUMNS["rung"], missing=True),
    ColumnTest(COLUMNS["rung"], missing=False), ColumnTest(COLUMNS["worker"], missing=True),
    ColumnTest(COLUMNS["checkpoint_uri"], missing=False, contains="A"),
    ColumnTest(COLUMNS["worker_time"], at_least=0.0),
    ColumnTest(parameter(SPACE, "n"), at_least=3, one_of=(3, 4, 5)),
    ColumnTest(parameter(SPACE, "n"), missing=True),
    ColumnTest(parameter(SPACE, "lr"), at_least=1e-3, at_most=0.1),
    *(ColumnTest(parameter(SPACE, "o"), one_of=(value,)) for value in ("a", 1, 1.0, True, False)),
    ColumnTest(parameter(SPACE, "o"), one_of=("a", 1.0)),
    ColumnTest(parameter(SPACE, "o"), at_least=0), ColumnTest(parameter(SPACE, "o"), contains="A"),
]  # fmt: skip


@pytest.mark.parametrize("test", TESTS, ids=lambda test: repr(test)[:60])
def test_a_test_finds_the_same_in_sql_and_of_rows(history, trials, test):
    where, values = ["study = 1"], []
    for condition, bound in test.sql():
        where.append(f"({condition})")
        values += bound
    found = history.reader.rows(rows.select("trial", " AND ".join(where)), tuple(values))
    numbers = {rows.trial(row).number for row in found}
    assert numbers == {row.number for row in trials if test.passes(row, json.loads(row.params))}


def test_the_kind_of_a_parameter():
    kinds = [column.kind for column in PARAMETERS]
    assert kinds == [ColumnKind.NUMBER, ColumnKind.INTEGER, ColumnKind.CHOICE]
    assert [column.numeric for column in PARAMETERS] == [True, True, False]
    assert parameter(SPACE, "nothing") is None


def test_small_letters_are_those_of_sqlite():
    assert lower("ÄBC-x") == "Äbc-x"


def test_the_first_trials_are_a_fair_sample():
    halves = [sum(sample(n) < 2**31 for n in range(many)) / many for many in (100, 10_000)]
    assert halves == pytest.approx([0.5, 0.5], abs=0.02)
    assert len({sample(n) for n in range(10_000)}) == 10_000
