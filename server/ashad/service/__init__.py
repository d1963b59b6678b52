"""The service: the only place that knows the wire. Proto to plain arguments and back.

from_proto            messages to plain values, refusing what is malformed
to_proto              plain values to messages
settings              the settings of an algorithm or sampler, between class and message
status                refusals to gRPC statuses, once; no exception text ever leaves
admission             which calls are taken, and in what order of precedence
auth                  which rpc needs what, and which token has it
handlers              which rpc of the contract is handled by what
scheduler_service     SchedulerService
watch                 what watchers are told
study_service         StudyService
explanations          ExplainTrial
obsolete_checkpoints  ListObsoleteCheckpoints
"""

from ashad.service.admission import AdmissionControl
from ashad.service.auth import AuthInterceptor, CallRates, ProbeLimiter
from ashad.service.handlers import handlers
from ashad.service.scheduler_service import SchedulerService
from ashad.service.study_service import StudyService

__all__ = [
    "AdmissionControl",
    "AuthInterceptor",
    "CallRates",
    "ProbeLimiter",
    "SchedulerService",
    "StudyService",
    "handlers",
]
