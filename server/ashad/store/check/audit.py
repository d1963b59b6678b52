"""The audit: SQLite's own check, tables and indexes, every checksum, the replay of every study.

It reads one snapshot of the file, so it can be run on a file that a daemon serves. The log (-wal)
cannot begin anew while it runs and grows by what is written meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ashad.core.errors import RefusalError
from ashad.core.history.archive import DigestArchive
from ashad.core.history.records import Change, Event, Report
from ashad.core.recovery.replay import ReplayMismatchError, replay
from ashad.core.recovery.restore import snapshot
from ashad.core.space import Params
from ashad.store import rows
from ashad.store.check.verify import checksums, structure
from ashad.store.errors import DamagedError, StoreError
from ashad.store.header import identify
from ashad.store.load import load
from ashad.store.reader import Reader
from ashad.store.schema import VERSION

# What a study can die of whose rows are each as written but do not belong together.
_WRONG = (
    AssertionError,
    ArithmeticError,
    DamagedError,
    ReplayMismatchError,
    LookupError,
    RefusalError,
    TypeError,
    ValueError,
)


@dataclass(slots=True)
class Checked:
    """What an audit has gone through so far."""

    studies: int = 0
    trials: int = 0
    reports: int = 0
    decisions: int = 0  # replayed: those of reports, and every other record of the log


def audit(path: Path, checked: Checked | None = None) -> Iterator[str]:
    """Yield one line for each thing that is wrong with the file; nothing where all is right."""
    checked = checked or Checked()
    try:
        version = identify(path)
        if version is None:
            yield f"{path} is missing or empty"
        elif version < VERSION:
            yield (
                f"{path} has schema {version}, which is older than this ashad; "
                "the daemon brings it up to date when it starts"
            )
        else:
            with closing(Reader(path)) as reader, reader.snapshot():
                yield from structure(reader)
                yield from checksums(reader)
                yield from _orphans(reader)
                for study in reader.studies():
                    checked.studies += 1
                    yield from _study(reader, study, checked)
    except StoreError as error:
        text = str(error)
        yield text if text.startswith(str(path)) else f"{path}: {text}"


def _orphans(reader: Reader) -> Iterator[str]:
    for table in rows.COLUMNS:
        if table != "study":
            # The name comes from COLUMNS. A takeover is an event of no study.
            found = f"SELECT DISTINCT study FROM {table} WHERE study NOT IN (SELECT id FROM study)"  # noqa: S608
            found += " AND (study, kind) <> (0, 'TAKEN_OVER')" if table == "event" else ""
            for (study,) in reader.rows(found):
                yield f"table {table}: rows of study {study}, which is not there"


def _study(reader: Reader, study: rows.StudyRow, checked: Checked) -> Iterator[str]:
    try:
        log = _counted(reader.log(study.id), checked)
        trace = DigestArchive()
        archive = reader.archive(study.id)

        def params(number: int) -> Params:
            row = archive.trial(number)
            return {} if row is None else json.loads(row.params)

        replayed = replay(study.name, study.uid, study.seed, log, trace, params)
        for row in reader.trials(study.id):
            checked.trials += 1
            if row.state not in ("QUEUED", "RUNNING") and not trace.is_latest(row):
                yield f"study {study.name}, trial {row.number}: the replay ends in another {row}"
        if not trace.is_all_said(reader.annotations(study.id)):
            yield f"study {study.name}: notes or labels are not what the replay ends in"
        before, after = snapshot(load(reader, study).state), snapshot(replayed.state)
        for name in before:
            if before[name] != after[name]:
                yield f"study {study.name}: {name} loaded is not {name} replayed"
    except _WRONG as error:
        yield f"study {study.name}: {str(error) or type(error).__name__}"


def _counted(
    log: Iterator[Report | Change | Event], checked: Checked
) -> Iterator[Report | Change | Event]:
    for record in log:
        yield record
        checked.decisions += 1
        checked.reports += isinstance(record, Report)
