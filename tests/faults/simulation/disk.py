"""The disk: the real store, without room at times or broken, and commits that take long."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from ashad.store import Batch, DiskFullError, StoreError, Writer

if TYPE_CHECKING:
    from .daemon import Daemon

Work = Callable[[], None]
Done = Callable[[BaseException | None], None]


class BadWriter(Writer):
    """The real store on a disk that fills up and breaks when told to."""

    full = False
    breaks = ""  # "before" or "after": the next commit fails, and did nothing or everything

    def commit(self, batch: Batch) -> None:
        if self.full:
            raise DiskFullError("no room")
        breaks, self.breaks = self.breaks, ""
        if breaks == "before":
            raise StoreError("the disk is gone")
        super().commit(batch)
        if breaks == "after":
            raise StoreError("the disk is gone after the write")

    def probe(self) -> None:
        if self.full:
            raise DiskFullError("no room")


class Executor:
    """Commits inline, or so much later that calls share a batch and a crash can hit one.

    One thing after the other, as the thread in production does.
    """

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.queue: deque[tuple[Work, Done]] = deque()
        self.written = False  # the first of the queue, though its callers do not know yet

    def submit(self, work: Work, done: Done) -> None:
        """Run `work`, then `done`; neither when the daemon has crashed meanwhile."""
        if not self.daemon.world.knobs.commit:
            done(self._work(work))
            return
        self.queue.append((work, done))
        if len(self.queue) == 1:
            self._begin()

    def close(self) -> None:
        """Nothing is ever left undone."""

    def _begin(self) -> None:
        most = self.daemon.world.knobs.commit
        self.daemon.loop.call_later(self.daemon.random.uniform(0, most), self._write)

    def _write(self) -> None:
        if self.daemon.executor is self:
            error = self._work(self.queue[0][0])
            self.written = error is None
            delay = self.daemon.random.uniform(0, self.daemon.world.knobs.commit / 4)
            self.daemon.loop.call_later(max(delay, self.daemon.stall_left()), self._land, error)

    def _land(self, error: BaseException | None) -> None:
        if self.daemon.executor is self:
            _, done = self.queue.popleft()
            self.written = False
            if self.queue:
                self._begin()
            done(error)

    def _work(self, work: Work) -> BaseException | None:
        try:
            work()
        except StoreError as error:
            return error
        return None
