"""The clock of the leases is the monotonic one: a wall clock that jumps takes nobody's trial."""

from __future__ import annotations

import time

from ashad.daemon.main import SystemClock


def test_a_jump_of_the_wall_clock_is_not_seen_by_leases(monkeypatch) -> None:
    clock = SystemClock()
    before = clock.monotonic()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 10 * 365 * 86_400)
    monkeypatch.setattr(time, "time_ns", lambda: int((now + 10 * 365 * 86_400) * 1e9))

    assert clock.wall() > (now + 86_400) * 1e6
    assert 0 <= clock.monotonic() - before < 60
