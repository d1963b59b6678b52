"""Fencing: after a standby took over, no call is answered as if nothing had happened.

A daemon names its epoch beside every answer, and clients show the one that they know. Whoever
shows a later one is refused by a daemon that was taken over from. Whoever shows an earlier one is
told so, with the last step that this file knows of, and repeats what it may lack before anything
else; an attempt that this file does not know, or knows to be another worker's, is told lost.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ashad.core.errors import RefusalError, RefusalKind
from ashad.core.history.trial import Trial
from ashad.service.status import Context

EPOCH_KEY, WORKER_KEY = "ashad-epoch", "ashad-worker"


class Fence:
    """The epoch of this daemon, and what follows from it for a call."""

    def __init__(
        self, epoch: int, find: Callable[[str, int], Trial], log: Callable[..., object]
    ) -> None:
        """`find` returns a trial of a study, or refuses."""
        self.epoch = epoch
        self._find, self._log = find, log
        self._about = ((EPOCH_KEY, str(epoch)),)

    def check(self, message: Any, context: Context) -> None:
        """Name the epoch beside the answer, or refuse a caller of another one."""
        context.set_trailing_metadata(self._about)
        told: dict[str, Any] = {str(key): value for key, value in _metadata(context)}
        shown = told.get(EPOCH_KEY, "")
        if not (isinstance(shown, str) and shown.isascii() and shown.isdigit() and len(shown) < 10):
            return
        if int(shown) > self.epoch:
            self._log("older_than_its_caller", epoch=self.epoch, shown=int(shown))
            raise RefusalError(
                RefusalKind.UNAVAILABLE,
                "DAEMON_SUPERSEDED",
                f"this daemon is of epoch {self.epoch}, and epoch {shown} has begun: a standby has "
                "taken over; call it, and end this daemon",
                epoch=self.epoch,
            )
        if self.epoch > 1:
            self._check_known(message, int(shown), told.get(WORKER_KEY, ""))

    def _check_known(self, message: Any, shown: int, worker: object) -> None:
        fields = message.DESCRIPTOR.fields_by_name
        if "lease_token" in fields:
            trial = self._known(message, worker)
            if shown < self.epoch:
                text = f"the last report it knows of this attempt is at resource {trial.at}"
                raise self._changed(text, last_resource=trial.at)
        elif "request_id" in fields and "max_wait" in fields and shown < self.epoch:  # Suggest
            raise self._changed("it may lack what was reported last")

    def _known(self, message: Any, worker: object) -> Trial:
        with suppress(RefusalError):
            trial = self._find(message.study, message.trial)
            if message.attempt < trial.attempt or (
                message.attempt == trial.attempt and (not worker or trial.worker in (worker, None))
            ):
                return trial
        facts = {"study": message.study, "trial": message.trial, "attempt": message.attempt}
        self._log("attempt_lost", worker=str(worker)[:200], epoch=self.epoch, **facts)
        raise RefusalError(
            RefusalKind.NOT_FOUND,
            "ATTEMPT_LOST",
            f"attempt {message.attempt} at trial {message.trial} was handed out by a daemon that "
            "is no more, and its last moments were not replicated: end it and ask for a trial",
            epoch=self.epoch,
        )

    def _changed(self, text: str, **facts: object) -> RefusalError:
        return RefusalError(
            RefusalKind.FAILED_PRECONDITION,
            "EPOCH_CHANGED",
            f"a standby has taken over, epoch {self.epoch} has begun, and {text}: repeat what came "
            f"after it, then this call, with {EPOCH_KEY} {self.epoch}",
            epoch=self.epoch,
            **facts,
        )


def _metadata(context: Context) -> Any:
    return context.invocation_metadata() or ()
