"""The asyncio twin: the same loop, the same outage, the same ends."""

from __future__ import annotations

import asyncio

import ashad_client
import pytest
from ashad_client import aio


@pytest.fixture
async def client(daemon):
    async with aio.connect(daemon.address, close_timeout_s=5, max_wait_s=1) as client:
        yield client


async def until(condition, seconds=30.0):
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  # the event is in another process
            await asyncio.sleep(0.02)


async def test_whole_search(client, make_study):
    study = make_study()
    async for trial in client.trials(study):
        for epoch in trial.steps():
            decision = await trial.report(epoch, loss=1 / epoch)
        assert decision.reason == "MAX_RESOURCE"
        assert await trial.should_stop()
    assert [r.resource async for r in client.list_reports(study, 2)] == [1, 2, 3, 4]
    assert (await client.best(study)).resource == 4
    assert [t.trial async for t in client.list_trials(study)] == [0, 1, 2]
    assert study in [s.name async for s in client.studies()]


async def test_kill_in_mid_trial(daemon, client, make_study):
    study = make_study(max_resource=30, limits={"max_trials": 2})
    queued = 0
    async for trial in client.trials(study):
        for epoch in trial.steps():
            if trial.number == 0 and epoch == 5:
                await asyncio.to_thread(daemon.kill)
            if trial.number == 0 and epoch == 20:
                await asyncio.to_thread(daemon.start)
            decision = await trial.report(epoch, loss=1.0)
            queued += decision.reason == "UNREACHABLE"
    assert queued >= 15
    for number in (0, 1):
        reports = [r.resource async for r in client.list_reports(study, number)]
        assert reports == list(range(1, 31))


async def test_two_clients_side_by_side(daemon, make_study):
    study = make_study(limits={"max_trials": 6})

    async def work():
        numbers = []
        async with aio.connect(daemon.address) as client:
            async for trial in client.trials(study):
                numbers.append(trial.number)
                for epoch in trial.steps():
                    await trial.report(epoch, loss=1.0)
        return numbers

    one, two = await asyncio.gather(work(), work())
    assert sorted(one + two) == [0, 1, 2, 3, 4, 5]


async def test_exception_fails_the_trial(daemon, client, make_study, state_of):
    study = make_study()

    async def train():
        async with aio.connect(daemon.address) as other:
            async for _ in other.trials(study):
                raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await train()
    assert await asyncio.to_thread(state_of, study, 0) == "FAILED"


async def test_break_gives_back(daemon, client, make_study, state_of):
    study = make_study()
    async with aio.connect(daemon.address) as other:
        async for trial in other.trials(study):
            await trial.report(1, loss=1.0)
            break
    assert await asyncio.to_thread(state_of, study, 0) == "QUEUED"


async def test_with_trial(client, make_study, state_of):
    study = make_study()
    with pytest.raises(ValueError, match="no"):
        async with await client.suggest(study):
            raise ValueError("no")
    async with await client.suggest(study) as trial:
        await trial.report(1, loss=1.0)
    assert await asyncio.to_thread(state_of, study, 0) == "FAILED"
    assert await asyncio.to_thread(state_of, study, 1) == "COMPLETED"
    with pytest.raises(asyncio.CancelledError):
        async with await client.suggest(study):
            raise asyncio.CancelledError
    assert await asyncio.to_thread(state_of, study, 2) == "QUEUED"


async def test_one_running_trial_a_client(client, make_study):
    study = make_study()
    trial = await client.suggest(study)
    with pytest.raises(ashad_client.Error, match=r"connect\(\) a second client"):
        await client.suggest(study)
    await trial.release()


async def test_heartbeat_brings_the_stop(client, make_study):
    study = make_study(lease={"duration": 60, "heartbeat_interval": 0.1})
    trial = await client.suggest(study)
    await trial.report(1, loss=1.0)
    await client.cancel_trial(study, trial.number)
    await until(trial.should_stop)
    assert list(trial.steps()) == []


async def test_a_cancelled_report_is_not_lost(daemon, client, make_study):
    study = make_study()
    trial = await client.suggest(study)
    report = asyncio.create_task(trial.report(1, loss=1.0))
    await asyncio.sleep(0)  # it is on its way, or about to be
    report.cancel()
    await asyncio.wait([report])
    await trial.report(2, loss=1.0)
    await trial.release()
    reports = [r.resource async for r in client.list_reports(study)]
    assert reports in ([1, 2], [2])
    assert 2 in reports


def test_nobody_closed_it(run_script, make_study, state_of):
    study = make_study()
    done = run_script(
        """
import asyncio, sys
import ashad_client
async def main():
    client = ashad_client.aio.connect()
    async for trial in client.trials(sys.argv[1]):
        await trial.report(1, loss=1.0)
        raise ValueError("in the loop")
asyncio.run(main())
""",
        study,
    )
    assert "in the loop" in done.stderr
    assert state_of(study, 0) == "FAILED"
