"""What keeps TLS from working is named at once by every door, and not retried while one waits."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import ashad_client
import grpc
import pytest
from ashad.cli import main as ashad
from ashad.security import certificates
from ashad_client.security import Security
from ashad_client.transport.tls import diagnose
from click.testing import CliRunner
from cryptography import x509

pytestmark = pytest.mark.slow

SOON_S = 20.0  # what was retried for a day, or for a deadline of 60 s, is said within this
CASES = ("wrong CA", "other name", "no CA", "expired", "clear", "no client", "other client")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Certificates for localhost, of two CAs, and a client's of each."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("ours", "theirs"):
        certificates.make(folder / name, ["localhost", "daemon.example"], client="trainer")
    return folder


@pytest.fixture(scope="module")
def serving(new_daemon, tmp_path_factory):
    """Start a daemon; return its port."""
    with contextlib.ExitStack() as running:

        def start(*options):
            daemon = running.enter_context(new_daemon(tmp_path_factory.mktemp("daemon")))
            return daemon.start(*options).address.rpartition(":")[2]

        yield start


def shown(folder):
    """Return the options of a daemon that shows the certificate in a folder."""
    return ["--tls-cert", str(folder / "server.pem"), "--tls-key", str(folder / "server.key")]


@pytest.fixture(scope="module")
def secured(serving, place):
    return serving(*shown(place / "ours"))


@pytest.fixture(scope="module")
def mutual(serving, place):
    return serving(*shown(place / "ours"), "--tls-client-ca", str(place / "ours" / "ca.pem"))


@pytest.fixture(scope="module")
def clear(serving):
    return serving()


@pytest.fixture(scope="module")
def expired(place):
    """A gRPC server whose certificate has ended; a daemon would not start with it."""
    folder = place / "expired"
    folder.mkdir()
    for name in ("ca.pem", "ca.key"):
        (folder / name).write_bytes((place / "ours" / name).read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certificates, "SERVER_DAYS", -1 / 86_400)
        certificates.make(folder, ["localhost"])
    pair = tuple((folder / f"server.{ending}").read_bytes() for ending in ("key", "pem"))
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    server.start()
    yield port
    server.stop(None).wait()


@pytest.fixture(params=CASES)
def case(request, place):
    """(address, files, reason, what the message names)."""
    ours, theirs, port = place / "ours", place / "theirs", request.getfixturevalue
    ca, other_ca = {"ca": ours / "ca.pem"}, {"ca": theirs / "ca.pem"}
    cert = {"cert": theirs / "trainer.pem", "key": theirs / "trainer.key"}
    we, they = issuer(ours), issuer(theirs)
    made = {
        "wrong CA": ("localhost", "secured", other_ca, "UNTRUSTED", [we, they, "daemon.example"]),
        "other name": ("127.0.0.1", "secured", ca, "NAME_MISMATCH", ["localhost, daemon.example"]),
        "no CA": ("localhost", "secured", {}, "REQUIRED", [we, "ASHAD_CA"]),
        "expired": ("localhost", "expired", ca, "EXPIRED", ["expired on", "GMT"]),
        "clear": ("localhost", "clear", ca, "NOT_SPOKEN", ["leave out ca"]),
        "no client": ("localhost", "mutual", ca, "CLIENT_REFUSED", ["ASHAD_CERT"]),
        "other client": ("localhost", "mutual", ca | cert, "CLIENT_REFUSED", ["trainer.pem"]),
    }
    host, daemon, files, reason, words = made[request.param]
    address = f"{host}:{port(daemon)}"
    return address, files, f"TLS_{reason}", [address, *words]


def issuer(folder):
    """Return the name of the CA in a folder."""
    found = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes()).subject
    return found.rfc4514_string().removeprefix("CN=")


@pytest.fixture
def told(case, monkeypatch):
    """The environment that says the same."""
    for name in list(os.environ):
        if name.startswith(("ASHAD_", "GRPC_")):
            monkeypatch.delenv(name)
    address, files, _, _ = case
    return {f"ASHAD_{name.upper()}": str(path) for name, path in files.items()} | {
        "ASHAD_ADDRESS": address
    }


def named(said, case):
    _, _, reason, words = case
    for word in (reason, *words):
        assert word in said


def test_the_blocking_client(case):
    address, files, reason, _ = case
    with ashad_client.connect(address, **files) as client:
        for ask in (
            lambda: client.best("s"),
            lambda: client.suggest("s"),
            lambda: next(client.trials("s")),
            lambda: client.should_stop("s", 0, 1),
        ):
            began = time.monotonic()
            with pytest.raises(ashad_client.Error) as refused:
                ask()
            assert time.monotonic() - began < SOON_S
            assert (refused.value.reason, refused.value.code) == (reason, "FAILED_PRECONDITION")
            named(str(refused.value), case)


async def test_the_asyncio_client(case):
    address, files, reason, _ = case
    async with ashad_client.aio.connect(address, **files) as client:
        for ask in (lambda: client.best("s"), lambda: client.suggest("s")):
            with pytest.raises(ashad_client.Error) as refused:
                await asyncio.wait_for(ask(), SOON_S)
            assert refused.value.reason == reason
            named(str(refused.value), case)


def test_the_command_line(case, told):
    for line in (["study", "list"], ["watch", "s"]):
        done = CliRunner().invoke(ashad, line, env=told)
        assert done.exit_code == 1, done
        assert done.stderr.count("\n") == 1
        assert "no daemon answers" not in done.stderr
        named(done.stderr, case)


def test_the_doctor(case, told):
    done = CliRunner().invoke(ashad, ["doctor", "-o", "json"], env=told)
    assert (done.exit_code, done.stderr) == (1, "")
    found = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert (found["daemon"]["verdict"], found["daemon"]["fix"]) == ("problem", "")
    named(found["daemon"]["said"], case)


@pytest.mark.parametrize("case", ["wrong CA", "clear"], indirect=True)
@pytest.mark.parametrize(
    "line",
    [
        ["-m", "ashad_client", "run", "s", "--", "true"],
        ["-m", "ashad_client", "ask", "s"],
        ["-c", "import ashad_client; ashad_client.connect().best('s')"],
    ],
)
def test_a_program_says_it_and_no_line_of_grpc(case, told, line):
    done = subprocess.run(
        [sys.executable, "-W", "error", *line],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        timeout=SOON_S,
        check=False,
    )
    assert done.returncode not in (0, 2), done
    named(done.stderr, case)
    assert "ssl_transport_security" not in done.stderr


# --- what is no matter of TLS, and what is queued -----------------------------------------------


def test_nothing_is_found_where_nothing_is_wrong(place, secured, clear, mutual):
    ours = place / "ours"
    ca, cert, key = (str(ours / name) for name in ("ca.pem", "trainer.pem", "trainer.key"))
    for port, security in (
        (secured, Security(ca)),
        (mutual, Security(ca, cert, key)),
        (clear, Security()),
    ):
        for scheme in ("", "dns:", "dns:///"):
            assert diagnose(f"{scheme}localhost:{port}", security) is None
    for address in ("unix:/run/a.sock", "localhost:1", "dns:///localhost:1"):
        for security in (Security(), Security(ca)):
            assert diagnose(address, security) is None


@pytest.mark.parametrize("answer", [None, b"", b"\x15\x03\x01\x00\x02\x02\x28"])
def test_what_answers_nothing_is_an_outage(place, answer):
    """A port that says nothing, that hangs up, or that breaks off TLS without a reason."""
    kept = []

    def serve(server):
        with contextlib.suppress(OSError):
            while True:
                kept.append(server.accept()[0])
                if answer is not None:
                    kept[-1].sendall(answer)
                    kept[-1].close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        for security in (Security(), Security(str(place / "ours" / "ca.pem"))):
            assert diagnose(address, security, 0.5) is None
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    for one in kept:
        one.close()


def test_what_is_queued_waits_until_the_certificate_is_mended(new_daemon, place, tmp_path, caplog):
    """In the middle of a training a wrong certificate is an outage, and is named in the log."""
    spec = {"metric": "loss", "goal": "minimize", "max_resource": 9, "space": {"x": 1}}
    with new_daemon(tmp_path) as daemon:
        daemon.start(*shown(place / "ours"))
        address = "localhost:" + daemon.address.rpartition(":")[2]
        with ashad_client.connect(address, ca=place / "ours" / "ca.pem") as client:
            client.create_study("s", {**spec, "algorithm": {"type": "single"}})
            trial = client.suggest("s")
            trial.report(1, loss=1.0)
            daemon.kill()
            daemon.start(*shown(place / "theirs"))
            with caplog.at_level(logging.WARNING, "ashad_client"):
                assert trial.report(2, loss=1.0).reason == "UNREACHABLE"
            assert "TLS_UNTRUSTED" in caplog.text
            with pytest.raises(ashad_client.Error, match="TLS_UNTRUSTED"):
                client.best("s")
            daemon.kill()
            daemon.start(*shown(place / "ours"))
            trial.complete()
            assert client.suggest("s") is None
            assert [report.resource for report in client.list_reports("s")] == [1, 2]
        assert daemon.stop() == 0
