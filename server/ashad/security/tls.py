"""TLS of the daemon: its certificate, whose clients it lets in, and new files without a restart.

What cannot be used is refused at the start; later, the files that were good stay in use and the log
says so. Never falls back to the clear.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

WARN_DAYS = 14
_CURVES = ("secp256r1", "secp384r1", "secp521r1")  # another is taken, and then not served


class TlsFileError(Exception):
    """A TLS file cannot be used; the message names it and the fix."""


@dataclass(frozen=True, slots=True)
class Files:
    """PEM files: the certificate with its chain, its key, the CA of clients if they need one."""

    cert: Path
    key: Path
    client_ca: Path | None = None


class Certificates:
    """The files as they were last read whole and found to fit together."""

    def __init__(self, files: Files, tell: Callable[..., object]) -> None:
        """Read the files; raise `TlsFileError`."""
        self._files, self._tell = files, tell
        self._fresh = False
        self.expires = datetime.min.replace(tzinfo=UTC)  # none is in use
        self._read()

    def credentials(self) -> Any:
        """Return credentials for a port; each new connection gets the files last read."""
        return grpc.dynamic_ssl_server_credentials(
            self._configuration, self._fetch, self._files.client_ca is not None
        )

    def reload(self) -> bool:
        """Read the files again; return whether they are in use now."""
        try:
            self._read()
        except TlsFileError as error:
            self._tell("certificates_not_reloaded", why=str(error))
            return False
        self._fresh = True
        return True

    def warn(self) -> None:
        """Tell when the certificate ends soon, or has ended."""
        left = (self.expires - datetime.now(UTC)).days
        if left < WARN_DAYS:
            self._tell(
                "certificate_expiring" if left >= 0 else "certificate_expired",
                file=str(self._files.cert),
                expires=self.expires.isoformat(),
                days=left,
            )

    def _fetch(self) -> Any:
        """Return a new configuration where there is one. Called by gRPC for each connection."""
        if not self._fresh:
            return None
        self._fresh = False
        return self._configuration

    def _read(self) -> None:
        files = self._files
        cert, key = _bytes(files.cert), _bytes(files.key)
        try:
            leaf = x509.load_pem_x509_certificates(cert)[0]
        except ValueError as error:
            raise TlsFileError(f"{files.cert} is no PEM certificate") from error
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(files.cert, files.key, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            raise TlsFileError(
                f"{files.key} is not the key of {files.cert}, or has a password"
            ) from error
        except OSError as error:
            raise TlsFileError(f"{files.key}: {error.strerror}") from error
        ca = None
        if files.client_ca is not None:
            ca = _bytes(files.client_ca)
            try:
                context.load_verify_locations(files.client_ca)
            except ssl.SSLError as error:
                raise TlsFileError(f"{files.client_ca} holds no PEM certificate of a CA") from error
        kind = leaf.public_key()
        if isinstance(kind, ec.EllipticCurvePublicKey) and kind.curve.name not in _CURVES:
            raise TlsFileError(
                f"{files.key}: gRPC takes no key on {kind.curve.name}; take secp256r1"
            )
        ended = leaf.not_valid_after_utc < datetime.now(UTC)
        if ended and leaf.not_valid_after_utc < self.expires:
            raise TlsFileError(f"{files.cert} has ended, before the one that is in use")
        self.expires = leaf.not_valid_after_utc
        self._configuration = grpc.ssl_server_certificate_configuration([(key, cert)], ca)
        self.warn()


def _bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # a pipe would stop the daemon
        raise TlsFileError(f"{path} is no file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise TlsFileError(f"{path}: {error.strerror}") from error


def _no_password() -> str:
    raise ValueError("a key with a password")
