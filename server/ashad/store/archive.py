"""The committed rows of one study, as it asks for them while it decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ashad.core.history.records import Annotation, Change, Report, TrialRow
from ashad.store import rows

if TYPE_CHECKING:
    from ashad.store.reader import Reader


class StudyArchive:
    """The committed rows of one study (`ashad.core.history.archive.Archive`)."""

    def __init__(self, reader: Reader, study: int) -> None:
        self._reader, self._study = reader, study

    def trial(self, number: int) -> TrialRow | None:
        """Return the row of a trial, None where there is no such trial."""
        found = self._one("trial", "study = ? AND number = ?", number)
        return None if found is None else rows.trial(found)

    def report(self, trial: int, attempt: int, resource: int) -> Report | None:
        """Return the report of that key.

        The reports of a trial rise by (attempt, resource) as they do by sequence number, which its
        index has. So there is no index of the key: it is looked for by halves, the latest first.
        """
        key, last = (attempt, resource), self.last_report(trial)
        if last is None or _place(last) <= key:
            return last if last is not None and _place(last) == key else None
        low, high = 0, last.seq  # it is between them
        while high - low > 1:
            middle = (low + high) // 2
            found = self._report("seq >= ? ORDER BY seq LIMIT 1", trial, middle)
            if found is None or _place(found) == key:
                return found
            low, high = (found.seq, high) if _place(found) < key else (low, middle)
        return None

    def last_report(self, trial: int) -> Report | None:
        """Return the latest report of a trial."""
        return self._report("1 ORDER BY seq DESC LIMIT 1", trial)

    def latest_reports(self, trial: int, most: int) -> Iterator[Report]:
        """Yield the latest reports of a trial, the last one first."""
        where = "study = ? AND report.trial = ? ORDER BY seq DESC LIMIT ?"
        statement = rows.select_reports(where)
        return map(rows.report, self._reader.stream(statement, (self._study, trial, most)))

    def checkpoint_before(self, trial: int, seq: int) -> str | None:
        """Return the checkpoint that a trial named last before the report of that number."""
        where = "seq < ? AND checkpoint IS NOT NULL ORDER BY seq DESC LIMIT 1"
        found = self._report(where, trial, seq)
        return None if found is None else found.checkpoint

    def request(self, request: str) -> Change | None:
        """Return the assignment or the enqueuing that this request id made."""
        found = self._one("change", "study = ? AND request = ?", request)
        return None if found is None else rows.change(found)

    def ending(self, trial: int, attempt: int) -> Change | None:
        """Return the latest change of this attempt but its assignment and cancellation."""
        where = (
            "study = ? AND trial = ? AND attempt = ? AND kind NOT IN ('ASSIGNED', 'CANCELLED') "
            "ORDER BY seq DESC LIMIT 1"
        )
        statement = rows.select("change", where, "change_attempt")
        found = next(iter(self._reader.rows(statement, (self._study, trial, attempt))), None)
        return None if found is None else rows.change(found)

    def annotation(self, trial: int) -> Annotation | None:
        """Return what people say of a trial, or OF_STUDY."""
        found = self._one("annotation", "study = ? AND trial = ?", trial)
        return None if found is None else rows.annotation(found)

    def assignments(self, trial: int, most: int) -> list[Change]:
        """Return the latest assignments of a trial, the oldest of them first."""
        where = "study = ? AND trial = ? AND kind = 'ASSIGNED' ORDER BY attempt DESC LIMIT ?"
        statement = rows.select("change", where, "change_attempt")
        found = self._reader.rows(statement, (self._study, trial, most))
        return [rows.change(row) for row in reversed(found)]

    def birth(self, trial: int) -> Change | None:
        """Return how a trial began from another's checkpoint; None where it did not."""
        where = "study = ? AND trial = ? AND attempt = 0 AND kind = 'EXPLORED'"
        statement = rows.select("change", where, "change_attempt")
        found = self._reader.rows(statement, (self._study, trial))
        return rows.change(found[0]) if found else None

    def attributes(self, trial: int, attempt: int) -> str | None:
        """Return the attributes of an attempt, as JSON."""
        found = self._reader.rows(
            f"SELECT {rows.BODY} FROM change INDEXED BY change_attempt "  # noqa: S608 - our names
            "WHERE study = ? AND trial = ? AND attempt = ? AND kind = 'ASSIGNED'",
            (self._study, trial, attempt),
        )
        return found[0][0] if found else None

    def best(self, *, maximize: bool, without: Iterable[int]) -> TrialRow | None:
        """Return the feasible trial with the best value, ties to the oldest report."""
        gone = list(without)
        order = "best_value DESC, best_seq" if maximize else "best_value, best_seq"
        where = (
            "study = ? AND best_value IS NOT NULL AND state <> 'INFEASIBLE' "
            "AND number NOT IN (SELECT value FROM json_each(?)) ORDER BY "
        )
        found = self._one("trial", f"{where}{order} LIMIT 1", str(gone))
        return None if found is None else rows.trial(found)

    def _report(self, where: str, *values: Any) -> Report | None:
        statement = rows.select_reports(f"study = ? AND report.trial = ? AND {where}")
        found = self._reader.rows(statement, (self._study, *values))
        return rows.report(found[0]) if found else None

    def _one(self, table: str, where: str, *values: Any) -> tuple[Any, ...] | None:
        statement = rows.select(table, where)
        found = self._reader.rows(statement, (self._study, *values))
        return found[0] if found else None


def _place(report: Report) -> tuple[int, int]:
    return report.attempt, report.resource
