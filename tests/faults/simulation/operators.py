"""People and accidents: limits, pauses, cancellations, repeated calls, crashes, bad disks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ashad.core.engine.configurations.space_change import SpaceChange
from ashad.core.history.records import AttemptKey
from ashad.core.kinds import AdaptiveAsha
from ashad.core.space import Choice, Float, Int
from ashad.core.spec import Limits

from .network import Request
from .worker import Caller

if TYPE_CHECKING:
    from .world import World


class Person(Caller):
    """Someone at the command line."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "person")
        self.requests = 0

    async def create(self) -> None:
        """Make the studies."""
        for name, spec in self.world.specs.items():
            await self.ask("create", name, spec, validate_only=False)

    async def live(self) -> None:
        """Do something now and then."""
        while self.world.knobs.people_every:
            await self.nap(self.random.expovariate(1 / self.world.knobs.people_every))
            if self.world.healed:
                return
            verbs = ["limits"] * 4 + ["pause"] * 2 + ["enqueue"] * 4 + ["cancel"] * 4 + [
                "create", "stop", "delete", "look", "look",
            ]  # fmt: skip
            await getattr(self, f"_{self.random.choice(verbs)}")(self._any())

    def _any(self) -> str:
        return self.random.choice(list(self.world.specs))

    async def _limits(self, study: str) -> None:
        limits = self.world.specs[study].limits
        changes: list[Callable[[], Limits]] = [
            lambda: replace(limits, max_trials=self.random.randint(3, 30)),
            lambda: replace(limits, max_concurrent_trials=self.random.choice([None, 1, 3])),
            lambda: limits,
        ]
        if limits.max_total_resource and not isinstance(
            self.world.specs[study].algorithm, AdaptiveAsha
        ):
            changes.append(lambda: replace(limits, max_total_resource=self.random.randint(20, 250)))
        await self.ask("update", study, self.random.choice(changes)())

    async def _pause(self, study: str) -> None:
        await self.ask("pause", study)
        await self.nap(self.random.uniform(1, 20))
        await self.ask("resume", study)

    async def _enqueue(self, study: str) -> None:
        self.requests += 1
        await self.ask("enqueue", study, f"p{self.requests}", {"n": self.random.randint(1, 4)})

    async def _cancel(self, study: str) -> None:
        await self.ask("cancel", study, self.random.randint(0, 12))

    async def _create(self, study: str) -> None:
        await self.ask("create", study, self.world.specs[study], validate_only=False)

    async def _stop(self, study: str) -> None:
        if self.random.random() < 0.3:
            await self.ask("stop", study)

    async def _delete(self, study: str) -> None:
        if self.random.random() < 0.3:
            await self.ask("delete", study, force=True)
            if self.random.random() < 0.5:
                await self._create(study)

    async def _look(self, study: str) -> None:
        known = self.world.journal.attempts_of(study)
        if known:
            trial, attempt = self.random.choice(known)
            await self.ask("should_stop", study, AttemptKey(trial, attempt))


class Designer(Caller):
    """Someone who changes the spaces of studies that run."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "designer")
        self.requests = 0

    async def live(self) -> None:
        """Widen and narrow now and then."""
        while self.world.knobs.space_every:
            await self.nap(self.random.expovariate(1 / self.world.knobs.space_every))
            if self.world.healed:
                return
            study = self.random.choice(list(self.world.specs))
            spec, self.requests = self.world.specs[study], self.requests + 1
            space = dict(spec.space)
            if "lr" in space:
                low, high = sorted(self.random.choices((1e-5, 1e-3, 0.1, 1.0), k=2))
                space["lr"] = Float(low, high, log=True)
                space["n"] = Int(1, self.random.randint(4, 12))
                space["o"] = Choice((*self.random.sample(("a", 1, True, "z"), 2), 0.5))
            asked = SpaceChange(replace(spec, space=space), {})
            await self.ask("change_space", study, f"d{self.requests}", asked)


class Repeater(Caller):
    """Someone who sends old calls again, word for word; the journal knows what they must get."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "repeater")

    async def live(self) -> None:
        """Repeat one call after the other."""
        while self.world.knobs.repeat_every:
            await self.nap(self.random.expovariate(1 / self.world.knobs.repeat_every))
            if self.world.healed:
                return
            done = self.world.journal.requests
            if done:
                # Mostly what has just happened, sometimes what is long past.
                back = min(len(done), int(self.random.expovariate(0.05)) + 1)
                await self.world.network.call(self.line, self._spoil(done[-back]), 5.0)

    def _spoil(self, request: Request) -> Request:
        """Return the request, or now and then one that must be refused."""
        if request.verb != "report" or self.random.random() < 0.8:
            return request
        self.world.count("wrong calls")
        key, content = request.args
        if self.random.random() < 0.5:
            key = key._replace(token=f"{key.token}0")
        else:
            content = content._replace(value=7.0 if content.value != 7.0 else 8.0)
        return request._replace(args=(key, content), wrong=True)


class Accidents:
    """What befalls the daemon, the disk, the clock and the processes until all is healed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = world.stream("accidents")

    def begin(self) -> None:
        """Let each kind of accident happen at its own pace."""
        knobs = self.world.knobs
        for every, accident in (
            (knobs.crash_every, self._crash), (knobs.leave_every, self._leave),
            (knobs.full_every, self._full),
            (knobs.broken_every, self._break), (knobs.stall_every, self._stall),
            (knobs.jump_every, self._jump), (knobs.freeze_every, self._freeze),
            (knobs.cut_every, self._cut),
        ):  # fmt: skip
            if every:
                self.world.spawn(self._again(every, accident))

    async def _again(self, every: float, accident: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(self.random.expovariate(1 / every))
            if self.world.healed:
                return
            accident()

    def _crash(self) -> None:
        daemon = self.world.daemon
        if daemon.up:
            daemon.crash()
            down = self.random.uniform(0.01, self.world.knobs.downtime)
            asyncio.get_running_loop().call_later(down, daemon.start)

    def _leave(self) -> None:
        if self.world.daemon.listening:
            self.world.spawn(self._upgrade())

    async def _upgrade(self) -> None:
        """End the daemon gently and start it again, as one does for a new version."""
        await self.world.daemon.leave()
        await asyncio.sleep(self.random.uniform(0.01, 10.0))
        self.world.daemon.start()

    def _full(self) -> None:
        self.world.daemon.fill(self.random.uniform(0.5, 20.0))

    def _break(self) -> None:
        if self.world.daemon.up:
            self.world.daemon.store.breaks = self.random.choice(["before", "after"])

    def _stall(self) -> None:
        if self.world.daemon.up and not self.world.daemon.stalled():
            self.world.daemon.stall(self.random.uniform(5, 120))

    def _jump(self) -> None:
        self.world.count("jumps of the wall clock")
        self.world.daemon.jump = int(self.random.uniform(-3600, 3600) * 1_000_000)

    def _freeze(self) -> None:
        worker = self.random.choice(self.world.workers)
        self.world.count("freezes")
        now = asyncio.get_running_loop().time()
        worker.frozen_until = now + self.random.choice([3.0, 30.0, 100.0])

    def _cut(self) -> None:
        self.world.network.cut(self.random.choice(self.world.workers).line)
