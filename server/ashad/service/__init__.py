"""The service: the only place that knows the wire. Proto to plain arguments and back.

requests    messages to plain values, refusing what is malformed
views       plain values to messages
refusals    refusals to gRPC statuses, once; no exception text ever leaves
policy      which rpc needs what, and which token has it
handlers    which rpc of the contract is handled by what
shapes      what gRPC calls the shapes of an rpc
scheduling  SchedulerService
watching    what watchers are told
studies     StudyService
"""

from ashad.service.handlers import handlers
from ashad.service.policy import Door, Turnstile
from ashad.service.refusals import Guard
from ashad.service.scheduling import SchedulerService
from ashad.service.studies import StudyService

__all__ = ["Door", "Guard", "SchedulerService", "StudyService", "Turnstile", "handlers"]
