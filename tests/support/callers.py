"""Callers of a daemon that asks for tokens, and what they ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import grpc
from ashad.security import TokenFile
from ashad_client.v1 import ashad_pb2 as pb


@dataclass
class Guarded:
    """A daemon that asks for tokens, over TLS."""

    daemon: object
    folder: Path
    tokens: TokenFile

    @property
    def address(self) -> str:
        return self.daemon.address

    @property
    def ca(self) -> Path:
        return self.folder / "certs" / "ca.pem"

    def channel(self, ca: bytes | None = None) -> grpc.Channel:
        credentials = grpc.ssl_channel_credentials(ca or self.ca.read_bytes())
        options = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
        return grpc.secure_channel(self.address, credentials, options=options)

    def token(self, role: str, **more) -> str:
        return self.tokens.create(role, **more)[1]

    def file(self, role: str, **more) -> Path:
        """Return a file with a new token, as a user has one."""
        made, text = self.tokens.create(role, **more)
        path = self.folder / f"{made.id}.token"
        path.write_text(text + "\n")
        return path


def bearer(token: str):
    return (("authorization", f"Bearer {token}"),)


def spec(**more) -> pb.StudySpec:
    made = pb.StudySpec(metric="loss", goal=pb.GOAL_MINIMIZE, max_resource=9, **more)
    made.space.add(name="x", float_range=pb.FloatRange(low=0, high=1))
    made.asha.CopyFrom(pb.Asha(eta=3))
    return made
