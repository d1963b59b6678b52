"""Leases: found due at one tick, expired at the next; time nobody could be heard is given back."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ashad.core.history.records import RUNNING
from ashad.core.spec import SECOND
from ashad.scheduler.leases import MOST_POSTPONED, HeldLease, LeaseExpiry, Leases

TICK = 0.5


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def wall(self) -> int:
        return int(self.seconds * 1_000_000)

    def monotonic(self) -> float:
        return self.seconds


class Bench:
    """One study with one running trial, whose lease is three seconds."""

    def __init__(self) -> None:
        self.clock, self.expired, self.said = Clock(), list[HeldLease](), list[str]()
        held = SimpleNamespace(state=RUNNING, attempt=1, number=0)
        lease = SimpleNamespace(duration=3 * SECOND)
        state = SimpleNamespace(live={0: held}, spec=SimpleNamespace(lease=lease))
        self.study: Any = SimpleNamespace(state=state)
        log: Callable[..., object] = lambda event, **_: self.said.append(event)
        self.expiry = LeaseExpiry(self.clock, log, self.expired.append)
        self.run(TICK)
        self.renew()

    def renew(self) -> None:
        self.expiry.renew(7, self.study, 0, 1)

    def run(self, seconds: float, *, blocked: bool = False) -> None:
        for _ in range(round(seconds / TICK)):
            self.clock.seconds += TICK
            self.expiry.tick(TICK, writes_blocked=blocked)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_lease_expires_one_tick_after_it_was_found_due(bench):
    bench.run(3.0)
    assert bench.expired == []
    bench.run(0.5)
    assert bench.expired == [HeldLease(7, 0, 1)]
    bench.run(10)
    assert len(bench.expired) == 1


def test_a_heartbeat_that_had_arrived_is_honoured(bench):
    """The loop reads it between the two ticks."""
    bench.run(3.0)
    bench.renew()
    bench.run(3.0)
    assert bench.expired == []
    bench.run(0.5)
    assert bench.expired == [HeldLease(7, 0, 1)]


def test_a_loop_that_was_held_expires_nothing_before_it_has_heard_everyone(bench):
    bench.run(2.5)
    bench.clock.seconds += 0.9  # one callback held the loop
    bench.run(0.5)
    assert bench.expired == []
    bench.renew()  # what had arrived meanwhile
    bench.run(3.0)
    assert bench.expired == []


def test_time_in_which_the_daemon_did_not_run_is_given_back(bench):
    bench.run(1.0)
    bench.clock.seconds += 8 * 3600
    bench.run(2.0)
    assert bench.expired == []
    assert bench.said == ["daemon_suspended"]
    bench.run(1.5)
    assert bench.expired == [HeldLease(7, 0, 1)]


def test_the_time_that_a_large_file_takes_to_be_read_is_no_pause(bench):
    bench.clock.seconds += 60
    read = SimpleNamespace(entries=lambda: [(7, bench.study)], unloaded_leases=lambda: iter(()))
    bench.expiry.restart(read)
    bench.run(3.0)
    assert (bench.said, bench.expired) == ([], [])
    bench.run(0.5)
    assert bench.expired == [HeldLease(7, 0, 1)]


def test_nothing_expires_while_nothing_can_be_written(bench):
    bench.run(60, blocked=True)
    assert bench.expired == []
    bench.run(2.5)
    assert bench.expired == []
    bench.run(1.5)
    assert bench.expired == [HeldLease(7, 0, 1)]


def test_a_daemon_that_is_always_busy_expires_leases_all_the_same(bench):
    for _ in range(8 * MOST_POSTPONED):
        bench.clock.seconds += 0.2
        bench.run(TICK)
    assert bench.expired == [HeldLease(7, 0, 1)]


def test_a_trial_that_was_dropped_does_not_expire(bench):
    bench.run(3.0)
    bench.expiry.drop(7, 0)
    bench.run(3.0)
    assert bench.expired == []


def test_another_attempt_has_no_lease_to_renew(bench):
    bench.run(2.0)
    bench.expiry.renew(7, bench.study, 0, 2)
    bench.run(1.5)
    assert bench.expired == [HeldLease(7, 0, 1)]


def test_a_term_of_zero_never_expires():
    leases = Leases()
    leases.renew(1, 1, 1, 0.0, 5.0)
    leases.renew(1, 1, 1, 1.0, 0.0)
    leases.suspect(1e9)
    assert leases.suspects(1e9) == []
    assert len(leases) == 0


def test_leases_expire_in_the_order_of_their_deadlines():
    leases = Leases()
    for trial, term in enumerate((5.0, 1.0, 3.0)):
        leases.renew(1, trial, 1, 0.0, term)
    leases.suspect(9.0)
    assert [lease.trial for lease in leases.suspects(9.0)] == [1, 2, 0]
