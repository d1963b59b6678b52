"""Who holds which trial until when, and the ticks that end it. On the monotonic clock only.

A lease that runs out is first a suspect, and expires at the next tick unless it was renewed: a
heartbeat that had arrived is read in between, since the loop polls before the next tick. A restart
of the daemon gives every lease a full term, and time in which the daemon itself did not run, or was
too busy to hear anyone, is given back to all.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import NamedTuple

from ashad.core.engine.study import Study
from ashad.core.history.records import RUNNING
from ashad.core.spec import SECOND
from ashad.scheduler.ports import Clock, Log
from ashad.scheduler.registry import StudyRegistry
from ashad.store import StoreError

SUSPENDED_S = 1.0  # a tick that is later than this shows that the daemon did not run
BUSY_S = 0.1  # a tick that is later than this, that it was too busy to hear everyone
MOST_POSTPONED = 10  # ticks in a row that may be too busy to expire anything

_Key = tuple[int, int]  # study, trial


class HeldLease(NamedTuple):
    """An attempt at a trial that a worker holds."""

    study: int
    trial: int
    attempt: int


class Leases:
    """Deadlines by trial. Expiry is looked for in a heap whose entries may be out of date."""

    def __init__(self) -> None:
        self._held: dict[_Key, tuple[int, float]] = {}  # attempt, deadline
        self._heap: list[tuple[float, _Key]] = []
        self._suspects: dict[_Key, None] = {}  # found due, in order
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

    def suspect(self, now: float) -> None:
        """Find the leases that have run out by `now`."""
        now -= self._credit
        while self._heap and self._heap[0][0] <= now:
            _, key = heapq.heappop(self._heap)
            held = self._held.get(key)
            if held is None:
                continue
            if held[1] > now:
                heapq.heappush(self._heap, (held[1], key))
            else:
                self._suspects[key] = None

    def suspects(self, now: float) -> list[HeldLease]:
        """Return and forget the suspects that are still due; those that were renewed go on."""
        found = []
        now -= self._credit
        for study, trial in self._suspects:
            held = self._held.get((study, trial))
            if held is None:
                continue
            attempt, deadline = held
            if deadline > now:
                heapq.heappush(self._heap, (deadline, (study, trial)))
            else:
                del self._held[study, trial]
                found.append(HeldLease(study, trial, attempt))
        self._suspects.clear()
        return found

    def __len__(self) -> int:
        return len(self._held)


class LeaseExpiry:
    """The leases of all studies, and the ticks that end them."""

    def __init__(self, clock: Clock, log: Log, expire: Callable[[HeldLease], None]) -> None:
        """`expire` takes a trial from its worker."""
        self._clock, self._log, self._expire = clock, log, expire
        self._leases = Leases()
        self._last_tick = clock.monotonic()
        self._period = 0.0  # between ticks, known from the first one on
        self._postponed = 0

    def restart(self, registry: StudyRegistry) -> None:
        """Forget all leases, and give each trial that runs a full term."""
        self._leases = Leases()
        now = self._last_tick = self._clock.monotonic()  # the file has just been read: no pause
        for entry in registry.entries():
            self.renew_all(*entry)
        for number, trial, attempt, term in registry.unloaded_leases():
            self._leases.renew(number, trial, attempt, now, term / SECOND)

    def renew(self, number: int, study: Study, trial: int, attempt: int) -> None:
        """Give an attempt a full term, if it still runs."""
        self.renew_each(number, study, ((trial, attempt),))

    def renew_each(self, number: int, study: Study, attempts: Iterable[tuple[int, int]]) -> float:
        """Give each (trial, attempt) a full term, if it still runs; return the instant."""
        now = self._clock.monotonic()
        self._catch_up(now)
        state, renew = study.state, self._leases.renew
        live, term = state.live, state.spec.lease.duration / SECOND
        for trial, attempt in attempts:
            held = live.get(trial)
            if held is not None and held.state == RUNNING and held.attempt == attempt:
                renew(number, trial, attempt, now, term)
        return now

    def renew_all(self, number: int, study: Study) -> None:
        """Give every running trial of a study a full term."""
        running = [(trial.number, trial.attempt) for trial in study.state.live.values()]
        self.renew_each(number, study, running)

    def drop(self, number: int, trial: int) -> None:
        """Forget the lease of a trial that no worker holds any more."""
        self._leases.drop(number, trial)

    def tick(self, period: float, *, writes_blocked: bool) -> None:
        """Expire what was due at the last tick and was not renewed since; find what is due now."""
        self._period = period
        now = self._clock.monotonic()
        self._catch_up(now)
        lag, self._last_tick = now - self._last_tick - period, now
        if writes_blocked:  # the reports that would have renewed leases were refused
            self._leases.give_back(lag + period)
            return
        if lag > BUSY_S:
            self._leases.give_back(lag)
            self._postponed += 1
        if lag <= BUSY_S or self._postponed > MOST_POSTPONED:
            self._postponed = 0
            for lease in self._leases.suspects(now):
                try:
                    self._expire(lease)
                except StoreError as error:  # its study cannot be loaded; its calls are told so
                    self._log("read_failed", error=str(error))
        self._leases.suspect(now)

    def _catch_up(self, now: float) -> None:
        """Give back time in which the daemon did not run, to the leases that were held in it.

        Before any of them is renewed: a call that came in meanwhile may be handled before the tick,
        and its new term would get the time as well, hours after a laptop's sleep.
        """
        lag = now - self._last_tick - self._period
        if lag > SUSPENDED_S:  # it may have stopped just after the last tick
            self._leases.give_back(lag + self._period)
            self._last_tick = now
            self._log("daemon_suspended", seconds=round(lag, 1))
