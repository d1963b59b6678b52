"""A study from its rows: rung entries and live trials, not history."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ashad.core.engine.study import Study
from ashad.core.history.records import OF_STUDY, Change, Report, TrialRow
from ashad.core.kinds import from_json
from ashad.core.recovery.restore import Saved, SavedEntry, restore
from ashad.core.sampling.samplers import remembers
from ashad.store import rows
from ashad.store.errors import DamagedError

if TYPE_CHECKING:
    from ashad.store.reader import Reader


def load(reader: Reader, study: rows.StudyRow) -> Study:
    """Return a study as its rows tell; raise `DamagedError` where they are not what was written."""
    try:
        with reader.snapshot():
            return Study(restore(_saved(reader, study), reader.archive(study.id)))
    except (AssertionError, LookupError, TypeError, ValueError) as error:
        raise DamagedError(
            f"study {study.name}: its rows contradict each other: {error!r}"
        ) from error


_IMPORTS = "study = :study AND kind = 'IMPORTED' ORDER BY seq"


def _saved(reader: Reader, study: rows.StudyRow) -> Saved:
    created = reader.created(study.id)
    if created is None or created.kind != "CREATED":
        raise DamagedError(f"study {study.name}: the record of its creation is missing")

    def ask(statement: str) -> list[tuple[Any, ...]]:
        return reader.rows(statement, {"study": study.id})

    kinds = dict(ask("SELECT kind, count(*) FROM change WHERE study = :study GROUP BY kind"))
    last = [
        ask("SELECT seq, time FROM event WHERE study = :study ORDER BY seq DESC LIMIT 1"),
        ask("SELECT seq, time FROM change WHERE study = :study ORDER BY seq DESC LIMIT 1"),
        ask(
            f"SELECT seq, since_2030 + {rows.EPOCH} FROM report WHERE study = :study "  # noqa: S608
            "ORDER BY seq DESC LIMIT 1"
        ),
    ]
    seq, time = max(found[0] for found in last if found)
    by_state = "SELECT state, count(*) FROM trial WHERE study = :study GROUP BY state"
    by_reason = (
        "SELECT reason, count(*) FROM trial WHERE study = :study AND state = 'FAILED' "
        "GROUP BY reason"
    )
    by_bracket = (
        "SELECT bracket, sum(state <> 'INFEASIBLE' AND origin <> 'imported') FROM trial "
        "WHERE study = :study GROUP BY bracket"
    )
    sums = ask(
        "SELECT coalesce(sum(origin NOT IN ('enqueued', 'imported')), 0), "
        "coalesce(sum(CASE WHEN state NOT IN ('QUEUED', 'RUNNING') THEN spent END), 0) "
        "FROM trial WHERE study = :study"
    )
    live = [(row, _reports_of_attempt(reader, study.id, row)) for row in _live(reader, study.id)]
    spec = from_json(json.loads(created.body))
    return Saved(
        name=study.name,
        uid=study.uid,
        spec=spec,
        limits=from_json(json.loads(study.spec)).limits,
        seed=study.seed,
        created=study.created,
        mode=study.mode,
        seq=seq,
        time=time,
        states=dict(ask(by_state)),
        failures=dict(ask(by_reason)),
        brackets=dict(ask(by_bracket)),
        params=_params(reader, study.id) if remembers(spec) else (),
        drawn=sums[0][0],
        spent=sums[0][1],
        lost=kinds.get("LOST", 0) - kinds.get("RECLAIMED", 0),
        released=kinds.get("RELEASED", 0),
        diverged=ask(
            "SELECT count(*) FROM report INDEXED BY report_diverged "
            "WHERE study = :study AND value IS NULL"
        )[0][0],
        live=live,
        waiting=dict(
            ask("SELECT number, rung - 1 FROM trial WHERE study = :study AND state = 'PAUSED'")
        ),
        withdrawn=dict(
            ask(
                "SELECT trial, rung FROM change WHERE study = :study AND kind = 'CANCELLED' "
                "AND rung IS NOT NULL"
            )
        ),
        infeasible={
            n
            for (n,) in ask("SELECT trial FROM change WHERE study = :study AND kind = 'INFEASIBLE'")
        },
        entries=_entries(reader, study.id),
        imports=[rows.event(found) for found in ask(rows.select("event", _IMPORTS))],
        best=reader.archive(study.id).best(
            maximize=spec.maximize, without=[row.number for row, _ in live]
        ),
        annotation=reader.archive(study.id).annotation(OF_STUDY),
    )


def _params(reader: Reader, study: int) -> Iterator[str]:
    statement = "SELECT params FROM trial WHERE study = ? ORDER BY number"
    return (params for (params,) in reader.connection.execute(statement, (study,)))


def _live(reader: Reader, study: int) -> Iterator[TrialRow]:
    return reader.trials(study, states=("QUEUED", "RUNNING"))


def _reports_of_attempt(reader: Reader, study: int, row: TrialRow) -> list[Report]:
    statement = rows.select_reports("study = ? AND report.trial = ? AND attempt = ? ORDER BY seq")
    found = reader.rows(statement, (study, row.number, row.attempt))
    return [rows.report(values) for values in found]


def _entries(reader: Reader, study: int) -> Iterator[SavedEntry]:
    """Return rung entries by sequence number, one by one: they may be millions."""
    failures = [
        (change.seq, _failure(change, bracket)) for change, bracket in _failed(reader, study)
    ]
    statement = rows.select("entry", "study = ? ORDER BY seq")
    found = rows.open_entries(reader.stream(statement, (study,)))
    if failures:
        found = heapq.merge(found, failures, key=itemgetter(0))
    return map(itemgetter(1), found)


def _failed(reader: Reader, study: int) -> Iterator[tuple[Change, int]]:
    """Yield the changes that entered a rung as worst, with the bracket of their trial."""
    where = "study = ? AND kind IN ('FAILED', 'LOST') AND rung IS NOT NULL ORDER BY seq"
    bracket = "SELECT bracket FROM trial WHERE study = ? AND number = ?"
    for row in reader.rows(rows.select("change", where), (study,)):
        change = rows.change(row)
        yield change, reader.rows(bracket, (study, change.trial))[0][0]


def _failure(change: Change, bracket: int) -> SavedEntry:
    assert change.rung is not None
    return SavedEntry(
        change.trial, bracket, change.rung, change.rung, None, change.rung, change.kind
    )
