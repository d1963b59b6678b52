"""The store: every study in one SQLite file. The only place that knows SQLite.

errors       what may go wrong with the file, by name
schema       tables and views
header       which file it is, and of which epoch; the connection that cannot write
migrations   from each earlier version
codes        numbers for the words of a decision
rows         records to rows and back, with a checksum on each
writer       the one connection that writes and checkpoints
reader       what a study may ask of its past, and lists
archive      the rows of one study, as it asks for them
reader_pool  threads that read, each with a connection of its own
load         a study from its rows
queries      questions whose answer is small, whatever the number of rows
check        the quick check at start, and the full audit
inode_lock   one who writes a file, by whatever name
backup       copies that are whole and verified; a restore that can be cut off at any point
"""

from ashad.store.backup import (
    NotCopiedError,
    SourceDamagedError,
    backup,
    refuse_unsettled,
    restore,
    settle,
)
from ashad.store.check.audit import Checked, audit
from ashad.store.check.verify import verify
from ashad.store.errors import (
    DamagedError,
    DiskFullError,
    InUseError,
    LockedError,
    NotWrittenError,
    StoreError,
    UnusableFileError,
)
from ashad.store.header import epoch
from ashad.store.inode_lock import inode_lock
from ashad.store.load import load
from ashad.store.reader import Reader
from ashad.store.reader_pool import ReaderPool
from ashad.store.rows import StudyRow, gone
from ashad.store.writer import Batch, Writer

__all__ = [
    "Batch",
    "Checked",
    "DamagedError",
    "DiskFullError",
    "InUseError",
    "LockedError",
    "NotCopiedError",
    "NotWrittenError",
    "Reader",
    "ReaderPool",
    "SourceDamagedError",
    "StoreError",
    "StudyRow",
    "UnusableFileError",
    "Writer",
    "audit",
    "backup",
    "epoch",
    "gone",
    "inode_lock",
    "load",
    "refuse_unsettled",
    "restore",
    "settle",
    "verify",
]
