"""One client: the trial it holds, and the plans of its life. Written once for threads and asyncio.

It holds at most one running trial, since its worker id stands for one holder. It never sends, waits
or locks by itself (see `plan.py`).
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping
from typing import Any

from ashad_client import rpc
from ashad_client.attempt import Attempt, Item, describe
from ashad_client.decision import CONTINUE, Decision
from ashad_client.errors import Error, misuse
from ashad_client.leaving import Witness
from ashad_client.plan import Call, Pause, Plan
from ashad_client.post import Post
from ashad_client.rpc import Answer, Request, Rpc
from ashad_client.settings import Settings
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.work_request import WorkRequest, out_of_time

log = logging.getLogger("ashad_client")

_TURN_S = 0.05
_NO_DELAY_S = 1.0  # where a daemon names none


class Session:
    """The state of one client and the plans that change it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.begin(settings.worker)

    def begin(self, worker: str) -> None:
        """Hold nothing, with nothing to say: at first, and again in a forked child."""
        settings = self.settings
        self.worker = worker  # empty: it belongs to the process this one was forked from
        self.post = Post(settings.address, settings.outage_s)
        self.held: Attempt | None = None
        self.keeping = False  # a keeper is running
        self._left = False  # the loop of the held trial was left half-way
        self._witness = Witness()
        self._asking = False  # a Suggest is under way
        self._work = WorkRequest(self.post)
        self._beat_at = 0.0

    @property
    def needs_keeper(self) -> bool:
        """Whether there is background work and nobody doing it."""
        return not self.keeping and not self.post.closed and self._busy

    @property
    def _alive(self) -> bool:
        return self.held is not None and not self.held.over

    @property
    def _busy(self) -> bool:
        return self._alive or bool(self.post.outbox)

    # --- asking for work ---

    def suggest(
        self, study: str, witness: Witness, timeout_s: float | None
    ) -> Plan[Attempt | None]:
        """Ask until there is a trial, or the study is finished (None). Raises `Error`."""
        self.post.check_open()
        if self.held is not None and self.held.in_loop and not self._left and self._alive:
            # asyncio closes the generator of a loop that was left a turn later, or not while the
            # exception that ended its task is kept.
            yield Pause(_TURN_S)
            if self._witness.task_is_done and self.held is not None:
                self.leave(self.held)
        yield from self.settle_left()
        held = self.held
        if held is not None and self._alive and held.study == study and not held.taken:
            return held  # interrupted on its way to the caller
        self._refuse_second_trial()
        self._asking = True
        try:
            if self.held is not None:
                yield from self.settle(self.held, self.held.release(), "")
            deadline = float("inf") if timeout_s is None else time.monotonic() + timeout_s
            # What is still to be said of the last trial comes first, or it would come back to us.
            yield from self.post.drive(lambda: not self.post.outbox, deadline)
            if self._work.of_another(study):
                yield from self._release_unanswered(deadline)
            while True:
                answer = yield from self._work.ask(
                    study, self.worker, self.settings.max_wait_s, deadline
                )
                outcome = answer.WhichOneof("outcome")
                if outcome == "assignment":
                    return self._hold(Attempt(answer.assignment), witness)
                if outcome == "finished":
                    log.info("study %s is finished: %s", study, answer.finished.reason)
                    return None
                named_s = answer.wait.delay.ToTimedelta().total_seconds()
                delay_s = named_s if named_s > 0 else _NO_DELAY_S
                log.debug("no trial of %s now: %s", study, answer.wait.reason)
                if time.monotonic() + delay_s > deadline:
                    raise out_of_time(study, answer.wait.reason)
                yield from self.post.sleep(delay_s)
        finally:
            self._asking = False

    def _release_unanswered(self, deadline: float) -> Plan[None]:
        """Give back what a request that nobody waits for any more was answered with."""
        assignment = yield from self._work.take_back(deadline)
        if assignment is not None:
            attempt = Attempt(assignment)
            yield from self.settle(attempt, attempt.release(), "RELEASED")

    def _hold(self, attempt: Attempt, witness: Witness) -> Attempt:
        self.held, self._left, self._witness = attempt, False, witness
        self._beat_at = time.monotonic() + attempt.heartbeat_s
        log.info("%s: %s", attempt, attempt.params)
        return attempt

    def _refuse_second_trial(self) -> None:
        if not self.worker:
            raise misuse(
                "WORKER_FORKED",
                "this process was forked from the one that owns this worker id: "
                "connect() here, with another worker id",
            )
        if self._asking or (self.held is not None and self.held.taken and not self.held.over):
            raise misuse(
                "TRIAL_HELD",
                f"this client still holds {self.held or 'a request for a trial'}, and a worker id "
                "stands for one running trial: finish it first, or connect() a second client",
            )

    # --- the life of an attempt ---

    def report(
        self, attempt: Attempt, resource: Any, checkpoint: str | None, metrics: Mapping[str, Any]
    ) -> Plan[Decision]:
        """Report and learn the decision; while the daemon is away, queue and go on."""
        self.use(attempt)
        item = attempt.report(resource, checkpoint, metrics)
        if not attempt.open:
            return attempt.decision
        self.post.check_open()
        error = yield from self.post.deliver(item)
        if error is not None and not attempt.over:
            raise error
        attempt.position = max(attempt.position, item.request.resource)
        if not item.answered:
            # Back already, with a queue to work off: wait for our turn, or it never ends.
            deadline = time.monotonic() + rpc.REPORT.deadline_s
            yield from self.post.drive(
                lambda: item.answered or attempt.over or self.post.away_since is not None, deadline
            )
        if not item.answered and not attempt.over:
            return Decision(CONTINUE, "UNREACHABLE")
        return attempt.decision

    def settle(self, attempt: Attempt, item: Item, reason: str) -> Plan[None]:
        """End an attempt from this side, once; a refusal is logged, since training is over."""
        if attempt.open:
            self.post.check_open()
            if attempt.over:
                item = attempt.release()  # as told: nothing more is trained
            attempt.end(attempt.decision.reason if attempt.over else reason)
            error = yield from self.post.deliver(item)
            if error is not None:
                log.warning("%s was refused: %s", item, error)
        if self.held is attempt:
            self.held = None
            self.post.bell.ring()

    def should_stop(self, attempt: Attempt) -> Plan[bool]:
        """Whether to leave the loop; asks only where no heartbeat would have brought the news."""
        if attempt.over or (self.held is attempt and not self._left):
            return attempt.over
        return (yield from self.ask_stop(attempt.study, attempt.number, attempt.attempt))

    def ask_stop(self, study: str, trial: int, attempt: int) -> Plan[bool]:
        """Ask for the stored decision; no while the daemon cannot be reached."""
        request = pb.ShouldStopRequest(study=study, trial=trial, attempt=attempt)
        deadline = time.monotonic() + rpc.SHOULD_STOP.deadline_s
        try:
            answer = yield from self.post.ask(rpc.SHOULD_STOP, request, deadline=deadline)
        except Error as error:
            if error.transient:
                return False
            raise
        return answer.should_stop

    def ask_study(self, call: Rpc[Request, Answer], request: Request) -> Plan[Answer]:
        """Make a call about a study."""
        yield from self.settle_left()
        deadline = time.monotonic() + self.settings.call_timeout_s
        return (yield from self.post.ask(call, request, deadline=deadline))

    def use(self, attempt: Attempt) -> None:
        """Note that a loop that seemed left goes on."""
        if self.held is attempt:
            self._left = False

    def leave(self, attempt: Attempt) -> None:
        """Note that the loop was left; whether by an exception will show."""
        if self.held is attempt:
            self._left = True
            self._witness.mark()

    def settle_left(self) -> Plan[None]:
        """Settle the trial of a loop that was left: failed by an exception, else given back."""
        if self.held is not None and self._left:
            yield from self.settle(self.held, *_ending(self.held, self._witness.find()))

    # --- background and end ---

    def keep(self) -> Plan[None]:
        """Heartbeats, and the outbox while the daemon is away; ends when there is nothing to do."""
        post = self.post
        try:
            while self._busy and not post.closed:
                now = time.monotonic()
                if post.outbox and not post.sending and now >= post.retry_at:
                    yield from post.send_head(float("inf"))
                elif self._alive and now >= self._beat_at:
                    yield from self._beat()
                else:
                    beat_at = self._beat_at if self._alive else float("inf")
                    waits = bool(post.outbox) and not post.sending
                    yield Pause(min(beat_at, post.retry_at if waits else float("inf")) - now)
        finally:
            self.keeping = False

    def _beat(self) -> Plan[None]:
        attempt = self.held
        assert attempt is not None
        self._beat_at = time.monotonic() + attempt.heartbeat_s
        if self._left:  # nobody trains it any more, so it is not kept alive
            yield from self.settle_left()
            return
        try:
            answer = yield Call(rpc.HEARTBEAT, attempt.heartbeat(), rpc.HEARTBEAT.deadline_s)
        except Error as error:
            if error.undelivered:
                self.post.unreached(error)
                return
            self.post.reached()
            log.warning("heartbeat of %s was refused: %s", attempt, error)
            if error.code == "NOT_FOUND" and not attempt.over:
                attempt.end(error.reason or error.code)
                self.post.over(attempt)
            return
        self.post.reached()
        # Only an end is news: a CONTINUE may be older than the report that is under way.
        if not attempt.over and answer.decision.action in (pb.ACTION_STOP, pb.ACTION_PAUSE):
            attempt.take(answer.decision)
            attempt.told = attempt.decision.reason != "SUPERSEDED"
            if not attempt.told:
                self.post.over(attempt)

    def close(self, error: BaseException | None = None) -> Plan[None]:
        """Settle what is held, send what waits, within `close_timeout_s`; then refuse all calls."""
        if self.post.closed:
            return
        deadline = time.monotonic() + self.settings.close_timeout_s
        attempt, self.held = self.held, None
        if attempt is not None and attempt.open:
            item, reason = _ending(attempt, error or self._witness.find())
            attempt.end(reason)
            self.post.put(item)
        self.post.retry_at = 0.0
        yield from self.post.drive(lambda: not self.post.outbox, deadline)
        if not self._asking and not self.post.away_since:
            with contextlib.suppress(Error):
                yield from self._release_unanswered(time.monotonic())
        if self.post.outbox:
            log.error("ashad is away; calls lost: %d", len(self.post.outbox))
        self.post.closed = True
        self.post.bell.ring()


def _ending(attempt: Attempt, error: BaseException | None) -> tuple[Item, str]:
    # KeyboardInterrupt, SystemExit and cancellation are somebody's wish, not a failure.
    if isinstance(error, Exception):
        return attempt.failure(describe(error)), "FAILED"
    return attempt.release(), "RELEASED"
