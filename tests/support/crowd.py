"""A crowd: many clients in one process, each with a connection of its own, that come back at once.

Each holds a trial. On a line of standard input each sends one report, again and again until it is
answered, and then the process prints how long the slowest took.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time

import grpc
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc as rpc

from tests.support.harness import OPTIONS, report_of

WAIT = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]


async def _call(stub: rpc.SchedulerServiceStub, verb: str, request: object) -> object:
    while True:
        try:
            return await getattr(stub, verb)(request, timeout=20)
        except grpc.aio.AioRpcError as error:
            if error.code() not in (
                grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED,
                grpc.StatusCode.DEADLINE_EXCEEDED,
            ):  # fmt: skip
                raise
            await asyncio.sleep(0.5 * random.random())  # back-off with full jitter


async def main() -> None:
    address, study, first, many = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    # The last of two settings of a name holds.
    channels = [grpc.aio.insecure_channel(address, options=OPTIONS + WAIT) for _ in range(many)]
    stubs = [rpc.SchedulerServiceStub(channel) for channel in channels]
    asked = [
        _call(stub, "Suggest", pb.SuggestRequest(study=study, worker=f"w{i}", request_id=f"r{i}"))
        for i, stub in enumerate(stubs, first)
    ]
    held = [reply.assignment for reply in await asyncio.gather(*asked)]
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    begun = time.monotonic()
    reports = [
        _call(stub, "Report", report_of(a, 1, 0.5)) for stub, a in zip(stubs, held, strict=True)
    ]
    replies = await asyncio.gather(*reports)
    served = sum(reply.decision.action == pb.ACTION_CONTINUE for reply in replies)
    print(served, time.monotonic() - begun, flush=True)
    await asyncio.gather(*(channel.close() for channel in channels))


if __name__ == "__main__":
    asyncio.run(main())
