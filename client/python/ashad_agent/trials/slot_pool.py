"""The fleet: the slots of one agent, the signals it hears, and the reasons for which it ends."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import threading
import time
from collections.abc import Sequence
from types import FrameType

from ashad_agent.process import supervisor
from ashad_agent.process.exit_status import (
    BROKEN,
    DONE,
    FLAPPING,
    LEAVING,
    NO_ANSWER,
    REFUSED,
    Ending,
    Kind,
    signal_name,
    signalled,
)
from ashad_agent.trials.plan import Plan
from ashad_agent.trials.slot import Slot
from ashad_agent.value_text import short
from ashad_client.errors import Error

log = logging.getLogger("ashad_agent")

_EARLY_S = 60.0  # a failure within the first minute is likely one of the command line
_LONGEST_PAUSE_S = 60.0


class SlotPool:
    """Runs all slots to their end."""

    def __init__(self, plan: Plan, slots: Sequence[Slot]) -> None:
        self._plan, self._slots = plan, list(slots)
        self._at_work = len(self._slots)
        self._change = threading.Condition()
        self._code = DONE
        self._number = 0  # the signal by which it leaves
        self._asking = self._started = self._running = 0
        self._failures = self._given_back = 0
        self._begun = self._idle_since = time.monotonic()
        self._begins: dict[int, float] = {}  # when each slot's trial began, by thread
        self._slowest_s = 0.0
        self._not_before = 0.0
        self._said_why = self._proved = False
        self._heard: list[int] = []
        self._bell, self._rope = os.pipe()
        os.set_blocking(self._rope, False)

    def run(self) -> int:
        """Run until the study is finished or the agent has to leave; return its exit code."""
        supervisor.subreaper()  # should a supervisor be killed, its orphans come to this process
        threads = [
            threading.Thread(target=self._work, args=(slot,), name="ashad-slot")
            for slot in self._slots
        ]
        with self._hearing():
            for thread in threads:
                thread.start()
            while self._at_work:
                self._wait(self._seconds_left())
                for number in self._news():
                    self._hear(number)
                if self._seconds_left() <= 0:
                    self._leave(self._plan.process.stop_signal, DONE, "--max-time is over")
            for thread in threads:
                thread.join()
        return self._code

    # --- what the slots ask (attempt.Pool) ---

    def may_start(self) -> bool:
        """Whether another trial may be started; waits out a pause. Counts one that asks."""
        with self._change:
            while True:
                if self._number or self._why_not():
                    return False
                pause = self._not_before - time.monotonic()
                count = self._plan.limits.count
                if pause <= 0 and (count is None or self._started + self._asking < count):
                    self._asking += 1
                    return True
                self._change.wait(max(pause, 0.5) if pause > 0 else 0.5)

    def doubts(self) -> bool:
        """Whether nothing has shown yet that the command is right."""
        early = time.monotonic() - self._begun < _EARLY_S
        return early and not self._proved and self._plan.limits.early_failures > 0

    def proved(self) -> None:
        """Note that a trial has said its metric."""
        self._proved = True

    def asked(self, *, got: bool) -> None:
        """Note what came of it."""
        with self._change:
            self._asking -= 1
            if got:
                self._started += 1
                self._running += 1
                self._begins[threading.get_ident()] = time.monotonic()
            self._change.notify_all()

    def ended(self, ending: Ending, seconds: float) -> None:
        """Note how a trial ended."""
        with self._change:
            now = time.monotonic()
            self._running -= 1
            self._begins.pop(threading.get_ident(), None)
            self._idle_since = now
            self._slowest_s = max(self._slowest_s, seconds)
            fruitless = ending.kind is Kind.RELEASE and not self._number
            self._given_back = self._given_back + 1 if fruitless else 0
            if fruitless:  # it comes back to us: not at once, and ever more slowly
                pause_s = min(_LONGEST_PAUSE_S, 0.5 * 2.0 ** min(self._given_back, 10))
                self._not_before = now + pause_s
            early = ending.failed and now - self._begun < _EARLY_S
            self._failures += early
            most = self._plan.limits.early_failures
            unrunnable = early and most > 0 and not self._proved and ending.of_the_command
            unrunnable = unrunnable and "{" not in self._plan.template.command[0]
            flapping = unrunnable or (early and 0 < most <= self._failures)
            self._change.notify_all()
        if flapping:
            trials = "1 trial" if self._failures == 1 else f"{self._failures} trials"
            why = (
                f"{trials} failed in the first minute, so the command is likely wrong; the last: "
                f"{ending.brief or 'METRIC_MISSING'}"
            )
            self._leave(self._plan.process.stop_signal, FLAPPING, why)

    def leaving(self, wait_s: float = 0.0) -> int:
        """Return the signal by which the agent leaves; 0 while it does not."""
        with self._change:
            if not self._number and wait_s:
                self._change.wait_for(lambda: self._number, wait_s)
            return self._number

    # --- limits ---

    def _why_not(self) -> str:
        """Say why no further trial is started; empty where one may be."""
        limits, now = self._plan.limits, time.monotonic()
        idle_s = 0.0 if self._running else now - self._idle_since
        slowest_s = max([self._slowest_s, *(now - begun for begun in self._begins.values())])
        room = f"--max-time leaves no room for a trial like the slowest, {short(slowest_s)}"
        reasons = {
            f"--count {limits.count} is reached": limits.count is not None
            and self._started >= limits.count,
            "--idle-timeout is over": limits.idle_s is not None and idle_s >= limits.idle_s,
            room: limits.max_time_s is not None
            and now - self._begun + slowest_s > limits.max_time_s,
        }
        why = next((reason for reason, holds in reasons.items() if holds), "")
        if why and not self._said_why:
            self._said_why = True
            log.info("no further trial is started: %s", why)
        return why

    def _seconds_left(self) -> float:
        most = self._plan.limits.max_time_s
        if most is None or self._number:
            return float("inf")
        return self._begun + most - time.monotonic()

    # --- leaving ---

    def _leave(self, number: int, code: int, why: str) -> None:
        with self._change:
            if self._number:
                return
            self._number, self._code = number, code
            self._change.notify_all()
        log.log(logging.ERROR if code else logging.INFO, "the agent leaves: %s", why)
        for slot in self._slots:
            slot.leave(number)

    def _hear(self, number: int) -> None:
        name = signal_name(number)
        if self._number:
            log.warning("%s again: killing what still runs", name)
            for slot in self._slots:
                slot.hurry()
        else:
            self._leave(number, signalled(number), f"{name}; trials that run are given back")

    def _work(self, slot: Slot) -> None:
        try:
            finished = slot.run(self)
            if finished and not self._number:
                log.info("study %s is finished", self._plan.study)
        except Error as error:
            if error.code == "NOT_FOUND":
                log.warning("study %s no longer exists", self._plan.study)
            else:
                code = NO_ANSWER if error.transient else REFUSED
                self._leave(self._plan.process.stop_signal, code, str(error))
        except Exception:
            log.exception("a slot failed")
            self._leave(self._plan.process.stop_signal, BROKEN, "a fault of the agent")
        finally:
            with self._change:
                self._at_work -= 1
            self._ring()

    # --- signals ---

    def _hearing(self) -> _Hearing:
        return _Hearing(self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Only note it: a handler may not take a lock that this very thread holds."""
        del frame
        self._heard.append(number)
        self._ring()

    def _ring(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it rings already
            os.write(self._rope, b".")

    def _wait(self, seconds: float) -> None:
        if select.select([self._bell], [], [], max(0.0, min(seconds, 3600.0)))[0]:
            os.read(self._bell, 4096)

    def _news(self) -> list[int]:
        news = []
        while self._heard:
            news.append(self._heard.pop(0))
        return news


class _Hearing:
    """Handlers of the signals that tell an agent to leave, while it runs."""

    def __init__(self, handler: object) -> None:
        self._handler = handler
        self._before: dict[int, object] = {}

    def __enter__(self) -> None:
        for number in LEAVING:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup wants no SIGHUP
                self._before[number] = signal.signal(number, self._handler)  # type: ignore[arg-type]

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
