"""A study read from its file is the study that wrote it, at every step of random histories.

Also: the recorded requests, run again, give the recorded rows; an altered byte is refused by name.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
from pathlib import Path

import pytest
from ashad.core.history.records import Decision, Report
from ashad.core.recovery.restore import snapshot
from ashad.store import Batch, DamagedError, Reader, UnusableFileError, Writer, audit, load, verify

from tests.support import size
from tests.support.history import History

SEEDS = [
    *range(5),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(5, size(20, 400))),
]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_restored_study_is_the_live_one_at_every_step(tmp_path: Path, seed: int) -> None:
    history = History(tmp_path / "a.db", seed)
    for step in range(120):
        verb = history.step()
        restored = load(history.reader, history.reader.studies()[0])
        live, loaded = snapshot(history.study.state), snapshot(restored.state)
        for name in live:
            assert live[name] == loaded[name], f"seed {seed}, step {step} ({verb}): {name}"
    history.commit(history.study.stop(history.now), header=True)
    history.close()

    assert list(audit(tmp_path / "a.db")) == []


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


def test_a_report_is_found_by_its_key_among_many(tmp_path: Path) -> None:
    """By halves, so at both ends, in the middle, and between the attempts."""
    store, reader = Writer(tmp_path / "a.db"), Reader(tmp_path / "a.db")
    decision, batch, chance = Decision("CONTINUE", "BETWEEN_RUNGS"), Batch(), random.Random(5)
    keys, seq = [], 0
    for attempt in (1, 2, 5):
        for resource in sorted(chance.sample(range(1, 200), 60)):
            for trial in (3, 4):
                seq += chance.randint(1, 9)
                keys.append((trial, attempt, resource))
                batch.add(1, [Report(seq, 0, *keys[-1], 0.5, *[None] * 5, decision)])
    store.commit(batch)
    archive = reader.archive(1)
    for key in itertools.product((2, 3, 4), range(7), range(201)):
        found = archive.report(*key)
        assert (found is not None) == (key in keys), key
        assert found is None or (found.trial, found.attempt, found.resource) == key
    reader.close()
    store.close()


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


@pytest.mark.parametrize(
    ("pragma", "words"),
    [("application_id = 7", "another program"), ("user_version = 99", "newer ashad")],
)
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, pragma: str, words: str) -> None:
    path = tmp_path / "a.db"
    _small(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA {pragma}")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(UnusableFileError, match=words):
        Writer(path)

    assert path.read_bytes() == before


def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" * 1000)
    before = path.read_bytes()

    with pytest.raises(UnusableFileError):
        Writer(path)

    assert path.read_bytes() == before
