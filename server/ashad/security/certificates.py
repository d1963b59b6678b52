"""Certificates for a private cluster: a CA of one's own and server certificates that it signs.

Only makes files; never replaces one that is there, and never sends a key anywhere.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 3650
SERVER_DAYS = 397
_HOST = re.compile(r"(\*\.)?(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})*")
_EARLY = timedelta(minutes=5)  # for the clocks of other machines


class CertificateError(Exception):
    """Nothing was made; the message says why and what to do."""


def make(folder: Path, names: Sequence[str], *, client: str | None = None) -> list[Path]:
    """Make ca.pem, ca.key, server.pem and server.key in a folder; return what was made.

    A CA that is there signs anew, so that a server certificate is renewed by removing server.pem
    and server.key. `names` are host names and IP addresses of the server. `client` makes CLIENT.pem
    and CLIENT.key as well, for mutual TLS.
    """
    wanted = ["server", *([client] if client else [])]
    for name in wanted:
        for path in (folder / f"{name}.pem", folder / f"{name}.key"):
            if path.exists():
                raise CertificateError(f"{path} is there already; move it away first")
    if "server" in wanted and not names:
        raise CertificateError("name the hosts and addresses by which workers reach the daemon")
    alternatives = [_alternative(name) for name in names]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: list[Path] = []
    ca, ca_key = _authority(folder, made)
    for name in wanted:
        key = ec.generate_private_key(ec.SECP256R1())
        cert = _signed(name, alternatives if name == "server" else [], key, ca, ca_key)
        _write(folder / f"{name}.key", _pem_of_key(key), made)
        _write(folder / f"{name}.pem", cert.public_bytes(serialization.Encoding.PEM), made)
    return made


def _authority(
    folder: Path, made: list[Path]
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    cert_path, key_path = folder / "ca.pem", folder / "ca.key"
    if cert_path.exists() and key_path.exists():
        try:
            key = serialization.load_pem_private_key(key_path.read_bytes(), None)
            cert = x509.load_pem_x509_certificate(cert_path.read_bytes())
        except (ValueError, TypeError) as error:
            raise CertificateError(
                f"{cert_path} and {key_path} are not the files of a CA"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or cert.public_key() != key.public_key():
            raise CertificateError(f"{key_path} is not the key of {cert_path}")
        return cert, key
    if cert_path.exists() or key_path.exists():
        raise CertificateError(
            f"{folder} holds only one of ca.pem and ca.key; it needs both or neither"
        )
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    # Told apart by their names, since a client that trusts the wrong one is told both.
    made_at = f"{now:%Y-%m-%d} {os.urandom(3).hex()}"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ashad private CA {made_at}")])
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(key_path, _pem_of_key(key), made)
    _write(cert_path, cert.public_bytes(serialization.Encoding.PEM), made)
    return cert, key


def _signed(
    name: str,
    alternatives: list[x509.GeneralName],
    key: ec.EllipticCurvePrivateKey,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    now = datetime.now(UTC)
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if alternatives else ExtendedKeyUsageOID.CLIENT_AUTH
    identity = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ashad {name}"[:64])]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(min(now + timedelta(days=SERVER_DAYS), ca.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identity),
            critical=False,
        )
    )
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(ca_key, hashes.SHA256())


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if len(name) > 253 or not _HOST.fullmatch(name):
        raise CertificateError(f"{name[:300]!r} is no host name and no IP address")
    return x509.DNSName(name)


def _pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes, made: list[Path]) -> None:
    """Make a file that was not there; only its owner may read a key."""
    mode = 0o600 if path.suffix == ".key" else 0o644
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    made.append(path)
