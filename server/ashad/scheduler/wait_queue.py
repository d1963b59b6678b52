"""The wait queue: workers that wait for a trial, first come, first served.

When something may have opened a trial, workers are served from the front until one has to go on
waiting; so a change costs one look, however many wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count, islice
from typing import NamedTuple

from ashad.core.engine.suggest import Outcome, Wait
from ashad.core.errors import RefusalError

SERVED_AT_ONCE = 100  # workers, before others have their turn on the loop
_OWN_REASONS = ("WORKER_NAME_HELD",)  # for which one worker waits, and those behind it do not

Suggested = tuple[Outcome, int]
Asking = tuple[str, str, str | None]  # a worker, its request id, the attributes of an attempt
Durable = Callable[[], asyncio.Future[None] | None]
# An answer and the batch it was decided in: by the time the worker's call goes on, that batch may
# have failed, and then there is nothing left that would tell.
_Served = tuple[Suggested, asyncio.Future[None] | None]


class _Worker(NamedTuple):
    asking: Asking
    future: asyncio.Future[_Served]


class WaitQueue:
    """Waiting workers by study. `suggest` is asked in their name: study, then what they ask."""

    def __init__(
        self, suggest: Callable[[str, str, str, str | None], Suggested], durable: Durable
    ) -> None:
        self._suggest, self._durable = suggest, durable
        # By ticket: in order of arrival, and whoever gives up leaves at once.
        self._queues: dict[str, dict[int, _Worker]] = {}
        self._tickets = count()

    async def wait(self, study: str, asking: Asking, seconds: float) -> Suggested:
        """Return an outcome as soon as it is not wait, or whatever it is after `seconds`."""
        future: asyncio.Future[_Served] = asyncio.get_running_loop().create_future()
        ticket = next(self._tickets)
        self._queues.setdefault(study, {})[ticket] = _Worker(asking, future)
        try:
            answer, durable = await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return self._suggest(study, *asking)
        finally:
            self._queues.get(study, {}).pop(ticket, None)
        if durable is not None:
            await asyncio.shield(durable)
        return answer

    def serve(self, study: str) -> None:
        """Serve the queue of a study from the front; a long one a part at a time."""
        queue, served = self._queues.get(study, {}), 0
        for ticket, waiting in list(islice(queue.items(), SERVED_AT_ONCE)):
            if not waiting.future.done():
                try:
                    answer = self._suggest(study, *waiting.asking)
                except RefusalError as refusal:
                    waiting.future.set_exception(refusal)
                else:
                    if isinstance(answer[0], Wait):
                        if answer[0].reason not in _OWN_REASONS:
                            return
                        queue[ticket] = queue.pop(ticket)  # those behind it need not wait with it
                        continue
                    waiting.future.set_result((answer, self._durable()))
            queue.pop(ticket, None)
            served += 1
        if not queue:
            self._queues.pop(study, None)
        elif served and len(queue) + served > SERVED_AT_ONCE:
            asyncio.get_running_loop().call_soon(self.serve, study)

    def serve_all(self) -> None:
        """Serve all queues: time may have ended a study."""
        for study in list(self._queues):
            self.serve(study)

    def close(self) -> None:
        """Let everyone ask once more and answer what it is: the daemon is about to end."""
        for study in list(self._queues):
            for waiting in self._queues.pop(study).values():
                if not waiting.future.done():
                    try:
                        answer = self._suggest(study, *waiting.asking)
                        waiting.future.set_result((answer, self._durable()))
                    except RefusalError as refusal:
                        waiting.future.set_exception(refusal)
