"""The way to the daemon, which comes and goes: retries, and the outbox that keeps the order.

Whatever an attempt has to say goes through one outbox, by one sender at a time. It is empty while
the daemon is there; the first try that fails leaves its item in it, and from then on training goes
on while the items wait for the daemon to come back. Nothing is dropped before `outage_s` is over,
but for what comes after the daemon's own STOP, PAUSE or refusal.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any, Callable

from ashad_client.errors import Error
from ashad_client.session.attempt import Attempt, PendingCall
from ashad_client.session.effects import Call, Effects, Pause, Signal
from ashad_client.session.epoch import Epoch
from ashad_client.transport import rpc
from ashad_client.transport.rpc import Answer, Request, Rpc

log = logging.getLogger("ashad_client")

_AWAY_TRY_S = 2.0
TAKEN_OVER = "EPOCH_CHANGED"


class Outbox:
    """Sends; remembers what could not be sent and since when."""

    def __init__(self, address: str, outage_s: float, epoch: Epoch) -> None:
        self.signal = Signal()
        self.epoch = epoch
        self.closed = False
        self.queue: deque[PendingCall] = deque()
        self.sending = False
        self.retry_at = 0.0
        self.away_since: float | None = None
        self._away_reason = ""
        self._address = address
        self._outage_s = outage_s
        self._failures = 0

    def ask(
        self,
        call: Rpc[Request, Answer],
        request: Request,
        *,
        deadline: float,
        try_s: float | None = None,
    ) -> Effects[Answer]:
        """Call with the same key until answered, refused, or out of time. Raises `Error`."""
        failures = 0
        while True:
            self.check_open()
            timeout_s = self._timeout_s(try_s or call.deadline_s, deadline)
            try:
                answer: Answer = yield Call(call, request, timeout_s, wait=self._away)
            except Error as error:
                if self.taken_over(error):
                    yield from self.drive(lambda: not self.queue, deadline)
                    continue
                if not error.transient:
                    if not error.undelivered:
                        self.reached()
                    raise
                failures += 1
                self.unreached(error)
                wait_s = rpc.backoff_s(failures, error.pushback_s)
                if time.monotonic() + wait_s > deadline or self._outage_is_over:
                    raise self._unreachable(error) from None
            else:
                self.reached()
                return answer
            yield from self.sleep(wait_s)

    def deliver(self, item: PendingCall) -> Effects[Error | None]:
        """Send at once if the way is free, else queue. Return a refusal."""
        if self.queue or self.sending:
            self.put(item)
            return None
        self.sending = True
        # Where a heartbeat has found the daemon away, training is not held up for long.
        try_s = min(item.rpc.deadline_s, _AWAY_TRY_S) if self._away else item.rpc.deadline_s
        try:
            answer = yield Call(item.rpc, item.request, try_s)
        except Error as error:
            if error.reason == TAKEN_OVER:
                self._put_back(item)
                self.taken_over(error)
                return None
            if not error.undelivered:
                self.reached()
                return None if self._gone(item, error) else error
            self._put_back(item)
            self.unreached(error)
        except GeneratorExit:  # interrupted: whether it arrived is not known, so it is said again
            self._put_back(item)
            raise
        else:
            self.reached()
            self._answered(item, answer)
        finally:
            self.sending = False
            if self.queue:
                self.signal.notify()
        return None

    def put(self, item: PendingCall) -> None:
        """Queue an item."""
        self.queue.append(item)
        self.signal.notify()

    def _put_back(self, item: PendingCall) -> None:
        """Queue what was on its way: before what others have put there meanwhile."""
        self.queue.appendleft(item)
        self.signal.notify()

    def send_head(self, deadline: float) -> Effects[None]:
        """Try the oldest item once; it stays where it is while its outcome is unknown."""
        self.sending = True
        item = self.queue[0]
        timeout_s = self._timeout_s(item.rpc.deadline_s, deadline)
        try:
            answer = yield Call(item.rpc, item.request, timeout_s, wait=self._away)
        except Error as error:
            if error.undelivered:
                self.unreached(error)
                return
            if self.taken_over(error):
                return
            self.reached()
            self._take_out(item)
            if not self._gone(item, error):
                self._refused(item, error)
        else:
            self.reached()
            self._take_out(item)
            self._answered(item, answer)
        finally:
            self.sending = False
            self.signal.notify()

    def drive(self, done: Callable[[], bool], deadline: float) -> Effects[bool]:
        """Work off the outbox until `done`, or until `deadline` or close (False)."""
        while not done():
            now = time.monotonic()
            if self.closed or now >= deadline or not self.queue:
                return False
            if self.sending:
                yield Pause(deadline - now)
            elif now < self.retry_at:
                yield Pause(min(self.retry_at, deadline) - now)
            else:
                yield from self.send_head(deadline)
        return True

    def sleep(self, seconds: float) -> Effects[None]:
        """Wait, unless the client is closed meanwhile."""
        until = time.monotonic() + seconds
        while not self.closed and time.monotonic() < until:
            yield Pause(until - time.monotonic())

    def check_open(self) -> None:
        """Raise `Error` after close()."""
        if self.closed:
            message = "this client is closed: connect() a new one"
            raise Error(message, code="CANCELLED", reason="CLIENT_CLOSED")

    def taken_over(self, error: Error) -> bool:
        """Whether a standby took over; what it may not know then goes before all that waits."""
        if error.reason != TAKEN_OVER:
            return False
        self.reached()
        again = self.epoch.change(error)
        if again:
            log.warning("epoch %d: a standby took over; said again: %d", error.epoch, len(again))
            self.queue.extendleft(reversed(again))
            self.signal.notify()
        return True

    # --- what came of an item ---

    def _take_out(self, item: PendingCall) -> None:
        # A heartbeat may have ended the attempt meanwhile, and so dropped the item.
        if self.queue and self.queue[0] is item:
            self.queue.popleft()

    def _answered(self, item: PendingCall, answer: Any) -> None:
        again, item.answered = item.answered, True
        self.epoch.remember(item)
        attempt = item.attempt
        if item.rpc is not rpc.REPORT:
            return
        if attempt.take(answer.decision):
            self.over(attempt)
        elif again and attempt.over and all(left.attempt is not attempt for left in self.queue):
            # The daemon that is no more had stopped it; nobody trains it now.
            self.put(attempt.release())

    def over(self, attempt: Attempt) -> None:
        """Drop what still waits of an attempt that the daemon has ended: it counts for nothing."""
        self.queue = deque(item for item in self.queue if item.attempt is not attempt)
        self.signal.notify()
        decision = attempt.decision
        if decision.reason == "SUPERSEDED":
            log.warning("%s: taken over by attempt %d", attempt, decision.current_attempt)

    def _gone(self, item: PendingCall, error: Error) -> bool:
        """Whether the study or trial is no more: the loop ends, and nobody is to blame."""
        if error.code != "NOT_FOUND":
            return False
        log.warning("%s: no more there: %s", item.attempt, error)
        item.attempt.end(error.reason or error.code)
        self.over(item.attempt)
        return True

    def _refused(self, item: PendingCall, error: Error) -> None:
        """End the loop of a queued call that was refused, since nobody waits to be told."""
        log.error("%s was refused: %s", item, error)
        if item.rpc is rpc.REPORT:
            item.attempt.end(error.reason or error.code)
            self.over(item.attempt)
            self.put(item.attempt.failure(f"{item} was refused: {error}"))

    # --- the daemon comes and goes ---

    def reached(self) -> None:
        """Note that the daemon answered."""
        if self.away_since is not None:
            away_s = time.monotonic() - self.away_since
            waiting = len(self.queue)
            log.warning("ashad is back after %.1f s; calls that wait: %d", away_s, waiting)
            self.signal.notify()
        self.away_since, self._failures, self.retry_at = None, 0, 0.0

    def unreached(self, error: Error) -> None:
        """Note that the daemon did not answer, or was too busy; give up after `outage_s`."""
        now = time.monotonic()
        if self.away_since is None or (
            error.reason.startswith("TLS_") and error.reason != self._away_reason
        ):
            log.warning("no service from ashad at %s, trying on: %s", self._address, error)
        self.away_since = self.away_since or now
        self._away_reason = error.reason if error.reason.startswith("TLS_") else ""
        self._failures += 1
        self.retry_at = now + rpc.backoff_s(self._failures, error.pushback_s)
        if self._outage_is_over and self.queue:
            log.error("ashad stayed away too long; calls lost: %d", len(self.queue))
            self.queue[0].attempt.end("OUTAGE")
            self.queue.clear()

    @property
    def _away(self) -> bool:
        """Whether there was no connection: the first try says so at once, the next ones wait.

        Not where TLS is wrong: each try says so at once, and finds it mended.
        """
        return self.away_since is not None and not self._away_reason

    def _unreachable(self, last: Error) -> Error:
        message = f"no answer from ashad at {self._address} in the time given; the last: {last}"
        return Error(message, code="UNAVAILABLE", reason="UNREACHABLE")

    def _timeout_s(self, try_s: float, deadline: float) -> float:
        """How long one try may take: no longer than the caller, or the outage, has left."""
        if self.away_since is not None:
            deadline = min(deadline, self.away_since + self._outage_s)
        return min(try_s, max(0.01, deadline - time.monotonic()))

    @property
    def _outage_is_over(self) -> bool:
        since = self.away_since
        return since is not None and time.monotonic() - since >= self._outage_s
