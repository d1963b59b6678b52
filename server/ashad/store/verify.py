"""What is looked at before a file is served, so that no altered byte gives a wrong answer.

SQLite keeps no checksums of its pages: an index that lacks an entry, or a count over a state that
was altered, would be believed. So of a file of usual size the structure, the indexes and the
checksum of each row are read before it is served. Of a larger one `ashad db check` does that, and
the daemon checks each row that it reads.
"""

from __future__ import annotations

import sqlite3
from itertools import chain

from ashad.store.audit import _checksums, _structure
from ashad.store.failures import Damaged
from ashad.store.reader import Reader

USUAL = 64 * 1024 * 1024  # bytes; read in a second or two


def verify(reader: Reader) -> None:
    """Raise `Damaged`, naming the first thing that is wrong, where the file is not to be served."""
    try:
        [(pages,)], [(page,)] = reader.rows("PRAGMA page_count"), reader.rows("PRAGMA page_size")
        if pages * page > USUAL:
            return
        found = next(chain(_structure(reader), _checksums(reader)), None)
    except (sqlite3.Error, ValueError) as error:  # ValueError: text that is none
        raise Damaged(str(error)) from error
    if found is not None:
        raise Damaged(found)
