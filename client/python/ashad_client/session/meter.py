"""Time, cost or millions of steps as the resource: whole numbers of what was spent.

A meter only counts; it reports nothing and ends nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import final

from ashad_client.errors import invalid
from ashad_client.session.attempt import Attempt

_ROUNDING = 1e-9  # of a unit: ten times 0.1 is one


@final
class Meter:
    """What an attempt has spent, in whole units on top of where the trial stood.

    `resource` never passes the trial's `target_resource`, so that what is reported is never refused
    for being a second too long.
    """

    def __init__(
        self, attempt: Attempt, unit: float, every: int, now: Callable[[], float] | None = None
    ) -> None:
        if not (isinstance(unit, (int, float)) and math.isfinite(unit) and unit > 0):
            raise invalid(f"unit: a finite number above 0, not {unit!r:.100}")
        if not isinstance(every, int) or isinstance(every, bool) or every < 1:
            raise invalid(f"every: a whole number of units, at least 1, not {every!r:.100}")
        self._attempt, self._unit, self._every, self._now = attempt, unit, every, now
        self._start, self._spent = attempt.start_resource, 0.0
        self._began = now() if now else 0.0

    def add(self, amount: float) -> None:
        """Count what was spent, in the caller's measure: `unit` of it is one of the resource.

        Raises `Error` for a number that is negative or not finite, and for a clock, which counts by
        itself.
        """
        if self._now:
            raise invalid("add: a clock counts by itself; trial.meter(...) is what is added to")
        if not (math.isfinite(amount) and amount >= 0):
            raise invalid(f"add: a finite number, at least 0, not {amount!r:.100}")
        self._spent += amount

    @property
    def resource(self) -> int:
        """The resource to report now, cumulative over the trial's attempts."""
        spent = self._now() - self._began if self._now else self._spent
        whole = math.floor(spent / self._unit + _ROUNDING)
        return min(self._start + whole, self._attempt.target_resource)

    @property
    def due(self) -> bool:
        """Whether a report is due: `every` units since the last one, or the target is reached."""
        here, last = self.resource, self._attempt.position
        return here >= last + self._every or here == self._attempt.target_resource > last
