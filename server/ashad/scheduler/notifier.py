"""Wakes watchers when a change of their study was committed.

Holds nothing for them: what happened is read from the file, by each at its own pace. So a watcher
costs the same whether it keeps up or not, and no report ever waits for one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable


class ChangeNotifier:
    """Watchers that wait, by study."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self.ending = False  # the daemon is about to end: nobody waits any more

    async def wait(self, study: int, seconds: float) -> None:
        """Return when something of the study was committed, or after `seconds`."""
        if self.ending:
            return
        future = self._waiting.get(study)
        if future is None:
            future = self._waiting[study] = asyncio.get_running_loop().create_future()
        await asyncio.wait((future,), timeout=seconds)

    def wake(self, studies: Iterable[int]) -> None:
        """Wake those that wait for one of these."""
        if self._waiting:  # else nobody watches, and reports pay nothing for it
            for study in studies:
                future = self._waiting.pop(study, None)
                if future is not None:
                    future.set_result(None)

    def close(self) -> None:
        """Wake all, and let nobody wait from now on."""
        self.ending = True
        self.wake(list(self._waiting))
