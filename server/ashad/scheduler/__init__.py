"""The scheduler: owns the studies and is the only one who changes them.

commit      records to the store, many calls in one transaction, no reply before its fsync
leases      who holds which trial until when, on the monotonic clock
shelf       the studies in memory, as the file has them
outside     samplers that are no part of the core
waiting     the line of workers that wait for a trial
watching    who is woken when a study has changed
upkeep      what is owed to time and to the file
scheduler   the studies: decide, record, commit, reply
"""

from ashad.scheduler.commit import Committer, Executor, InlineExecutor, ThreadExecutor
from ashad.scheduler.scheduler import Scheduler
from ashad.scheduler.upkeep import Clock

__all__ = ["Clock", "Committer", "Executor", "InlineExecutor", "Scheduler", "ThreadExecutor"]
