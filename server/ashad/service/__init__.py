"""The service: the only place that knows the wire. Proto to plain arguments and back.

messages           messages of the contract to plain values and back
status             refusals to gRPC statuses, once; no exception text ever leaves
admission          which calls are taken, and in what order of precedence
auth               which rpc needs what, and which token has it
fence              what a call is told after a standby took over
call_times         how long calls take and how they end
handlers           which rpc of the contract is handled by what
scheduler_service  SchedulerService
study_service      StudyService
study_reads        what StudyService reads of one study
reads              each of these reads
watch              what watchers are told
"""

from ashad.service.admission import AdmissionControl
from ashad.service.auth import AuthInterceptor, CallRates, ProbeLimiter
from ashad.service.call_times import CallTimes
from ashad.service.fence import Fence
from ashad.service.handlers import handlers
from ashad.service.scheduler_service import SchedulerService
from ashad.service.study_service import StudyService

__all__ = [
    "AdmissionControl",
    "AuthInterceptor",
    "CallRates",
    "CallTimes",
    "Fence",
    "ProbeLimiter",
    "SchedulerService",
    "StudyService",
    "handlers",
]
