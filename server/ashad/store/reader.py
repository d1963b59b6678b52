"""Reading: what a study may ask of its past, and lists. Cannot write, cannot checkpoint.

The commit thread may commit between any two statements. So whoever asks more than once for one
answer does it within `snapshot`, and ends it soon: while it lasts, the log (-wal) only grows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from ashad.core.engine.study import Study
from ashad.core.history.records import OF_STUDY, Annotation, Change, Event, Report, TrialRow
from ashad.store import rows
from ashad.store.archive import StudyArchive
from ashad.store.errors import open_error, read_error
from ashad.store.header import read_only
from ashad.store.load import load
from ashad.store.queries import attempts
from ashad.store.queries.log import log
from ashad.store.rows import StudyRow

LAST = (1 << 63) - 1  # no sequence number is above it
_PART = 1000  # rows of a stream that are fetched together


T = TypeVar("T")
Values = Sequence[Any] | Mapping[str, Any]


class Reader:
    """A connection that only reads; used from one thread at a time."""

    def __init__(self, path: Path, *, any_thread: bool = False) -> None:
        self.path = path
        self._open: set[sqlite3.Cursor] = set()  # statements that `stream` has not read to the end
        try:
            self.connection = read_only(path, any_thread=any_thread)
            for pragma in (
                "query_only = ON",
                "trusted_schema = OFF",
                "cell_size_check = ON",
                "temp_store = MEMORY",  # a large sort needs no file of its own
            ):
                self.connection.execute(f"PRAGMA {pragma}")
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise open_error(path, error) from error

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See one state of the file in all that is read within, whatever is committed meanwhile."""
        if self.connection.in_transaction:
            yield
            return
        try:
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                while self._open:  # a statement that was left half read would keep the snapshot
                    self._open.pop().close()
                self.connection.execute("ROLLBACK")
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise read_error(self.path, error) from error

    def read(self, work: Callable[[Reader], T]) -> T:
        """Return what `work` reads in one snapshot."""
        with self.snapshot():
            return work(self)

    def load(self, study: StudyRow) -> Study:
        """Return a study as its rows tell."""
        return load(self, study)

    def stream(self, statement: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement one by one: they may be millions."""
        return chain.from_iterable(self.parts(statement, values))

    def parts(self, statement: str, values: Values = ()) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a statement, some thousand at a time."""
        try:
            cursor = self.connection.execute(statement, values)
            self._open.add(cursor)
            while part := cursor.fetchmany(_PART):
                yield part
            self._open.discard(cursor)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise read_error(self.path, error) from error

    def rows(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a statement."""
        try:
            return self.connection.execute(statement, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise read_error(self.path, error) from error

    def last_seq(self, study: int) -> int:
        """Return the highest sequence number of a study, 0 where it has none."""
        [(seq,)] = self.rows(
            "SELECT max(coalesce((SELECT max(seq) FROM report WHERE study = :study), 0), "
            "coalesce((SELECT max(seq) FROM change WHERE study = :study), 0), "
            "coalesce((SELECT max(seq) FROM event WHERE study = :study), 0))",
            {"study": study},
        )
        return int(seq)

    def studies(self) -> list[StudyRow]:
        """Return all studies in order of their names."""
        statement = rows.select("study", "mode <> ? ORDER BY name")
        return [rows.study(row) for row in self.rows(statement, (rows.DELETED,))]

    def loaded_at_start(self, seq: int) -> set[int]:
        """Return the studies that stand above a number, or were stopped with trials queued."""
        found = self.rows(
            """
            SELECT id FROM study WHERE
                (SELECT max(seq) FROM report WHERE study = id) > :seq OR
                (SELECT max(seq) FROM change WHERE study = id) > :seq OR
                mode = 'STOPPED' AND EXISTS (
                    SELECT 1 FROM trial WHERE study = id AND state = 'QUEUED'
                    AND state IN ('QUEUED', 'RUNNING', 'PAUSED'))
            """,
            {"seq": seq},
        )
        return {number for (number,) in found}

    def running(self) -> list[tuple[int, int, int, int]]:
        """Return (study, trial, attempt, microseconds of a lease) of all trials that run."""
        return attempts.running(self)

    def live_attempts(self) -> list[attempts.LiveAttempt]:
        """Return what runs, and what was lost and may be taken back."""
        return attempts.live_attempts(self)

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

    def created(self, study: int) -> Event | None:
        """Return what happened first to a study: that it was made."""
        statement = rows.select("event", "study = ? ORDER BY seq LIMIT 1")
        found = self.rows(statement, (study,))
        return rows.event(found[0]) if found else None

    def annotations(self, study: int) -> Iterator[Annotation]:
        """Yield what people say of a study and its trials."""
        statement = rows.select("annotation", "study = ? ORDER BY trial")
        return map(rows.annotation, self.stream(statement, (study,)))

    def labelled_studies(self, labels: Sequence[str]) -> list[str]:
        """Return the names of the studies that have all of these labels, in order."""
        has = " AND ? IN (SELECT value FROM json_each(labels))" * len(labels)
        found = self.rows(
            "SELECT name FROM study JOIN annotation ON study = id AND trial = ? "  # noqa: S608 - ours
            f"WHERE mode <> ?{has} ORDER BY name",
            (OF_STUDY, rows.DELETED, *labels),
        )
        return [name for (name,) in found]

    def events(self, study: int) -> list[Event]:
        """Return what happened to a study itself, oldest first."""
        statement = rows.select("event", "study = ? ORDER BY seq")
        return [rows.event(row) for row in self.rows(statement, (study,))]

    def changes(self, study: int, *, after: int = 0, through: int = LAST) -> Iterator[Change]:
        """Yield changes of trials, oldest first."""
        where = "study = ? AND seq > ? AND seq <= ? ORDER BY seq"
        return map(rows.change, self.stream(rows.select("change", where), (study, after, through)))

    def log(self, study: int, *, after: int = 0) -> Iterator[Report | Change | Event]:
        """Yield all that happened in a study, in order of sequence numbers; within `snapshot`."""
        return log(self, study, after)

    def drawn_instead(self, study: int, trial: int) -> Change | None:
        """Return how a trial was queued where its draw took the place of a sampler's answer."""
        where = "study = ? AND trial = ? AND kind = 'ENQUEUED' AND reason IS NOT NULL"
        found = self.rows(rows.select("change", where, "change_attempt"), (study, trial))
        return rows.change(found[0]) if found else None

    def promotions(self, study: int, trial: int) -> list[Change]:
        """Return the assignments of a trial that were promotions, oldest first."""
        where = "study = ? AND trial = ? AND kind = 'ASSIGNED' AND message IS NOT NULL ORDER BY seq"
        statement = rows.select("change", where, "change_attempt")
        return [rows.change(row) for row in self.rows(statement, (study, trial))]

    def checkpoints(self, study: int) -> list[tuple[int, str, str | None]]:
        """Return (trial, state, checkpoint) of the trials whose latest one may still be of use."""
        return self.rows(
            "SELECT number, state, checkpoint FROM trial WHERE study = ? "
            "AND state IN ('QUEUED', 'RUNNING', 'PAUSED', 'COMPLETED') AND checkpoint IS NOT NULL",
            (study,),
        )

    def reports(
        self, study: int, *, trial: int | None = None, after: int = 0, through: int = LAST
    ) -> Iterator[Report]:
        """Yield reports, of one trial or all, in the order they were committed."""
        where, values = "study = ?", [study]
        if trial is not None:
            where, values = "study = ? AND report.trial = ?", [study, trial]
        statement = rows.select_reports(f"{where} AND seq > ? AND seq <= ? ORDER BY seq")
        return map(rows.report, self.stream(statement, (*values, after, through)))

    def reported(self, study: int, *, after: int) -> set[int]:
        """Return the trials that have reported since a sequence number."""
        found = self.rows("SELECT trial FROM report WHERE study = ? AND seq > ?", (study, after))
        return {trial for (trial,) in found}

    def trials(
        self,
        study: int,
        *,
        states: Iterable[str] = (),
        labels: Sequence[str] = (),
        after: int = -1,
    ) -> Iterator[TrialRow]:
        """Yield trials in order of their numbers, those in `states` or all, with all `labels`."""
        wanted = list(states)
        among = f"AND state IN ({', '.join('?' * len(wanted))})" if wanted else ""
        after_it = "number > ?"
        if labels:  # few: each is looked up, where + keeps SQLite from going through all
            among += f" AND number IN ({rows.having(len(labels))})"
            after_it = "+number > ?"
        where = f"study = ?1 AND {after_it} {among} ORDER BY number"
        values = (study, after, *wanted, *labels)
        return map(rows.trial, self.stream(rows.select("trial", where), values))

    def resting(
        self, study: int, column: str, tie: str, *, maximize: bool, least: int, most: int
    ) -> list[TrialRow]:
        """Return the feasible trials that are not live and best by a column, the best first.

        Those that came at least so far; ties by another column. SQLite sorts: they may be millions.
        """
        order = f"{column} {'DESC' if maximize else 'ASC'}, {tie} LIMIT ?"
        where = (
            f"study = ? AND {column} IS NOT NULL AND resource >= ? "
            "AND state NOT IN ('QUEUED', 'RUNNING', 'INFEASIBLE') ORDER BY "
        )
        statement = rows.select("trial", where + order)
        return [rows.trial(row) for row in self.rows(statement, (study, least, most))]

    def rung(
        self,
        study: int,
        bracket: int,
        rung: int,
        seq: int,
        ranks: Iterable[int],
        *,
        maximize: bool,
    ) -> list[tuple[int, int, float | None, float | None]]:
        """Return (rank, trial, value, stands) of some ranks of a rung up to a number, best first.

        `stands` is what an entry stands for there: its value, but where that is infeasible.
        Failures that count as worst are among them, without a value; trials that turned out
        infeasible by then are not. SQLite sorts, since a rung may hold millions.
        """
        best_first = f"value IS NULL, value {'DESC' if maximize else 'ASC'}, seq"
        return self.rows(
            f"""
            SELECT rank, trial, (
                SELECT value FROM report WHERE study = :study AND report.seq = ranked.seq
            ), value FROM (
                SELECT row_number() OVER (ORDER BY {best_first}) AS rank, trial, value, seq FROM (
                    SELECT seq, trial, value FROM entry
                    WHERE study = :study AND seq <= :seq
                      AND verdict >> 8 = :bracket AND first_rung <= :rung AND last_rung >= :rung
                    UNION ALL
                    SELECT change.seq, trial, NULL FROM change JOIN trial AS t
                        ON t.study = change.study AND t.number = trial
                    WHERE change.study = :study AND kind IN ('FAILED', 'LOST')
                      AND change.rung = :rung AND change.seq <= :seq AND t.bracket = :bracket
                ) WHERE trial NOT IN (
                    SELECT trial FROM change
                    WHERE study = :study AND kind = 'INFEASIBLE' AND seq < :seq
                )
            ) AS ranked WHERE rank IN (SELECT value FROM json_each(:ranks)) ORDER BY rank
            """,  # noqa: S608 - our own words
            {
                "study": study,
                "bracket": bracket,
                "rung": rung,
                "seq": seq,
                "ranks": json.dumps(sorted(ranks)),
            },
        )

    def archive(self, study: int) -> StudyArchive:
        """Return the archive of one study."""
        return StudyArchive(self, study)
