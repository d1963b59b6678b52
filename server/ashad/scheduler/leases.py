"""Who holds which trial until when. Seconds of a monotonic clock come in; nothing here reads one.

A restart of the daemon gives every lease a full term, and time in which the daemon itself did not
run (it was stopped, or too busy) is given back to all.
"""

from __future__ import annotations

import heapq

Key = tuple[int, int]  # study, trial


class Leases:
    """Deadlines by trial. Expiry is looked for in a heap whose entries may be out of date."""

    def __init__(self) -> None:
        self._held: dict[Key, tuple[int, float]] = {}  # attempt, deadline
        self._heap: list[tuple[float, Key]] = []
        self._credit = 0.0  # seconds in which the daemon did not run, given back to all

    def renew(self, study: int, trial: int, attempt: int, now: float, term: float) -> None:
        """Give the attempt `term` seconds from `now`; 0 never expires."""
        key = study, trial
        if not term:
            self._held.pop(key, None)
            return
        deadline = now - self._credit + term
        known = self._held.get(key)
        self._held[key] = attempt, deadline
        if known is None or deadline < known[1]:
            heapq.heappush(self._heap, (deadline, key))

    def drop(self, study: int, trial: int) -> None:
        """Forget a trial that no worker holds any more."""
        self._held.pop((study, trial), None)

    def give_back(self, seconds: float) -> None:
        """Add to every lease the time in which nobody could have renewed it."""
        self._credit += seconds

    def due(self, now: float) -> list[tuple[int, int, int]]:
        """Return and forget (study, trial, attempt) of the leases that ran out by `now`."""
        now -= self._credit
        found = []
        while self._heap and self._heap[0][0] <= now:
            _, key = heapq.heappop(self._heap)
            held = self._held.get(key)
            if held is None:
                continue
            attempt, deadline = held
            if deadline > now:
                heapq.heappush(self._heap, (deadline, key))
            else:
                del self._held[key]
                found.append((*key, attempt))
        return found

    def __len__(self) -> int:
        return len(self._held)
