"""How often each caller may call: a token bucket per key, in bounded memory. Reads no clock."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable


class RateLimiter:
    """Calls by key (a token's id, an address): a steady rate, and `burst_s` seconds' worth at once.

    Remembers the `most_keys` callers seen last; one that was forgotten starts afresh. `monotonic`
    gives seconds that never run backwards.
    """

    def __init__(
        self, monotonic: Callable[[], float], burst_s: float, most_keys: int = 10_000
    ) -> None:
        self._monotonic, self._burst_s, self._most_keys = monotonic, burst_s, most_keys
        self._used_until: OrderedDict[str, float] = OrderedDict()  # the time a key has used up

    def spend(self, key: str, per_second: float) -> float:
        """Count one call; return by how many seconds it is too early, 0 where it is allowed."""
        now = self._monotonic()
        begun = max(self._used_until.get(key, 0.0), now - self._burst_s)
        if begun > now:
            return begun - now
        self._used_until[key] = begun + 1.0 / per_second
        self._used_until.move_to_end(key)
        if len(self._used_until) > self._most_keys:
            self._used_until.popitem(last=False)
        return 0.0
