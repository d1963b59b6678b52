"""Limits that the daemon keeps by itself: each is hit by a peer that obeys none.

What it leaves to a proxy (floods of frames, connections, handshakes): see
tests/system/deploy/test_haproxy.py.
"""

from __future__ import annotations

import socket
import struct
import time

import grpc
import pytest
from ashad.security import TokenFile
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.v1 import ashad_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from bench import wire
from tests.support.callers import bearer


@pytest.fixture
def fenced(new_daemon, tmp_path):
    """A daemon in the clear that needs tokens, with limits that are soon reached."""
    with new_daemon(tmp_path) as daemon:
        yield daemon.start(
            "--require-tokens", "--health-address", "127.0.0.1:0", "--max-streams", "50",
            "--max-header-bytes", "4096", "--handshake-seconds", "1",
        )  # fmt: skip


@pytest.fixture
def tokens(fenced):
    return TokenFile(fenced.db.with_name("ashad.db.tokens"))


def until(look, seconds: float = 30):
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end
        time.sleep(0.02)


def call(stub_call, request, **more) -> tuple[str, dict[str, str]]:
    """Return the code and the trailing metadata of a call."""
    try:
        stub_call(request, timeout=10, **more)
    except grpc.RpcError as error:
        return error.code().name, dict(error.trailing_metadata() or ())
    return "OK", {}


def test_a_token_above_its_rate_is_told_when_to_retry(fenced, tokens):
    slow = bearer(tokens.create("viewer", rate=5)[1])
    with fenced.channel() as channel:
        stub = ashad_pb2_grpc.StudyServiceStub(channel)
        found = [call(stub.ListStudies, pb.ListStudiesRequest(), metadata=slow) for _ in range(30)]
    put_off = [more for code, more in found if code == "RESOURCE_EXHAUSTED"]
    assert len(put_off) < 30
    assert put_off
    assert all(more["ashad-reason"] == "RATE_LIMITED" for more in put_off)
    assert all(more["grpc-retry-pushback-ms"] == "1000" for more in put_off)


def test_strangers_are_limited_by_their_address_and_others_are_not(fenced, tokens):
    """Whoever calls without a good token is put off; a token from the same address is served."""
    good = bearer(tokens.create("viewer")[1])
    with fenced.channel() as channel:
        stub = ashad_pb2_grpc.StudyServiceStub(channel)
        found = [call(stub.ListStudies, pb.ListStudiesRequest()) for _ in range(200)]
        reasons = [more["ashad-reason"] for _, more in found]
        assert reasons[:50] == ["TOKEN_MISSING"] * 50
        assert "RATE_LIMITED" in reasons
        assert call(stub.ListStudies, pb.ListStudiesRequest(), metadata=good)[0] == "OK"


def test_probes_without_a_token_are_answered_until_they_are_a_flood(fenced):
    probed = fenced.process.stdout.readline().split()[-1]
    for address in (fenced.address, probed):
        with grpc.insecure_channel(address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            for _ in range(10):
                answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=10)
                assert answer.status == health_pb2.HealthCheckResponse.SERVING
    with grpc.insecure_channel(probed) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        found = [call(check, health_pb2.HealthCheckRequest()) for _ in range(200)]
    assert "RATE_LIMITED" in [more.get("ashad-reason") for _, more in found]


@pytest.fixture
def plain(fenced):
    """A connection of which we write every byte."""
    host, _, port = fenced.address.rpartition(":")
    with socket.create_connection((host, int(port)), 10) as made:
        yield made


def closed(connection, seconds: float) -> bool:
    """Whether the daemon ends the connection within this time."""
    connection.settimeout(seconds)
    try:
        while connection.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def test_who_says_nothing_is_not_waited_for(plain):
    assert closed(plain, 10)


def test_pings_are_counted(plain):
    plain.sendall(wire.PREFACE + wire.frame(wire.SETTINGS, 0, 0, b""))
    plain.sendall(wire.frame(wire.PING, 0, 0, b"12345678") * 10)
    assert closed(plain, 10)


def test_headers_above_the_limit_are_refused(fenced, tokens):
    with fenced.channel() as channel:
        listing = channel.unary_unary("/ashad.v1.StudyService/ListStudies")
        token = tokens.create("viewer")[1]
        listing(b"", metadata=(*bearer(token), ("x-a", "a" * 2000)), timeout=10)
        with pytest.raises(grpc.RpcError) as refused:
            listing(b"", metadata=(*bearer(token), ("x-a", "a" * 6000)), timeout=10)
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        listing(b"", metadata=bearer(token), timeout=10)


def test_no_more_streams_than_the_setting(plain):
    """The daemon says how many, and refuses the next."""
    plain.sendall(wire.PREFACE + wire.frame(wire.SETTINGS, 0, 0, b""))
    data = b""
    while len(data) < 9 or len(data) < 9 + int.from_bytes(data[:3], "big"):
        data += plain.recv(4096)
    assert data[3] == wire.SETTINGS
    pairs = [data[at : at + 6] for at in range(9, 9 + int.from_bytes(data[:3], "big"), 6)]
    settings = dict(struct.unpack(">HI", pair) for pair in pairs)
    assert settings[3] == 50  # SETTINGS_MAX_CONCURRENT_STREAMS


def test_a_header_that_cannot_be_read_shows_no_token_in_the_log(fenced, tokens, plain):
    """gRPC logs the value of a header that is no UTF-8; this one holds a good token."""
    secret = tokens.create("admin")[1]
    headers, _ = wire.headers(fenced.address, "/ashad.v1.StudyService/ListStudies", secret)
    value = f"Bearer {secret}".encode()
    assert headers.count(value) == 1
    broken = headers.replace(value, value[:-1] + b"\xff")
    plain.sendall(
        wire.PREFACE + wire.frame(wire.SETTINGS, 0, 0, b"")
        + wire.frame(wire.HEADERS, wire.END_HEADERS, 1, broken)
        + wire.frame(wire.DATA, wire.END_STREAM, 1, bytes(5))
    )  # fmt: skip
    until(lambda: "Invalid encoding" in fenced.log.read_text())
    said = fenced.log.read_text()
    assert secret.split("_", 2)[2][:-1] not in said
    assert f"ash_{secret.split('_')[1]}_(hidden)" in said
