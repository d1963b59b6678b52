"""A message above 16 MiB is refused by gRPC itself, which gives no reason; clients know it."""

from __future__ import annotations

import asyncio

import ashad_client
import pytest
from ashad_client import aio

MIB = 1 << 20


@pytest.fixture(params=[5 * MIB, 17 * MIB], ids=["daemon", "grpc"])
def uri(request):
    return "s3://" + "x" * request.param


def test_a_report_that_is_too_large_is_refused_at_once(client, make_study, uri):
    trial = next(client.trials(make_study()))
    with pytest.raises(ashad_client.Error) as caught:
        trial.report(1, loss=0.5, checkpoint=uri)
    assert (caught.value.code, caught.value.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    assert not caught.value.undelivered
    assert trial.report(1, loss=0.5).reason != "UNREACHABLE"  # nothing is queued


def test_asyncio_is_told_the_same(daemon, uri):
    async def run():
        async with aio.connect(daemon.address) as client:
            await client.get_study(uri)

    with pytest.raises(ashad_client.Error) as caught:
        asyncio.run(run())
    assert caught.value.reason == "MESSAGE_TOO_LARGE"
