"""Quotas to messages. What the caller may not see is a number without a name."""

from __future__ import annotations

from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from ashad.scheduler import QuotaUse
from ashad.service.auth import sees

MOST_SHARES = 20


def use(found: QuotaUse) -> pb.QuotaUse:
    """Return a quota with the studies that have it, or wait for it."""
    scope, name = found.slot
    message = pb.QuotaUse(scope=scope, name=name, trials=found.trials, running=found.running)
    others = pb.QuotaShare()
    for share in found.shares:
        message.waiting += share.waiting
        if not sees(share.study):
            others.running += share.running
            others.waiting += share.waiting
        elif len(message.shares) < MOST_SHARES:
            waited = Duration(seconds=int(share.waited_s)) if share.waiting else None
            message.shares.add(
                study=share.study,
                running=share.running,
                waiting=share.waiting,
                waited=waited,
                weight=share.weight,
            )
    if others.running or others.waiting:
        del message.shares[MOST_SHARES - 1 :]
        message.shares.append(others)
    return message
