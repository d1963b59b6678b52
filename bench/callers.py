"""Callers that report one after the other, each in its own connection, as workers do.

A caller reports a trial until it is told to stop, then takes the next one; so every report has a
key of its own. The trials were leased beforehand. Losses fall with the resource, each at its pace.
One on a stream does so with many trials at once, a report of each in a message. One of cycles takes
a fresh trial, of a study whose trials end with their first report, and reports it, again and again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import NamedTuple

from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from bench.wire import Connection, Stream

SCHEDULER, STUDIES = "/ashad.v1.SchedulerService/", "/ashad.v1.StudyService/"
STUDY, CYCLES = "bench", "cycles"
SPEC = pb.StudySpec(
    metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=270, seed=1,
    space=[pb.ParameterSpec(name="x", float_range=pb.FloatRange(low=0, high=1))],
    asha=pb.Asha(variant=pb.ASHA_VARIANT_STOPPING, min_resource=30, eta=3),
    lease=pb.LeaseSpec(duration=Duration(seconds=3600)),
    random_sampler=pb.RandomSampler(),  # what a sampler that learns takes is in bench.draws
)  # fmt: skip
CYCLES_SPEC = pb.StudySpec()  # the same, of one rung: a trial ends with its first report
CYCLES_SPEC.CopyFrom(SPEC)
CYCLES_SPEC.max_resource = CYCLES_SPEC.asha.min_resource = 1
Key = tuple[str, int, int]  # study, trial, resource


class Lease(NamedTuple):
    """The right to report for a trial."""

    trial: int
    attempt: int
    token: str


class Leases:
    """An endless supply of trials that nobody has reported for yet.

    Each time with a connection of its own: one that idles between two rounds would be closed.
    """

    def __init__(self, address: str | None, token: str = "", worker: str = "w") -> None:
        """Lease from there, and make the study first; or, without an address, invent."""
        self.token = token
        self._address, self._worker = address, worker
        self._ready: list[Lease] = []
        self._numbers = count()

    @property
    def kind(self) -> str:
        """Whom they are of: `ashad`, or `echo` if they are invented."""
        return "echo" if self._address is None else "ashad"

    def create(self, study: str, spec: pb.StudySpec) -> None:
        """Make a study, where there is somebody to make it."""
        if self._address is not None:
            with Connection(self._address, f"{STUDIES}CreateStudy", self.token) as connection:
                request = pb.CreateStudyRequest(study=study, spec=spec)
                connection.ask(request.SerializeToString())

    def request(self, study: str) -> pb.SuggestRequest:
        """Return a request that was never made before, by a worker never heard of."""
        name = f"{self._worker}{next(self._numbers)}"
        return pb.SuggestRequest(study=study, worker=name, request_id=name)

    def prepare(self, most: int) -> None:
        """Have as many ready as a round will need."""
        self._ready += self._lease(most - len(self._ready))
        self._ready.sort(reverse=True)

    def take(self) -> Lease:
        """Return the next one."""
        return self._ready.pop() if self._ready else self._lease(1)[0]

    def _lease(self, many: int) -> list[Lease]:
        if self._address is None:
            return [Lease(next(self._numbers), 1, "0" * 24) for _ in range(many)]
        found = []
        self.create(STUDY, SPEC)
        with Connection(self._address, f"{SCHEDULER}Suggest", self.token) as connection:
            for _ in range(many):
                answer = connection.ask(self.request(STUDY).SerializeToString())
                given = pb.SuggestResponse.FromString(answer).assignment
                found.append(Lease(given.trial, given.attempt, given.lease_token))
        return found


class Caller:
    """One worker: reports, waits for the decision, obeys it."""

    def __init__(self, address: str, leases: Leases, random: Random) -> None:
        self.connection = self._connect(address, leases.token)
        self.sent = 0.0
        self.acknowledged: list[Key] = []
        self._leases, self._random = leases, random
        self._bodies: Iterator[tuple[Key, bytes]] = iter(())
        self._key: Key = STUDY, 0, 0

    def send(self) -> None:
        """Send the next report."""
        body = next(self._bodies, None)
        if body is None:
            self._bodies = reports(self._leases.take(), self._random)
            body = next(self._bodies)
        self._key, message = body
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

    def _connect(self, address: str, token: str) -> Connection:
        return Connection(address, f"{SCHEDULER}Report", token)


class Streamer:
    """Some workers behind one stream: a report of each in a message, then all decisions."""

    def __init__(self, address: str, leases: Leases, random: Random, batch: int) -> None:
        self.connection = Stream(address, f"{SCHEDULER}ReportStream")
        self.sent = 0.0
        self.acknowledged: list[Key] = []
        self._leases, self._random = leases, random
        self._bodies: list[Iterator[tuple[Key, bytes]]] = [iter(())] * batch
        self._keys: list[Key] = []

    def send(self) -> None:
        """Send the next report of each."""
        self._keys.clear()
        message = bytearray()
        for number in range(len(self._bodies)):
            found = next(self._bodies[number], None)
            if found is None:
                self._bodies[number] = reports(self._leases.take(), self._random)
                found = next(self._bodies[number])
            key, body = found
            self._keys.append(key)
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


class Member(Caller):
    """One worker that lives on: it takes its trials itself, on its own connection."""

    def __init__(self, address: str, leases: Leases, random: Random) -> None:
        super().__init__(address, leases, random)
        self.suggests: list[float] = []  # seconds of each
        self.held: Lease | None = None
        self._asked = 0.0  # when a Suggest was sent that is not answered yet

    def send(self) -> None:
        """Send the next report, or ask for a trial first."""
        found = next(self._bodies, None)
        self.sent = time.perf_counter()
        if found is None:
            self._asked = self.sent
            self.connection.call(self._leases.request(STUDY).SerializeToString())
        else:
            self._key, body = found
            self.connection.call(body, other=1)

    def receive(self) -> bool:
        """Take in what came; return whether the report is answered."""
        if not self._asked:
            return super().receive()
        answer = self.connection.receive()
        if answer is not None:
            self.suggests.append(time.perf_counter() - self._asked)
            self._asked = 0.0
            given = pb.SuggestResponse.FromString(answer).assignment
            self.held = Lease(given.trial, given.attempt, given.lease_token)
            self._bodies = reports(self.held, self._random)
            self.send()
        return False

    def _connect(self, address: str, token: str) -> Connection:
        return Connection(address, f"{SCHEDULER}Suggest", token, f"{SCHEDULER}Report")


class Cycler:
    """One worker that takes a fresh trial, reports it once, and takes the next."""

    def __init__(self, address: str, leases: Leases, random: Random) -> None:
        self.connection = Connection(
            address, f"{SCHEDULER}Suggest", leases.token, f"{SCHEDULER}Report"
        )
        self.sent = 0.0
        self.acknowledged: list[Key] = []
        self._leases, self._random = leases, random
        self._held: pb.Assignment | None = None

    def send(self) -> None:
        """Begin a cycle."""
        self.sent = time.perf_counter()
        self.connection.call(self._leases.request(CYCLES).SerializeToString())

    def receive(self) -> bool:
        """Take in what came; return whether the cycle is over."""
        answer = self.connection.receive()
        if answer is None:
            return False
        if self._held is None:
            self._held = held = pb.SuggestResponse.FromString(answer).assignment
            report = pb.ReportRequest(
                study=CYCLES, trial=held.trial, attempt=held.attempt, resource=1,
                lease_token=held.lease_token,
                metrics=[pb.Metric(name="loss", value=self._random.random())],
            )  # fmt: skip
            self.connection.call(report.SerializeToString(), other=1)
            return False
        pb.ReportResponse.FromString(answer)
        self.acknowledged.append((CYCLES, self._held.trial, 1))
        self._held = None
        return True


def reports(lease: Lease, random: Random) -> Iterator[tuple[Key, bytes]]:
    """Yield the reports of one trial, each with its key."""
    # Two messages one behind the other are one message, so what stays the same is built once.
    head = pb.ReportRequest(
        study=STUDY, trial=lease.trial, attempt=lease.attempt, lease_token=lease.token
    ).SerializeToString()
    floor, pace = random.random(), random.uniform(1.0, 9.0)
    for resource in range(1, SPEC.max_resource + 1):
        loss = pb.Metric(name="loss", value=floor + 1.0 / (1.0 + resource / pace))
        tail = pb.ReportRequest(resource=resource, metrics=[loss]).SerializeToString()
        yield (STUDY, lease.trial, resource), head + tail
