"""What is looked at before a file is served, so that no altered byte gives a wrong answer.

SQLite keeps no checksums of its pages: an index that lacks an entry, or a count over a state that
was altered, would be believed. So of a file of usual size the structure, the indexes and the
checksum of each row are read before it is served. Of a larger one `ashad db check` does that, and
the daemon checks each row that it reads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import chain

from ashad.store import rows
from ashad.store.codes import ENTERED
from ashad.store.errors import DamagedError
from ashad.store.reader import Reader
from ashad.store.schema import SHAPE, digest, shape, upgrade

# Reports that entered a rung without a row that says so, and such rows of no report. What is left
# of a deleted study goes bit by bit.
_HALVES = f"""
    SELECT * FROM (
        SELECT 'report', study, seq FROM report LEFT JOIN entry USING (study, seq)
        WHERE report.verdict & {ENTERED} AND entry.crc IS NULL
        UNION ALL
        SELECT 'entry', study, seq FROM entry LEFT JOIN report USING (study, seq)
        WHERE entry.verdict IS NOT report.verdict
    ) WHERE study NOT IN (SELECT id FROM study WHERE mode = '{rows.DELETED}')
"""  # noqa: S608 - our names

USUAL = 64 * 1024 * 1024  # bytes; read in a second or two


def verify(reader: Reader) -> None:
    """Raise `DamagedError`, which names the first thing that is wrong with the file."""
    with reader.snapshot():
        [(pages,)], [(page,)] = reader.rows("PRAGMA page_count"), reader.rows("PRAGMA page_size")
        if pages * page > USUAL:
            return
        found = next(chain(structure(reader), checksums(reader)), None)
    if found is not None:
        raise DamagedError(found)


def structure(reader: Reader) -> Iterator[str]:
    """Yield what is wrong with pages and indexes, and what differs from the tables we make."""
    for (line,) in reader.rows("PRAGMA integrity_check"):
        if line != "ok":
            yield line
    found = shape(reader.connection)
    if digest(found) == SHAPE:
        return
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        upgrade(fresh)
        due = shape(fresh)
    yield from (f"missing: {name}" for name in sorted(due - found))
    yield from (f"not made by ashad: {name}" for name in sorted(found - due))


def checksums(reader: Reader) -> Iterator[str]:
    """Yield each row that is not what was written, and each that lacks its other half."""
    for table in rows.COLUMNS:
        for row in reader.stream(rows.select(table, "1")):
            try:
                rows.open_row(table, row)
            except DamagedError as error:
                yield str(error)
    for table, study, seq in reader.rows(_HALVES):
        yield f"table {table}, study {study}, seq {seq}: its row of the other table is missing"
