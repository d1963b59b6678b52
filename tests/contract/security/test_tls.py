"""Off loopback TLS and tokens or nothing; certificates made, renewed, mutual, and refused."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import ashad_client
import grpc
import pytest
from ashad.security import TokenFile
from ashad.security.certificates import CertificateError, make
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.callers import bearer

pytestmark = pytest.mark.slow

UGLY = "--i-understand-that-anyone-who-reaches-this-port-controls-it"


def run(folder, *options):
    """Run a daemon that is to refuse; return (exit status, what it said)."""
    done = subprocess.run(
        [sys.executable, "-m", "ashad", "--db", str(folder / "a.db"), *options],
        capture_output=True, text=True, timeout=30, check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("ASHAD_")},
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0"])
def test_off_loopback_it_refuses_and_names_the_flags(tmp_path, address):
    status, said = run(tmp_path, "--address", address)
    assert status == 78
    for word in ("--tls-cert", "--tls-key", "ashad certs init", "ashad token create", UGLY):
        assert word in said
    assert "Traceback" not in said


def test_one_of_two_files_is_refused(tmp_path):
    made = make(tmp_path / "c", ["localhost"])
    cert, key = tmp_path / "c" / "server.pem", tmp_path / "c" / "server.key"
    assert {cert, key} < set(made)
    for options, word in (
        (["--tls-cert", str(cert)], "--tls-key"),
        (["--tls-key", str(key)], "--tls-cert"),
        (["--tls-client-ca", str(cert)], "--tls-cert"),
        (["--tls-cert", str(cert), "--tls-key", str(tmp_path / "no.key")], "no.key"),
        (["--tls-cert", str(key), "--tls-key", str(key)], "no PEM certificate"),
        (["--tls-cert", str(cert), "--tls-key", str(tmp_path / "c" / "ca.key")], "not the key"),
        (["--tls-cert", str(cert), "--tls-key", str(key), "--tls-client-ca", str(key)], "CA"),
    ):
        status, said = run(tmp_path, "--address", "127.0.0.1:0", *options)
        assert status == 78, options
        assert word in said
        assert "Traceback" not in said


def test_whoever_insists_gets_it_and_a_warning(new_daemon, tmp_path):
    daemon = new_daemon(tmp_path)
    daemon.address = "0.0.0.0:0"
    daemon.start(UGLY)
    daemon.address = daemon.address.replace("0.0.0.0", "127.0.0.1")
    client = ashad_client.connect(daemon.address)
    assert list(client.studies()) == []
    client.close()
    assert daemon.stop() == 0
    assert "port_unprotected" in daemon.log.read_text()


def test_off_loopback_a_token_is_asked_for(new_daemon, tmp_path):
    make(tmp_path / "c", ["127.0.0.1"])
    daemon = new_daemon(tmp_path)
    daemon.address = "0.0.0.0:0"
    daemon.start(
        "--tls-cert", str(tmp_path / "c" / "server.pem"),
        "--tls-key", str(tmp_path / "c" / "server.key"),
    )  # fmt: skip
    address = daemon.address.replace("0.0.0.0", "127.0.0.1")
    client = ashad_client.connect(address, ca=tmp_path / "c" / "ca.pem")
    with pytest.raises(ashad_client.Error, match="TOKEN_MISSING") as refused:
        list(client.studies())
    assert refused.value.code == "UNAUTHENTICATED"
    client.close()
    assert daemon.stop() == 0


def test_the_same_client_works_by_environment_alone(guarded, monkeypatch, tmp_path):
    token = guarded.file("admin")
    monkeypatch.setenv("ASHAD_ADDRESS", guarded.address)
    monkeypatch.setenv("ASHAD_CA", str(guarded.ca))
    monkeypatch.setenv("ASHAD_TOKEN_FILE", str(token))
    with ashad_client.connect() as client:
        client.create_study(
            "env",
            {"metric": "loss", "goal": "minimize", "max_resource": 3, "space": {"x": 1},
             "algorithm": {"type": "single"}},
        )  # fmt: skip
        for trial in client.trials("env"):
            for step in trial.steps():
                trial.report(step, loss=1.0)
        assert client.study("env").counts.completed == 1
    line = [sys.executable, "-m", "ashad", "study", "list", "-o", "json"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=30, check=True)
    assert '"env"' in done.stdout


async def test_the_asyncio_client_too(guarded):
    async with ashad_client.aio.connect(
        guarded.address, ca=guarded.ca, token_file=guarded.file("viewer")
    ) as client:
        names = [study.name async for study in client.studies()]
        assert names == sorted(names)


def test_a_new_token_in_the_file_needs_no_restart(guarded):
    path = guarded.file("viewer")
    with ashad_client.connect(guarded.address, ca=guarded.ca, token_file=path) as client:
        list(client.studies())
        guarded.tokens.revoke(path.stem)
        with pytest.raises(ashad_client.Error, match="TOKEN_REVOKED"):
            list(client.studies())
        path.write_text(guarded.token("viewer"))
        list(client.studies())


def test_a_token_is_not_sent_in_the_clear(tmp_path):
    path = tmp_path / "t"
    path.write_text("ash_1_secret\n")
    for address in ("trainer.example:2742", "192.0.2.1:2742", "dns:///trainer.example:2742"):
        with pytest.raises(ashad_client.Error, match="in the clear") as refused:
            ashad_client.connect(address, token_file=path)
        assert "secret" not in str(refused.value)
    for address in ("127.0.0.1", "localhost:1", "[::1]:2742", "unix:/run/a.sock"):
        ashad_client.connect(address, token_file=path).close()


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"ca": "no.pem"}, "no.pem"),
        ({"ca": "text"}, "not a PEM file"),
        ({"cert": "text"}, "cert and key"),
        ({"cert": "text", "key": "text"}, "ca as well"),
        ({"token_file": "none"}, "token_file"),
        ({"token_file": "empty"}, "holds no token"),
        ({"token_file": "two"}, "holds no token"),
    ],
)
def test_what_cannot_be_right_is_refused_at_connect(tmp_path, settings, word):
    for name, text in (("text", "x"), ("empty", "\n"), ("two", "a\nb\n")):
        (tmp_path / name).write_text(text)
    with pytest.raises(ashad_client.Error, match=word) as refused:
        ashad_client.connect(**{key: tmp_path / name for key, name in settings.items()})
    assert refused.value.code == "INVALID_ARGUMENT"


def served(address):
    """Return the serial number of the certificate that is shown to a new connection."""
    host, _, port = address.rpartition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection((host, int(port)), 10) as plain,
        context.wrap_socket(plain) as wrapped,
    ):
        return x509.load_der_x509_certificate(wrapped.getpeercert(True)).serial_number


def test_sighup_reads_certificates_again_and_bad_ones_change_nothing(new_daemon, tmp_path):
    folder = tmp_path / "c"
    make(folder, ["127.0.0.1"])
    cert, key = folder / "server.pem", folder / "server.key"
    daemon = new_daemon(tmp_path).start("--tls-cert", str(cert), "--tls-key", str(key))
    first = served(daemon.address)

    def hup(word):
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: word in daemon.log.read_text())

    good = key.read_bytes()
    key.write_text("broken")
    hup("certificates_not_reloaded")
    assert served(daemon.address) == first
    key.write_bytes(good)
    cert.unlink()
    key.unlink()
    make(folder, ["127.0.0.1"])
    hup("certificates_reloaded")
    until(lambda: served(daemon.address) != first)
    with ashad_client.connect(daemon.address, ca=folder / "ca.pem") as client:
        assert list(client.studies()) == []
    assert daemon.stop() == 0


def test_sighup_keeps_what_is_good_from_what_would_not_be_served(new_daemon, tmp_path):
    """A key that gRPC takes in silence and does not serve, one that has ended, a pipe, a chain."""
    folder = tmp_path / "c"
    make(folder, ["127.0.0.1"])
    cert, key = folder / "server.pem", folder / "server.key"
    good, other = cert.read_bytes(), self_signed(ec.SECP256K1(), days=30)
    old = self_signed(ec.SECP256R1(), days=-1)
    with new_daemon(tmp_path) as daemon:
        daemon.start("--tls-cert", str(cert), "--tls-key", str(key))
        first = served(daemon.address)
        broken = good + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        for number, (pem, secret, why) in enumerate(
            [
                (*other, "takes no key on secp256k1"), (*old, "has ended"),
                (broken, b"", "no PEM certificate"), (None, b"", "is no file"),
            ], 1,
        ):  # fmt: skip
            cert.unlink()
            if pem is None:
                os.mkfifo(cert)
            else:
                cert.write_bytes(pem)
            key.write_bytes(secret or key.read_bytes())
            daemon.process.send_signal(signal.SIGHUP)
            until(lambda n=number: daemon.log.read_text().count("certificates_not_reloaded") == n)
            assert why in daemon.log.read_text().splitlines()[-1]
            assert served(daemon.address) == first
        assert daemon.stop() == 0


def self_signed(curve, days):
    """Return a certificate and its key, as PEM."""
    key, now = ec.generate_private_key(curve), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=9)).not_valid_after(
        now + timedelta(days=days)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), private


def until(look):
    end = time.monotonic() + 20
    while not look():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_mutual_tls_lets_in_only_clients_of_the_ca(new_daemon, tmp_path):
    folder, other = tmp_path / "c", tmp_path / "other"
    make(folder, ["127.0.0.1"], client="trainer")
    make(other, ["127.0.0.1"], client="trainer")
    daemon = new_daemon(tmp_path).start(
        "--tls-cert", str(folder / "server.pem"), "--tls-key", str(folder / "server.key"),
        "--tls-client-ca", str(folder / "ca.pem"),
    )  # fmt: skip
    ca = folder / "ca.pem"
    with ashad_client.connect(
        daemon.address, ca=ca, cert=folder / "trainer.pem", key=folder / "trainer.key"
    ) as client:
        assert list(client.studies()) == []
    for cert in ({}, {"cert": other / "trainer.pem", "key": other / "trainer.key"}):
        stranger = ashad_client.connect(daemon.address, ca=ca, **cert)
        with pytest.raises(ashad_client.Error, match="TLS_CLIENT_REFUSED"):
            list(stranger.studies())
        stranger.close()
    assert daemon.stop() == 0


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_protocols_are_refused(guarded):
    host, _, port = guarded.address.rpartition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection((host, int(port)), 10) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(plain)


def test_text_on_the_tls_port_and_tls_on_the_text_port_end_quietly(guarded, daemon):
    for address, greeting in (
        (guarded.address, b"GET / HTTP/1.1\r\n\r\n"),
        (daemon.address, b"\x16\x03\x01"),
    ):
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), 10) as plain:
            plain.sendall(greeting * 20)
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(4096):
                pass
    with ashad_client.connect(daemon.address) as client:
        assert list(client.studies()) == []


# --- making them ---------------------------------------------------------------------------------


def test_keys_are_for_their_owner_and_nothing_is_replaced(tmp_path):
    folder = tmp_path / "c"
    made = make(folder, ["localhost"])
    assert {path.name for path in made} == {"ca.pem", "ca.key", "server.pem", "server.key"}
    assert (folder / "ca.key").stat().st_mode & 0o777 == 0o600
    assert (folder / "server.key").stat().st_mode & 0o777 == 0o600
    before = {path: path.read_bytes() for path in made}
    with pytest.raises(CertificateError, match="move it away"):
        make(folder, ["localhost"])
    (folder / "server.pem").unlink()
    (folder / "server.key").unlink()
    (folder / "ca.key").write_bytes(make(tmp_path / "d", ["x"])[0].read_bytes())
    with pytest.raises(CertificateError, match="not the key of"):
        make(folder, ["localhost"])
    assert (folder / "ca.pem").read_bytes() == before[folder / "ca.pem"]


@pytest.mark.parametrize("name", ["", "a\nb", "a b", "-a", "x" * 64, "a." * 127 + "b", "a:1", "é"])
def test_what_is_no_name_of_a_host_is_refused(tmp_path, name):
    with pytest.raises(CertificateError, match="no host name"):
        make(tmp_path / "c", ["localhost", name])
    assert not (tmp_path / "c").exists()


def test_the_command_prints_two_lines_for_a_worker(tmp_path):
    line = [sys.executable, "-m", "ashad", "certs", "init", "trainer.example", "10.0.0.7",
            "--folder", str(tmp_path / "c")]  # fmt: skip
    done = subprocess.run(line, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines() == [
        "export ASHAD_ADDRESS=trainer.example:2742 ASHAD_CA=/path/to/ca.pem",
        "export ASHAD_TOKEN_FILE=/path/to/token",
    ]
    assert f"--tls-cert {tmp_path / 'c' / 'server.pem'}" in done.stderr


def test_tokens_by_the_command_line(guarded, tmp_path):
    def ashad(*words):
        line = [
            sys.executable,
            "-m",
            "ashad",
            "token",
            *words,
            "--tokens",
            str(guarded.tokens.path),
        ]
        return subprocess.run(line, capture_output=True, text=True, timeout=30, check=False)

    made = ashad("create", "--role", "viewer", "--label", "dashboard", "--expires", "30d",
                 "--study", "team-*")  # fmt: skip
    assert made.returncode == 0
    token = made.stdout.strip()
    number = token.split("_")[1]
    assert token not in guarded.tokens.path.read_text()
    assert guarded.tokens.path.stat().st_mode & 0o777 == 0o600
    listed = ashad("list", "-o", "json").stdout
    assert number in listed
    assert token.split("_", 2)[2] not in listed
    with guarded.channel() as channel:
        call = channel.unary_unary("/ashad.v1.StudyService/ListStudies")
        call(b"", metadata=bearer(token), timeout=10)
        assert ashad("revoke", number).returncode == 0
        with pytest.raises(grpc.RpcError):
            call(b"", metadata=bearer(token), timeout=10)
    assert ashad("revoke", number).returncode == 0  # an echo
    for words, word in (
        (["revoke", "nobody"], "no token has the id"),
        (["create"], "--role"),
        (["create", "--role", "king"], "king"),
        (["create", "--role", "viewer", "--study", "a b"], "no name of a study"),
        (["create", "--role", "viewer", "--expires", "soon"], "--expires"),
    ):
        done = ashad(*words)
        assert done.returncode == 2
        assert word in done.stderr
        assert "Traceback" not in done.stderr


def test_a_broken_file_of_tokens_lets_nobody_in(guarded, new_daemon, tmp_path):
    tokens = TokenFile(tmp_path / "t")
    _, secret = tokens.create("admin")
    daemon = new_daemon(tmp_path).start("--require-tokens", "--tokens", str(tokens.path))
    with daemon.channel() as channel:
        call = channel.unary_unary("/ashad.v1.StudyService/ListStudies")
        call(b"", metadata=bearer(secret), timeout=10)
        good = tokens.path.read_bytes()
        for bad in (b"", b"{", b'{"version": 2, "tokens": []}', b'{"version": 1, "tokens": [{}]}'):
            tokens.path.write_bytes(bad)
            with pytest.raises(grpc.RpcError) as refused:
                call(b"", metadata=bearer(secret), timeout=10)
            assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
        until(lambda: "token_file_unreadable" in daemon.log.read_text())
        tokens.path.write_bytes(good)
        call(b"", metadata=bearer(secret), timeout=10)
    assert daemon.stop() == 0
