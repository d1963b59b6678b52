"""The port: uvicorn in the event loop of the daemon, whose signals stay the daemon's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn

MOST_CONNECTIONS = 1000
_IDLE = 75  # seconds that a connection is kept for the next request


class TlsPaths(NamedTuple):
    """Certificate, key, and the CA of callers where they must have a certificate."""

    cert: Path
    key: Path
    client_ca: Path | None


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal: the daemon has them."""
        yield


class WebServer:
    """An ASGI application on a port."""

    def __init__(self, app: Any, bound: socket.socket, tls: TlsPaths | None) -> None:
        self._socket = bound
        self._config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=True,
            timeout_keep_alive=_IDLE,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=1,
            **({} if tls is None else _tls(tls)),
        )
        self._config.load()
        self._tls = tls
        self._server = _Quiet(self._config)
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve from now on."""
        self._serving = asyncio.create_task(self._server.serve([self._socket]))
        while not self._server.started:
            if self._serving.done():
                self._serving.result()
            await asyncio.sleep(0.005)

    def reload(self) -> None:
        """Read the certificate again, for connections from now on."""
        if self._tls is not None and self._config.ssl is not None:
            self._config.ssl.load_cert_chain(self._tls.cert, self._tls.key)

    async def close(self) -> None:
        """End: answers on their way are sent."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving


def _tls(paths: TlsPaths) -> dict[str, Any]:
    import ssl  # noqa: PLC0415 - most do without

    found: dict[str, Any] = {"ssl_certfile": str(paths.cert), "ssl_keyfile": str(paths.key)}
    if paths.client_ca is not None:
        found |= {"ssl_ca_certs": str(paths.client_ca), "ssl_cert_reqs": ssl.CERT_REQUIRED}
    return found
