"""Where the daemon listens and whom it lets in: refuses what is unsafe, and names the fix.

Off loopback it listens with TLS and tokens or not at all, unless the operator insists at length.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import grpc
from ashad_client.text import split_address

from ashad.daemon.exit_codes import EXIT_BUSY, EXIT_CONFIG, StartupError
from ashad.security.tls import Certificates, Files, TlsFileError

INSIST = "--i-understand-that-anyone-who-reaches-this-port-controls-it"


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """An address (HOST:PORT) and how it is kept safe.

    `tokens` is the file of tokens, None: beside the database. `exposed`: the operator insists.
    """

    address: str
    tokens: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    require_tokens: bool = False
    exposed: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A checked address, and what protects it."""

    host: str
    port: int
    with_tokens: bool
    local: bool
    certificates: Certificates | None

    @property
    def shown(self) -> str:
        """The host as an address has it."""
        return f"[{self.host}]" if ":" in self.host else self.host


def check(wanted: EndpointSettings, tell: Callable[..., object]) -> Endpoint:
    """Return where to listen, or refuse what is wrong or unsafe."""
    host, port = _split(wanted.address)
    local = _loopback(host)
    certificates = _certificates(wanted, tell)
    if not local and not wanted.exposed and certificates is None:
        raise StartupError(
            EXIT_CONFIG,
            f"address {wanted.address} can be reached from other machines, so it needs TLS: give "
            "--tls-cert and --tls-key (`ashad certs init` makes them), and make a token for each "
            "user with `ashad token create`; or listen on 127.0.0.1. To let anyone who reaches it "
            f"control everything: {INSIST}",
        )
    with_tokens = wanted.require_tokens or not (local or wanted.exposed)
    return Endpoint(host, port, with_tokens, local, certificates)


def in_the_clear(address: str) -> Endpoint:
    """Return where something listens that reveals no secret and takes no orders."""
    host, port = _split(address)
    return Endpoint(host, port, with_tokens=False, local=_loopback(host), certificates=None)


def bind(server: grpc.aio.Server, endpoint: Endpoint) -> str:
    """Take the port; return the address with the port that it became."""
    _refuse_taken(endpoint.host, endpoint.port)
    where = f"{endpoint.shown}:{endpoint.port}"
    try:
        bound = (
            server.add_insecure_port(where)
            if endpoint.certificates is None
            else server.add_secure_port(where, endpoint.certificates.credentials())
        )
    except RuntimeError as error:
        raise _taken(where) from error
    return f"{endpoint.shown}:{bound}"


def _certificates(wanted: EndpointSettings, tell: Callable[..., object]) -> Certificates | None:
    if wanted.tls_cert is None or wanted.tls_key is None:
        for given, flag, other in (
            (wanted.tls_cert, "--tls-cert", "--tls-key"),
            (wanted.tls_key, "--tls-key", "--tls-cert"),
            (wanted.tls_client_ca, "--tls-client-ca", "--tls-cert and --tls-key"),
        ):
            if given is not None:
                raise StartupError(EXIT_CONFIG, f"{flag} needs {other} as well")
        return None
    try:
        return Certificates(Files(wanted.tls_cert, wanted.tls_key, wanted.tls_client_ca), tell)
    except TlsFileError as error:
        raise StartupError(EXIT_CONFIG, str(error)) from error


def _split(address: str) -> tuple[str, int]:
    try:
        return split_address(address)
    except ValueError as error:
        raise StartupError(EXIT_CONFIG, f"address {error}") from None


def _loopback(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None)
    except OSError as error:
        raise StartupError(EXIT_CONFIG, f"address: {host!r} cannot be resolved") from error
    return all(entry[4][0] == "::1" or str(entry[4][0]).startswith("127.") for entry in found)


def _refuse_taken(host: str, port: int) -> None:
    """Refuse a port that another program has, with a message of ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise _taken(f"{host}:{port}") from error
            raise StartupError(
                EXIT_CONFIG, f"address {host}:{port} cannot be used: {error.strerror}"
            ) from error


def _taken(address: str) -> StartupError:
    return StartupError(
        EXIT_BUSY,
        f"address {address} is taken by another program, perhaps another ashad; "
        "stop it, or choose another with --address",
    )
