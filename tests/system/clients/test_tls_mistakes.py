"""TLS that cannot work is told at once, with the names and the CA of the certificate.

Each client against each mistake; nothing is retried, and nothing but the error is said.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from ashad.security.certificates import make
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from tests.support.drivers import LANGUAGES, Driver

OTHERS = [language for language in LANGUAGES if language != "python"]
PROMPT = 40.0  # seconds; each mistake was retried for a minute before, by a worker for a day


class Endpoint:
    """A server that outlives its callers, for a `Driver`."""

    def __init__(self, address: str) -> None:
        self.address = address

    def start(self, *_options: str) -> Endpoint:
        return self

    def stop(self) -> None:
        pass


def sign_anew(folder: Path, start: datetime, end: datetime) -> None:
    """Replace server.pem by one that is valid for another time."""
    ca_key: Any = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    old = x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())
    made = x509.CertificateBuilder().subject_name(old.subject).issuer_name(old.issuer)
    made = made.public_key(old.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(start).not_valid_after(end)
    for extension in old.extensions:
        made = made.add_extension(extension.value, extension.critical)
    pem = made.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (folder / "server.pem").write_bytes(pem)


@pytest.fixture(scope="module")
def endpoints(new_daemon, tmp_path_factory):
    """The daemon in plain text, with three certificates, and a server whose own has expired."""
    top = tmp_path_factory.mktemp("tls")
    now = datetime.now(UTC)
    make(top / "good", ["127.0.0.1"], client="trainer")
    make(top / "elsewhere", ["trainer.example", "192.0.2.7"])
    make(top / "stranger", ["127.0.0.1"], client="trainer")
    for name, start, end in (
        ("expired", now - timedelta(days=9), now - timedelta(days=2)),
        ("early", now + timedelta(days=2), now + timedelta(days=9)),
    ):
        make(top / name, ["127.0.0.1"])
        sign_anew(top / name, start, end)
    found: dict[str, Any] = {"folder": top}
    daemons, servers = [], []
    for name, certs, *more in (
        ("plain", ""),
        ("good", "good"),
        ("elsewhere", "elsewhere"),
        ("mutual", "good", "--tls-client-ca", str(top / "good" / "ca.pem")),
    ):
        (top / f"d-{name}").mkdir()
        files = [
            f"--tls-{k}={top / certs / f'server.{v}'}" for k, v in (("cert", "pem"), ("key", "key"))
        ]
        daemon = new_daemon(top / f"d-{name}").start(*(files if certs else []), *more)
        daemons.append(daemon)
        found[name] = Endpoint(daemon.address)
    for name in ("expired", "early"):  # the daemon itself refuses to show such a certificate
        server = grpc.server(ThreadPoolExecutor(1))
        pair = (top / name / "server.key").read_bytes(), (top / name / "server.pem").read_bytes()
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
        server.start()
        servers.append(server)
        found[name] = Endpoint(f"127.0.0.1:{port}")
    yield found
    for server in servers:
        server.stop(None)
    for daemon in daemons:
        assert daemon.stop() == 0


MISTAKES = {
    "another CA": ("good", "stranger", "TLS_UNTRUSTED", ("ashad private CA", "stranger/ca.pem")),
    "no CA": ("good", "", "TLS_REQUIRED", ("ASHAD_CA",)),
    "another name": (
        "elsewhere",
        "elsewhere",
        "TLS_NAME_MISMATCH",
        ("trainer.example", "192.0.2.7", "127.0.0.1"),
    ),
    "expired": ("expired", "expired", "TLS_EXPIRED", ("ashad certs init",)),
    "not yet valid": ("early", "early", "TLS_EXPIRED", ("clock",)),
    "plain text": ("plain", "good", "TLS_NOT_SPOKEN", ("--tls-cert", "ASHAD_CA")),
    "no certificate of its own": ("mutual", "good", "TLS_CLIENT_REFUSED", ("ASHAD_CERT",)),
    "a foreign certificate of its own": ("mutual", "good", "TLS_CLIENT_REFUSED", ("certificate",)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("language", OTHERS)
def test_a_mistake_with_tls_is_told_at_once(built, endpoints, language, mistake) -> None:
    where, ca, reason, words = MISTAKES[mistake]
    folder = endpoints["folder"]
    given = {"ASHAD_CA": str(folder / ca / "ca.pem")} if ca else {}
    if mistake == "a foreign certificate of its own":
        given |= {
            f"ASHAD_{k}": str(folder / "stranger" / f"trainer.{v}")
            for k, v in (("CERT", "pem"), ("KEY", "key"))
        }
    door = Driver(built(language), endpoints[where], **given)
    assert door.ask("client a w1") == "ok"
    began = time.monotonic()
    for question in ("studies a", "loop a s"):
        assert door.ask(question) == f"error FAILED_PRECONDITION {reason}", door.said
    assert time.monotonic() - began < PROMPT
    address = door.proxy.address
    door.close()
    lines = door.said.splitlines()
    assert len(lines) == 2, lines  # no line of gRPC's own log, and no "trying on"
    for line in lines:
        assert line.startswith("error: "), lines
        for word in (address, *words):
            assert word in line, (word, line)


@pytest.mark.parametrize("language", OTHERS)
def test_where_tls_is_right_nothing_is_said(built, endpoints, language) -> None:
    certs = endpoints["folder"] / "good"
    given = {
        "ASHAD_CA": certs / "ca.pem",
        "ASHAD_CERT": certs / "trainer.pem",
        "ASHAD_KEY": certs / "trainer.key",
    }
    door = Driver(built(language), endpoints["mutual"], **{k: str(v) for k, v in given.items()})
    assert door.ask("client a w1") == "ok"
    assert door.ask("studies a") == "none"
    door.close()
    assert door.said == ""
