"""The rate limiter: a steady rate, a burst, and bounded memory."""

from __future__ import annotations

from ashad.security import RateLimiter


class Now:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def allowed(limiter: RateLimiter, key: str, calls: int, rate: float) -> int:
    return sum(limiter.spend(key, rate) == 0 for _ in range(calls))


def test_a_burst_and_then_the_rate():
    now = Now()
    limiter = RateLimiter(now, burst_s=2.0)
    assert allowed(limiter, "a", 100, 4) == 9
    assert limiter.spend("a", 4) > 0
    now.seconds += 1
    assert allowed(limiter, "a", 100, 4) == 4
    now.seconds += 1000
    assert allowed(limiter, "a", 100, 4) == 9, "time that was not used is not saved up"


def test_keys_do_not_share():
    limiter = RateLimiter(Now(), burst_s=2.0)
    allowed(limiter, "a", 100, 5)
    assert limiter.spend("b", 5) == 0


def test_a_call_that_is_refused_costs_nothing():
    now = Now()
    limiter = RateLimiter(now, burst_s=1.0)
    allowed(limiter, "a", 1000, 1)
    now.seconds += 1
    assert limiter.spend("a", 1) == 0


def test_memory_is_bounded_and_forgets_who_was_seen_longest_ago():
    limiter = RateLimiter(Now(), burst_s=1.0, most_keys=100)
    for n in range(1000):
        allowed(limiter, str(n), 3, 1)
    assert limiter.spend("999", 1) > 0
    assert limiter.spend("0", 1) == 0
