"""Waiting workers: first come first served, one look for each change, and nobody left behind."""

import asyncio

import pytest
from ashad.core.engine.suggest import Finished, Wait
from ashad.core.errors import RefusalError, RefusalKind
from ashad.scheduler.quotas import Quotas
from ashad.scheduler.wait_queue import SERVED_AT_ONCE, WaitQueue

WAIT, DONE = Wait("TRIALS_RUNNING"), Finished("MAX_TRIALS")


class Study:
    """Free trials by number; `asked` is who asked for one, in order."""

    def __init__(self, free=0):
        self.free, self.asked, self.durable = free, [], None
        self.own = set()  # workers that have to wait for themselves
        self.queue = WaitQueue(
            self.suggest, lambda: self.durable, Quotas(lambda _: (), lambda: 0.0)
        )

    def suggest(self, study, worker, request, attributes):
        self.asked.append(worker)
        if worker == "bad":
            raise RefusalError(RefusalKind.INVALID_ARGUMENT, "BAD", "worker: no")
        if worker in self.own:
            return Wait("WORKER_NAME_HELD"), 0
        if not self.free:
            return WAIT, 0
        self.free -= 1
        return DONE, 7

    async def waiting(self, *workers, seconds=60.0):
        tasks = [
            asyncio.ensure_future(self.queue.wait("s", (worker, "r", None), seconds))
            for worker in workers
        ]
        await asyncio.sleep(0)
        return tasks


async def test_who_came_first_is_served_first_and_a_look_ends_with_who_has_to_wait():
    study = Study(free=2)
    tasks = await study.waiting("a", "b", "c", "d")
    study.queue.serve("s")
    assert study.asked == ["a", "b", "c"]
    assert [await task for task in tasks[:2]] == [(DONE, 7)] * 2
    study.free = 2
    study.queue.serve("s")
    assert study.asked[3:] == ["c", "d"]
    assert await tasks[3] == (DONE, 7)


async def test_one_who_waits_for_his_own_sake_holds_up_nobody():
    study = Study(free=1)
    study.own = {"a"}
    first, second = await study.waiting("a", "b")
    study.queue.serve("s")
    assert await second == (DONE, 7)
    assert not first.done()
    first.cancel()


async def test_a_refusal_goes_to_the_one_it_is_for():
    study = Study(free=1)
    bad, good = await study.waiting("bad", "a")
    study.queue.serve("s")
    with pytest.raises(RefusalError):
        await bad
    assert await good == (DONE, 7)


async def test_when_the_time_is_over_it_is_asked_once_more():
    study = Study()
    (task,) = await study.waiting("a", seconds=0.0)
    assert await task == (WAIT, 0)
    assert study.asked == ["a"]


async def test_who_gave_up_takes_nothing():
    study = Study(free=1)
    gone, there = await study.waiting("gone", "there")
    gone.cancel()
    await asyncio.sleep(0)
    study.queue.serve("s")
    assert await there == (DONE, 7)
    assert study.asked == ["there"]


async def test_a_long_queue_is_served_in_parts():
    many = SERVED_AT_ONCE + 5
    study = Study(free=many)
    tasks = await study.waiting(*(f"w{n}" for n in range(many)))
    study.queue.serve("s")
    assert len(study.asked) == SERVED_AT_ONCE
    await asyncio.gather(*tasks)
    assert study.asked == [f"w{n}" for n in range(many)]


async def test_an_answer_is_not_given_before_its_commit_nor_when_that_fails():
    study = Study(free=2)
    study.durable = asyncio.get_running_loop().create_future()
    good, bad = await study.waiting("a"), await study.waiting("b")
    study.queue.serve("s")
    for _ in range(3):
        await asyncio.sleep(0)
    assert not good[0].done()
    study.durable.set_exception(RefusalError(RefusalKind.UNAVAILABLE, "STORAGE_FULL", "full"))
    for (task,) in (good, bad):
        with pytest.raises(RefusalError):
            await task
