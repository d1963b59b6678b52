"""The load: many callers of one server, in a closed loop or at a pace.

It is one process and one thread, and costs little: see `wire`.
"""

from __future__ import annotations

import select
import time
from collections import deque
from dataclasses import dataclass, field
from random import Random

from bench.callers import CYCLES, CYCLES_SPEC, Caller, Cycler, Key, Leases, Streamer

PATIENCE_S = 30.0


@dataclass
class Round:
    """What came of one round: calls a second, and each call's seconds."""

    seconds: float = 0.0
    reports: int = 0
    own_cpu: float = 0.0  # seconds of processor time that the load itself took
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answered reports a second."""
        return self.reports / self.seconds


class Load:
    """Callers of one server.

    `batch`: each on a stream, with so many reports in a message. `cycles`: each takes a fresh trial
    for each report.
    """

    def __init__(
        self, address: str, callers: int, leases: Leases, batch: int = 0, *, cycles: bool = False
    ) -> None:
        self.leases = leases
        self.most = callers * max(1, batch)  # reports under way at one time
        self.callers: list[Caller | Streamer | Cycler] = []
        self._by_number: dict[int, Caller | Streamer | Cycler] = {}
        # At a pace; first who waits longest, from one round to the next.
        self._idle: deque[Caller | Streamer | Cycler] = deque()
        self._poll = select.epoll()
        self._size, random = callers, Random(callers)
        if cycles:
            leases.create(CYCLES, CYCLES_SPEC)

        def made() -> Caller | Streamer | Cycler:
            if batch:
                return Streamer(address, leases, random, batch)
            return (Cycler if cycles else Caller)(address, leases, random)

        self._made = made

    def prepare(self, seconds: float) -> None:
        """Lease the trials that a round of so many seconds will need."""
        self.leases.prepare(2 * self.most + int(400 * seconds))

    def run(self, seconds: float) -> Round:
        """Let every caller call in a closed loop for so long."""
        made = Round()
        self._connect()
        cpu, start = time.process_time(), time.perf_counter()
        until = start + seconds
        for caller in self.callers:
            caller.send()
        under_way = len(self.callers)
        while under_way:
            events = self._poll.poll(PATIENCE_S)
            if not events:
                raise TimeoutError(f"no answer within {PATIENCE_S} s")
            for number, _ in events:
                caller = self._by_number[number]
                answered = caller.receive()
                if answered:
                    made.reports += answered
                    now = time.perf_counter()
                    made.waits.append(now - caller.sent)
                    if now < until:
                        caller.send()
                    else:
                        under_way -= 1
        made.seconds = time.perf_counter() - start
        made.own_cpu = time.process_time() - cpu
        return made

    def pace(self, rate: float, seconds: float) -> Round:
        """Report so often a second, whatever the server does, for so long.

        A wait counts from when the report was due, so that one who falls behind cannot hide it. The
        next call goes on with whose turn it is: all report, however short it is.
        """
        made = Round()
        self._connect()
        idle, due = self._idle, deque[float]()
        begun, total, planned = time.perf_counter(), round(rate * seconds), 0
        cpu = time.process_time()
        while made.reports < total:
            now = time.perf_counter()
            while planned < total and begun + planned / rate <= now:
                due.append(begun + planned / rate)
                planned += 1
            while due and idle:
                caller = idle.popleft()
                caller.send()
                caller.sent = due.popleft()
            after = begun + planned / rate - now if planned < total and idle else PATIENCE_S
            # Unlike an epoll of milliseconds, select waits for fractions of them.
            if not select.select([self._poll], [], [], after)[0] and after == PATIENCE_S:
                raise TimeoutError(f"no answer within {PATIENCE_S} s")
            for number, _ in self._poll.poll(0):
                caller = self._by_number[number]
                if caller.receive():
                    made.reports += 1
                    made.waits.append(time.perf_counter() - caller.sent)
                    idle.append(caller)
        made.seconds = time.perf_counter() - begun
        made.own_cpu = time.process_time() - cpu
        return made

    def acknowledged(self) -> list[Key]:
        """Return the key of every report that was answered."""
        return [key for caller in self.callers for key in caller.acknowledged]

    def close(self) -> None:
        """Hang up."""
        self._poll.close()
        for caller in self.callers:
            caller.connection.close()

    def _connect(self) -> None:
        """Connect, if that was not done: late, as who connects and says nothing is sent away."""
        while len(self.callers) < self._size:
            caller = self._made()
            self.callers.append(caller)
            self._idle.append(caller)
            self._by_number[caller.connection.socket.fileno()] = caller
            self._poll.register(caller.connection.socket, select.EPOLLIN)
            for number, _ in self._poll.poll(0):  # a greeting, which must be answered
                self._by_number[number].receive()
