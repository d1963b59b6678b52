"""Why TLS to an address cannot work: one look at the port, by the standard library alone.

gRPC says that a handshake failed and little more. This looks once, with a handshake of its own, and
names what a person must change. It sends no token, retries nothing, and finds nothing wrong where
the daemon is merely away.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import time
from pathlib import Path
from typing import Any

from ashad_client.errors import Error
from ashad_client.security import Security
from ashad_client.text import split_address

LOOK_S = 3.0
_HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
_EXPIRED, _NOT_YET_VALID, _OTHER_HOST, _OTHER_ADDRESS = 10, 9, 62, 64  # OpenSSL's X509_V_ERR_...
_CERTIFICATE_REQUEST = 13  # of the messages of a handshake


def diagnose(address: str, security: Security, timeout_s: float = LOOK_S) -> Error | None:
    """Say what keeps TLS to `address` from working; None where that is not what is wrong."""
    place = _host_and_port(address)
    if place is None or os.environ.get("ASHAD_USE_PROXY") == "1":
        return None
    look = _Look(address, place, security, time.monotonic() + min(timeout_s, LOOK_S))
    try:
        return look.with_ca() if security.ca else look.without_ca()
    except (OSError, ValueError, Error):  # away, or no answer in time: an ordinary outage
        return None


class _Look:
    """One diagnosis: up to three connections, all within one deadline."""

    def __init__(
        self, address: str, place: tuple[str, int], security: Security, deadline: float
    ) -> None:
        self._address = address
        self._place = place
        self._security = security
        self._deadline = deadline

    def with_ca(self) -> Error | None:
        context = self._verifying()
        asked: list[int] = []  # messages of the daemon that ask for a certificate of ours
        # Private, as is `_test_decode_cert`: where there is none, less is found and less is said.
        context._msg_callback = lambda _, way, _v, _t, kind, _d: (  # type: ignore[attr-defined]  # noqa: SLF001
            asked.append(kind) if (way, kind) == ("read", _CERTIFICATE_REQUEST) else None
        )
        for _ in range(
            2
        ):  # once more, lest a daemon that was just killed be taken for one that refuses
            try:
                if self._shake(context):
                    return None
            except ssl.SSLCertVerificationError as error:  # noqa: PERF203  # twice, not often
                return self._unverified(error)
            except (ssl.SSLError, ConnectionError):
                if not asked:
                    return self._plaintext() if self._speaks_plaintext() else None
        return self._refused() if asked else None

    def without_ca(self) -> Error | None:
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            certificate = self._certificate()
            issuer = _name(certificate.get("issuer"))
            by = f" (issued by {issuer})" if issuer else ""
            return _error(
                "REQUIRED",
                f"{self._address} speaks TLS, and no CA was given: give ca (--ca, ASHAD_CA), the "
                f"PEM file of the CA that signed the daemon's certificate{by}",
            )
        return None

    # --- what is wrong ---

    def _unverified(self, error: ssl.SSLCertVerificationError) -> Error:
        certificate = self._certificate()
        names = ", ".join(_names(certificate)) or "no host"
        if error.verify_code in (_OTHER_HOST, _OTHER_ADDRESS):
            return _error(
                "NAME_MISMATCH",
                f"the certificate of {self._address} does not name {self._place[0]}: it is for "
                f"{names}; use one of these names in the address, or make a certificate for "
                f"{self._place[0]} (ashad certs init {self._place[0]})",
            )
        if error.verify_code in (_EXPIRED, _NOT_YET_VALID):
            since, until = certificate.get("notBefore"), certificate.get("notAfter")
            if error.verify_code == _EXPIRED:
                said = f"expired on {until}: renew it with ashad certs init, where the daemon runs"
            else:
                said = f"is not valid before {since}: set the clock of this machine, or wait"
            return _error("EXPIRED", f"the certificate of {self._address} (for {names}) {said}")
        return _error(
            "UNTRUSTED",
            f"the certificate of {self._address} (for {names}) was issued by "
            f"{_name(certificate.get('issuer')) or 'an unknown CA'}, but {self._security.ca} holds "
            f"{self._trusted()}: give the CA that signed it ({error.verify_message})",
        )

    def _plaintext(self) -> Error:
        return _error(
            "NOT_SPOKEN",
            f"{self._address} does not speak TLS, but a CA was given: leave out ca (--ca, "
            "ASHAD_CA), start the daemon with --tls-cert and --tls-key, or name its TLS port",
        )

    def _refused(self) -> Error:
        what = (
            f"does not accept the client certificate {self._security.cert}: give one that was "
            "signed by the CA in its --tls-client-ca"
            if self._security.cert
            else "asks for a certificate of the client's own: give cert and key (ASHAD_CERT, "
            "ASHAD_KEY)"
        )
        return _error("CLIENT_REFUSED", f"the daemon at {self._address} {what}")

    # --- looking ---

    def _verifying(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self._security.ca)
        if self._security.cert:
            context.load_cert_chain(self._security.cert, self._security.key)
        return context

    def _shake(self, context: ssl.SSLContext) -> bytes:
        """Shake hands, and hear what comes next: by TLS 1.3 a refusal of ours comes afterwards."""
        context.set_alpn_protocols(["h2"])
        with (
            self._connect() as plain,
            context.wrap_socket(plain, server_hostname=self._place[0]) as wrapped,
        ):
            return wrapped.recv(1)

    def _certificate(self) -> dict[str, Any]:
        """Return what the certificate says, verified by nobody."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        with (
            self._connect() as plain,
            context.wrap_socket(plain, server_hostname=self._place[0]) as wrapped,
        ):
            der = wrapped.getpeercert(binary_form=True)
        return _decoded(der) if der else {}

    def _speaks_plaintext(self) -> bool:
        """Whether what answers in the clear is no TLS: its first byte is of no record of TLS."""
        with self._connect() as plain:
            plain.sendall(_HTTP2)
            first = plain.recv(1)
        return bool(first) and first not in (b"\x15", b"\x16")

    def _connect(self) -> socket.socket:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return socket.create_connection(self._place, left_s)

    def _trusted(self) -> str:
        """Name the CAs in the file that was given."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self._security.ca)
        found = [
            f"{_name(ca.get('subject'))} (valid from {ca.get('notBefore')})"
            for ca in context.get_ca_certs()
        ]
        return ", ".join(found[:3]) or "no CA"


def _error(kind: str, message: str) -> Error:
    return Error(message, code="FAILED_PRECONDITION", reason=f"TLS_{kind}")


def _host_and_port(address: str) -> tuple[str, int] | None:
    """Read what gRPC calls an address; None for a socket's file."""
    for scheme in ("dns:///", "dns:", "ipv4:", "ipv6:"):
        address = address.removeprefix(scheme)
    try:
        return split_address(address.split(",")[0])
    except ValueError:
        return None


def _decoded(der: bytes) -> dict[str, Any]:
    """Read a certificate as `SSLSocket.getpeercert` does one that was verified."""
    decode = getattr(getattr(ssl, "_ssl", None), "_test_decode_cert", None)
    if decode is None:  # another Python than CPython: the message says less
        return {}
    import tempfile  # noqa: PLC0415  # it brings much along, and is seldom needed

    handle, path = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(ssl.DER_cert_to_PEM_cert(der))
        found: dict[str, Any] = decode(path)
    except (OSError, ssl.SSLError):
        return {}
    finally:
        Path(path).unlink()
    return found


def _names(certificate: dict[str, Any]) -> list[str]:
    alternatives = [name for _, name in certificate.get("subjectAltName", ())]
    return alternatives or [name for name in (_name(certificate.get("subject")),) if name]


def _name(parts: Any) -> str:
    """Return the common name in a subject or issuer, or all of it."""
    pairs = [pair for group in parts or () for pair in group]
    common = [value for key, value in pairs if key == "commonName"]
    return repr(common[0]) if common else ", ".join(f"{key}={value}" for key, value in pairs)
