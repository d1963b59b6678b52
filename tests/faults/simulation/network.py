"""The network between workers and the daemon: loses, delays, doubles, reorders and cuts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .world import World


class Request(NamedTuple):
    """One call: a verb and its arguments, the same in every repetition."""

    verb: str
    study: str
    args: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    wrong: bool = False  # it must be refused


class Reply(NamedTuple):
    """`status` is OK, the kind of a refusal, or UNAVAILABLE where no answer came."""

    status: str
    body: Any = None


UNAVAILABLE = Reply("UNAVAILABLE")


class Line:
    """The connection of one caller. A cut drops what is under way on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cuts = 0
        self.waiting: dict[asyncio.Future[Reply], None] = {}
        self.served: dict[asyncio.Task[None], None] = {}


class Network:
    """Carries calls; `healed` networks only take a little time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = world.stream("network")
        self.loop = asyncio.get_running_loop()

    async def call(self, line: Line, request: Request, patience: float) -> Reply:
        """Return the first reply to arrive, or UNAVAILABLE after `patience` seconds."""
        future: asyncio.Future[Reply] = self.loop.create_future()
        line.waiting[future] = None
        self.send(line, request, future)
        expiry = self.loop.call_later(patience, settle, future, UNAVAILABLE)
        try:
            return await future
        finally:
            expiry.cancel()
            line.waiting.pop(future, None)

    def send(self, line: Line, request: Request, future: asyncio.Future[Reply]) -> None:
        """Send a request once, twice or not at all."""
        world, knobs = self.world, self.world.knobs
        world.count("calls")
        copies = 1
        if not world.healed and self.random.random() < knobs.double:
            world.count("doubled")
            copies = 2
        for _ in range(copies):
            if not world.healed and self.random.random() < knobs.loss:
                world.count("requests lost")
                world.trace("lost", line.name, request.verb)
                continue
            self.loop.call_later(self._delay(), self._arrive, line, line.cuts, request, future)

    def cut(self, line: Line) -> None:
        """Cut a connection: no reply arrives any more, and the daemon cancels what it was doing."""
        self.world.count("cuts")
        self.world.trace("cut", line.name)
        line.cuts += 1
        for future in line.waiting:
            settle(future, UNAVAILABLE)
        for task in line.served:
            task.cancel()

    def _arrive(
        self, line: Line, cuts: int, request: Request, future: asyncio.Future[Reply]
    ) -> None:
        if line.cuts != cuts and self.random.random() < 0.5:
            return
        daemon = self.world.daemon
        if not daemon.listening:
            self.world.trace("refused", line.name, request.verb)
            self.loop.call_later(self._delay(), settle, future, UNAVAILABLE)
            return
        if daemon.stalled():
            self.loop.call_later(daemon.stall_left(), self._arrive, line, cuts, request, future)
            return

        def respond(reply: Reply) -> None:
            if not self.world.healed and self.random.random() < self.world.knobs.loss:
                self.world.count("replies lost")
                return
            if line.cuts == cuts:
                self.loop.call_later(self._delay(), self._deliver, line, cuts, future, reply)

        task = daemon.serve(request, respond)
        line.served[task] = None
        task.add_done_callback(lambda done: line.served.pop(done, None))

    def _deliver(self, line: Line, cuts: int, future: asyncio.Future[Reply], reply: Reply) -> None:
        if line.cuts == cuts:
            self.world.trace("reply", line.name, reply)
            settle(future, reply)

    def _delay(self) -> float:
        if self.world.healed:
            return 0.001
        if self.random.random() < self.world.knobs.late:
            self.world.count("late")
            return self.random.uniform(1, 90)
        return self.random.uniform(0.0005, 0.05)


def settle(future: asyncio.Future[Reply], reply: Reply) -> None:
    """Give a caller its reply unless it has one."""
    if not future.done():
        future.set_result(reply)
