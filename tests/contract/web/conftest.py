"""A daemon that serves HTTP, and callers of it that know nothing of browsers."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

import pytest
from ashad_client.v1 import ashad_pb2 as pb

from tests.support.wire import Wire

SERVICE = "/ashad.v1.StudyService/"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    data: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def reason(self) -> str | None:
        return self.headers.get("ashad-reason")


class Http:
    """One HTTP port."""

    def __init__(self, address: str) -> None:
        self.address = address

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(self.address, timeout=20)
        try:
            connection.request(method, path, body, named)
            got = connection.getresponse()
            known = {name.lower(): value for name, value in got.getheaders()}
            return Answer(got.status, known, got.read())
        finally:
            connection.close()

    def call(self, rpc: str, message: Any = None, **headers: str) -> Answer:
        """Call by JSON."""
        path = rpc if "/" in rpc else f"{SERVICE}{rpc}"
        body = json.dumps({} if message is None else message).encode()
        return self.send("POST", path, body, content_type="application/json", **headers)


def http_of(daemon: Any, **call: Any) -> Http:
    """The HTTP port of a daemon, as it tells itself."""
    request = pb.ListStudiesRequest(page_size=1)
    done = daemon.studies().ListStudies.with_call(request, timeout=9, **call)[1]
    return Http(dict(done.trailing_metadata())["ashad-page"].partition("//")[2])


@pytest.fixture(scope="module")
def served(tmp_path_factory, new_daemon):
    """One daemon for each file of tests, with its stubs."""
    with new_daemon(tmp_path_factory.mktemp("web")) as daemon:
        daemon.start("--web", "127.0.0.1:0")
        wire = Wire(daemon)
        yield wire
        wire.channel.close()


@pytest.fixture(scope="module")
def http_port(served):
    return http_of(served.daemon)
