"""One run: trouble, then healing, then everything must have ended and every book must balance."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from ashad.core.engine.limits import ended
from ashad.core.history.records import QUEUED, RUNNING
from ashad.core.recovery.restore import snapshot
from ashad.scheduler import QuotaUse, Scheduler, Slot
from ashad.simulate import loop
from ashad.store import Reader, audit, load

from .daemon import Daemon
from .fault_config import ALL, knobs, specs
from .journal import Journal
from .ledger import check_file
from .network import Network, Request
from .operators import Accidents, Designer, Person, Repeater
from .worker import Worker

PATIENCE = 20_000.0  # seconds within which a healed world must have ended
_MEMORY = Path("/dev/shm")  # where fsync costs nothing; any folder will do


class Violation(AssertionError):
    """A promise was broken."""


@dataclass
class Result:
    """What a run came to: a digest of its trace, what happened how often, and what went wrong."""

    seed: int
    digest: str
    counts: Counter[str]
    failures: list[str]


class World:
    """All that one seed brings about."""

    def __init__(self, seed: int, folder: Path, *, verbose: bool = False) -> None:
        self.seed, self.folder, self.verbose = seed, folder, verbose
        self.knobs, self.specs = knobs(seed), specs(seed)
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self.healed = False  # no new trouble
        self.quiet = False  # and nothing old is under way any more
        self._digest = blake2b(digest_size=16)
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._crashed)
        self._over = asyncio.Event()
        self._names = 0
        self._spawned: set[asyncio.Task[None]] = set()
        self.journal = Journal(self)
        self.network, self.daemon = Network(self), Daemon(self)
        self.workers = [Worker(self, number) for number in range(self.knobs.workers)]

    # --- for all who live in it ---

    def stream(self, name: str) -> Random:
        """Return randomness of one's own: what one does changes nothing for another."""
        return Random(f"{self.seed}/{name}")

    def count(self, what: str, times: int = 1) -> None:
        """Count what happens, so that a run without any trouble is noticed."""
        self.counts[what] += times

    def trace(self, *facts: object) -> None:
        """Write down what happens; two runs of a seed must write the same."""
        line = f"{self._loop.time():.6f} {facts!r}"
        self._digest.update(line.encode())
        if self.verbose:
            print(line)

    def expect(self, holds: object, what: str, *facts: object) -> None:
        """End the run unless a promise holds."""
        if not holds:
            self.fail(f"{what}: {facts!r}")
            raise Violation(what)

    def fail(self, what: str) -> None:
        """End the run: something is wrong."""
        self.failures.append(f"at {self._loop.time():.3f} s: {what}")
        self.trace("FAILURE", what)
        self._over.set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a task; what it raises is a failure of the run."""
        self._names += 1
        task = self._loop.create_task(work, name=f"{self._names:06}")
        task.add_done_callback(self._ended)
        # Held: one that waits for a commit that a crash has lost waits for ever, and is no garbage.
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)
        return task

    def heard(self, event: str, **facts: Any) -> None:
        """Take what the scheduler logs."""
        scheduler = getattr(self.daemon, "scheduler", None)
        self.trace("log", event, sorted(fact for fact in facts.items() if fact[0] != "file"))
        about = facts.get("study"), facts.get("trial"), facts.get("attempt")
        if event == "trial_assigned":
            self.journal.assigned(scheduler, *about)
            self._check_quotas(scheduler)
        elif event == "lease_expired":
            self.count("leases that might be taken back")
            self.journal.expired(scheduler, *about)
        elif event == "writes_refused":
            self.count("refused batches")
            self.journal.begin_anew()

    def _check_quotas(self, scheduler: Scheduler) -> None:
        """Expect that what runs is known, and that no more began than the quotas let."""
        if not self.knobs.quotas.quotas:
            return
        for _, study in scheduler.loaded():
            name, running = study.state.name, study.state.counts[RUNNING]
            use = scheduler.quota_use(Slot("study", name))
            assert use is not None
            self.expect(use.running == running, "a quota counts wrong", name, use.running, running)
            self._check_use(use)
        use = scheduler.quota_use(ALL)
        assert use is not None
        self._check_use(use)

    def _check_use(self, use: QuotaUse) -> None:
        back = self.counts["leases that might be taken back"]
        self.expect(use.running <= use.trials + back, "a quota was passed", use)

    def answered(self, request: Request) -> None:
        """Keep a call that was answered, for someone to repeat."""
        if request.verb in (
            "suggest",
            "report",
            "complete",
            "fail",
            "release",
            "enqueue",
            "change_space",
        ):
            self.journal.requests.append(request)

    def trouble_left(self) -> float:
        """Return the seconds until all is healed."""
        return max(0.0, self.knobs.trouble - self._loop.time())

    # --- a run ---

    async def run(self) -> Result:
        """Run it all, then look at what is left."""
        self.daemon.path.parent.mkdir()
        self.daemon.start()
        person, accidents = Person(self), Accidents(self)
        living = self.spawn(self._live(person))
        accidents.begin()
        await self._until(self.knobs.trouble)
        self._heal()
        await self._until(PATIENCE, living)
        if not self.failures:
            await self._end()
        if not self.failures:
            self._look()
        return Result(self.seed, self._digest.hexdigest(), self.counts, self.failures)

    async def _live(self, person: Person) -> None:
        await person.create()
        if self.knobs.people_every:
            self.spawn(person.live())
        if self.knobs.repeat_every:
            self.spawn(Repeater(self).live())
        if self.knobs.space_every:
            self.spawn(Designer(self).live())
        await asyncio.gather(*(self.spawn(worker.live()) for worker in self.workers))

    async def _until(self, seconds: float, task: asyncio.Task[None] | None = None) -> None:
        """Wait for a task or some time, whichever is first; a failure ends it at once."""
        over = self._loop.create_task(self._over.wait())
        await asyncio.wait(
            [over, *([task] if task else [])], timeout=seconds, return_when="FIRST_COMPLETED"
        )
        over.cancel()
        if task is not None and not task.done() and not self.failures:
            states = [self.daemon.scheduler.study(n).state.counts for n in self.specs]
            self.fail(f"not ended after {seconds} s: {states}")

    def _heal(self) -> None:
        self.trace("healed")
        self.healed = True
        self.daemon.heal()
        for worker in self.workers:
            worker.frozen_until = 0.0
        self.spawn(self._resume())

    async def _resume(self) -> None:
        """End all pauses, once no late message can begin another."""
        await asyncio.sleep(130)
        self.quiet = True
        scheduler = self.daemon.scheduler
        for name in scheduler.names():
            if scheduler.study(name).state.mode == "PAUSED":
                scheduler.resume(name)

    async def _end(self) -> None:
        """Wait for the last leases; then everything must have ended, and the file must agree."""
        scheduler = self.daemon.scheduler
        await asyncio.sleep(60)
        await scheduler.drain()
        for row in self.daemon.reader.studies():
            study = scheduler.study(row.name)
            state = study.state
            left = state.counts[RUNNING], state.counts[QUEUED]
            standing = study.status(self.daemon.wall())
            limit = ended(state, self.daemon.wall())
            self.expect(left[0] == 0, "someone runs for ever", row.name, left)
            self.expect(left[1] == 0 or limit, "someone waits for ever", row.name, left)
            self.expect(standing[0] in ("FINISHED", "STOPPED"), "not finished", row.name, standing)
            self.count(f"ended {standing[1]}")
            live, found = snapshot(state), snapshot(load(self.daemon.reader, row).state)
            different = [part for part in live if live[part] != found[part]]
            self.expect(not different, "the file differs from memory", row.name, different)
            self.trace("study", row.name, standing, live["tallies"], live["trials"], state.best)

    def _look(self) -> None:
        """Read the file in every way there is."""
        self.daemon.close()
        reader = Reader(self.daemon.path)
        self.journal.verify(reader)
        check_file(self, reader)
        reader.close()
        wrong = list(audit(self.daemon.path))
        self.expect(not wrong, "the audit finds fault", wrong)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, Violation):
            self._tell(error)

    def _crashed(self, loop: object, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None:
            context["message"] += repr(context.get("task"))
        if not isinstance(error, Violation):
            self._tell(error or RuntimeError(context["message"]))

    def _tell(self, error: BaseException) -> None:
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f"{Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else ""
        self.fail(f"{error!r} ({place})")


def simulate(seed: int, *, verbose: bool = False) -> Result:
    """Run one seed in a folder of its own."""
    parent = _MEMORY if _MEMORY.is_dir() else None

    async def main(folder: str) -> Result:
        world = World(seed, Path(folder), verbose=verbose)
        try:
            return await world.run()
        except Violation:
            return Result(seed, "", world.counts, world.failures)
        finally:
            world.daemon.close()

    with tempfile.TemporaryDirectory(prefix="ashad-simulation-", dir=parent) as folder:
        result: Result = loop.run(main(folder))
        return result
