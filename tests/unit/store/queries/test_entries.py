"""Rung entries by columns are what each row says by itself, however few are read at a time."""

from __future__ import annotations

from math import isnan, nan
from pathlib import Path

import pytest
from ashad.core.recovery.restore import outcome
from ashad.store import DamagedError, rows
from ashad.store.codes import BRACKET, WORDS
from ashad.store.queries import entries as module
from ashad.store.queries.entries import entries

from tests.support.history import History


def plain(history: History) -> list[tuple[object, ...]]:
    """Read them row by row, the failures among them."""
    reader, found = history.reader, []
    for row in reader.rows(rows.select("entry", "study = 1 ORDER BY seq")):
        _, seq, trial, first, last, rung, verdict, *_, value, _ = rows.open_row("entry", row)
        reason = outcome(WORDS[verdict % BRACKET].reason)
        found.append((seq, trial, verdict // BRACKET, first, last, value, rung, reason))
    for seq, trial, rung in reader.rows(
        "SELECT seq, trial, rung FROM change WHERE kind IN ('FAILED', 'LOST') AND rung IS NOT NULL"
    ):
        [(bracket,)] = reader.rows("SELECT bracket FROM trial WHERE number = ?", (trial,))
        found.append((seq, trial, bracket, rung, rung, None, rung, 0))
    return sorted(found, key=lambda entry: entry[0])


@pytest.mark.parametrize("part", [1, 2, 7, 1000])
def test_they_come_in_order_with_the_failures_among_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr("ashad.store.reader._PART", part)
    failures = 0
    for seed in range(6):
        history = History(tmp_path / f"{seed}.db", seed, imports=True)
        for _ in range(100):
            history.step()
        found = [
            tuple(None if isinstance(cell, float) and isnan(cell) else cell for cell in entry)
            for part_ in entries(history.reader, 1)
            for entry in zip(*(column.tolist() for column in part_), strict=True)
        ]
        wanted = plain(history)
        assert found == wanted, f"seed {seed}"
        failures += sum(entry[5] is None for entry in wanted)
        history.close()
    assert failures > 5


@pytest.mark.parametrize("column", ["trial", "rank", "value", "cutoff", "crc"])
def test_an_altered_cell_is_refused_by_the_name_of_its_row(tmp_path: Path, column: str) -> None:
    history = History(tmp_path / "a.db", 1)
    for _ in range(60):
        history.step()
    written = history.reader.rows(rows.select("entry", "study = 1 ORDER BY seq"))
    at = [*rows.COLUMNS["entry"], "crc"].index(column)
    row = list(written[3])
    row[at] = 0.25 if row[at] is None else row[at] + 1
    with pytest.raises(DamagedError, match=f"study 1, seq {row[1]}: the row is not what"):
        module._columns([*map(_infinite, written[:3]), _infinite(row), _infinite(written[4])])
    history.close()


def test_a_cell_that_is_no_number_is_refused_too(tmp_path: Path) -> None:
    row = (1, 5, 0, 0, 0, 0, "word", 1, 1, 1, 1, 0.5, nan, 0)
    with pytest.raises(DamagedError, match="study 1, seq 5"):
        module._columns([row])


def _infinite(row: tuple[object, ...] | list[object]) -> tuple[object, ...]:
    """Return a row as the statement gives it: infinity for NULL."""
    return tuple(float("inf") if cell is None else cell for cell in row)
