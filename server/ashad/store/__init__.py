"""The store: every study in one SQLite file. The only place that knows SQLite.

schema    tables and migrations
rows      records to rows and back, with a checksum on each
file      opening, refusing, and the one connection that writes and checkpoints
reader    what a study may ask of its past, and lists
load      a study from its rows
audit     every checksum, and the replay of every study
"""

from ashad.store.audit import audit
from ashad.store.file import Batch, DiskFull, NotOurs, Store, StoreError
from ashad.store.load import load
from ashad.store.reader import Reader
from ashad.store.rows import Damaged, StudyRow

__all__ = [
    "Batch", "Damaged", "DiskFull", "NotOurs", "Reader", "Store", "StoreError", "StudyRow",
    "audit", "load",
]  # fmt: skip
