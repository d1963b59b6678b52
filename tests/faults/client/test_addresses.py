"""Several addresses in ASHAD_ADDRESS: whichever daemon serves is found, and no report is lost."""

from __future__ import annotations

import asyncio

import ashad_client
import pytest

from tests.support.cluster import free


@pytest.fixture
def elsewhere(daemon):
    """The address at which the daemon's file is served after it has moved."""
    return f"127.0.0.1:{free(1)[0]}"


def move(daemon, address):
    """Lose the machine; another serves the same file."""
    daemon.kill()
    daemon.start("--address", address)


def test_training_goes_on_where_another_daemon_serves_the_file(daemon, elsewhere, make_study):
    study = make_study(max_resource=12, limits={"max_trials": 2})
    both = f"{daemon.address},{elsewhere}"
    with ashad_client.connect(both, close_timeout_s=5) as client:
        assert client.address == both
        for trial in client.trials(study):
            for epoch in trial.steps():
                if trial.number == 0 and epoch == 4:
                    move(daemon, elsewhere)
                assert trial.report(epoch, loss=1.0).reason != "UNREACHABLE"
        for number in (0, 1):
            reported = [report.resource for report in client.list_reports(study, number)]
            assert reported == list(range(1, 13))
        counts = client.study(study).counts
        assert (counts.completed, counts.lost_leases, counts.failed) == (2, 0, 0)


def test_the_first_may_be_away_from_the_start(daemon, make_study):
    study = make_study(max_resource=2, limits={"max_trials": 1})
    away, other = (f"127.0.0.1:{port}" for port in free(2))
    with ashad_client.connect(f"{away},{daemon.address}", close_timeout_s=5) as client:
        trial = client.suggest(study)
        for epoch in trial.steps():
            trial.report(epoch, loss=1.0)
        assert client.study(study).counts.completed == 1
    with (
        ashad_client.connect(f"{away},{other}", call_timeout_s=1) as client,
        pytest.raises(ashad_client.Error) as caught,
    ):
        client.study(study)
    assert caught.value.code == "UNAVAILABLE"


def test_asyncio_finds_it_too(daemon, elsewhere, make_study):
    study = make_study(max_resource=4, limits={"max_trials": 1})

    async def train():
        both = f"{daemon.address},{elsewhere}"
        async with ashad_client.aio.connect(both, close_timeout_s=5) as client:
            trial = await client.suggest(study)
            await trial.report(1, loss=1.0)
            await asyncio.to_thread(move, daemon, elsewhere)
            for epoch in (2, 3, 4):
                assert (await trial.report(epoch, loss=1.0)).reason != "UNREACHABLE"
            return (await client.study(study)).counts.completed

    assert asyncio.run(train()) == 1
