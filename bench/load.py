"""The load: callers that report one after the other, each in its own connection, as workers do.

A caller reports a trial until it is told to stop, then takes the next one; so every report has a
key of its own. The trials were leased beforehand. Losses fall with the resource, each at its pace.
One on a stream does so with many trials at once, a report of each in a message.
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

from bench.wire import Connection, Stream

SCHEDULER, STUDIES = "/ashad.v1.SchedulerService/", "/ashad.v1.StudyService/"
STUDY = "bench"
SPEC = pb.StudySpec(
    metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=270, seed=1,
    space=[pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1))],
    asha=pb.Asha(variant=pb.ASHA_VARIANT_STOPPING, min_resource=30, eta=3),
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
    reports: int = 0
    own_cpu: float = 0.0  # seconds of processor time that the load itself took
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answered reports a second."""
        return self.reports / self.seconds


class Leases:
    """An endless supply of trials that nobody has reported for yet."""

    def __init__(self, address: str | None, token: str = "") -> None:
        """Make the study and lease from there; or, without an address, invent."""
        self.token = token
        self._ready: list[Lease] = []
        self._numbers = count()
        self._suggest = None
        if address is not None:
            create = Connection(address, f"{STUDIES}CreateStudy", token)
            create.ask(pb.CreateStudyRequest(study=STUDY, spec=SPEC).SerializeToString())
            create.close()
            self._suggest = Connection(address, f"{SCHEDULER}Suggest", token)

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
        self.connection = Connection(address, f"{SCHEDULER}Report", leases.token)
        self.sent = 0.0
        self.acknowledged: list[tuple[int, int]] = []  # (trial, resource)
        self._leases, self._random = leases, random
        self._bodies: Iterator[tuple[int, int, bytes]] = iter(())
        self._key = 0, 0

    def send(self) -> None:
        """Send the next report."""
        body = next(self._bodies, None)
        if body is None:
            self._bodies = reports(self._leases, self._random)
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


class Streamer:
    """Some workers behind one stream: a report of each in a message, then all decisions."""

    def __init__(self, address: str, leases: Leases, random: Random, batch: int) -> None:
        self.connection = Stream(address, f"{SCHEDULER}ReportStream")
        self.sent = 0.0
        self.acknowledged: list[tuple[int, int]] = []  # (trial, resource)
        self._leases, self._random = leases, random
        self._bodies: list[Iterator[tuple[int, int, bytes]]] = [iter(())] * batch
        self._keys: list[tuple[int, int]] = []

    def send(self) -> None:
        """Send the next report of each."""
        self._keys.clear()
        message = bytearray()
        for number in range(len(self._bodies)):
            found = next(self._bodies[number], None)
            if found is None:
                self._bodies[number] = reports(self._leases, self._random)
                found = next(self._bodies[number])
            trial, resource, body = found
            self._keys.append((trial, resource))
            assert len(body) < 128  # one byte says how long it is
            message += b"\x0a" + bytes([len(body)]) + body
        self.sent = time.perf_counter()
        self.connection.call(bytes(message))

    def receive(self) -> int:
        """Take in what came; return how many reports were answered."""
        answer = self.connection.receive()
        if answer is None:
            return 0
        results = pb.ReportStreamResponse.FromString(answer).results
        for number, result in enumerate(results):
            if not result.HasField("response"):
                raise RuntimeError(f"refused: {result.refusal}")
            if result.response.decision.action != pb.ACTION_CONTINUE:
                self._bodies[number] = iter(())
        self.acknowledged += self._keys
        return len(results)


def reports(leases: Leases, random: Random) -> Iterator[tuple[int, int, bytes]]:
    """Yield the reports of one trial: trial, resource, message."""
    lease = leases.take()
    # Two messages one behind the other are one message, so what stays the same is built once.
    head = pb.ReportRequest(
        study=STUDY, trial=lease.trial, attempt=lease.attempt, lease_token=lease.token
    ).SerializeToString()
    floor, pace = random.random(), random.uniform(1.0, 9.0)
    for resource in range(1, SPEC.max_resource + 1):
        loss = pb.Metric(name="loss", value=floor + 1.0 / (1.0 + resource / pace))
        tail = pb.ReportRequest(resource=resource, metrics=[loss]).SerializeToString()
        yield lease.trial, resource, head + tail


class Load:
    """Callers of one server; `batch`: each on a stream, with so many reports in a message."""

    def __init__(self, address: str, callers: int, leases: Leases, batch: int = 0) -> None:
        random = Random(callers)
        self.leases = leases
        self.most = callers * max(1, batch)  # reports under way at one time
        self.callers: list[Caller | Streamer] = [
            Streamer(address, leases, random, batch) if batch else Caller(address, leases, random)
            for _ in range(callers)
        ]
        self._by_number = {c.connection.socket.fileno(): c for c in self.callers}
        self._poll = select.epoll()
        for number in self._by_number:
            self._poll.register(number, select.EPOLLIN)

    def prepare(self, seconds: float) -> None:
        """Lease the trials that a round of so many seconds will need."""
        self.leases.prepare(2 * self.most + int(400 * seconds))

    def run(self, seconds: float) -> Round:
        """Let every caller call in a closed loop for so long."""
        made = Round()
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

    def acknowledged(self) -> list[tuple[int, int]]:
        """Return the key of every report that was answered."""
        return [key for caller in self.callers for key in caller.acknowledged]

    def close(self) -> None:
        """Hang up."""
        self._poll.close()
        for caller in self.callers:
            caller.connection.close()
