"""The end of the log that the archive does not know yet: what was decided since the last commit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ashad.core.history.archive import UNASKED
from ashad.core.history.records import CONTINUE, Change, Report


class LogTail:
    """Reports by (trial, attempt, resource), changes by request and by attempt."""

    def __init__(self) -> None:
        self.reports: dict[tuple[int, int, int], Report] = {}
        self.requests: dict[str, Change] = {}
        self.endings: dict[tuple[int, int], Change] = {}
        self._order: deque[Report | Change] = deque()

    def add_report(self, report: Report) -> None:
        """Keep a report."""
        self._order.append(report)
        self.reports[report[2:5]] = report

    def add_change(self, change: Change) -> None:
        """Keep a change of a trial."""
        self._order.append(change)
        if change.request:
            self.requests[change.request] = change
        if change.kind not in UNASKED:
            self.endings[change.trial, change.attempt] = change

    def forget(self, seq: int) -> Iterator[int]:
        """Forget all up to `seq`; yield the trials that it may have ended."""
        order, reports = self._order, self.reports
        while order and order[0].seq <= seq:
            record = order.popleft()
            if isinstance(record, Report):
                reports.pop(record[2:5], None)
                if record.decision.action == CONTINUE:
                    continue
            else:
                if record.request:
                    self.requests.pop(record.request, None)
                key = record.trial, record.attempt
                if self.endings.get(key) is record:
                    del self.endings[key]
            yield record.trial
