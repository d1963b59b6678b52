"""The one error of the client; no type of grpc ever leaves this package.

A study that is finished, a wait, a stop and a superseded lease are answers and never raise.
"""

from __future__ import annotations

REASON_KEY = "ashad-reason"
EPOCH_KEY = "ashad-epoch"
PUSHBACK_KEY = "grpc-retry-pushback-ms"

_TRANSIENT = ("UNAVAILABLE", "DEADLINE_EXCEEDED")
# Nobody here cancels: without a reason this is a daemon that hung up while it was stopping.
_HUNG_UP = "CANCELLED"


class Error(Exception):
    """The daemon refused a call, could not be reached in time, or the client was misused.

    `code` is the name of the gRPC status ("NOT_FOUND"), `reason` the stable reason
    ("REPORT_CONFLICT"; empty where none was given), and `str(error)` says what is wrong and how to
    mend it.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "FAILED_PRECONDITION",
        reason: str = "",
        pushback_s: float | None = None,
        epoch: int = 0,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.epoch = epoch  # of the daemon that refused; 0 where it names none
        self._pushback_s = pushback_s

    @property
    def transient(self) -> bool:
        """Whether the outcome is unknown or the daemon is busy: repeat with the same key."""
        if self.code == "RESOURCE_EXHAUSTED":
            return self._pushback_s is not None
        return self.code in _TRANSIENT or (self.code == _HUNG_UP and not self.reason)

    @property
    def undelivered(self) -> bool:
        """Whether the daemon has given no answer: what is queued stays queued.

        Transient, or TLS that cannot work until somebody mends it (`tls.py`), which is not retried
        where anybody waits.
        """
        return self.transient or self.reason.startswith("TLS_")

    @property
    def pushback_s(self) -> float:
        """Seconds the daemon asked to be left alone; 0 where it did not."""
        return self._pushback_s or 0.0

    def __str__(self) -> str:
        return f"{self.reason or self.code}: {self.message}"

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the fields when pickled: training frameworks send errors between processes."""
        return (_restore, (self.message, self.code, self.reason, self._pushback_s, self.epoch))


def _restore(
    message: str, code: str, reason: str, pushback_s: float | None, epoch: int = 0
) -> Error:
    return Error(message, code=code, reason=reason, pushback_s=pushback_s, epoch=epoch)


def misuse(reason: str, message: str) -> Error:
    """Make the error for a call that cannot be right, whatever the daemon says."""
    return Error(message, code="FAILED_PRECONDITION", reason=reason)


def invalid(message: str, reason: str = "INVALID_ARGUMENT") -> Error:
    """Make the error for an argument that cannot be sent."""
    return Error(message, code="INVALID_ARGUMENT", reason=reason)
