"""Which requests are let in by where they come from, and what each answer forbids the browser.

A name that an attacker's page makes point here (DNS rebinding) is no name of ours; a page of
another site sends another Origin. Both are refused before anything is looked at.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ashad.web.answer import Receive, Scope, Send, respond

_POLICY = (
    b"default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    b"frame-ancestors 'none'; object-src 'none'"
)
_HEADERS = [
    (
        b"content-security-policy",
        _POLICY,
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
PROBES = ("/healthz", "/readyz")


class Origin(NamedTuple):
    """Where browsers reach the port: names of hosts, and what stands before each path."""

    hosts: frozenset[str]
    any_address: bool = False  # a host that is an IP address is one of ours
    prefix: str = ""
    outside: str = ""  # HOST[:PORT] of the proxy in front
    secure: bool = False


def origin(host: str, url: str | None, *, local: bool, tls: bool) -> Origin:
    """Return the origin of a port; `url` is how a proxy shows it. Raises `ValueError`."""
    hosts = _LOOPBACK | {host.lower()} if local else {host.lower(), socket.gethostname().lower()}
    if url is None:
        return Origin(frozenset(hosts), any_address=not local, secure=tls)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{url!r}: give http://HOST[:PORT][/PREFIX] or https://...")
    secure = parts.scheme == "https"
    hosts |= {parts.hostname.lower()}
    outside = parts.netloc.lower()
    return Origin(frozenset(hosts), not local, parts.path.rstrip("/"), outside, secure)


class Guard:
    """An ASGI application in front of another."""

    def __init__(self, inner: App, origin: Origin) -> None:
        self._inner, self._origin = inner, origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it."""
        if scope["type"] != "http":
            return
        prefix, outside = self._origin.prefix, scope["path"]
        if prefix and (scope["path"] == prefix or scope["path"].startswith(f"{prefix}/")):
            scope = {**scope, "path": scope["path"][len(prefix) :] or "/"}

        async def tell(event: MutableMapping[str, Any]) -> None:
            if event["type"] == "http.response.start":
                event = {**event, "headers": [*event.get("headers", []), *_HEADERS]}
            await send(event)

        wrong = None if scope["path"] in PROBES else self._wrong(scope)
        if wrong:
            await respond(tell, 403, "text/plain; charset=utf-8", f"{wrong}\n".encode(), [])
            return
        if prefix and outside == prefix and scope["method"] in ("GET", "HEAD"):
            # The page's own addresses are relative: they need the slash.
            await respond(tell, 307, "text/plain", b"", [(b"location", f"{prefix}/".encode())])
            return
        await self._inner(scope, receive, tell)

    def _wrong(self, scope: Scope) -> str:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if not self._ours(_name(host)):
            return (
                "this host name is not known here; start the daemon with --web-url and the "
                "address that browsers use"
            )
        came_from = headers.get(b"origin")
        if came_from is not None:
            site = came_from.lower().partition("://")[2]
            if not site or site not in (host.lower(), self._origin.outside):
                return "requests of other sites are not taken"
        if headers.get(b"sec-fetch-site", "none") == "cross-site" and scope["path"] != "/":
            return "requests of other sites are not taken"
        return ""

    def _ours(self, name: str) -> bool:
        if name in self._origin.hosts:
            return True
        if not self._origin.any_address:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _name(host: str) -> str:
    """Return the name of HOST:PORT."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
