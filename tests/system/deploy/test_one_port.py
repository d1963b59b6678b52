"""HAProxy or Envoy in front of both ports: a worker by gRPC, a program by JSON, one address."""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess

import ashad_client
import pytest
from ashad.security import TokenFile
from ashad.security.certificates import make

from tests.support.cluster import free, until
from tests.support.tools import DEPLOY, tool

SPEC = {
    "metric": "loss", "goal": "minimize", "max_resource": 2, "algorithm": {"type": "random"},
    "space": {"x": ashad_client.uniform(0, 1)}, "limits": {"max_trials": 1},
}  # fmt: skip


def haproxy(folder, port, grpc, web):
    """Start it by its recipe, which has variables for what differs here."""
    pem = folder / "haproxy.pem"
    parts = ("pem", "key")
    pem.write_bytes(b"".join((folder / "certs" / f"server.{one}").read_bytes() for one in parts))
    settings = {
        "ASHAD_BIND": f"127.0.0.1:{port}", "ASHAD_PEM": str(pem),
        "ASHAD_SERVER": grpc, "ASHAD_WEB_SERVER": f"127.0.0.1:{web}",
    }  # fmt: skip
    recipe = DEPLOY / "haproxy" / "one-port.cfg"
    return subprocess.Popen([tool("haproxy"), "-db", "-f", recipe], env=settings)


def envoy(folder, port, grpc, web):
    """Start it by its recipe, with other ports and files."""
    pytest.importorskip("envoy", reason="run by make test-fleets")
    text = (DEPLOY / "envoy" / "one-port.yaml").read_text()
    for there, here in (
        ("port_value: 2742", f"port_value: {port}"), ("port_value: 2744", f"port_value: {web}"),
        ("port_value: 2743", f"port_value: {grpc.rpartition(':')[2]}"),
        ("/etc/envoy/", f"{folder / 'certs'}/"),
    ):  # fmt: skip
        assert there in text
        text = text.replace(there, here)
    (folder / "envoy.yaml").write_text(text)
    words = ["--config-path", folder / "envoy.yaml", "--use-dynamic-base-id", "--concurrency", "1"]
    return subprocess.Popen([tool("envoy"), *words, "--log-level", "error"])


@pytest.fixture(params=[haproxy, envoy])
def port(new_daemon, tmp_path, request):
    """The port of the proxy; beside it lie ca.pem and the token of an admin."""
    port, web = free(2)
    make(tmp_path / "certs", ["127.0.0.1"])
    with new_daemon(tmp_path) as daemon:
        token = TokenFile(daemon.db.with_name("ashad.db.tokens")).create("admin")[1]
        (tmp_path / "token").write_text(token)
        daemon.start(
            "--require-tokens", "--web", f"127.0.0.1:{web}",
            "--web-url", f"https://127.0.0.1:{port}",
        )  # fmt: skip
        proxy = request.param(tmp_path, port, daemon.address, web)
        until(lambda: answers(tmp_path, port))
        yield port
        proxy.terminate()
        proxy.wait(30)


def ask(folder, port, path, body=None, **headers):
    """Ask by HTTP/1.1 as curl does; return the status and the answer."""
    context = ssl.create_default_context(cafile=folder / "certs" / "ca.pem")
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)
    try:
        connection.request("POST" if body else "GET", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def answers(folder, port):
    try:
        return ask(folder, port, "/readyz")[0] == 200
    except OSError:
        return False


def test_grpc_and_json_through_one_port(port, tmp_path):
    ca, token = tmp_path / "certs" / "ca.pem", tmp_path / "token"
    with ashad_client.connect(f"127.0.0.1:{port}", ca=ca, token_file=token) as client:
        client.create_study("digits", SPEC)
        for trial in client.trials("digits"):
            for epoch in trial.steps():
                trial.report(epoch, loss=1.0)
    where, body = "/ashad.v1.StudyService/GetStudy", json.dumps({"study": "digits"})
    kind = {"Content-Type": "application/json"}
    status, said = ask(tmp_path, port, where, body, **kind)
    assert (status, "TOKEN_MISSING" in said) == (401, True), said
    bearer = {"Authorization": f"Bearer {token.read_text()}"}
    status, said = ask(tmp_path, port, where, body, **kind, **bearer)
    assert (status, json.loads(said)["study"]["state"]) == (200, "STUDY_STATE_FINISHED")
    status, said = ask(tmp_path, port, "/metrics", **bearer)
    assert (status, "grpc_server_call_duration_seconds" in said) == (200, True)
