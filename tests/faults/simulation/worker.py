"""Training processes: good ones, slow ones, those that die, freeze, skip, fail and come back."""

from __future__ import annotations

import asyncio
from math import log10
from typing import TYPE_CHECKING, Any

from ashad.core.engine.suggest import Assignment, Finished
from ashad.core.history.records import CONTINUE, AttemptKey, ReportContent
from ashad.core.spec import SECOND, StudySpec

from .network import Line, Reply, Request

if TYPE_CHECKING:
    from .world import World

GONE = ("STUDY_NOT_FOUND", "TRIAL_NOT_FOUND", "UNKNOWN_LEASE_TOKEN", "UNKNOWN_ATTEMPT")


class Caller:
    """Someone with a connection, who repeats a call until it is answered."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.random = world.stream(name)
        self.line = Line(name)
        self.frozen_until = 0.0

    async def ask(self, verb: str, study: str, *args: Any, **options: Any) -> Reply:
        """Return the answer of a call, whatever it takes: the same request, again and again."""
        request = Request(verb, study, args, tuple(options.items()))
        wait = args[2] if verb == "suggest" else 0.0
        while True:
            reply = await self.world.network.call(self.line, request, 5.0 + wait)
            await self.thaw()
            if reply.status not in ("UNAVAILABLE", "RESOURCE_EXHAUSTED"):
                if reply.status == "OK":
                    self.world.answered(request)
                return reply
            self.world.count("repeated")
            await self.nap(self.random.uniform(0.1, 3.0))

    async def nap(self, seconds: float) -> None:
        """Let time pass; longer while frozen."""
        await asyncio.sleep(seconds)
        await self.thaw()

    async def thaw(self) -> None:
        """Stand still while frozen: nothing of the process runs."""
        while (left := self.frozen_until - asyncio.get_running_loop().time()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)


class Worker(Caller):
    """One slot that runs one process after the other; it ends when every study is finished."""

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, f"w{number}")
        self.stable = self.random.random() < world.knobs.stable
        self.speed = self.random.choice([0.3, 1.0, 1.0, 4.0])
        self.lives = self.requests = 0

    async def live(self) -> None:
        """Run processes: each dies at some time, unless all is healed."""
        while True:
            life = self.world.spawn(self._process())
            deadly = not self.world.healed and self.world.knobs.death_every
            left = self.world.trouble_left()
            mean = self.world.knobs.death_every or 1.0
            death = min(self.random.expovariate(1 / mean), left) if deadly else None
            await asyncio.wait([life], timeout=death)
            if life.done():
                return
            if not self.world.healed:
                self.world.count("deaths of workers")
            life.cancel()
            self.lives += 1
            self.line.cuts += self.random.random() < 0.5
            await asyncio.sleep(self.random.uniform(0.1, 30.0))

    @property
    def id(self) -> str:
        return self.name if self.stable else f"{self.name}.{self.lives}"

    async def _process(self) -> None:
        names = list(self.world.specs)
        self.random.shuffle(names)
        while True:
            finished = self.world.quiet
            for name in names:
                finished &= await self._search(name)
            if finished:
                return
            await self.nap(self.random.uniform(5, 30))

    async def _search(self, study: str) -> bool:
        """Train what the study hands out; return whether it is finished."""
        while True:
            self.requests += 1
            wait = self.random.choice([0.0, 0.0, 3.0, 20.0])
            key = f"{self.id}-{self.lives}-{self.requests}"
            reply = await self.ask("suggest", study, self.id, key, wait)
            if reply.status == "FAILED_PRECONDITION":  # a call of its last life came late
                await self.nap(self.random.uniform(5, 30))
                return False
            if reply.status != "OK":
                return True  # it was deleted
            outcome = reply.body[0]
            if isinstance(outcome, Assignment):
                await self._train(study, outcome)
            elif isinstance(outcome, Finished):
                return True
            else:
                await self.nap(self.random.uniform(0.5, 4.0))
                if self.random.random() < 0.3:
                    return False

    async def _train(self, study: str, trial: Assignment) -> None:
        spec = self.world.specs[study]
        key = trial.key
        told: list[Any] = []
        beat = self.world.spawn(self._beat(study, spec, key, told))
        try:
            at = trial.start
            while at < trial.target and not told:
                step = self._step()
                await self.nap(self.random.uniform(0.5, 4.0) * self.speed * step)
                if await self._mishap(study, key):
                    return
                at = min(at + step, trial.target)
                decision = await self._report(study, spec, trial, at)
                if decision is None or decision.action != CONTINUE:
                    return
            if not told:
                await self.ask("complete", study, key)
        finally:
            beat.cancel()

    async def _report(self, study: str, spec: StudySpec, trial: Assignment, at: int) -> Any:
        value = float("nan")
        if self.world.healed or self.random.random() >= self.world.knobs.nan:
            value = curve(trial, at, self.random.random(), maximize=spec.maximize)
        saves = spec.promotion or self.random.random() < 0.3
        checkpoint = f"file:///{study}/{trial.trial}/{at}" if saves else None
        others = '{"x": 1.5}' if self.random.random() < 0.1 else None
        if spec.outcome_constraints or spec.objectives:
            others = f'{{"cost": {(7 * trial.trial + at) % 8}}}'
        content = ReportContent(at, value, others, checkpoint)
        reply = await self.ask("report", study, trial.key, content)
        if reply.status != "OK":
            self.world.expect(reply.body in GONE, "a report is refused", study, trial, at, reply)
            return None
        return reply.body[0]

    async def _beat(self, study: str, spec: StudySpec, key: AttemptKey, told: list[Any]) -> None:
        while True:
            await self.nap(spec.lease.heartbeat_interval / SECOND)
            reply = await self.ask("heartbeat", study, key)
            if reply.status != "OK" or reply.body[0].action != CONTINUE:
                told.append(reply)
                return

    async def _mishap(self, study: str, key: AttemptKey) -> bool:
        if self.world.healed or self.random.random() >= self.world.knobs.mishap:
            return False
        kind = self.random.choice(["fail", "infeasible", "release", "complete", "forget"])
        self.world.count(f"mishap {kind}")
        if kind in ("fail", "infeasible"):
            await self.ask("fail", study, key, infeasible=kind == "infeasible", message="broke")
        elif kind != "forget":
            await self.ask(kind, study, key)
        return True

    def _step(self) -> int:
        skips = not self.world.healed and self.random.random() < self.world.knobs.skip
        return self.random.randint(2, 9) if skips else 1


def curve(trial: Assignment, at: int, noise: float, *, maximize: bool) -> float:
    """Return a metric that falls or rises with training; coarse, so that there are ties."""
    rate, width = float(trial.params.get("lr", 0.1)), float(trial.params["n"])
    loss = abs(log10(rate) + 2) / 8 + width / 40 + 0.5 / at + 0.1 * noise
    return round(1 - loss if maximize else loss, 2)
