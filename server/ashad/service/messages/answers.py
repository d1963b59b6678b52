"""The answers to reports as bytes: most say the same, and what they say is made once."""

from __future__ import annotations

from functools import lru_cache

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.history.records import Decision
from ashad.service.messages import to_proto

_numbered = pb.ReportResponse()


def whole(decided: Decision, seq: int) -> bytes:
    """Return the bytes of a ReportResponse: two messages one behind the other are one."""
    return _decided(decided) + _seq(seq)


def result(decided: Decision, seq: int) -> bytes:
    """Return the bytes of a ReportStreamResponse with this one answer."""
    tail = _seq(seq)
    return _result_head(decided, len(tail)) + tail


def refusal(code: int, reason: str, message: str) -> bytes:
    """Return the bytes of a ReportStreamResponse with this one refusal."""
    refused = pb.ReportRefusal(code=code, reason=reason, message=message)
    return pb.ReportStreamResponse(results=[pb.ReportResult(refusal=refused)]).SerializeToString()


@lru_cache(1024)
def _decided(decided: Decision) -> bytes:
    return pb.ReportResponse(decision=to_proto.decision(decided)).SerializeToString()


@lru_cache(4096)
def _result_head(decided: Decision, more: int) -> bytes:
    """Return a result up to its commit_seq, of which so many bytes follow."""
    seq = 1 << 7 * (more - 2) if more else 0  # the least whose field has so many bytes
    answer = pb.ReportResponse(decision=to_proto.decision(decided), commit_seq=seq)
    found = pb.ReportStreamResponse(results=[pb.ReportResult(response=answer)]).SerializeToString()
    return found[: len(found) - more]


def _seq(seq: int) -> bytes:
    _numbered.commit_seq = seq
    return _numbered.SerializeToString()
