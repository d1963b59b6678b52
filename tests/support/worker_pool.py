"""A swarm of workers that search on whatever happens to the daemon, and keep a journal of acks.

Every call that did not come through is repeated with the same key until it does, then once more;
both answers must be the same bytes. No trial's attempt may ever be handed to two requests.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

import grpc
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc

from tests.support.harness import OPTIONS, curve, report_of

RETRIED = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


class Swarm:
    """`workers` coroutines over a few channels; everything they do follows from the seed."""

    def __init__(self, address: str, studies: list[str], workers: int, seed: str) -> None:
        self.studies, self.seed, self.workers = studies, seed, workers
        self.acked: dict[tuple[str, bytes], tuple[Any, bytes]] = {}  # request and answer, by both
        self.owner: dict[tuple[str, int, int], str] = {}
        self.in_flight = 0
        self.unknown = 0  # calls whose first try was not answered
        self._stopping = False
        self._channels = [grpc.aio.insecure_channel(address, options=OPTIONS) for _ in range(6)]
        self._stubs = [rpc.SchedulerServiceStub(channel) for channel in self._channels]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work(i)) for i in range(self.workers)]

    async def stop(self) -> None:
        """Let every worker finish the call it is in; raise what any of them found."""
        self._stopping = True
        await asyncio.gather(*self._tasks)
        for channel in self._channels:
            await channel.close()

    def check(self) -> None:
        """Raise what a worker found."""
        for task in self._tasks:
            if task.done() and not self._stopping:
                task.result()

    async def repeat(self, most: int, chance: random.Random) -> int:
        """Repeat some calls that were answered; return how many. Each must be an echo."""
        known = list(self.acked.items())
        chosen = chance.sample(known, min(most, len(known)))
        tries = [self._repeat_until(i, verb, r) for i, ((verb, _), (r, _)) in enumerate(chosen)]
        for ((verb, _), (request, answer)), again in zip(
            chosen, await asyncio.gather(*tries), strict=True
        ):
            assert again == answer, f"seed {self.seed}: {verb} {request}: another answer"
        return len(chosen)

    def reports(self) -> dict[tuple[str, int, int, int], tuple[float, bytes, int]]:
        """Return the acknowledged reports: value, decision and commit by their key."""
        found = {}
        for (verb, _), (request, answer) in self.acked.items():
            if verb == "Report":
                reply = pb.ReportResponse.FromString(answer)
                if reply.decision.reason != "SUPERSEDED":
                    key = request.study, request.trial, request.attempt, request.resource
                    decision = reply.decision.SerializeToString(deterministic=True)
                    found[key] = request.metrics[0].value, decision, reply.commit_seq
        return found

    async def _work(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        asked = 0
        while not self._stopping:
            asked += 1
            request = pb.SuggestRequest(
                study=chance.choice(self.studies), worker=f"w{number}-{asked}",
                request_id=f"{self.seed}-{number}-{asked}",
            )  # fmt: skip
            reply = await self._call(number, "Suggest", request)
            if reply.WhichOneof("outcome") == "assignment":
                a = reply.assignment
                held = self.owner.setdefault((a.study, a.trial, a.attempt), request.request_id)
                assert held == request.request_id, f"two owners: {a}"
                await self._train(number, chance, a)

    async def _train(self, number: int, chance: random.Random, a: pb.Assignment) -> None:
        lease = {
            "study": a.study, "trial": a.trial, "attempt": a.attempt, "lease_token": a.lease_token,
        }  # fmt: skip
        for resource in range(a.start_resource + 1, a.target_resource + 1):
            roll = chance.random()
            if roll < 0.02:
                await self._call(number, "FailTrial", pb.FailTrialRequest(**lease, message="x"))
                return
            if roll < 0.04:
                await self._call(number, "ReleaseTrial", pb.ReleaseTrialRequest(**lease))
                return
            if roll < 0.06:
                await self._call(number, "CompleteTrial", pb.CompleteTrialRequest(**lease))
                return
            value = float("nan") if roll < 0.07 else curve(a.trial, resource)
            reply = await self._call(number, "Report", report_of(a, resource, value))
            if reply.decision.action != pb.ACTION_CONTINUE or self._stopping:
                return

    async def _call(self, number: int, verb: str, request: Any) -> Any:
        """Call until it is answered; where a try was lost, ask once more for the same answer."""
        tries = 0
        while True:
            tries += 1
            try:
                reply = await self._try(number, verb, request)
                break
            except grpc.aio.AioRpcError as error:
                if error.code() not in RETRIED:
                    raise AssertionError(f"seed {self.seed}: {verb} {request}: {error}") from error
                await asyncio.sleep(0.02)  # back-off
        waits = verb == "Suggest" and reply.WhichOneof("outcome") != "assignment"
        if not waits:
            answer = reply.SerializeToString(deterministic=True)
            self.acked[verb, request.SerializeToString(deterministic=True)] = request, answer
            if tries > 1:
                self.unknown += 1
                again = await self._repeat_until(number, verb, request)
                assert again == answer, f"seed {self.seed}: {verb} {request}: another answer"
        return reply

    async def _repeat_until(self, number: int, verb: str, request: Any) -> bytes:
        while True:
            try:
                reply = await self._try(number, verb, request)
                return bytes(reply.SerializeToString(deterministic=True))
            except grpc.aio.AioRpcError as error:
                if error.code() not in RETRIED:
                    raise AssertionError(f"seed {self.seed}: {verb} {request}: {error}") from error
                await asyncio.sleep(0.02)

    async def _try(self, number: int, verb: str, request: Any) -> Any:
        call = getattr(self._stubs[number % len(self._stubs)], verb)
        self.in_flight += 1
        try:
            return await call(request, timeout=20)
        finally:
            self.in_flight -= 1
