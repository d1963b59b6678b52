"""The yardstick: a server like the daemon's that answers Suggest, Report and ReportStream, no more.

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
from ashad.security.limits import DEFAULTS, transport
from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration

ANSWER = pb.ReportResponse(
    decision=pb.Decision(action=pb.ACTION_CONTINUE, reason="BETWEEN_RUNGS", next_resource=30),
    commit_seq=50_000,
)
ASSIGNMENT = pb.SuggestResponse(
    assignment=pb.Assignment(
        study="cycles", trial=50_000, attempt=1, lease_token="0" * 24, target_resource=1,
        max_resource=1, next_resource=1, lease_duration=Duration(seconds=3600),
        params=[pb.Parameter(name="x", value=pb.ParameterValue(double_value=0.5))],
        heartbeat_interval=Duration(seconds=15), metric="loss", seed=2**62,
    ),
    commit_seq=100_000,
)  # fmt: skip
RAW = ANSWER.SerializeToString()
RESULT = pb.ReportResult(response=ANSWER)
SERVICE = pb.DESCRIPTOR.services_by_name["SchedulerService"].full_name


async def typed(request: pb.ReportRequest, context: Any) -> pb.ReportResponse:  # noqa: ARG001
    """Answer."""
    return ANSWER


async def suggest(request: pb.SuggestRequest, context: Any) -> pb.SuggestResponse:  # noqa: ARG001
    """Answer."""
    return ASSIGNMENT


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
    suggested = grpc.unary_unary_rpc_method_handler(
        suggest,
        request_deserializer=pb.SuggestRequest.FromString,
        response_serializer=pb.SuggestResponse.SerializeToString,
    )
    methods: dict[str, Any] = {
        "Suggest": suggested, "Report": report, "ReportStream": streamed
    }  # fmt: skip
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
