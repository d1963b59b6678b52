"""Reading: what a study may ask of its past, and lists. Cannot write, cannot checkpoint.

Each statement is a snapshot of its own and is read to its end at once, so that no reader keeps the
log from being folded into the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ashad.core.history.records import Change, Event, Report, TrialRow
from ashad.store import rows
from ashad.store.header import read_only
from ashad.store.rows import StudyRow

LAST = (1 << 63) - 1  # no sequence number is above it


class Reader:
    """A connection that only reads; used from one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = read_only(path)
        for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON"):
            self.connection.execute(f"PRAGMA {pragma}")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a statement."""
        return self.connection.execute(statement, values).fetchall()

    def studies(self) -> list[StudyRow]:
        """Return all studies in order of their names."""
        statement = rows.select("study", "mode <> ? ORDER BY name")
        return [rows.study(row) for row in self.rows(statement, (rows.DELETED,))]

    def deleted(self) -> dict[int, str]:
        """Return the names of the studies that were deleted, by number."""
        found = map(rows.study, self.rows(rows.select("study", "mode = ?"), (rows.DELETED,)))
        return {study.id: study.name.partition(":")[2] for study in found}

    def leftover(self) -> list[int]:
        """Return the numbers of deleted studies that have rows left; their events go last."""
        found = self.rows(
            "SELECT id FROM study WHERE mode = ? "
            "AND EXISTS (SELECT 1 FROM event WHERE event.study = study.id) ORDER BY id",
            (rows.DELETED,),
        )
        return [number for (number,) in found]

    def events(self, study: int) -> list[Event]:
        """Return what happened to a study itself, oldest first."""
        statement = rows.select("event", "study = ? ORDER BY seq")
        return [rows.event(row) for row in self.rows(statement, (study,))]

    def changes(
        self, study: int, *, after: int = 0, through: int = LAST, most: int = -1
    ) -> list[Change]:
        """Return changes of trials, oldest first."""
        where = "study = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
        found = self.rows(rows.select("change", where), (study, after, through, most))
        return [rows.change(row) for row in found]

    def log(self, study: int, *, after: int, most: int) -> list[Report | Change | Event]:
        """Return all that happened in a study, oldest first: about `most` of it at a time."""
        where = "study = ? AND seq > ? ORDER BY seq LIMIT ?"
        values = (study, after, most)
        found: list[Report | Change | Event] = [
            read(row)
            for statement, read in (
                (rows.select_reports(where), rows.report),
                (rows.select("change", where), rows.change),
                (rows.select("event", where), rows.event),
            )
            for row in self.rows(statement, values)
        ]
        found.sort(key=lambda record: record.seq)
        if len(found) <= most:
            return found
        # Of each table all up to there were read; what has one number stays together.
        last = found[most - 1].seq
        return [record for record in found if record.seq <= last]

    def promotions(self, study: int, trial: int) -> list[Change]:
        """Return the assignments of a trial that were promotions, oldest first."""
        where = "study = ? AND trial = ? AND kind = 'ASSIGNED' AND message IS NOT NULL ORDER BY seq"
        statement = rows.select("change", where, "change_attempt")
        return [rows.change(row) for row in self.rows(statement, (study, trial))]

    def reports(
        self, study: int, *, trial: int | None = None, after: int = 0, through: int = LAST,
        most: int = -1,
    ) -> list[Report]:  # fmt: skip
        """Return reports, of one trial or all, in the order they were committed."""
        where, values = ("study = ?", [study]) if trial is None else (
            "study = ? AND report.trial = ?", [study, trial]
        )  # fmt: skip
        statement = rows.select_reports(f"{where} AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?")
        return [rows.report(row) for row in self.rows(statement, (*values, after, through, most))]

    def trials(
        self, study: int, *, states: Iterable[str] = (), after: int = -1, most: int = -1
    ) -> list[TrialRow]:
        """Return trials in order of their numbers, those in `states` or all."""
        wanted = list(states)
        among = f"AND state IN ({', '.join('?' * len(wanted))})" if wanted else ""
        where = f"study = ? AND number > ? {among} ORDER BY number LIMIT ?"
        values = (study, after, *wanted, most)
        return [rows.trial(row) for row in self.rows(rows.select("trial", where), values)]

    def rung(self, study: int, bracket: int, rung: int, seq: int) -> list[tuple[int, float | None]]:
        """Return (trial, value) of all entries of a rung up to a sequence number, oldest first.

        Failures that count as worst are among them, without a value; trials that turned out
        infeasible by then are not.
        """
        return self.rows(
            """
            SELECT trial, value FROM (
                SELECT seq, trial, value FROM entry
                WHERE study = :study AND seq <= :seq
                  AND verdict >> 8 = :bracket AND first_rung <= :rung AND last_rung >= :rung
                UNION ALL
                SELECT change.seq, trial, NULL FROM change JOIN trial AS t
                    ON t.study = change.study AND t.number = trial
                WHERE change.study = :study AND kind IN ('FAILED', 'LOST')
                  AND change.rung = :rung AND change.seq <= :seq AND t.bracket = :bracket
            ) WHERE trial NOT IN (
                SELECT trial FROM change WHERE study = :study AND kind = 'INFEASIBLE' AND seq < :seq
            ) ORDER BY seq
            """,
            {"study": study, "bracket": bracket, "rung": rung, "seq": seq},  # type: ignore[arg-type]
        )

    def archive(self, study: int) -> StudyArchive:
        """Return the archive of one study."""
        return StudyArchive(self, study)


class StudyArchive:
    """What one study may ask of its past (`ashad.core.history.archive.Archive`)."""

    def __init__(self, reader: Reader, study: int) -> None:
        self._reader, self._study = reader, study

    def trial(self, number: int) -> TrialRow | None:
        """Return a trial."""
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
