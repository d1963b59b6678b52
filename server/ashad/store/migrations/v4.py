"""From version 3 to 4: what people say, and where attempts ran. Never changed after a release.

An assignment may name attributes, which stand once for all attempts that share them: `attributes`
of `change` is the number of their row. No row that was there before is touched: the checksum of a
change without attributes is what it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_STATEMENTS = (
    """
CREATE TABLE annotation (
    study INTEGER NOT NULL, trial INTEGER NOT NULL, seq INTEGER NOT NULL, note TEXT NOT NULL,
    labels TEXT NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (study, trial)
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE attributes (
    study INTEGER NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (study, number)
) STRICT, WITHOUT ROWID""",
    "ALTER TABLE change ADD COLUMN attributes INTEGER",
    """
CREATE INDEX change_attributes ON change (study, attributes, trial, attempt)
    WHERE attributes IS NOT NULL""",
)


def remarks(db: Database) -> None:
    """Make the tables of annotations and attributes."""
    for statement in _STATEMENTS:
        db.execute(statement)
