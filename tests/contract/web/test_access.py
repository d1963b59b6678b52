"""Who is let in over HTTP: hosts and origins, tokens and roles, cookies; what browsers are told."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import signal
import socket
import ssl
import webbrowser

import pytest
from ashad.cli import main
from ashad.daemon.endpoint import Endpoint, EndpointSettings, check
from ashad.daemon.exit_codes import StartupError
from ashad.daemon.web_port import WebPort, WebSettings
from ashad.daemon.web_port import check as check_web
from ashad.security import TokenFile
from ashad.security.certificates import make
from ashad_client.v1 import ashad_pb2 as pb
from click.testing import CliRunner

from tests.contract.web.conftest import SERVICE, Http, http_of
from tests.support.wire import spec, until

HOSTILE = '<script>alert(1)</script>\r\n\x1b[2J"}\u202e'


# --- where a request comes from ---


@pytest.mark.parametrize(("host", "let_in"), [
    ("127.0.0.1", True), ("localhost:1", True), ("[::1]:2744", True), ("LOCALHOST", True),
    ("evil.example", False), ("127.0.0.1.evil.example", False), ("localhost.", False),
    ("10.0.0.1", False), ("", False), ("localhost@evil.example", False), ("[", False),
])  # fmt: skip
def test_only_names_of_this_machine_are_answered(http_port, host, let_in):
    """A page whose name was made to point here (DNS rebinding) is not."""
    got = http_port.call("ListStudies", {}, Host=host)
    assert got.status == (200 if let_in else 403)
    assert let_in or b"--web-url" in got.data
    assert http_port.send("GET", "/healthz", Host=host).status == 200


def test_other_sites_are_not_answered(http_port):
    own = f"http://{http_port.address}"
    for origin, let_in in (
        (own, True), ("https://evil.example", False), ("null", False), ("", False),
        ("http://localhost", False), ("http://127.0.0.1:1", False), (f"{own}.evil.example", False),
    ):  # fmt: skip
        got = http_port.call("ListStudies", {}, Origin=origin)
        assert got.status == (200 if let_in else 403), origin
        got = http_port.send("GET", f"{SERVICE}ListStudies?message=%7B%7D", Origin=origin)
        assert got.status == (200 if let_in else 403), origin
    for site, let_in in (("same-origin", True), ("none", True), ("cross-site", False)):
        got = http_port.call("ListStudies", {}, sec_fetch_site=site)
        assert got.status == (200 if let_in else 403)
    assert http_port.send("GET", "/", sec_fetch_site="cross-site").status == 200, "a link"
    assert "access-control-allow-origin" not in got.headers
    assert http_port.send("OPTIONS", f"{SERVICE}ListStudies").status != 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/session", "/none",
                                  f"{SERVICE}GetStudy"])  # fmt: skip
def test_every_answer_says_what_it_forbids(http_port, path):
    got = http_port.send("GET", path)
    assert "default-src 'self'" in got.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in got.headers["content-security-policy"]
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert "server" not in got.headers


def test_without_tokens_everybody_here_is_an_admin(http_port):
    found = http_port.send("GET", "/session").json
    assert (found["role"], found["needsToken"]) == ("admin", False)
    assert found["version"]


def test_hostile_text_stays_json(served, http_port):
    name = served.create()
    held = served.take(name)
    served.scheduler.FailTrial(
        pb.FailTrialRequest(
            study=name, trial=0, attempt=1, lease_token=held.lease_token, message=HOSTILE
        )
    )  # fmt: skip
    got = http_port.call("GetTrial", {"study": name, "trial": 0})
    assert got.headers["content-type"] == "application/json"
    assert got.json["trial"]["message"] == HOSTILE
    assert not {c for c in got.data if c < 32}
    for hostile in (HOSTILE, "x" * 5000):
        got = http_port.call("GetStudy", {"study": hostile})
        assert (got.status, got.headers["content-type"]) == (404, "application/json")
        assert not {c for c in got.data if c < 32}
        assert len(got.data) < 3000


# --- tokens ---


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, new_daemon):
    """A daemon that asks for tokens, its HTTP port, and a token of each role."""
    folder = tmp_path_factory.mktemp("guarded")
    with new_daemon(folder) as daemon:
        file = TokenFile(daemon.db.with_name(f"{daemon.db.name}.tokens"))
        tokens = {role: file.create(role, label=role)[1] for role in ("viewer", "worker", "admin")}
        daemon.start("--require-tokens", "--web", "127.0.0.1:0")
        call = {"metadata": [("authorization", f"Bearer {tokens['admin']}")]}
        port = http_of(daemon, **call)
        request = pb.CreateStudyRequest(study="s", spec=spec())
        daemon.studies().CreateStudy(request, timeout=9, **call)
        yield port, tokens, file


def test_without_a_token_nothing_is_told(guarded):
    port, _, _ = guarded
    for got in (
        port.call("GetStudy", {"study": "s"}),
        port.call("PauseStudy", {"study": "s"}),
        port.call("WatchStudy", {"study": "s"}),
        port.send("GET", f"{SERVICE}GetStudy?message=%7B%7D"),
        port.send("GET", "/session"),
        port.call("GetStudy", {"study": "s"}, Authorization="Basic x"),
    ):
        assert (got.status, got.json["code"]) == (401, "unauthenticated")
        assert got.json["details"][0]["debug"]["reason"] == "TOKEN_MISSING"
    assert port.send("GET", "/metrics").status == 401
    assert port.call("GetStudy", {"study": "s"}, Authorization="Bearer x").reason == "TOKEN_INVALID"
    assert port.send("GET", "/healthz").status == 200
    assert port.send("GET", "/").status == 200, "the page itself, which asks for the token"


def test_a_viewer_reads_and_an_admin_steers(guarded):
    port, tokens, _ = guarded
    for role, token in tokens.items():
        bearer = {"Authorization": f"Bearer {token}"}
        assert port.send("GET", "/session", **bearer).json["role"] == role
        assert port.send("GET", "/metrics", **bearer).status == 200
        for rpc in ("GetStudy", "SummarizeStudy", "QueryTrials", "SampleCurves", "ListBestSteps"):
            assert port.call(rpc, {"study": "s"}, **bearer).status == 200
        got = port.call("PauseStudy", {"study": "s"}, **bearer)
        if role == "admin":
            assert got.json["study"]["state"] == "STUDY_STATE_PAUSED"
            assert port.call("ResumeStudy", {"study": "s"}, **bearer).status == 200
        else:
            assert (got.status, got.reason) == (403, "PERMISSION_DENIED")
    work = "/ashad.v1.SchedulerService/Suggest"
    asked = {"study": "s", "worker": "w", "requestId": "r"}
    assert port.call(work, asked, Authorization=f"Bearer {tokens['viewer']}").status == 403
    assert port.call(work, asked, Authorization=f"Bearer {tokens['worker']}").status == 200


def log_in(port, token, **headers):
    body = json.dumps({"token": token}).encode()
    return port.send("POST", "/session", body, content_type="application/json", **headers)


def test_a_token_turns_into_a_cookie_that_no_script_reads(guarded):
    port, tokens, file = guarded
    made, secret = file.create("viewer", label="short")
    got = log_in(port, secret)
    assert got.json["role"] == "viewer"
    cookie, *attributes = got.headers["set-cookie"].split("; ")
    assert {a.lower() for a in attributes} >= {"httponly", "samesite=strict", "path=/"}
    assert not any(a.lower() == "secure" for a in attributes), "loopback is in the clear"
    assert port.call("GetStudy", {"study": "s"}, Cookie=cookie).status == 200
    assert port.call("PauseStudy", {"study": "s"}, Cookie=cookie).reason == "PERMISSION_DENIED"
    evil = {"Cookie": cookie, "Origin": "https://evil.example"}
    assert port.call("GetStudy", {"study": "s"}, **evil).status == 403
    assert 'ashad_token=""' in port.send("DELETE", "/session").headers["set-cookie"]
    file.revoke(made.id)
    got = until(
        lambda: (a := port.call("GetStudy", {"study": "s"}, Cookie=cookie)).status == 401 and a
    )  # fmt: skip
    assert got.reason == "TOKEN_REVOKED"
    assert tokens


def test_what_is_no_login_makes_no_cookie(guarded):
    port, tokens, _ = guarded
    for got in (
        log_in(port, "wrong"), log_in(port, ""), log_in(port, 7), log_in(port, "x" * 5000),
        log_in(port, "a\r\nset-cookie: b=c"), log_in(port, "ü"),
        port.send("POST", "/session", json.dumps({"token": tokens["admin"]}).encode(),
                  content_type="text/plain"),
        port.send("POST", "/session", b"[" * 3000, content_type="application/json"),
    ):  # fmt: skip
        assert got.status in (400, 401), got
        assert "set-cookie" not in got.headers
    for cookie in ("ashad_token", "ashad_token=", 'ashad_token="\\', "=;=;;", "a" * 3000):
        assert port.call("GetStudy", {"study": "s"}, Cookie=cookie).status == 401


# --- ports and proxies ---


@pytest.fixture
def fresh(new_daemon, tmp_path):
    """A daemon that is not started yet."""
    with new_daemon(tmp_path) as daemon:
        yield daemon


def test_behind_a_proxy_with_a_prefix(fresh):
    daemon, url = fresh, "https://hpc.example.org/tools/ashad/"
    daemon.start("--require-tokens", "--web", "127.0.0.1:0", "--web-url", url)
    file = TokenFile(daemon.db.with_name(f"{daemon.db.name}.tokens"))
    token = file.create("admin")[1]
    out = daemon.out.read_text()
    assert f"page at {url.rstrip('/')}" in out
    port = Http(out.split("finds at http://")[1].split()[0])
    outside = {"Host": "hpc.example.org", "Origin": "https://hpc.example.org"}
    bearer = {"Authorization": f"Bearer {token}"}
    for prefix in ("", "/tools/ashad"):  # a proxy may take it away or not
        got = port.call(f"{prefix}{SERVICE}ListStudies", {}, **outside, **bearer)
        assert (got.status, got.json) == (200, {})
    assert port.send("GET", "/tools/ashad/", **outside).status == 200
    bare = port.send("GET", "/tools/ashad", **outside)  # the page's addresses are relative
    assert (bare.status, bare.headers["location"]) == (307, "/tools/ashad/")
    set_cookie = log_in(port, token, **outside).headers["set-cookie"].lower()
    assert "path=/tools/ashad;" in f"{set_cookie};"
    assert "secure" in set_cookie
    assert port.call("ListStudies", {}, Host="evil.example", **bearer).status == 403


@pytest.mark.parametrize("url", ["hpc.example.org", "ftp://x", "https://", "https://x/?a=b"])
def test_an_address_that_is_none_is_refused(fresh, url):
    with pytest.raises(AssertionError, match="did not start"):
        fresh.start("--web", "127.0.0.1:0", "--web-url", url)
    assert "--web-url" in fresh.log.read_text()


def test_a_port_that_is_taken_is_told_where_it_was_asked_for(fresh):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(AssertionError, match="did not start"):
            fresh.start("--web", address)
    assert f"--web: address {address} is taken" in fresh.log.read_text()


def test_without_a_word_it_takes_another_port_where_its_own_is_taken():
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # somebody else has it: just as well
            taken.bind(("127.0.0.1", 2744))
            taken.listen()
        at = {"address": "127.0.0.1:2744", "chosen": False}
        port = WebPort(WebSettings(**at), checked(WebSettings(**at)))
        assert not port.url.endswith(":2744")
        asyncio.run(port.close())


def checked(wanted):
    first = EndpointSettings("127.0.0.1:0")
    return check_web(wanted, first, check(first, print), print)


def test_the_second_port_is_never_more_open_than_the_first(tmp_path):
    """Whoever may not call the first port without a token may not call the second."""
    for first, with_tokens in (
        (EndpointSettings("127.0.0.1:0"), False),
        (EndpointSettings("127.0.0.1:0", require_tokens=True), True),
        (EndpointSettings("0.0.0.0:0", exposed=True), False),
    ):
        found = check_web(WebSettings("127.0.0.1:0"), first, check(first, print), print)
        assert found.with_tokens == with_tokens
    with_tls = Endpoint("0.0.0.0", 2742, with_tokens=True, local=False, certificates=None)
    found = check_web(WebSettings("127.0.0.1:0"), EndpointSettings("0.0.0.0:2742"), with_tls, print)
    assert found.with_tokens, "loopback too: others may log in to this machine"
    ca = EndpointSettings("127.0.0.1:0", tls_client_ca=tmp_path)
    plain = check(EndpointSettings("127.0.0.1:0"), print)
    with pytest.raises(StartupError):
        check_web(WebSettings("127.0.0.1:0"), ca, plain, print)  # it needs a certificate as well


def test_off_loopback_it_needs_what_the_first_port_needs(fresh):
    with pytest.raises(AssertionError, match="did not start"):
        fresh.start("--web", "0.0.0.0:0")
    assert "needs TLS" in fresh.log.read_text()


def test_a_daemon_that_ends_says_so_and_ends(fresh):
    daemon = fresh.start("--web", "127.0.0.1:0")
    port = http_of(daemon)
    assert port.send("GET", "/readyz").status == 200
    daemon.studies().CreateStudy(pb.CreateStudyRequest(study="s", spec=spec()), timeout=9)
    host, _, number = port.address.rpartition(":")
    body = b'\0\0\0\0\x0d{"study":"s"}'
    head = (
        f"POST {SERVICE}WatchStudy HTTP/1.1\r\nhost: {port.address}\r\n"
        f"content-type: application/connect+json\r\ncontent-length: {len(body)}\r\n\r\n"
    )  # fmt: skip
    with socket.create_connection((host, int(number)), timeout=20) as caller:
        caller.sendall(head.encode() + body)
        first = caller.recv(10_000)
        assert first.startswith(b"HTTP/1.1 200")
        assert daemon.stop() == 0
        rest = b""
        while part := caller.recv(10_000):
            rest += part
    assert b"DRAINING" in rest


def test_ashad_open_finds_the_page(served, http_port, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    name, address = served.create(), ["--address", served.daemon.address]
    url = f"http://{http_port.address}/"
    for words, expected in (
        (["open", *address, "--print"], url),
        (["open", name, *address, "--print"], f"{url}#/{name}"),
        (["open", name, *address], f"{url}#/{name}"),
    ):
        ran = CliRunner().invoke(main, words)
        assert (ran.exit_code, ran.stdout) == (0, f"{expected}\n"), ran.output
    assert opened == [f"{url}#/{name}"]
    ran = CliRunner().invoke(main, ["open", "none", *address])
    assert ran.exit_code == 1
    assert "there is no study 'none'" in ran.output


def test_off_loopback_it_has_the_certificate_of_the_first_port(new_daemon, tmp_path):
    """By TLS, for those with a token; a renewed certificate is read at SIGHUP."""
    certs = tmp_path / "certs"
    make(certs, ["localhost", "127.0.0.1"])
    files = ["--tls-cert", str(certs / "server.pem"), "--tls-key", str(certs / "server.key")]
    with new_daemon(tmp_path) as daemon:
        daemon.start(*files, "--web", "0.0.0.0:0")
        url = until(lambda: re.search(r"page at https://0\.0\.0\.0:(\d+)", daemon.out.read_text()))
        address = "127.0.0.1", int(url[1])
        trusted = ssl.create_default_context(cafile=certs / "ca.pem")

        def asked():
            connection = http.client.HTTPSConnection(*address, context=trusted, timeout=20)
            connection.request("POST", f"{SERVICE}ListStudies", b"{}", {
                "content-type": "application/json", "host": f"127.0.0.1:{url[1]}",
            })  # fmt: skip
            served = connection.sock.getpeercert()["serialNumber"]
            answer = connection.getresponse()
            found = answer.status, answer.read(), served
            connection.close()
            return found

        status, body, first = asked()
        assert (status, json.loads(body)["code"]) == (401, "unauthenticated")
        for name in ("server.pem", "server.key"):
            (certs / name).unlink()
        make(certs, ["localhost", "127.0.0.1"])  # by the same CA
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: asked()[2] != first)
        with socket.create_connection(address, timeout=20) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            assert not plain.recv(100).startswith(b"HTTP/1.1 200")
        assert daemon.stop() == 0
