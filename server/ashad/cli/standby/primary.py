"""Whether the daemon that a standby waits for still answers."""

from __future__ import annotations

import time
from collections.abc import Callable

import grpc
from ashad_client.security import Security
from ashad_client.settings import target_of
from ashad_client.transport.channel import open_channel
from ashad_client.transport.tls import diagnose
from grpc_health.v1 import health_pb2, health_pb2_grpc

PROBE_S = 1.0  # between two probes
_ANSWER_S = 2.0  # a probe that is not answered in this time is not answered
_NOBODY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Primary:
    """The daemon at an address, asked by gRPC's health check."""

    def __init__(self, address: str, security: Security) -> None:
        self.address, self._security = address, security

    def answers(self) -> str:
        """Return what it answers, or nothing. Whoever answers at all is alive.

        Where TLS is wrong there may be a daemon all the same, so that counts as an answer.
        """
        with open_channel(target_of(self.address), self._security) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            try:
                said = stub.Check(health_pb2.HealthCheckRequest(), timeout=_ANSWER_S)
            except grpc.RpcError as error:
                code = error.code()
                if code not in _NOBODY:
                    return str(code.name)
                wrong = diagnose(target_of(self.address), self._security)
                return "" if wrong is None else str(wrong)
        serving = said.status == health_pb2.HealthCheckResponse.SERVING
        return "SERVING" if serving else ""

    def wait_until_lost(self, seconds: float, tell: Callable[[str], object]) -> None:
        """Return when it has not answered for so long; tell each change."""
        heard, before = time.monotonic(), None
        while True:
            began = time.monotonic()
            answer = self.answers()
            if answer:
                heard = time.monotonic()
            if answer != before:
                tell(f"{self.address}: {answer or 'no answer'}")
            before = answer
            if not answer and time.monotonic() - heard >= seconds:
                return
            time.sleep(max(0.0, PROBE_S - (time.monotonic() - began)))
