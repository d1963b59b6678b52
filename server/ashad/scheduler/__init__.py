"""The scheduler: holds the studies and is the only one who changes them.

scheduler     decide, record, commit, reply: composed of what follows
assigner      which worker gets a trial, and which has to wait
quotas        how many trials may run, for whom, and whose turn it is
registry      the studies in memory, as the file has them
recorder      records to the commit, the leases and the log
group_commit  records to the file, many calls in one transaction, no reply before its fsync
leases        who holds which trial until when, and the ticks that end it
worker_names  two living processes with one name
background    studies read again, rows removed, queues cancelled, a little at a time
wait_queue    workers that wait for a trial
notifier      watchers, woken when a study has changed
proposals     samplers that are not part of the core
ports         the clocks and the log that the scheduler is given
"""

from ashad.scheduler.group_commit import Executor, GroupCommit, InlineExecutor, ThreadExecutor
from ashad.scheduler.ports import Clock, Log
from ashad.scheduler.quotas import QuotaUse, Slot
from ashad.scheduler.registry import StudyEntry
from ashad.scheduler.scheduler import Scheduler

__all__ = [
    "Clock",
    "Executor",
    "GroupCommit",
    "InlineExecutor",
    "Log",
    "QuotaUse",
    "Scheduler",
    "Slot",
    "StudyEntry",
    "ThreadExecutor",
]
