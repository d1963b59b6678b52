"""What a study may ask of its own past: the rows that memory no longer holds.

`Archive` is the question; the store answers it from the file, `Memory` from dicts, and `Trace` as
far as a log can ask, in little memory.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from hashlib import blake2b
from typing import Protocol

from ashad.core.history.records import (
    INFEASIBLE,
    PAUSED,
    QUEUED,
    RUNNING,
    Annotation,
    Change,
    Event,
    Record,
    Report,
    TrialRow,
)
from ashad.core.history.trial import new_row

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

    def annotation(self, trial: int) -> Annotation | None:
        """Return what people say of a trial."""
        ...

    def best(self, *, maximize: bool, without: Iterable[int]) -> TrialRow | None:
        """Return the feasible trial with the best value, ties to the oldest report."""
        ...


class InMemoryArchive:
    """An archive in dicts, which is also handed the records."""

    def __init__(self) -> None:
        self.trials: dict[int, TrialRow] = {}
        self.reports: dict[tuple[int, int, int], Report] = {}
        self.annotations: dict[int, Annotation] = {}
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
            elif isinstance(record, Annotation):
                self.annotations[record.trial] = record
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

    def annotation(self, trial: int) -> Annotation | None:
        """Return what people say of a trial."""
        return self.annotations.get(trial)

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


class DigestArchive(InMemoryArchive):
    """What the replay of a log may ask: the trials that can go on, and of the others 40 bytes.

    A log holds no call that was repeated, so reports, requests and endings are never asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self._digests = array("Q")
        self._said: dict[int, int] = {}  # of annotations
        self._best = array("d"), array("q"), array("q")  # value, its seq and resource, by trial

    def take(self, records: Iterable[Record]) -> None:
        """Keep of records what may be asked for."""
        for record in records:
            if isinstance(record, Report):
                self._latest[record.trial] = record
            elif isinstance(record, TrialRow):
                self._keep(record)
            elif isinstance(record, Annotation):
                self._said[record.trial] = _digest(record)

    def is_latest(self, row: TrialRow) -> bool:
        """Whether a trial stands as in this row."""
        return row.number < len(self._digests) and self._digests[row.number] == _digest(row)

    def is_all_said(self, annotations: Iterable[Annotation]) -> bool:
        """Whether these are all annotations, each the latest."""
        return self._said == {one.trial: _digest(one) for one in annotations}

    def best(self, *, maximize: bool, without: Iterable[int]) -> TrialRow | None:
        """Return the trial with the best value, of its row only what says so."""
        gone = set(without)
        values, seqs, resources = self._best
        sign = -1 if maximize else 1
        found = min(
            ((sign * v, seqs[n], n) for n, v in enumerate(values) if seqs[n] and n not in gone),
            default=None,
        )
        if found is None:
            return None
        number = found[2]
        row = new_row(number, 0, 0, {}, "", 0)
        return row._replace(
            best_value=values[number], best_seq=seqs[number], best_resource=resources[number]
        )

    def _keep(self, row: TrialRow) -> None:
        number = row.number
        if number == len(self._digests):
            for column in (self._digests, *self._best):
                column.append(0)
        self._digests[number] = _digest(row)
        valid = row.best_value is not None and row.state != INFEASIBLE
        values, seqs, resources = self._best
        values[number] = row.best_value or 0.0
        seqs[number], resources[number] = (row.best_seq, row.best_resource) if valid else (0, 0)
        if row.state in (QUEUED, RUNNING, PAUSED):
            self.trials[number] = row
        else:
            self.trials.pop(number, None)
            self._latest.pop(number, None)


def _digest(row: TrialRow | Annotation) -> int:
    return int.from_bytes(blake2b(repr(row).encode(), digest_size=8).digest())
