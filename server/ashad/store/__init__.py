"""The store: every study in one SQLite file. The only place that knows SQLite.

failures  what may go wrong with the file, by name
schema    tables and migrations
identity  which file it is, before anything is written; the connection that cannot write
second    the migration to version 2
words     numbers for what a report was told
rows      records to rows and back, with a checksum on each
file      opening, refusing, and the one connection that writes and checkpoints
reader    what a study may ask of its past, and lists
load      a study from its rows
verify    what is looked at before a file is served
audit     every checksum, and the replay of every study
backup    copies that are whole and verified; a restore that is done or not, whenever it is cut off
"""

from ashad.store.audit import Checked, audit
from ashad.store.backup import NotDone, Wrong, backup, refuse_unsettled, restore
from ashad.store.failures import Damaged, DiskFull, Locked, NotOurs, NotWritten, StoreError
from ashad.store.file import Batch, Store
from ashad.store.load import load
from ashad.store.reader import Reader
from ashad.store.rows import StudyRow, gone
from ashad.store.verify import verify

__all__ = [
    "Batch", "Checked", "Damaged", "DiskFull", "Locked", "NotDone", "NotOurs", "NotWritten",
    "Reader", "Store", "StoreError", "StudyRow", "Wrong", "audit", "backup", "gone", "load",
    "refuse_unsettled", "restore", "verify",
]  # fmt: skip
