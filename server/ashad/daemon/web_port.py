"""The second port, with the page and the contract for browsers and curl: where, and for whom.

It asks for a token wherever the first port protects anything: nobody gets by this port what the
other one refuses.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ashad import __version__
from ashad.daemon import endpoint as endpoints
from ashad.daemon.endpoint import Endpoint, EndpointSettings
from ashad.daemon.exit_codes import EXIT_BUSY, EXIT_CONFIG, StartupError
from ashad.service import AuthInterceptor
from ashad.web import Origin, WebServer, origin, site
from ashad.web.connect import Connect, rpcs
from ashad.web.server import TlsPaths
from ashad.web.session import Sessions, bearer

_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where, and how browsers reach it through a proxy. `chosen`: another port will not do."""

    address: str
    url: str | None = None
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class WebEndpoint:
    """A checked address of the second port."""

    endpoint: Endpoint
    with_tokens: bool
    origin: Origin
    tls: TlsPaths | None


def check(
    wanted: WebSettings, first: EndpointSettings, checked: Endpoint, tell: Callable[..., object]
) -> WebEndpoint:
    """Return where to serve, or refuse what is wrong or unsafe, as for the first port."""
    found = endpoints.check(replace(first, address=wanted.address), tell)
    guarded = checked.with_tokens or found.with_tokens or first.tls_client_ca is not None
    tls = None
    if not found.local and first.tls_cert is not None and first.tls_key is not None:
        tls = TlsPaths(first.tls_cert, first.tls_key, first.tls_client_ca)
    try:
        place = origin(found.host, wanted.url, local=found.local, tls=tls is not None)
    except ValueError as error:
        raise StartupError(EXIT_CONFIG, f"--web-url: {error}") from None
    return WebEndpoint(found, guarded, place, tls)


class WebPort:
    """The port while it is open."""

    def __init__(self, wanted: WebSettings, checked: WebEndpoint) -> None:
        """Take the port; another one where it is taken and none was asked for."""
        self._checked = checked
        self._socket = _bound(wanted, checked.endpoint)
        scheme = "https" if checked.tls is not None else "http"
        port = self._socket.getsockname()[1]
        self.own = f"{scheme}://{checked.endpoint.shown}:{port}"
        self.url = (wanted.url or self.own).rstrip("/")
        self._server: WebServer | None = None
        self._connect: Connect | None = None

    async def serve(
        self,
        services: Iterable[object],
        auth: AuthInterceptor | None,
        ready: Callable[[], bool],
        metrics: Callable[[], tuple[bytes, str]],
    ) -> None:
        """Serve from now on."""

        def authorize(path: str, headers: Iterable[tuple[str, str]], peer: str) -> None:
            if auth is not None:
                token = bearer(headers)
                auth.enter(path, [("authorization", f"Bearer {token}")] if token else [], peer)

        def who(token: str | None) -> tuple[str, bool]:
            return ("admin", False) if auth is None else (auth.role(token), True)

        self._connect = Connect(rpcs(services), authorize)
        sessions = Sessions(who, self._checked.origin, __version__)
        app = site(self._connect, sessions, self._checked.origin, ready, metrics, who)
        self._server = WebServer(app, self._socket, self._checked.tls)
        await self._server.start()

    def reload(self) -> None:
        """Read the certificate again."""
        if self._server is not None:
            self._server.reload()

    async def close(self) -> None:
        """End, after the answers on their way."""
        if self._server is not None:
            await self._server.close()
        if self._connect is not None:
            self._connect.close()
        self._socket.close()


def _bound(wanted: WebSettings, at: Endpoint) -> socket.socket:
    family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        _bind(made, at, wanted)
        made.listen(_BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def _bind(made: socket.socket, at: Endpoint, wanted: WebSettings) -> None:
    try:
        made.bind((at.host, at.port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            text = f"--web: address {at.shown}:{at.port} cannot be used: {error.strerror}"
            raise StartupError(EXIT_CONFIG, text) from error
        if wanted.chosen:
            raise StartupError(
                EXIT_BUSY,
                f"--web: address {at.shown}:{at.port} is taken by another program; choose another "
                "with --web, or --web off",
            ) from error
        made.bind((at.host, 0))
