"""One client: the trial it holds, and what it does. Written once for threads and asyncio.

It holds at most one running trial, since its worker id stands for one holder. It never sends, waits
or locks by itself (see `effects.py`).
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from ashad_client.decision import CONTINUE, Decision
from ashad_client.errors import Error, misuse
from ashad_client.session.attempt import Attempt, PendingCall, describe
from ashad_client.session.effects import Call, Effects, Pause
from ashad_client.session.epoch import Epoch
from ashad_client.session.loop_exit import LoopExit
from ashad_client.session.outbox import Outbox
from ashad_client.session.work_request import WorkRequest, out_of_time
from ashad_client.settings import Settings
from ashad_client.transport import rpc
from ashad_client.transport.rpc import Answer, Request, Rpc
from ashad_client.v1 import ashad_pb2 as pb

if TYPE_CHECKING:
    import asyncio

log = logging.getLogger("ashad_client")

_TURN_S = 0.05
_NO_DELAY_S = 1.0  # where a daemon names none


class Session:
    """The state of one client and what changes it."""

    def __init__(
        self,
        settings: Settings,
        current_task: Callable[[], asyncio.Task[Any] | None] = lambda: None,
    ) -> None:
        self.settings = settings
        self.epoch = Epoch()
        self.current_task = current_task
        self.begin(settings.worker)

    def begin(self, worker: str) -> None:
        """Hold nothing, with nothing to say: at first, and again in a forked child."""
        settings = self.settings
        self.worker = worker  # empty: it belongs to the process this one was forked from
        self.epoch.worker = worker
        self.outbox = Outbox(settings.address, settings.outage_s, self.epoch)
        self.held: Attempt | None = None
        self.background_runs = False  # a background work is under way
        self._left = False  # the loop of the held trial was left half-way
        self._loop_exit = LoopExit()
        self._asking = False  # a Suggest is under way
        self._work = WorkRequest(self.outbox, settings.attributes)
        self._beat_at = 0.0

    @property
    def needs_background(self) -> bool:
        """Whether there is background work and nobody doing it."""
        return not self.background_runs and not self.outbox.closed and self._busy

    @property
    def _alive(self) -> bool:
        return self.held is not None and not self.held.over

    @property
    def _busy(self) -> bool:
        return self._alive or bool(self.outbox.queue)

    # --- asking for work ---

    def suggest(self, study: str, timeout_s: float | None) -> Effects[Attempt | None]:
        """Ask until there is a trial, or the study is finished (None). Raises `Error`."""
        loop_exit = LoopExit(self.current_task())
        self.outbox.check_open()
        if self.held is not None and self.held.in_loop and not self._left and self._alive:
            # asyncio closes the generator of a loop that was left a turn later, or not while the
            # exception that ended its task is kept.
            yield Pause(_TURN_S)
            if self._loop_exit.task_is_done and self.held is not None:
                self.leave(self.held)
        yield from self.finish_left()
        held = self.held
        if held is not None and self._alive and held.study == study and not held.taken:
            return held  # interrupted on its way to the caller
        self._refuse_second_trial()
        self._asking = True
        try:
            if self.held is not None:
                yield from self.finish(self.held, self.held.release(), "")
            deadline = float("inf") if timeout_s is None else time.monotonic() + timeout_s
            # What is still to be said of the last trial comes first, or it would come back to us.
            yield from self.outbox.drive(lambda: not self.outbox.queue, deadline)
            if self._work.of_another(study):
                yield from self._release_unanswered(deadline)
            while True:
                answer = yield from self._work.ask(
                    study, self.worker, self.settings.max_wait_s, deadline
                )
                outcome = answer.WhichOneof("outcome")
                if outcome == "assignment":
                    return self._hold(Attempt(answer.assignment), loop_exit)
                if outcome == "finished":
                    log.info("study %s is finished: %s", study, answer.finished.reason)
                    return None
                named_s = answer.wait.delay.ToTimedelta().total_seconds()
                delay_s = named_s if named_s > 0 else _NO_DELAY_S
                log.debug("no trial of %s now: %s", study, answer.wait.reason)
                if time.monotonic() + delay_s > deadline:
                    raise out_of_time(study, answer.wait.reason)
                yield from self.outbox.sleep(delay_s)
        finally:
            self._asking = False

    def _release_unanswered(self, deadline: float) -> Effects[None]:
        """Give back what a request that nobody waits for any more was answered with."""
        assignment = yield from self._work.take_back(deadline)
        if assignment is not None:
            attempt = Attempt(assignment)
            yield from self.finish(attempt, attempt.release(), "RELEASED")

    def _hold(self, attempt: Attempt, loop_exit: LoopExit) -> Attempt:
        self.held, self._left, self._loop_exit = attempt, False, loop_exit
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
    ) -> Effects[Decision]:
        """Report and learn the decision; while the daemon is away, queue and go on."""
        self.use(attempt)
        item = attempt.report(resource, checkpoint, metrics)
        if not attempt.open:
            return attempt.decision
        self.outbox.check_open()
        error = yield from self.outbox.deliver(item)
        if error is not None and not attempt.over:
            raise error
        attempt.position = max(attempt.position, item.request.resource)
        if not item.answered:
            # Back already, with a queue to work off: wait for our turn, or it never ends.
            deadline = time.monotonic() + rpc.REPORT.deadline_s
            yield from self.outbox.drive(
                lambda: item.answered or attempt.over or self.outbox.away_since is not None,
                deadline,
            )
        if not item.answered and not attempt.over:
            return Decision(CONTINUE, "UNREACHABLE")
        return attempt.decision

    def finish(self, attempt: Attempt, item: PendingCall, reason: str) -> Effects[None]:
        """End an attempt from this side, once; a refusal is logged, since training is over."""
        if attempt.open:
            self.outbox.check_open()
            if attempt.over:
                item = attempt.release()  # as told: nothing more is trained
            attempt.end(attempt.decision.reason if attempt.over else reason)
            error = yield from self.outbox.deliver(item)
            if error is not None:
                log.warning("%s was refused: %s", item, error)
        if self.held is attempt:
            self.held = None
            self.outbox.signal.notify()
        if attempt.run_log is not None:
            attempt.run_log.end(attempt.decision)

    def should_stop(self, attempt: Attempt) -> Effects[bool]:
        """Whether to leave the loop; asks only where no heartbeat would have brought the news."""
        if attempt.over or (self.held is attempt and not self._left):
            return attempt.over
        return (yield from self.ask_stop(attempt.study, attempt.number, attempt.attempt))

    def ask_stop(self, study: str, trial: int, attempt: int) -> Effects[bool]:
        """Ask for the stored decision; no while the daemon cannot be reached."""
        request = pb.ShouldStopRequest(study=study, trial=trial, attempt=attempt)
        deadline = time.monotonic() + rpc.SHOULD_STOP.deadline_s
        try:
            answer = yield from self.outbox.ask(rpc.SHOULD_STOP, request, deadline=deadline)
        except Error as error:
            if error.transient:
                return False
            raise
        return answer.should_stop

    def ask_study(self, call: Rpc[Request, Answer], request: Request) -> Effects[Answer]:
        """Make a call about a study."""
        yield from self.finish_left()
        deadline = time.monotonic() + self.settings.call_timeout_s
        return (yield from self.outbox.ask(call, request, deadline=deadline))

    def use(self, attempt: Attempt) -> None:
        """Note that a loop that seemed left goes on."""
        if self.held is attempt:
            self._left = False

    def leave(self, attempt: Attempt) -> None:
        """Note that the loop was left; whether by an exception will show."""
        if self.held is attempt:
            self._left = True
            self._loop_exit.mark()

    def finish_left(self) -> Effects[None]:
        """Settle the trial of a loop that was left: failed by an exception, else given back."""
        if self.held is not None and self._left:
            yield from self.finish(self.held, *_ending(self.held, self._loop_exit.find()))

    # --- background and end ---

    def background(self) -> Effects[None]:
        """Heartbeats, and the outbox while the daemon is away; ends when there is nothing to do."""
        outbox = self.outbox
        try:
            while self._busy and not outbox.closed:
                now = time.monotonic()
                if outbox.queue and not outbox.sending and now >= outbox.retry_at:
                    yield from outbox.send_head(float("inf"))
                elif self._alive and now >= self._beat_at:
                    yield from self._beat()
                else:
                    beat_at = self._beat_at if self._alive else float("inf")
                    waits = bool(outbox.queue) and not outbox.sending
                    yield Pause(min(beat_at, outbox.retry_at if waits else float("inf")) - now)
        finally:
            self.background_runs = False

    def _beat(self) -> Effects[None]:
        attempt = self.held
        assert attempt is not None
        self._beat_at = time.monotonic() + attempt.heartbeat_s
        if self._left:  # nobody trains it any more, so it is not kept alive
            yield from self.finish_left()
            return
        try:
            answer = yield Call(rpc.HEARTBEAT, attempt.heartbeat(), rpc.HEARTBEAT.deadline_s)
        except Error as error:
            if error.undelivered:
                self.outbox.unreached(error)
                return
            if self.outbox.taken_over(error):
                self._beat_at = time.monotonic()  # behind what is said again
                return
            self.outbox.reached()
            log.warning("heartbeat of %s was refused: %s", attempt, error)
            if error.code == "NOT_FOUND" and not attempt.over:
                attempt.end(error.reason or error.code)
                self.outbox.over(attempt)
            return
        self.outbox.reached()
        # Only an end is news: a CONTINUE may be older than the report that is under way.
        if not attempt.over and answer.decision.action in (pb.ACTION_STOP, pb.ACTION_PAUSE):
            attempt.take(answer.decision)
            attempt.ended_by_heartbeat = attempt.decision.reason != "SUPERSEDED"
            if not attempt.ended_by_heartbeat:
                self.outbox.over(attempt)

    def close(self, error: BaseException | None = None) -> Effects[None]:
        """Settle what is held, send what waits, within `close_timeout_s`; then refuse all calls."""
        if self.outbox.closed:
            return
        deadline = time.monotonic() + self.settings.close_timeout_s
        attempt, self.held = self.held, None
        if attempt is not None and attempt.open:
            item, reason = _ending(attempt, error or self._loop_exit.find())
            attempt.end(reason)
            self.outbox.put(item)
        self.outbox.retry_at = 0.0
        yield from self.outbox.drive(lambda: not self.outbox.queue, deadline)
        if not self._asking and not self.outbox.away_since:
            with contextlib.suppress(Error):
                yield from self._release_unanswered(time.monotonic())
        if attempt is not None and attempt.run_log is not None:
            attempt.run_log.end(attempt.decision)
        if self.outbox.queue:
            log.error("ashad is away; calls lost: %d", len(self.outbox.queue))
        self.outbox.closed = True
        self.outbox.signal.notify()


def _ending(attempt: Attempt, error: BaseException | None) -> tuple[PendingCall, str]:
    # KeyboardInterrupt, SystemExit and cancellation are somebody's wish, not a failure.
    if isinstance(error, Exception):
        return attempt.failure(describe(error)), "FAILED"
    return attempt.release(), "RELEASED"
