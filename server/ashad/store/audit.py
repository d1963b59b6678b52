"""The audit: SQLite's own check, every checksum, and the replay of every study."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ashad.core.records import Change, Event, Report
from ashad.core.replay import Differs, replay
from ashad.core.restore import snapshot
from ashad.store import rows
from ashad.store.failures import Damaged
from ashad.store.load import load
from ashad.store.reader import Reader


def audit(path: Path) -> Iterator[str]:
    """Yield one line for each thing that is wrong with the file; nothing where all is right."""
    try:
        reader = Reader(path)
        yield from _structure(reader)
        yield from _checksums(reader)
        for study in reader.studies():
            yield from _study(reader, study)
        reader.close()
    except (sqlite3.Error, Damaged) as error:
        yield f"{path}: {error}"


def _structure(reader: Reader) -> Iterator[str]:
    for (line,) in reader.rows("PRAGMA integrity_check"):
        if line != "ok":
            yield line


def _checksums(reader: Reader) -> Iterator[str]:
    for table in rows.COLUMNS:
        for row in reader.connection.execute(rows.select(table, "1")):
            try:
                rows.open_row(table, row)
            except Damaged as error:
                yield str(error)


def _study(reader: Reader, study: rows.StudyRow) -> Iterator[str]:
    try:
        replayed = replay(study.name, study.uid, study.seed, _log(reader, study.id))
        for row in reader.trials(study.id):
            made = replayed.state.trial(row.number).row()
            if row.state not in ("QUEUED", "RUNNING") and made != row:
                yield f"study {study.name}, trial {row.number}: recorded {row}, replayed {made}"
        before, after = snapshot(load(reader, study).state), snapshot(replayed.state)
        for name in before:
            if before[name] != after[name]:
                yield f"study {study.name}: {name} loaded is not {name} replayed"
    except (Differs, Damaged, AssertionError) as error:
        yield f"study {study.name}: {error}"


def _log(reader: Reader, study: int) -> Iterator[Report | Change | Event]:
    """Yield the rows of the log in the order of their sequence numbers."""
    select = "study = ? ORDER BY seq"
    parts: list[Iterator[Report | Change | Event]] = [
        iter(reader.events(study)),
        (
            rows.change(r)
            for r in reader.connection.execute(rows.select("change", select), (study,))
        ),
        (
            rows.report(r)
            for r in reader.connection.execute(rows.select("report", select), (study,))
        ),
    ]
    yield from heapq.merge(*parts, key=lambda record: record.seq)
