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

from ashad_client import rpc
from ashad_client.attempt import Attempt, Item
from ashad_client.errors import Error
from ashad_client.plan import Bell, Call, Pause, Plan
from ashad_client.rpc import Answer, Request, Rpc

log = logging.getLogger("ashad_client")

_AWAY_TRY_S = 2.0


class Post:
    """Sends; remembers what could not be sent and since when."""

    def __init__(self, address: str, outage_s: float) -> None:
        self.bell = Bell()
        self.closed = False
        self.outbox: deque[Item] = deque()
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
    ) -> Plan[Answer]:
        """Call with the same key until answered, refused, or out of time. Raises `Error`."""
        failures = 0
        while True:
            self.check_open()
            timeout_s = self._timeout_s(try_s or call.deadline_s, deadline)
            try:
                answer: Answer = yield Call(call, request, timeout_s, wait=self._away)
            except Error as error:
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

    def deliver(self, item: Item) -> Plan[Error | None]:
        """Send at once if the way is free, else queue. Return a refusal."""
        if self.outbox or self.sending:
            self.put(item)
            return None
        self.sending = True
        # Where a heartbeat has found the daemon away, training is not held up for long.
        try_s = min(item.rpc.deadline_s, _AWAY_TRY_S) if self._away else item.rpc.deadline_s
        try:
            answer = yield Call(item.rpc, item.request, try_s)
        except Error as error:
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
            if self.outbox:
                self.bell.ring()
        return None

    def put(self, item: Item) -> None:
        """Queue an item."""
        self.outbox.append(item)
        self.bell.ring()

    def _put_back(self, item: Item) -> None:
        """Queue what was on its way: before what others have put there meanwhile."""
        self.outbox.appendleft(item)
        self.bell.ring()

    def send_head(self, deadline: float) -> Plan[None]:
        """Try the oldest item once; it stays where it is while its outcome is unknown."""
        self.sending = True
        item = self.outbox[0]
        timeout_s = self._timeout_s(item.rpc.deadline_s, deadline)
        try:
            answer = yield Call(item.rpc, item.request, timeout_s, wait=self._away)
        except Error as error:
            if error.undelivered:
                self.unreached(error)
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
            self.bell.ring()

    def drive(self, done: Callable[[], bool], deadline: float) -> Plan[bool]:
        """Work off the outbox until `done`, or until `deadline` or close (False)."""
        while not done():
            now = time.monotonic()
            if self.closed or now >= deadline or not self.outbox:
                return False
            if self.sending:
                yield Pause(deadline - now)
            elif now < self.retry_at:
                yield Pause(min(self.retry_at, deadline) - now)
            else:
                yield from self.send_head(deadline)
        return True

    def sleep(self, seconds: float) -> Plan[None]:
        """Wait, unless the client is closed meanwhile."""
        until = time.monotonic() + seconds
        while not self.closed and time.monotonic() < until:
            yield Pause(until - time.monotonic())

    def check_open(self) -> None:
        """Raise `Error` after close()."""
        if self.closed:
            message = "this client is closed: connect() a new one"
            raise Error(message, code="CANCELLED", reason="CLIENT_CLOSED")

    # --- what came of an item ---

    def _take_out(self, item: Item) -> None:
        # A heartbeat may have ended the attempt meanwhile, and so dropped the item.
        if self.outbox and self.outbox[0] is item:
            self.outbox.popleft()

    def _answered(self, item: Item, answer: Any) -> None:
        item.answered = True
        if item.rpc is rpc.REPORT and item.attempt.take(answer.decision):
            self.over(item.attempt)

    def over(self, attempt: Attempt) -> None:
        """Drop what still waits of an attempt that the daemon has ended: it counts for nothing."""
        self.outbox = deque(item for item in self.outbox if item.attempt is not attempt)
        self.bell.ring()
        decision = attempt.decision
        if decision.reason == "SUPERSEDED":
            log.warning("%s: taken over by attempt %d", attempt, decision.current_attempt)

    def _gone(self, item: Item, error: Error) -> bool:
        """Whether the study or trial is no more: the loop ends, and nobody is to blame."""
        if error.code != "NOT_FOUND":
            return False
        log.warning("%s: no more there: %s", item.attempt, error)
        item.attempt.end(error.reason or error.code)
        self.over(item.attempt)
        return True

    def _refused(self, item: Item, error: Error) -> None:
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
            waiting = len(self.outbox)
            log.warning("ashad is back after %.1f s; calls that wait: %d", away_s, waiting)
            self.bell.ring()
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
        if self._outage_is_over and self.outbox:
            log.error("ashad stayed away too long; calls lost: %d", len(self.outbox))
            self.outbox[0].attempt.end("OUTAGE")
            self.outbox.clear()

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
