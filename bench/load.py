"""The load: callers that report one after the other, each in its own connection, as workers do.

A caller reports a trial until it is told to stop, then takes the next one; so every report has a
key of its own. The trials were leased beforehand. Losses fall with the resource, each at its pace.
"""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import NamedTuple

from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from bench.wire import Connection

SCHEDULER, STUDIES = "/ashad.v1.SchedulerService/", "/ashad.v1.StudyService/"
STUDY = "bench"
SPEC = pb.StudySpec(
    metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=270, seed=1,
    space=[pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1))],
    asha=pb.Asha(variant=pb.ASHA_VARIANT_STOPPING, min_resource=10, eta=3),
    lease=pb.LeaseSpec(duration=Duration(seconds=3600)),
)  # fmt: skip


class Lease(NamedTuple):
    """The right to report for a trial."""

    trial: int
    attempt: int
    token: str


@dataclass
class Round:
    """What came of one round: calls a second, and each call's seconds."""

    seconds: float = 0.0
    own_cpu: float = 0.0  # seconds of processor time that the load itself took
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answered calls a second."""
        return len(self.waits) / self.seconds


class Leases:
    """An endless supply of trials that nobody has reported for yet."""

    def __init__(self, address: str | None) -> None:
        """Make the study and lease from there; or, without an address, invent."""
        self._ready: list[Lease] = []
        self._numbers = count()
        self._suggest = None
        if address is not None:
            create = Connection(address, f"{STUDIES}CreateStudy")
            create.ask(pb.CreateStudyRequest(study=STUDY, spec=SPEC).SerializeToString())
            create.close()
            self._suggest = Connection(address, f"{SCHEDULER}Suggest")

    def prepare(self, most: int) -> None:
        """Have as many ready as a round will need."""
        while len(self._ready) < most:
            self._ready.append(self._lease())
        self._ready.sort(reverse=True)

    def take(self) -> Lease:
        """Return the next one."""
        return self._ready.pop() if self._ready else self._lease()

    def _lease(self) -> Lease:
        number = next(self._numbers)
        if self._suggest is None:
            return Lease(number, 1, "0" * 24)
        request = pb.SuggestRequest(study=STUDY, worker=f"w{number}", request_id=f"r{number}")
        answer = pb.SuggestResponse.FromString(self._suggest.ask(request.SerializeToString()))
        given = answer.assignment
        return Lease(given.trial, given.attempt, given.lease_token)


class Caller:
    """One worker: reports, waits for the decision, obeys it."""

    def __init__(self, address: str, leases: Leases, random: Random) -> None:
        self.connection = Connection(address, f"{SCHEDULER}Report")
        self.sent = 0.0
        self.acknowledged: list[tuple[int, int]] = []  # (trial, resource)
        self._leases, self._random = leases, random
        self._bodies: Iterator[tuple[int, int, bytes]] = iter(())
        self._key = 0, 0

    def send(self) -> None:
        """Send the next report."""
        body = next(self._bodies, None)
        if body is None:
            self._bodies = self._reports()
            body = next(self._bodies)
        *key, message = body
        self._key = key[0], key[1]
        self.sent = time.perf_counter()
        self.connection.call(message)

    def receive(self) -> bool:
        """Take in what came; return whether the report is answered."""
        answer = self.connection.receive()
        if answer is None:
            return False
        self.acknowledged.append(self._key)
        if pb.ReportResponse.FromString(answer).decision.action != pb.ACTION_CONTINUE:
            self._bodies = iter(())
        return True

    def _reports(self) -> Iterator[tuple[int, int, bytes]]:
        lease = self._leases.take()
        # Two messages one behind the other are one message, so what stays the same is built once.
        head = pb.ReportRequest(
            study=STUDY, trial=lease.trial, attempt=lease.attempt, lease_token=lease.token
        ).SerializeToString()
        floor, pace = self._random.random(), self._random.uniform(1.0, 9.0)
        for resource in range(1, SPEC.max_resource + 1):
            loss = pb.Metric(name="loss", value=floor + 1.0 / (1.0 + resource / pace))
            tail = pb.ReportRequest(resource=resource, metrics=[loss]).SerializeToString()
            yield lease.trial, resource, head + tail


class Load:
    """Callers of one server."""

    def __init__(self, address: str, callers: int, leases: Leases) -> None:
        random = Random(callers)
        self.leases = leases
        self.callers = [Caller(address, leases, random) for _ in range(callers)]
        self._by_number = {c.connection.socket.fileno(): c for c in self.callers}
        self._poll = select.epoll()
        for number in self._by_number:
            self._poll.register(number, select.EPOLLIN)

    def run(self, seconds: float) -> Round:
        """Let every caller call in a closed loop for so long."""
        made = Round()
        self.leases.prepare(2 * len(self.callers) + int(400 * seconds))
        cpu, start = time.process_time(), time.perf_counter()
        until = start + seconds
        for caller in self.callers:
            caller.send()
        under_way = len(self.callers)
        while under_way:
            events = self._poll.poll(5.0)
            if not events:
                raise TimeoutError("no answer within 5 seconds")
            for number, _ in events:
                caller = self._by_number[number]
                if caller.receive():
                    now = time.perf_counter()
                    made.waits.append(now - caller.sent)
                    if now < until:
                        caller.send()
                    else:
                        under_way -= 1
        made.seconds = time.perf_counter() - start
        made.own_cpu = time.process_time() - cpu
        return made

    def acknowledged(self) -> list[tuple[int, int]]:
        """Return the key of every report that was answered."""
        return [key for caller in self.callers for key in caller.acknowledged]

    def close(self) -> None:
        """Hang up."""
        self._poll.close()
        for caller in self.callers:
            caller.connection.close()
