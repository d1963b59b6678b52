"""The scheduler: owns the studies and is the only one who changes them.

group_commit  records to the store, many calls in one transaction, no reply before its fsync
leases        who holds which trial until when, on the monotonic clock
registry      the studies in memory, as the file has them
proposals     samplers that are no part of the core
wait_queue    workers that wait for a trial
notifier      watchers, woken when a study has changed
upkeep        what is owed to time and to the file
scheduler     the studies: decide, record, commit, reply
"""

from ashad.scheduler.group_commit import Committer, Executor, InlineExecutor, ThreadExecutor
from ashad.scheduler.scheduler import Scheduler
from ashad.scheduler.upkeep import Clock

__all__ = ["Clock", "Committer", "Executor", "InlineExecutor", "Scheduler", "ThreadExecutor"]
