"""The yardstick: a server like the daemon's whose Report and ReportStream do nothing but answer.

    python -m bench.echo [--raw]

The same library, event loop and options in a process of its own, the same messages parsed and built
by the same code; no study, no decision, no file. With --raw not even the messages: bytes in, bytes
out. It answers every report alike, to continue, in as many bytes as the daemon's usual answer.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from typing import Any

import grpc
import uvloop
from ashad.fence.limits import DEFAULTS, transport
from ashad_client.v1 import ashad_pb2 as pb

ANSWER = pb.ReportResponse(
    decision=pb.Decision(action=pb.ACTION_CONTINUE, reason="BETWEEN_RUNGS", next_resource=30),
    commit_seq=50_000,
)
RAW = ANSWER.SerializeToString()
RESULT = pb.ReportResult(response=ANSWER)
SERVICE = pb.DESCRIPTOR.services_by_name["SchedulerService"].full_name


async def typed(request: pb.ReportRequest, context: Any) -> pb.ReportResponse:  # noqa: ARG001
    """Answer."""
    return ANSWER


async def raw(request: bytes, context: Any) -> bytes:  # noqa: ARG001
    """Answer in bytes."""
    return RAW


async def stream(requests: AsyncIterator[pb.ReportStreamRequest], context: Any) -> Any:  # noqa: ARG001
    """Answer each message."""
    async for request in requests:
        yield pb.ReportStreamResponse(results=[RESULT] * len(request.reports))


async def serve(*, plain: bool) -> None:
    """Serve until SIGTERM."""
    server = grpc.aio.server(options=transport(DEFAULTS))
    report = grpc.unary_unary_rpc_method_handler(
        typed,
        request_deserializer=pb.ReportRequest.FromString,
        response_serializer=pb.ReportResponse.SerializeToString,
    )
    if plain:
        report = grpc.unary_unary_rpc_method_handler(raw)
    streamed = grpc.stream_stream_rpc_method_handler(
        stream,
        request_deserializer=pb.ReportStreamRequest.FromString,
        response_serializer=pb.ReportStreamResponse.SerializeToString,
    )
    methods: dict[str, Any] = {"Report": report, "ReportStream": streamed}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    gc.freeze()
    print(f"echo: listening on 127.0.0.1:{port}", flush=True)
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    await ending.wait()
    await server.stop(1.0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw", action="store_true", help="bytes in, bytes out")
    uvloop.run(serve(plain=parser.parse_args().raw))
