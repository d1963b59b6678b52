"""What a report and a fresh trial cost below gRPC: processor time, without network and disk.

    python -m bench.inside [--rounds 20] [KIND ...]

Bytes of a request go into the daemon's own handlers and bytes of an answer come out; scheduler,
core and store are the real ones, on a real file that does not wait for the disk. A kind is a number
of callers or of streams, as in `bench.reports`: `64`, `16x100`; or `64c`, cycles of a Suggest and
the Report that ends the trial. `--profile` prints where the time goes instead. Compare two builds
by turns: a process of each, the medians side by side.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import pstats
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random
from statistics import median, quantiles
from types import SimpleNamespace
from typing import Any

from ashad.scheduler import InlineExecutor, Scheduler
from ashad.service import SchedulerService, handlers
from ashad.service.admission import AdmissionControl
from ashad.service.messages import from_proto
from ashad.store import Reader, Writer
from ashad_client.v1 import ashad_pb2 as pb

from bench.callers import CYCLES, CYCLES_SPEC, SCHEDULER, SPEC, STUDY, Lease, reports
from bench.result import BUILD, keep

KINDS = ("64", "16x1", "16x10", "16x100", "64c")
SHARE = 3_000  # reports of a round, about


class SystemClock:
    """The clocks of this machine."""

    def wall(self) -> int:
        """Return microseconds since 1970."""
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()


class Inside:
    """A daemon without its server."""

    def __init__(self, folder: Path) -> None:
        path = folder / "ashad.db"
        self.store, self.reader = Writer(path), Reader(path)
        self.store.connection.execute("PRAGMA synchronous = OFF")
        self.scheduler = Scheduler(
            self.store, self.reader, InlineExecutor(), SystemClock(), lambda *_, **__: None, _raise
        )
        service = SchedulerService(self.scheduler, AdmissionControl(_raise))
        self._handlers, self._found = handlers(service), dict[str, Any]()
        for name, spec in ((STUDY, SPEC), (CYCLES, CYCLES_SPEC)):
            self.scheduler.create(name, from_proto.spec(spec), validate_only=False)

    def handler(self, name: str) -> Any:
        """Return the handler of an rpc, as gRPC gets it."""
        if name not in self._found:
            details = SimpleNamespace(method=SCHEDULER + name, invocation_metadata=())
            self._found[name] = self._handlers.service(details)
        return self._found[name]

    async def ask(self, name: str, request: bytes) -> bytes:
        """Call an rpc of one request and one answer."""
        handler = self.handler(name)
        answer = await handler.unary_unary(handler.request_deserializer(request), None)
        found: bytes = handler.response_serializer(answer)
        return found

    def close(self) -> None:
        """Leave the file as a daemon does."""
        self.reader.close()
        self.store.close()


class Trials:
    """Trials under way, some of which are in a message; a new one takes the place of what ended."""

    def __init__(self, inside: Inside, many: int, random: Random) -> None:
        self._inside, self._random = inside, random
        self._bodies: list[Iterator[Any]] = [iter(())] * many
        self._asked = 0

    async def next(self, name: str) -> list[bytes]:
        """Return the next report of each."""
        found = []
        for number, bodies in enumerate(self._bodies):
            body = next(bodies, None)
            if body is None:
                self._asked += 1
                key = f"{name}{number}.{self._asked}"
                request = pb.SuggestRequest(study=STUDY, worker=key, request_id=key)
                answer = await self._inside.ask("Suggest", request.SerializeToString())
                held = pb.SuggestResponse.FromString(answer).assignment
                lease = Lease(held.trial, held.attempt, held.lease_token)
                self._bodies[number] = reports(lease, self._random)
                body = next(self._bodies[number])
            found.append(body[1])
        return found

    def told(self, number: int, answer: pb.ReportResponse) -> None:
        """Take in an answer."""
        if answer.decision.action != pb.ACTION_CONTINUE:
            self._bodies[number] = iter(())


class Round:
    """Processor time of a part of a round, and how much was done in it."""

    def __init__(self, profile: cProfile.Profile | None) -> None:
        self.seconds, self.many, self._profile, self._began = 0.0, 0, profile, 0.0

    def __enter__(self) -> None:
        if self._profile is not None:
            self._profile.enable()
        self._began = time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.process_time() - self._began
        if self._profile is not None:
            self._profile.disable()


async def unary(inside: Inside, callers: int, rounds: int, profile: Any) -> list[float]:
    """Let callers report one by one; return microseconds a report, by round."""
    trials, found = Trials(inside, callers, Random(1)), []
    for _ in range(rounds):
        turn = Round(profile)
        while turn.many < SHARE:
            bodies = await trials.next("u")
            with turn:
                answers = await asyncio.gather(*(inside.ask("Report", body) for body in bodies))
            for number, answer in enumerate(answers):
                trials.told(number, pb.ReportResponse.FromString(answer))
            turn.many += callers
        found.append(1e6 * turn.seconds / turn.many)
    return found


async def streams(inside: Inside, many: int, batch: int, rounds: int, profile: Any) -> list[float]:
    """Let streams send messages of so many reports; return microseconds a report, by round."""
    handler = inside.handler("ReportStream")
    trials = [Trials(inside, batch, Random(number)) for number in range(many)]
    sent = [b""] * many

    async def messages(number: int) -> AsyncIterator[Any]:
        while True:
            yield handler.request_deserializer(sent[number])

    async def answered(stream: Any) -> bytes:
        found: bytes = handler.response_serializer(await anext(stream))
        return found

    open_ = [handler.stream_stream(messages(number), None) for number in range(many)]
    found = []
    for _ in range(rounds):
        turn = Round(profile)
        while turn.many < SHARE:
            for number in range(many):
                bodies = await trials[number].next(f"s{number}.")
                sent[number] = b"".join(b"\x0a" + bytes([len(body)]) + body for body in bodies)
            with turn:
                answers = await asyncio.gather(*map(answered, open_))
            for of, answer in zip(trials, answers, strict=True):
                results = pb.ReportStreamResponse.FromString(answer).results
                assert len(results) == batch
                for number, result in enumerate(results):
                    of.told(number, result.response)
            turn.many += many * batch
        found.append(1e6 * turn.seconds / turn.many)
    return found


async def cycles(inside: Inside, callers: int, rounds: int, profile: Any) -> list[float]:
    """Let callers take fresh trials and end them; return microseconds a trial, by round."""
    asked, found = 0, []
    for _ in range(rounds):
        turn = Round(profile)
        while turn.many < SHARE // 4:
            names = [f"c{asked + number}" for number in range(callers)]
            asked += callers
            requests = [
                pb.SuggestRequest(study=CYCLES, worker=name, request_id=name).SerializeToString()
                for name in names
            ]
            with turn:
                answers = await asyncio.gather(*(inside.ask("Suggest", each) for each in requests))
            bodies = []
            for answer in answers:
                held = pb.SuggestResponse.FromString(answer).assignment
                report = pb.ReportRequest(
                    study=CYCLES, trial=held.trial, attempt=held.attempt, resource=1,
                    lease_token=held.lease_token,
                    metrics=[pb.Metric(name="loss", value=(held.trial * 7919 % 1009) / 1009)],
                )  # fmt: skip
                bodies.append(report.SerializeToString())
            with turn:
                await asyncio.gather(*(inside.ask("Report", body) for body in bodies))
            turn.many += callers
        found.append(1e6 * turn.seconds / turn.many)
    return found


async def measure(kind: str, rounds: int, profile: Any) -> list[float]:
    """Return microseconds of processor time a report, or a trial of a cycle, by round."""
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
        inside = Inside(Path(folder))
        callers, _, batch = kind.removesuffix("c").partition("x")
        if batch:
            found = await streams(inside, int(callers), int(batch), rounds, profile)
        elif kind.endswith("c"):
            found = await cycles(inside, int(callers), rounds, profile)
        else:
            found = await unary(inside, int(callers), rounds, profile)
        inside.close()
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    options = parser.parse_args()
    gc.freeze()
    kept = {}
    for kind in options.kinds or KINDS:
        profile = cProfile.Profile() if options.profile else None
        found = asyncio.run(measure(kind, options.rounds, profile))
        kept[kind] = found
        low, _, high = quantiles(found, n=4) if len(found) > 1 else found * 3
        spread = f"half the rounds {low:.1f} to {high:.1f}, least {min(found):.1f}"
        print(f"{kind:7} {median(found):6.1f} µs ({spread})")
        if profile is not None:
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    keep("inside", kept)
    return 0


def _raise(error: BaseException) -> None:
    raise error


if __name__ == "__main__":
    sys.exit(main())
