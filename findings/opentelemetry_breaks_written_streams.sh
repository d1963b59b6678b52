#!/usr/bin/env bash
# Surprise: OpenTelemetry's interceptor for grpc.aio breaks each stream whose handler writes its answers.
#
# Versions: opentelemetry-instrumentation-grpc 0.66b2, grpcio 1.85.1.
# Behaviour: grpc.aio takes two kinds of handlers for a stream of answers: an async generator, and a
# coroutine that calls `context.write`. With the interceptor the second fails with UNKNOWN, "'async for'
# requires an object with __aiter__ method, got coroutine"; without it, and the first with it, all is well.
#
# Why a search cares: who turns tracing on loses the streams of a service that was correct, and a
# dashboard or a worker that follows one sees an error that names neither tracing nor OpenTelemetry.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check grpcio==1.85.1 \
    opentelemetry-instrumentation-grpc==0.66b2 opentelemetry-sdk==1.45.2
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import sys

import grpc
from opentelemetry.instrumentation.grpc import aio_server_interceptor


async def writes(request, context):
    await context.write(b"1")


async def yields(request, context):
    yield b"1"


async def ask(handler, interceptors):
    server = grpc.aio.server(interceptors=interceptors)
    served = {"Stream": grpc.unary_stream_rpc_method_handler(handler)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("a.A", served),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    options = [("grpc.enable_http_proxy", 0)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        try:
            return [answer async for answer in channel.unary_stream("/a.A/Stream")(b"")]
        except grpc.aio.AioRpcError as error:
            return f"{error.code().name}: {error.details()}"
        finally:
            await server.stop(None)


async def main():
    traced = [aio_server_interceptor()]
    plain, made, written = await ask(writes, []), await ask(yields, traced), await ask(writes, traced)
    print("without", plain, " a generator with it", made, " writes with it", written)
    return plain == made == [b"1"] and "got coroutine" in written


sys.exit(not asyncio.run(main()))
PYTHON
