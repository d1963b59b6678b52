"""Attempts at a trial to messages: who got it, and where and how it ran."""

from __future__ import annotations

import json

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.history.records import Change
from ashad.service.messages import to_proto


def attempt(given: Change) -> pb.Attempt:
    """Return an attempt as it was given out."""
    return pb.Attempt(
        attempt=given.attempt,
        worker=given.worker,
        time=to_proto.time(given.time),
        start_resource=given.start,
        attributes=attributes(given.attributes),
    )


def attributes(text: str | None) -> list[pb.Attribute]:
    """Return attributes, which are kept as JSON."""
    found = json.loads(text) if text else {}
    return [pb.Attribute(name=name, value=value) for name, value in found.items()]
