"""What a study may ask of its own past: the rows that memory no longer holds.

`Archive` is the question; the store answers it from the file, `Memory` from dicts (replay,
simulation).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ashad.core.records import INFEASIBLE, Change, Event, Record, Report, TrialRow

# Changes that answer no call of an attempt's worker. A cancellation may follow a release, and a
# repetition of the release must still be told of the release.
UNASKED = ("ASSIGNED", "CANCELLED")


class Archive(Protocol):
    """Committed rows of one study."""

    def trial(self, number: int) -> TrialRow | None:
        """Return a trial."""
        ...

    def report(self, trial: int, attempt: int, resource: int) -> Report | None:
        """Return the report of that key."""
        ...

    def last_report(self, trial: int) -> Report | None:
        """Return the latest report of a trial."""
        ...

    def request(self, request: str) -> Change | None:
        """Return the assignment or the enqueuing that this request id made."""
        ...

    def ending(self, trial: int, attempt: int) -> Change | None:
        """Return the latest change of this attempt but its assignment and cancellation."""
        ...

    def best(self, *, maximize: bool, without: Iterable[int]) -> TrialRow | None:
        """Return the feasible trial with the best value, ties to the oldest report."""
        ...


class Memory:
    """An archive in dicts, which is also handed the records."""

    def __init__(self) -> None:
        self.trials: dict[int, TrialRow] = {}
        self.reports: dict[tuple[int, int, int], Report] = {}
        self.changes: list[Change] = []
        self.events: list[Event] = []
        self._requests: dict[str, Change] = {}
        self._latest: dict[int, Report] = {}
        self._endings: dict[tuple[int, int], Change] = {}

    def take(self, records: Iterable[Record]) -> None:
        """Keep records, as a commit would."""
        for record in records:
            if isinstance(record, Report):
                self.reports[record.trial, record.attempt, record.resource] = record
                self._latest[record.trial] = record
            elif isinstance(record, TrialRow):
                self.trials[record.number] = record
            elif isinstance(record, Change):
                self.changes.append(record)
                if record.request:
                    self._requests[record.request] = record
                if record.kind not in UNASKED:
                    self._endings[record.trial, record.attempt] = record
            else:
                self.events.append(record)

    def trial(self, number: int) -> TrialRow | None:
        """Return a trial."""
        return self.trials.get(number)

    def report(self, trial: int, attempt: int, resource: int) -> Report | None:
        """Return the report of that key."""
        return self.reports.get((trial, attempt, resource))

    def last_report(self, trial: int) -> Report | None:
        """Return the latest report of a trial."""
        return self._latest.get(trial)

    def request(self, request: str) -> Change | None:
        """Return the assignment or the enqueuing that this request id made."""
        return self._requests.get(request)

    def ending(self, trial: int, attempt: int) -> Change | None:
        """Return the latest change of this attempt but its assignment and cancellation."""
        return self._endings.get((trial, attempt))

    def best(self, *, maximize: bool, without: Iterable[int]) -> TrialRow | None:
        """Return the feasible trial with the best value, ties to the oldest report."""
        gone = set(without)
        rows = [
            row
            for row in self.trials.values()
            if row.best_value is not None and row.state != INFEASIBLE and row.number not in gone
        ]
        sign = -1 if maximize else 1
        return min(
            rows, key=lambda row: (sign * (row.best_value or 0.0), row.best_seq), default=None
        )
