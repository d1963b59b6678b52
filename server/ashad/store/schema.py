"""The version of the tables, and the way to it. In sequence order the tables are the log.

One migration per version; never changed after a release. A file is brought from its version to this
one in a single transaction, the version number included: it is the old or the new, never between.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from ashad.store.migrations.v1 import first_tables
from ashad.store.migrations.v2 import reports_in_half_the_bytes
from ashad.store.migrations.v3 import typed_view
from ashad.store.migrations.v4 import remarks
from ashad.store.migrations.v5 import imported_reports
from ashad.store.migrations.v6 import lineage

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x41534841  # "ASHA"
VERSION = 6  # that of the last migration
SHAPE = "294c7faefaf53c08"  # of its `shape`, as `digest` says


@dataclass(frozen=True, slots=True)
class Schema:
    """A version, and the functions that lead to it from any older one."""

    version: int
    migrations: tuple[Callable[[Database], None], ...]


CURRENT = Schema(
    VERSION,
    (
        first_tables,
        reports_in_half_the_bytes,
        typed_view,
        remarks,
        imported_reports,
        lineage,
    ),
)


def upgrade(connection: sqlite3.Connection, schema: Schema = CURRENT) -> None:
    """Bring an empty or older file to a version, in one transaction.

    A migration uses `execute` only: `executescript` would commit what was done so far.
    """
    # Not at the top: it imports pandas where that is installed, half a second and 100 MiB that a
    # daemon on a file that is up to date does not need.
    from sqlite_utils import Database, Migrations  # noqa: PLC0415

    migrations = Migrations("ashad")
    for migration in schema.migrations:
        migrations()(migration)
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.apply(Database(connection, execute_plugins=False))
        connection.execute(f"PRAGMA user_version = {schema.version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def shape(connection: sqlite3.Connection) -> set[str]:
    """Name every column, index, trigger and view, for comparing two files.

    A column that a migration added is the same as one that was there from the start, so tables are
    compared by what their columns are, not by the text that made them. Litestream keeps tables of
    its own in a file that it replicates.
    """
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' "
        "AND name NOT IN ('_litestream_seq', '_litestream_lock')"
    ).fetchall()
    found = {
        f"column {table}.{name} {kind}{' NOT NULL' * must}{f' KEY {key}' * bool(key)}"
        for (table,) in tables
        if not table.startswith("sqlite_")
        for name, kind, must, key in connection.execute(
            'SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?)', (table,)
        )
    }
    others = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL"
    )
    return found | {f"{kind} {name}: {sql}" for kind, name, sql in others}


def digest(shape: Iterable[str]) -> str:
    """Return a shape in a few letters."""
    return blake2b("\n".join(sorted(shape)).encode(), digest_size=8).hexdigest()
