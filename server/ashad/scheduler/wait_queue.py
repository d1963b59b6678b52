"""The wait queue: workers that wait for a trial, first come, first served.

When something may have opened a trial, workers are served from the front until one has to go on
waiting; so a change costs one look, however many wait. Where quotas are shared by several studies,
a slot that frees goes to the line whose turn it is, whichever study it waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heapify, heappop, heapreplace
from typing import NamedTuple

from ashad.core.engine.suggest import Assignment, Outcome, Wait
from ashad.core.errors import RefusalError
from ashad.core.validation.remarks import owner_of
from ashad.scheduler.quotas import Asking, Line, Quotas

LONGEST_S = 300.0  # that a worker waits in one call
SERVED_AT_ONCE = 100  # workers, before others have their turn on the loop
_OWN_REASONS = ("WORKER_NAME_HELD",)  # for which one worker waits, and those behind it do not

Suggested = tuple[Outcome, int]
Durable = Callable[[], asyncio.Future[None] | None]
# An answer and the batch it was decided in: by the time the worker's call goes on, that batch may
# have failed, and then there is nothing left that would tell.
_Served = tuple[Suggested, asyncio.Future[None] | None]


class _Worker(NamedTuple):
    asking: Asking
    future: asyncio.Future[_Served]


class WaitQueue:
    """Waiting workers by study and owner. `suggest` is asked in their name."""

    def __init__(
        self,
        suggest: Callable[[str, str, str, str | None], Suggested],
        durable: Durable,
        quotas: Quotas,
    ) -> None:
        self._suggest, self._durable, self._quotas = suggest, durable, quotas
        # By ticket: in order of arrival, and whoever gives up leaves at once.
        self._lines: dict[str, dict[str, dict[int, _Worker]]] = {}
        self._blocked: dict[Line, None] = {}  # whose front waits for a quota

    async def wait(self, study: str, asking: Asking, seconds: float) -> Suggested:
        """Return an outcome as soon as it is not wait, or whatever it is after `seconds`."""
        future: asyncio.Future[_Served] = asyncio.get_running_loop().create_future()
        line, worker = Line(study, owner_of(asking[2])), asking[0]
        ticket = self._enter(line, _Worker(asking, future))
        if self._quotas.stay(line, worker, seconds):
            self._blocked[line] = None
        try:
            answer, durable = await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return self._suggest(study, *asking)
        finally:
            self._leave(line, ticket)
            self._quotas.stay(line, worker)
        if durable is not None:
            await asyncio.shield(durable)
        return answer

    def serve(self, study: str) -> None:
        """Serve the lines of a study, and those a slot may have become free for."""
        lines = [Line(study, owner) for owner in self._lines.get(study, ())]
        free = (line for line in self._blocked if line.study != study and self._has_slot(line))
        if self._serve([*lines, *free]):
            asyncio.get_running_loop().call_soon(self.serve, study)

    def serve_all(self) -> None:
        """Serve all lines: time may have ended a study."""
        if not self._quotas.active:
            for study in list(self._lines):
                self.serve(study)
        elif self._serve(self._all()):
            asyncio.get_running_loop().call_soon(self.serve_all)

    def close(self) -> None:
        """Let everyone ask once more and answer what it is: the daemon is about to end."""
        for line in self._all():
            for waiting in self._lines[line.study].pop(line.owner).values():
                self._answer(line, waiting, at_last=True)
        self._lines.clear()
        self._blocked.clear()

    def _serve(self, lines: list[Line]) -> bool:
        """Serve the fronts of lines in their turns; return whether there may be more to serve.

        A turn only ever moves back while others are served, so it is looked at again when it has
        come. A line that has to wait is done with: what frees a slot serves it again.
        """
        turns = [(self._turn(line), line) for line in lines]
        heapify(turns)
        asked: set[int] = set()
        idle: set[str] = set()  # studies that have nothing to hand out
        served = passed_over = given = 0
        while turns and served + passed_over < SERVED_AT_ONCE:
            turn, line = turns[0]
            workers = self._lines.get(line.study, {}).get(line.owner, {})
            ticket = next(iter(workers), None)
            over = ticket is None or ticket in asked or line.study in idle
            if over or (given and not self._may_ask(line)):
                heappop(turns)
                continue
            assert ticket is not None
            now = self._turn(line)
            if now != turn:
                heapreplace(turns, (now, line))
                continue
            asked.add(ticket)
            answer = self._answer(line, workers[ticket])
            if not isinstance(answer, Wait):
                workers.pop(ticket, None)
                served += 1
                given += isinstance(answer, Assignment)
            elif answer.reason in _OWN_REASONS:
                workers[ticket] = workers.pop(ticket)  # those behind it need not wait with it
                passed_over += 1
            elif answer.reason == "QUOTA":
                self._block(line, workers)
                heappop(turns)
            else:
                self._blocked.pop(line, None)
                idle.add(line.study)
        return served > 0 and bool(turns)

    def _answer(self, line: Line, waiting: _Worker, *, at_last: bool = False) -> Outcome | None:
        """Ask in the name of a worker, and answer it unless it has to wait; None: it was refused.

        `at_last`: it is answered whatever it is.
        """
        if waiting.future.done():
            return None
        try:
            answer = self._suggest(line.study, *waiting.asking)
        except RefusalError as refusal:
            waiting.future.set_exception(refusal)
            return None
        if at_last or not isinstance(answer[0], Wait):
            waiting.future.set_result((answer, self._durable()))
        return answer[0]

    def _turn(self, line: Line) -> tuple[object, ...]:
        workers = self._lines.get(line.study, {}).get(line.owner, {})
        return (*self._quotas.standing(line), next(iter(workers), 0))

    def _may_ask(self, line: Line) -> bool:
        """Whether a line may have got further since it was last told to wait for a quota."""
        return line not in self._blocked or self._has_slot(line)

    def _has_slot(self, line: Line) -> bool:
        return self._quotas.full(line) is None

    def _all(self) -> list[Line]:
        return [Line(study, owner) for study, owners in self._lines.items() for owner in owners]

    def _enter(self, line: Line, waiting: _Worker) -> int:
        """Let a worker wait at the place that it had, or as the last; return its ticket."""
        workers = self._lines.setdefault(line.study, {}).setdefault(line.owner, {})
        ticket = self._quotas.ticket(line, waiting.asking[0])
        if ticket in workers:  # a repeat of a call that has not ended yet
            ticket = self._quotas.ticket()
        late = bool(workers) and ticket < next(reversed(workers))
        workers[ticket] = waiting
        if late:  # it had its place before those that came while it was away
            ordered = sorted(workers.items())
            workers.clear()
            workers.update(ordered)
        return ticket

    def _block(self, line: Line, workers: dict[int, _Worker]) -> None:
        """Note that all of a line wait for a quota."""
        if line not in self._blocked:
            self._blocked[line] = None
            for waiting in workers.values():
                self._quotas.wait(line, waiting.asking[0], LONGEST_S)

    def _leave(self, line: Line, ticket: int) -> None:
        owners = self._lines.get(line.study, {})
        workers = owners.get(line.owner, {})
        workers.pop(ticket, None)
        if not workers:
            owners.pop(line.owner, None)
            self._blocked.pop(line, None)
        if not owners:
            self._lines.pop(line.study, None)
