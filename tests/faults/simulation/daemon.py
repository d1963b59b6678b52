"""The daemon as `ashad.daemon.main` wires it, on a virtual clock, with crashes and a bad disk.

A crash leaves what a kill -9 leaves: copies of the file and its log as they were at that instant.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Wait
from ashad.core.errors import RefusalError
from ashad.core.history.trial import Trial
from ashad.scheduler import Scheduler
from ashad.store import Reader

from .disk import BadWriter, Executor
from .network import Reply, Request

if TYPE_CHECKING:
    from .world import World

TICK = 0.5


def plain(body: Any) -> Any:
    """Return an answer as values that stay as they are."""
    if isinstance(body, Study):
        return body.state.uid, body.state.mode, body.state.spec
    if isinstance(body, Trial):
        return body.row()
    if type(body) is tuple:
        return tuple(map(plain, body))
    return body


class Daemon:
    """Starts, crashes and starts again on the same file; also the clock that the scheduler sees."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = world.stream("daemon")
        self.loop = asyncio.get_running_loop()
        self.up = self.listening = False
        self.lives = 0
        self.jump = 0  # of the wall clock, in microseconds
        self.latest = 0  # wall clock ever seen
        self.lag = 0.0  # seconds in which it did not run
        self.executor: Executor | None = None
        self._stalled_until = self._full_until = 0.0
        self._stalls = 0
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._calls: dict[asyncio.Task[None], None] = {}  # those of them that answer someone
        self._dead: list[asyncio.Task[None]] = []  # some wait for ever for a commit that was lost
        self.path = world.folder / "0" / "ashad.db"

    # --- the clock ---

    def wall(self) -> int:
        now = 1_700_000_000_000_000 + int(self.loop.time() * 1_000_000) + self.jump
        self.latest = max(self.latest, now)
        return now

    def monotonic(self) -> float:
        return self.loop.time() + self._boot

    def running(self) -> float:
        """Return seconds in which the daemon could have heard a worker, the stalls left out."""
        return self.loop.time() - self.lag

    # --- life and death ---

    def start(self) -> None:
        """Open the file and serve."""
        if self.up:
            return
        self._boot = self.random.uniform(0, 1e6)  # another machine, another monotonic clock
        self.store, self.reader = BadWriter(self.path), Reader(self.path)
        self.executor = Executor(self)
        self.scheduler = Scheduler(
            self.store, self.reader, self.executor, self, self.world.heard, self.die,
            new_uid=lambda: f"{self.random.getrandbits(128):032x}",
        )  # fmt: skip
        self.scheduler.set_quotas(self.world.knobs.quotas)
        self.up = self.listening = True
        self.world.trace("up", self.lives)
        self.world.journal.restarted(self.reader)
        self.store.full = self.loop.time() < self._full_until
        self._spawn(self._tick(self.scheduler))

    def crash(self) -> None:
        """Lose all that was not committed."""
        group_commit, executor = self.scheduler._group_commit, self.executor
        assert executor is not None
        self.world.count("crashes")
        self.world.count("crashes with an open batch", int(bool(group_commit._open)))
        self.world.count(
            "crashes before a commit", int(bool(executor.queue) and not executor.written)
        )
        self.world.count("crashes after a commit", int(executor.written))
        self.world.trace("crash")
        self.lives += 1
        after = self.world.folder / str(self.lives) / "ashad.db"  # a life has a file of its own
        after.parent.mkdir()
        for end in ("", "-wal"):
            shutil.copyfile(f"{self.path}{end}", f"{after}{end}")
        self.path = after
        self._end()

    async def leave(self) -> None:
        """End as SIGTERM does: let everyone finish, fold the log into the file."""
        self.world.count("gentle ends")
        self.world.trace("leave")
        life, self.listening = self.lives, False
        self.scheduler.close_waiting()
        if self._calls:
            await asyncio.wait(list(self._calls), timeout=10.0)
        with suppress(RefusalError):  # its callers were refused as well
            if self.lives == life:
                await self.scheduler.drain()
        if self.lives == life:
            self.close()

    def close(self) -> None:
        """End; the file is left as a gentle end leaves it."""
        if self.up:
            self.lives += 1
            self._end(gently=True)

    def heal(self) -> None:
        """Run well from now on, on a clock that is not before any time it ever told."""
        self._full_until = 0.0
        self.store.full, self.store.breaks = False, ""
        self.jump = 0
        self.jump = max(0, self.latest - self.wall())
        if not self.up:
            self.start()

    def die(self, error: BaseException) -> None:
        """Do what the daemon does after a write of unknown outcome."""
        self.world.count("broken writes")
        self.crash()
        self.loop.call_later(self.random.uniform(0.1, 5.0), self.start)

    def stall(self, seconds: float) -> None:
        """Stand still."""
        self.world.count("stalls")
        self._stalls += 1
        self._stalled_until = self.loop.time() + seconds
        self.lag += seconds

    def slack(self) -> float:
        """Return how much longer than its term a lease may last because of past interruptions."""
        return (self._stalls + self.world.counts["refused batches"]) * TICK

    def fill(self, seconds: float) -> None:
        """Fill the disk for a while."""
        self.world.count("full disks")
        self._full_until = self.loop.time() + seconds
        self.store.full = True
        self.loop.call_later(seconds, self._make_room)

    def _make_room(self) -> None:
        self.store.full = self.loop.time() < self._full_until

    def stalled(self) -> bool:
        return self.loop.time() < self._stalled_until

    def stall_left(self) -> float:
        return max(0.0, self._stalled_until - self.loop.time())

    # --- calls ---

    def serve(self, request: Request, respond: Callable[[Reply], None]) -> asyncio.Task[None]:
        """Handle one request as the service does: decide, wait for the commit, reply."""
        task = self._spawn(self._serve(self.scheduler, request, respond))
        self._calls[task] = None
        task.add_done_callback(lambda done: self._calls.pop(done, None))
        return task

    async def _serve(
        self, scheduler: Scheduler, request: Request, respond: Callable[[Reply], None]
    ) -> None:
        journal = self.world.journal
        try:
            life = self.lives
            before = journal.before(scheduler, request)
            body = plain(await self._decide(scheduler, request))
            if self.lives != life:
                return  # asyncio swallowed the end: a wait in line had just been over
            note = journal.decided(scheduler, request, body, before)
            await scheduler.durable()
            journal.acknowledged(note)
            reply = Reply("OK", body)
        except RefusalError as refusal:
            journal.refused(scheduler, request, refusal)
            reply = Reply(refusal.kind.name, refusal.reason)
        self.world.trace("serve", request, reply)
        respond(reply)

    async def _decide(self, scheduler: Scheduler, request: Request) -> Any:
        if request.verb != "suggest":
            verb = getattr(scheduler, request.verb)
            return verb(request.study, *request.args, **dict(request.options))
        *who, wait = request.study, *request.args
        answer = scheduler.suggest(*who)
        self.world.count("waits for a quota", int(answer[0][0] == "QUOTA"))
        if isinstance(answer[0], Wait) and wait > 0:
            answer = await scheduler.wait_for_trial(who[0], (who[1], who[2], None), wait)
        return answer

    async def _tick(self, scheduler: Scheduler) -> None:
        healing: asyncio.Task[Any] | None = None
        while True:
            await asyncio.sleep(TICK)
            await asyncio.sleep(self.stall_left())
            scheduler.tick(TICK)
            if scheduler.writes_blocked:
                self.world.journal.bar()
                if healing is None or healing.done():
                    healing = self._spawn(scheduler.heal())
            else:
                self.world.journal.ticked(scheduler)

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task = self.world.spawn(work)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        return task

    def _end(self, *, gently: bool = False) -> None:
        self.up = self.listening = False
        self.lag -= self.stall_left()
        self.executor, self._stalled_until = None, 0.0
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()
                self._dead.append(task)
        self.reader.close()
        if gently:
            self.store.close()
        else:
            self.store.connection.close()
