"""Health: on the daemon's own port, and on a second one for probes that speak no TLS.

The kubelet's gRPC probes are such. The second port tells whether the daemon serves, and nothing
else: no other service is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from ashad.daemon import endpoint


class Health:
    """What the daemon says of itself to those who probe it."""

    def __init__(self, services: Iterable[str]) -> None:
        """Know the names that may be asked for; the empty one stands for the whole daemon."""
        self._services = ("", *services)
        self._servicer = health.aio.HealthServicer()
        self._port: grpc.aio.Server | None = None

    def add_to(self, server: grpc.aio.Server) -> None:
        """Answer probes on this server."""
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)

    async def listen(
        self,
        address: str | None,
        options: Sequence[tuple[str, Any]],
        before: grpc.aio.ServerInterceptor | None,
    ) -> str | None:
        """Answer probes in the clear on a port of their own, if any; return its address."""
        if address is None:
            return None
        self._port = grpc.aio.server(
            options=options, interceptors=() if before is None else (before,)
        )
        self.add_to(self._port)
        bound = endpoint.bind(self._port, endpoint.in_the_clear(address))
        await self._port.start()
        return bound

    async def serving(self) -> None:
        """Say from now on that the daemon serves."""
        for name in self._services:
            await self._servicer.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def leaving(self) -> None:
        """Say from now on that it does not, whatever is set later."""
        await self._servicer.enter_graceful_shutdown()

    async def close(self, grace: float) -> None:
        """End the port of its own."""
        if self._port is not None:
            await self._port.stop(grace)
