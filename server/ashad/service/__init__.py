"""The service: the only place that knows the wire. Proto to plain arguments and back.

from_proto            messages to plain values, refusing what is malformed
to_proto              plain values to messages
status                refusals to gRPC statuses, once; no exception text ever leaves
auth                  which rpc needs what, and which token has it
handlers              which rpc of the contract is handled by what
shapes                what gRPC calls the shapes of an rpc
scheduler_service     SchedulerService
watch                 what watchers are told
study_service         StudyService
explanations          ExplainTrial
obsolete_checkpoints  ListObsoleteCheckpoints
"""

from ashad.service.auth import Door, Turnstile
from ashad.service.handlers import handlers
from ashad.service.scheduler_service import SchedulerService
from ashad.service.status import Guard
from ashad.service.study_service import StudyService

__all__ = ["Door", "Guard", "SchedulerService", "StudyService", "Turnstile", "handlers"]
