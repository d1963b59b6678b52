"""A request for a trial that was interrupted is the same request when it is made again.

Cancelled or interrupted at any point, `suggest` leaves no trial behind that nobody trains: the next
call gets it, as the same attempt; and what is never asked for again is given back at the end.
"""

from __future__ import annotations

import asyncio
import signal

import ashad_client
import pytest
from ashad_client import aio

POINTS = ["before it was sent", "when it was answered"]


def cancel_asyncio():
    asyncio.current_task().cancel()


def interrupt():
    signal.raise_signal(signal.SIGINT)


class Breaking:
    """Stands before a client's channel, and breaks off one call of one name."""

    def __init__(self, client, name, point, how):
        self.client, self.name, self.point, self.how = client, name, point, how
        self.link = client._runner.link
        self.broken = False
        client._runner.link = self

    def _due(self, rpc, point):
        due = not self.broken and (rpc.name, point) == (self.name, self.point)
        self.broken |= due
        return due

    def call(self, rpc, *args, **more):
        if self._due(rpc, POINTS[0]):
            self.how()
        answer = self.link.call(rpc, *args, **more)
        if self._due(rpc, POINTS[1]):
            self.how()
        return answer

    async def acall(self, rpc, *args, **more):
        if self._due(rpc, POINTS[0]):
            self.how()
            await asyncio.sleep(0)
        answer = await self.link.acall(rpc, *args, **more)
        if self._due(rpc, POINTS[1]):
            self.how()
            await asyncio.sleep(0)
        return answer

    def __getattr__(self, name):
        return getattr(self.link, name)


async def in_task(work):
    """Run in a task of its own, so that it alone is cancelled."""
    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(work)


@pytest.mark.parametrize("point", POINTS)
async def test_cancelled_suggest(daemon, make_study, client, point):
    study = make_study()
    async with aio.connect(daemon.address) as worker:
        Breaking(worker, "Suggest", point, cancel_asyncio)
        await in_task(worker.suggest(study))
        async for trial in worker.trials(study):
            assert trial.attempt == 1
            await trial.report(4, loss=1.0)
    counts = client.study(study).counts
    assert (counts.completed, counts.lost_leases, counts.released) == (3, 0, 0)


@pytest.mark.parametrize("point", POINTS)
def test_interrupted_suggest(daemon, make_study, client, point):
    study = make_study()
    with ashad_client.connect(daemon.address) as worker:
        Breaking(worker, "Suggest", point, interrupt)
        with pytest.raises(KeyboardInterrupt):
            worker.suggest(study)
        for trial in worker.trials(study):
            assert trial.attempt == 1
            trial.report(4, loss=1.0)
    counts = client.study(study).counts
    assert (counts.completed, counts.lost_leases, counts.released) == (3, 0, 0)


@pytest.mark.parametrize("point", POINTS)
async def test_cancelled_between_two_trials(daemon, make_study, client, point):
    """The end of a trial is sent even so, and the loop goes on where it stood."""
    for call in ("CompleteTrial", "Report"):
        study, seen = make_study(), []
        async with aio.connect(daemon.address) as worker:

            async def work(worker=worker, study=study, seen=seen):
                async for trial in worker.trials(study):
                    seen.append((trial.number, trial.attempt))
                    await trial.report(1, loss=1.0)

            Breaking(worker, call, point, cancel_asyncio)
            await in_task(work())
            await work()
        counts = client.study(study).counts
        assert (counts.completed, counts.lost_leases, counts.failed) == (3, 0, 0), call


@pytest.mark.parametrize("other", [True, False])
async def test_what_nobody_asks_for_again_is_given_back(
    daemon, make_study, client, state_of, other
):
    """By a request for another study, or by the end of the client."""
    study = make_study()
    async with aio.connect(daemon.address) as worker:
        Breaking(worker, "Suggest", POINTS[1], cancel_asyncio)
        await in_task(worker.suggest(study))
        assert await asyncio.to_thread(state_of, study, 0) == "RUNNING"
        if other:
            trial = await worker.suggest(make_study())
            assert await asyncio.to_thread(state_of, study, 0) == "QUEUED"
            await trial.release()
    assert await asyncio.to_thread(state_of, study, 0) == "QUEUED"
    counts = client.study(study).counts
    assert (counts.lost_leases, counts.released) == (0, 1)


def test_interrupted_and_closed(daemon, make_study, state_of):
    study = make_study()
    with ashad_client.connect(daemon.address) as worker:
        Breaking(worker, "Suggest", POINTS[1], interrupt)
        with pytest.raises(KeyboardInterrupt):
            worker.suggest(study)
    assert state_of(study, 0) == "QUEUED"


def test_closing_is_not_held_up_by_a_daemon_that_is_away(daemon, make_study):
    study = make_study()
    worker = ashad_client.connect(daemon.address)
    Breaking(worker, "Suggest", POINTS[0], interrupt)
    with pytest.raises(KeyboardInterrupt):
        worker.suggest(study)
    daemon.kill()
    worker.close()
    with pytest.raises(ashad_client.Error, match="CLIENT_CLOSED"):
        worker.suggest(study)


async def test_cancelled_after_any_number_of_turns(daemon, make_study, client):
    """Not only where a call is made: after each turn of the loop, over and over."""
    study = make_study(limits={"max_trials": 40})
    trained, turns = [], 0
    async with aio.connect(daemon.address) as worker:
        while True:
            asking = asyncio.create_task(worker.suggest(study))
            for _ in range(turns % 40):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait([asking])
            turns += 1
            if asking.cancelled():
                continue
            if asking.result() is None:
                break
            trial = asking.result()
            trained.append((trial.number, trial.attempt))
            await trial.report(4, loss=1.0)
            if turns % 40 > 30:  # enough of them by now: the last ones wait for the answer
                turns = 0
    assert trained == [(number, 1) for number in range(40)]
    counts = client.study(study).counts
    assert (counts.completed, counts.lost_leases, counts.released) == (40, 0, 0)


async def test_a_loop_that_was_left_is_no_hindrance(daemon, make_study, client):
    study = make_study()
    async with aio.connect(daemon.address) as worker:
        async for trial in worker.trials(study):
            assert trial.number == 0
            break
        async for trial in worker.trials(study):
            await trial.report(4, loss=1.0)
    counts = client.study(study).counts
    assert (counts.completed, counts.lost_leases, counts.released) == (3, 0, 1)


async def test_a_request_that_timed_out_is_the_same_request(daemon, make_study, client):
    """The answer may be on its way when the caller has no more time."""
    study = make_study()
    async with aio.connect(daemon.address) as worker:
        Breaking(worker, "Suggest", POINTS[1], cancel_asyncio)
        with pytest.raises((TimeoutError, asyncio.CancelledError)):
            await asyncio.create_task(asyncio.wait_for(worker.suggest(study), 30))
        trial = await worker.suggest(study)
        assert (trial.number, trial.attempt) == (0, 1)
        await trial.release()
    assert client.study(study).counts.lost_leases == 0
