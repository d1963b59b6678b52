"""Workers of a virtual world, who call the real scheduler: they straggle, drop their jobs, and die.

In the scheduler's place may stand another library, to be compared with it. Nothing here decides
about a trial. Time passes only where a worker trains.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from math import isfinite, log1p
from random import Random
from typing import NoReturn, Protocol

from ashad.core.engine.suggest import Assignment, Finished, Outcome
from ashad.core.history.records import AttemptKey, Decision, ReportContent
from ashad.core.spec import SECOND, Lease, StudySpec
from ashad.outside import Inline
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.simulate import loop
from ashad.simulate.curves import Curves
from ashad.simulate.measure import Job, Result
from ashad.simulate.memory import LiveArchive, MemoryReader, MemoryWriter

NAME = "simulation"
PATIENCE = 300.0  # seconds of one long poll
EPOCH = 1_700_000_000 * SECOND


@dataclass(frozen=True)
class Trouble:
    """What goes wrong. The defaults: nothing."""

    straggle: float = 0.0  # a job takes 1 + |z| times as long, z normal with this deviation
    drop: float = 0.0  # chance a second that a job breaks off; its worker starts anew at once
    death: float = 0.0  # chance a second that a training worker dies
    downtime: float = 300.0  # seconds until another takes the place of a dead one
    lease: float = 90.0  # seconds until the trial of a dead worker is issued again
    checkpoints: bool = True  # whether a report names one


class Judge(Protocol):
    """Whatever hands out trials and decides about them, called as the scheduler is."""

    def suggest(self, study: str, worker: str, request: str, /) -> tuple[Outcome, int]:
        """Return an assignment, or that there are no more; it may not let a worker wait."""
        ...

    def report(
        self, study: str, key: AttemptKey, content: ReportContent, /
    ) -> tuple[Decision, int]:
        """Return whether a trial goes on."""
        ...


def simulate(
    spec: StudySpec,
    curves: Curves,
    workers: int,
    seed: int,
    trouble: Trouble | None = None,
    every: int = 1,
    judge: Judge | None = None,
) -> Result:
    """Run a study to its end; `every`: a worker reports after so much resource, 0: at levels.

    `judge` decides instead of the scheduler; no worker may die then, since it knows no leases.
    """
    trouble = trouble or Trouble()
    assert judge is None or not trouble.death

    async def main() -> Result:
        return await _World(spec, curves, workers, seed, trouble, every, judge).run()

    result: Result = loop.run(main())
    return result


class _World:
    def __init__(
        self,
        spec: StudySpec,
        curves: Curves,
        workers: int,
        seed: int,
        trouble: Trouble,
        every: int,
        judge: Judge | None,
    ) -> None:
        duration = int(trouble.lease * SECOND) if trouble.death else 0
        lease = Lease(duration, duration // 6 or 15 * SECOND, 1000)
        self.spec = replace(spec, lease=lease, seed=seed)
        self.curves, self.trouble, self.every = curves, trouble, every
        self.loop = asyncio.get_running_loop()
        self.result = Result(workers)
        self.random = Random(seed)  # noqa: S311 - it must be repeatable
        archive = LiveArchive()
        self.scheduler = Scheduler(
            MemoryWriter(archive),
            MemoryReader(archive),
            InlineExecutor(),
            self,
            _ignore,
            _broken,
            new_uid=lambda: "0" * 32,
            library=Inline(),
        )
        self.study = self.scheduler.create(NAME, self.spec, validate_only=False)[0]
        self.judge: Judge = judge or self.scheduler
        self.over = asyncio.Event()
        self.reached: dict[int, int] = {}  # highest resource of each trial
        self.tasks: set[asyncio.Task[None]] = set()
        self.active = workers
        self.reason = ""
        self.last = 0.0  # when something last happened
        self.workers = [_Worker(self, number) for number in range(workers)]

    # --- the clock ---

    def wall(self) -> int:
        return EPOCH + int(self.loop.time() * SECOND)

    def monotonic(self) -> float:
        return self.loop.time()

    # --- a run ---

    async def run(self) -> Result:
        for worker in self.workers:
            self.loop.call_soon(worker.ask)
        if self.trouble.death:
            self.loop.call_later(self.trouble.lease / 4, self._tick)
        await self.over.wait()
        if self.judge is self.scheduler:
            self.result.finish(self.study.state, self.last, self.reason)
        else:
            self.result.trials, self.result.seconds = len(self.reached), self.last
        return self.result

    def retire(self, reason: str) -> None:
        """Count a worker out for which there is nothing more."""
        self.reason = reason
        self.active -= 1
        if not self.active:
            self.over.set()

    def reported(self, trial: int, began: int, resource: int, value: float) -> None:
        """Note a report of a worker that stood at `began` before."""
        result, now = self.result, self.loop.time()
        self.last = now
        before = self.reached.get(trial, 0)
        result.repeated += max(0, min(resource, before) - began)
        self.reached[trial] = max(resource, before)
        sign = -1 if self.spec.maximize else 1
        if isfinite(value) and (not result.best or sign * value < sign * result.best[-1][1]):
            result.best.append((now, value))
        if resource >= self.spec.max_resource and isfinite(value):
            result.in_full += 1
            if result.first_full is None:
                result.first_full = now

    def _tick(self) -> None:
        """Let the living give a sign of life, then look at the leases, as the daemon does."""
        for worker in self.workers:
            job = worker.job
            if job is not None:
                self.scheduler.heartbeat(NAME, job.key)
        period = self.trouble.lease / 4
        self.scheduler.tick(period)
        self.loop.call_later(period, self._tick)


class _Worker:
    """One machine; `lives` counts the processes it has run."""

    __slots__ = ("asked", "at", "breaks", "factor", "job", "lives", "number", "since", "world")

    def __init__(self, world: _World, number: int) -> None:
        self.world, self.number = world, number
        self.lives = self.asked = self.at = 0
        self.job: Assignment | None = None
        self.factor, self.since, self.breaks = 1.0, 0.0, (float("inf"), "")

    @property
    def id(self) -> str:
        return f"w{self.number}.{self.lives}"

    def ask(self) -> None:
        """Ask for a trial; where there is none now, stand in line."""
        self.asked += 1
        request = f"{self.id}-{self.asked}"
        outcome, _ = self.world.judge.suggest(NAME, self.id, request)
        if isinstance(outcome, (Assignment, Finished)):
            self.take(outcome)
        else:
            task = self.world.loop.create_task(self._wait(request), name=request)
            self.world.tasks.add(task)
            task.add_done_callback(self.world.tasks.discard)

    async def _wait(self, request: str) -> None:
        outcome, _ = await self.world.scheduler.wait_for_trial(
            NAME, (self.id, request, None), PATIENCE
        )
        if isinstance(outcome, (Assignment, Finished)):
            self.take(outcome)
        else:
            self.ask()

    def take(self, outcome: Outcome) -> None:
        """Begin with a trial, or retire."""
        world = self.world
        if not isinstance(outcome, Assignment):
            world.retire(outcome.reason)
            return
        self.job, self.at, self.since = outcome, outcome.start, world.loop.time()
        if outcome.attempt == 1:
            world.curves.begin(outcome.trial, outcome.params)
        straggle = world.trouble.straggle
        self.factor = 1 + abs(world.random.gauss(0, straggle)) if straggle else 1.0
        self.breaks = min(
            (self._after(world.trouble.drop), "drop"), (self._after(world.trouble.death), "death")
        )
        self._train(outcome.next_resource)

    def _after(self, chance: float) -> float:
        """Return when something of this chance a second happens."""
        if not chance:
            return float("inf")
        return self.world.loop.time() + self.world.random.expovariate(-log1p(-chance))

    def _train(self, level: int) -> None:
        """Train to the next report."""
        job, world = self.job, self.world
        assert job is not None
        resource = min(self.at + world.every if world.every else level, job.target)
        seconds = self.factor * sum(
            world.curves.seconds(job.trial, r) for r in range(self.at + 1, resource + 1)
        )
        when = world.loop.time() + seconds
        if self.breaks[0] < when:
            world.loop.call_at(self.breaks[0], self._break)
        else:
            world.loop.call_at(when, self._report, resource)

    def _report(self, resource: int) -> None:
        job, world = self.job, self.world
        assert job is not None
        began, self.at = self.at, resource
        value = world.curves.value(job.trial, resource)
        uri = "c" if world.trouble.checkpoints else None
        decision, _ = world.judge.report(NAME, job.key, ReportContent(resource, value, None, uri))
        world.reported(job.trial, began, resource, value)
        if decision.action == "CONTINUE":
            self._train(decision.next_resource)
        else:
            self._leave()
            world.loop.call_soon(self.ask)

    def _leave(self) -> None:
        job, result, now = self.job, self.world.result, self.world.loop.time()
        assert job is not None
        self.world.last = now
        result.busy += now - self.since
        result.jobs.append(Job(self.number, job.trial, self.since, now, job.start, self.at))
        self.job = None

    def _break(self) -> None:
        """Lose the job: its process starts anew at once, or the machine is gone for a while."""
        world, kind = self.world, self.breaks[1]
        self._leave()
        if kind == "drop":
            world.result.dropped += 1
            self.ask()
        else:
            world.result.deaths += 1
            self.lives += 1
            world.loop.call_later(world.trouble.downtime, self.ask)


def _ignore(event: str, **facts: object) -> None:
    """Let what is of interest to an operator pass."""


def _broken(error: BaseException) -> NoReturn:
    raise error
