"""Files that earlier commits wrote: each opens, checks, and replays every decision."""

from __future__ import annotations

import ast
import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ashad.store import Checked, Reader, Writer, audit, backup, load, restore
from ashad.store.header import identify
from ashad.store.schema import VERSION

from tests.support import ROOT
from tests.support.steps import dump

DATA = ROOT / "tests" / "data"
FILES = {  # by the commit that wrote it: its version, and how many studies and reports it has
    "086ad7d": (1, 4, 161),  # the very first
    "fc751c7": (1, 4, 161),  # the last of version 1
    "ca6785e": (2, 6, 0),
    "fab0ee4": (3, 5, 233),  # the last of version 3
    "245a46f": (4, 5, 233),  # the last of version 4, with notes, labels and attributes
    "65bb419": (5, 6, 314),  # the last of version 5, with imports, constraints and priors
}


def written_by(commit: str, path: Path) -> Path:
    path.write_bytes(gzip.decompress((DATA / f"studies_{commit}.db.gz").read_bytes()))
    return path


@pytest.mark.parametrize("commit", FILES)
def test_a_file_of_an_earlier_commit_opens_and_replays(tmp_path: Path, commit: str) -> None:
    version, studies, reports = FILES[commit]
    db = written_by(commit, tmp_path / "a.db")
    assert identify(db) == version
    old = dump(db)

    Writer(db).close()

    assert identify(db) == VERSION
    counted = Checked()
    assert list(audit(db, counted)) == []
    assert counted.studies >= studies
    assert counted.reports >= reports
    with closing(Reader(db)) as reader:
        for row in reader.studies():
            load(reader, row).state.check()
    saved = tmp_path / f"a.db.v{version}.backup"
    assert identify(saved) == version
    assert dump(saved) == old


@pytest.mark.parametrize("commit", FILES)
def test_it_is_restored_too(tmp_path: Path, commit: str) -> None:
    source, db = written_by(commit, tmp_path / "old.db"), tmp_path / "a.db"
    restore(source, db)
    assert list(audit(db)) == []
    assert identify(source) == FILES[commit][0]
    backup(db, tmp_path / "copy.db")


def test_a_migration_carries_its_own_codec() -> None:
    """What it imports of the product may not change under it: names of errors only."""
    folder = ROOT / "server" / "ashad" / "store" / "migrations"
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("ashad"):
                assert node.module == "ashad.store.errors", path


def test_numbers_in_the_readable_view_are_numbers(tmp_path: Path) -> None:
    db = written_by("086ad7d", tmp_path / "a.db")
    Writer(db).close()
    with closing(sqlite3.connect(db)) as file:
        kinds = file.execute(
            "SELECT typeof(value), diverged IS NOT NULL, count(*) FROM report_in_words "
            "GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
        assert [kind[:2] for kind in kinds] == [("null", 1), ("real", 0)]
        [(average, above)] = file.execute(
            "SELECT avg(value), count(*) FILTER (WHERE value > 1e9) FROM report_in_words"
        )
        assert average == pytest.approx(file.execute("SELECT avg(value) FROM report").fetchone()[0])
        assert above == 0
        assert {row[0] for row in file.execute("SELECT diverged FROM report_in_words")} == {
            None, "nan", "inf",
        }  # fmt: skip
