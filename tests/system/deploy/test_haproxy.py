"""HAProxy in front of the daemon, with the file that `deploy/` ships: floods end there.

Honest workers share their address with the flood, which is the worst case: an office behind one
NAT. They are under way when it begins, and each of their calls is answered.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import ashad_client
import grpc
import pytest
from ashad.security import TokenFile
from ashad.security.certificates import make
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc

from tests.support import ROOT

CONFIG = ROOT / "deploy" / "haproxy" / "haproxy.cfg"
HAPROXY = shutil.which("haproxy") or "/usr/sbin/haproxy"
REPORTS = 60
SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": REPORTS, "algorithm": {"type": "single"},
    "space": {"x": 1}, "limits": {"max_trials": 1000},
}  # fmt: skip
KINDS = ("calls", "resets", "settings", "pings", "headers", "data", "connections", "handshakes")

pytestmark = pytest.mark.skipif(
    not Path(HAPROXY).exists(), reason="haproxy is missing; see `make deps`"
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Proxied:
    """A daemon on loopback with tokens, and HAProxy in front of it with TLS."""

    def __init__(self, daemon, folder: Path) -> None:
        self.daemon, self.folder = daemon, folder
        make(folder / "certs", ["127.0.0.1"])
        self.ca = folder / "certs" / "ca.pem"
        pem = folder / "haproxy.pem"
        pem.write_bytes(
            (folder / "certs" / "server.pem").read_bytes()
            + (folder / "certs" / "server.key").read_bytes()
        )
        self.address = f"127.0.0.1:{free_port()}"
        settings = {
            "ASHAD_BIND": self.address, "ASHAD_PEM": str(pem), "ASHAD_SERVER": daemon.address,
        }  # fmt: skip
        self.process = subprocess.Popen([HAPROXY, "-db", "-f", CONFIG], env=settings)
        self.until_it_listens()
        self.tokens = TokenFile(daemon.db.with_name("ashad.db.tokens"))
        self.token = folder / "token"
        self.token.write_text(self.tokens.create("admin")[1])

    def until_it_listens(self) -> None:
        host, _, port = self.address.rpartition(":")
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection((host, int(port)), 1).close()
            except OSError:
                assert self.process.poll() is None, "haproxy did not start"
                assert time.monotonic() < end
                time.sleep(0.02)
            else:
                return

    def client(self):
        return ashad_client.connect(self.address, ca=self.ca, token_file=self.token)

    def channel(self) -> grpc.Channel:
        options = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
        credentials = grpc.ssl_channel_credentials(self.ca.read_bytes())
        return grpc.secure_channel(self.address, credentials, options=options)

    def list_studies(self, token: str) -> str:
        """Return the code of a call with this token, and the daemon's reason where it gave one."""
        with self.channel() as channel:
            stub = ashad_pb2_grpc.StudyServiceStub(channel)
            try:
                stub.ListStudies(
                    pb.ListStudiesRequest(),
                    metadata=(("authorization", f"Bearer {token}"),),
                    timeout=60,
                    wait_for_ready=True,  # a flood before may keep it out
                )
            except grpc.RpcError as error:
                reason = dict(error.trailing_metadata() or ()).get("ashad-reason", "")
                return f"{error.code().name} {reason}".strip()
            return "OK"


@pytest.fixture(scope="module")
def proxied(new_daemon, tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxied")
    with new_daemon(folder) as daemon:
        made = Proxied(daemon.start("--require-tokens"), folder)
        yield made
        made.process.terminate()
        made.process.wait(30)
        assert daemon.stop() == 0


def hostile(address: str, kind: str) -> subprocess.Popen[str]:
    peer = subprocess.Popen(
        [sys.executable, "-m", "tests.support.hostile_peer", address, kind, "--tls",
         "--connections", "32"], cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert peer.stdout.readline() == "ready\n"
    return peer


@pytest.mark.parametrize("kind", KINDS)
def test_honest_workers_go_on_beside_a_flood(proxied, kind):
    with proxied.client() as client, proxied.channel() as other:
        client.create_study(kind, SPEC)
        trial = client.suggest(kind)
        trial.report(1, loss=1.0)
        watch = ashad_pb2_grpc.StudyServiceStub(other).WatchStudy(
            pb.WatchStudyRequest(study=kind), timeout=60,
            metadata=(("authorization", f"Bearer {proxied.token.read_text()}"),),
        )  # fmt: skip
        next(watch)
        peer = hostile(proxied.address, kind)
        try:
            for step in range(2, REPORTS + 1):
                trial.report(step, loss=1.0)
        finally:
            did = json.loads(peer.communicate(timeout=30)[0])
        assert client.study(kind).counts.completed == 1
        told = (change.report.resource for page in watch for change in page.changes)
        assert REPORTS in told, "the watcher missed the end"
    assert did["connected"] > 0, did


def test_an_address_that_guesses_tokens_keeps_only_those_that_were_accepted(proxied):
    good = proxied.token.read_text()
    assert proxied.list_studies(good) == "OK"
    found = {proxied.list_studies(f"ash_{n:012d}_{'x' * 43}") for n in range(150)}
    assert "UNAUTHENTICATED TOKEN_INVALID" in found, "the daemon says what is wrong"
    assert "UNAVAILABLE" in found, "and then it is not asked any more"
    assert proxied.list_studies(good) == "OK"
