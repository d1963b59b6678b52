"""What is looked at before a file is served: half a report, and a study that is damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from ashad.store import DamagedError, Reader, Writer, load, verify

from tests.support.history import History


def _small(path: Path) -> None:
    history = History(path, 3)
    for _ in range(60):
        history.step()
    history.close()


@pytest.mark.parametrize("table", ["report", "entry"])
def test_half_of_a_report_is_missed_before_it_is_served(tmp_path: Path, table: str) -> None:
    path = tmp_path / "a.db"
    _small(path)
    connection = sqlite3.connect(path)
    connection.execute(f"DELETE FROM {table} WHERE seq = (SELECT max(seq) FROM entry)")
    connection.commit()
    connection.close()
    reader = Reader(path)

    with pytest.raises(DamagedError, match="its row of the other table is missing"):
        verify(reader)
    if table == "entry":
        with pytest.raises(DamagedError, match="its rung entry is missing"):
            list(reader.reports(1))
    reader.close()


def test_a_damaged_study_is_not_served(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    _small(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE event SET body = replace(body, 'loss', 'lass')")
    connection.commit()
    connection.close()
    store, reader = Writer(path), Reader(path)

    with pytest.raises(DamagedError, match="table event"):
        load(reader, reader.studies()[0])

    reader.close()
    store.close()
