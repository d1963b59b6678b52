"""The audit: an altered row is named, a deleted one is found by the replay."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from ashad.store import audit

from tests.support.history import History


def _small(path: Path) -> None:
    history = History(path, 3)
    for _ in range(60):
        history.step()
    history.close()


@pytest.mark.parametrize("table", ["study", "event", "trial", "change", "report", "entry"])
def test_an_altered_row_is_refused_by_name(tmp_path: Path, table: str) -> None:
    path = tmp_path / "a.db"
    _small(path)
    column = {"study": "seed", "trial": "worker_time", "report": "value", "entry": "rank"}.get(
        table, "time"
    )
    key = {"study": "id", "trial": "number"}.get(table, "seq")
    connection = sqlite3.connect(path)
    altered = connection.execute(
        f"UPDATE {table} SET {column} = {column} + 1 WHERE {key} = "
        f"(SELECT {key} FROM {table} WHERE {column} IS NOT NULL LIMIT 1)"
    )
    assert altered.rowcount == 1
    connection.commit()
    connection.close()

    found = list(audit(path))

    assert any(f"table {table}" in line for line in found), found


def test_a_deleted_row_is_found_by_the_replay(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    _small(path)
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM report WHERE seq = (SELECT max(seq) FROM report)")
    connection.commit()
    connection.close()

    assert list(audit(path))
