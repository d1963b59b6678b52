"""The scheduler: owns the studies and is the only one who changes them.

commit      records to the store, many calls in one transaction, no reply before its fsync
leases      who holds which trial until when, on the monotonic clock
scheduler   the studies: decide, record, commit, reply
"""

from ashad.scheduler.commit import Committer, Executor, ThreadExecutor
from ashad.scheduler.scheduler import Clock, Scheduler

__all__ = ["Clock", "Committer", "Executor", "Scheduler", "ThreadExecutor"]
