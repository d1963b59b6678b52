"""The store: every study in one SQLite file. The only place that knows SQLite.

errors      what may go wrong with the file, by name
schema      tables and views
header      which file it is, before anything is written; the connection that cannot write
migrations  from each earlier version
codes       numbers for the words of a decision
rows        records to rows and back, with a checksum on each
writer      the one connection that writes and checkpoints
reader      what a study may ask of its past, and lists
load        a study from its rows
check       the quick check at start, and the full audit
backup      copies that are whole and verified; a restore that can be cut off at any point
"""

from ashad.store.backup import NotDone, Wrong, backup, refuse_unsettled, restore
from ashad.store.check.audit import Checked, audit
from ashad.store.check.verify import verify
from ashad.store.errors import Damaged, DiskFull, Locked, NotOurs, NotWritten, StoreError
from ashad.store.load import load
from ashad.store.reader import Reader
from ashad.store.rows import StudyRow, gone
from ashad.store.writer import Batch, Store

__all__ = [
    "Batch", "Checked", "Damaged", "DiskFull", "Locked", "NotDone", "NotOurs", "NotWritten",
    "Reader", "Store", "StoreError", "StudyRow", "Wrong", "audit", "backup", "gone", "load",
    "refuse_unsettled", "restore", "verify",
]  # fmt: skip
