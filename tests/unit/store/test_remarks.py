"""Notes, labels and attributes in the file: loaded, replayed, audited, purged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ashad.core.history.records import OF_STUDY
from ashad.core.recovery.restore import snapshot
from ashad.store import Reader, Writer, audit, load

from tests.support.history import History


def lived(path: Path, seed: int, steps: int = 120) -> History:
    history = History(path, seed, remarks=True)
    for _ in range(steps):
        history.step()
    return history


def write(db: Path, statement: str) -> None:
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        connection.execute(statement)
        assert connection.execute("SELECT changes()").fetchone()[0] > 0


@pytest.mark.parametrize("seed", range(8))
def test_what_was_said_is_loaded_and_replayed(tmp_path: Path, seed: int) -> None:
    history = lived(tmp_path / "a.db", seed)
    state = history.study.state
    with closing(Reader(tmp_path / "a.db")) as reader:
        loaded = load(reader, reader.studies()[0]).state
        kept = {one.trial: one for one in reader.annotations(1)}
        state.committed(state.seq)
        assert snapshot(loaded) == snapshot(state)
        for trial in range(OF_STUDY, state.trials):
            said = state.annotations.of(trial)
            assert loaded.annotations.of(trial) == said
            assert kept.get(trial, said._replace(seq=0)) == said
    history.close()
    assert list(audit(tmp_path / "a.db")) == []


def test_what_is_not_committed_yet_is_told_all_the_same(tmp_path: Path) -> None:
    history = lived(tmp_path / "a.db", 1, steps=30)
    study = history.study
    made = study.say(history.now, 0, "first", ["a"])
    made += study.say(history.now, 0, "second", ["a", "b"])
    assert study.state.annotations.of(0).note == "second"
    study.state.committed(study.state.seq - 1)
    assert study.state.annotations.of(0).note == "second"
    history.commit(made)
    study.state.committed(study.state.seq)
    assert study.state.annotations.of(0).note == "second"
    history.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE annotation SET note = note || '.'", "table annotation"),
        ("UPDATE attributes SET body = '{}'", "table attributes"),
        ("DELETE FROM attributes", "table change"),
        ("UPDATE change SET attributes = NULL WHERE attributes IS NOT NULL", "table change"),
        ("UPDATE change SET attributes = 1 WHERE attributes IS NULL", "table change"),
        ("DELETE FROM annotation WHERE trial >= 0", "notes or labels"),
    ],
)
def test_an_altered_row_is_found(tmp_path: Path, statement: str, said: str) -> None:
    db = tmp_path / "a.db"
    lived(db, 2).close()
    assert list(audit(db)) == []
    if "= 1" in statement:  # of an assignment without, that such attributes be there
        write(db, "INSERT INTO attributes SELECT study, 1, body, crc FROM attributes LIMIT 1")
    write(db, statement)
    assert [line for line in audit(db) if said in line]


def test_attributes_stand_once_and_go_with_their_study(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    lived(db, 3).close()
    with closing(sqlite3.connect(db)) as connection:
        [(named, known)] = connection.execute(
            "SELECT count(attributes), count(DISTINCT attributes) FROM change"
        )
        [(stored,)] = connection.execute("SELECT count(*) FROM attributes")
    assert named > known == stored
    writer = Writer(db)
    while not writer.purge(1):
        pass
    writer.close()
    with closing(sqlite3.connect(db)) as connection:
        for table in ("attributes", "annotation", "event"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
