"""A study from its rows: rung entries and live trials, not history."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ashad.core.engine.configurations.versions import SpaceVersions
from ashad.core.engine.study import Study
from ashad.core.history.records import (
    FAILURES,
    IMPORTED,
    OF_STUDY,
    SPACE_CHANGED,
    STATES,
    Event,
    Report,
    TrialRow,
)
from ashad.core.kinds import from_json
from ashad.core.recovery.restore import Saved, restore
from ashad.core.sampling.samplers import remembers
from ashad.core.spec import StudySpec
from ashad.store import rows
from ashad.store.errors import DamagedError
from ashad.store.queries.entries import entries
from ashad.store.queries.points import points

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


_OF_KIND = "study = :study AND kind = '{}' ORDER BY seq"


def _saved(reader: Reader, study: rows.StudyRow) -> Saved:
    created = reader.created(study.id)
    if created is None or created.kind != "CREATED":
        raise DamagedError(f"study {study.name}: the record of its creation is missing")

    def ask(statement: str) -> list[tuple[Any, ...]]:
        return reader.rows(statement, {"study": study.id})

    def stream(statement: str) -> Iterator[tuple[Any, ...]]:
        return reader.stream(statement, {"study": study.id})

    last = [
        ask("SELECT seq, time FROM event WHERE study = :study ORDER BY seq DESC LIMIT 1"),
        ask("SELECT seq, time FROM change WHERE study = :study ORDER BY seq DESC LIMIT 1"),
        ask(
            f"SELECT seq, since_2030 + {rows.EPOCH} FROM report WHERE study = :study "  # noqa: S608
            "ORDER BY seq DESC LIMIT 1"
        ),
    ]
    seq, time = max(found[0] for found in last if found)
    changes = ask(
        "SELECT kind, trial FROM change WHERE study = :study "
        "AND kind IN ('LOST', 'RECLAIMED', 'RELEASED', 'INFEASIBLE')"
    )
    kinds = Counter(kind for kind, _ in changes)
    tally = _tally(ask)
    live = [(row, _reports_of_attempt(reader, study.id, row)) for row in _live(reader, study.id)]
    spec = from_json(json.loads(created.body))
    imports, spaces = (
        [rows.event(found) for found in ask(rows.select("event", _OF_KIND.format(kind)))]
        for kind in (IMPORTED, SPACE_CHANGED)
    )
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
        states=tally.states,
        failures=tally.failures,
        brackets=tally.brackets,
        params=_params(reader, study.id) if _remembers(spec, spaces) else (),
        drawn=tally.drawn,
        explored=tally.explored,
        points=points(reader, study.id, spec),
        spent=tally.spent,
        lost=kinds["LOST"] - kinds["RECLAIMED"],
        released=kinds["RELEASED"],
        diverged=ask(
            "SELECT count(*) FROM report INDEXED BY report_diverged "
            "WHERE study = :study AND value IS NULL"
        )[0][0],
        live=live,
        waiting=stream(
            "SELECT number, rung - 1 FROM trial INDEXED BY trial_waits "  # noqa: S608 - our names
            f"WHERE study = :study AND {_WAITS} AND state = 'PAUSED'"
        ),
        withdrawn=stream(
            "SELECT trial, rung FROM change INDEXED BY change_rung WHERE study = :study "
            "AND kind = 'CANCELLED' AND kind <> 'ASSIGNED' AND rung IS NOT NULL"
        ),
        infeasible={trial for kind, trial in changes if kind == "INFEASIBLE"},
        entries=entries(reader, study.id),
        imports=imports,
        spaces=spaces,
        best=reader.archive(study.id).best(
            maximize=spec.maximize, without=[row.number for row, _ in live]
        ),
        annotation=reader.archive(study.id).annotation(OF_STUDY),
    )


def _remembers(spec: StudySpec, spaces: Iterable[Event]) -> bool:
    """Whether configurations are remembered in some version of the space."""
    versions = SpaceVersions(spec, 0)
    for event in spaces:
        versions.add(event)
    return any(remembers(version.spec(spec)) for version in versions.all)


class _Tally(NamedTuple):
    states: dict[str, int]
    failures: dict[str, int]
    brackets: dict[int, int]
    drawn: int
    explored: int
    spent: int


def _tally(ask: Callable[[str], list[tuple[Any, ...]]]) -> _Tally:
    """Count the trials in one pass; in a second one by bracket, where there are several."""
    each = [f"count(*) FILTER (WHERE state = '{state}')" for state in STATES]
    each += [f"count(*) FILTER (WHERE state = 'FAILED' AND reason = '{r}')" for r in FAILURES]
    [(brackets, feasible, drawn, explored, spent, *counts)] = ask(
        f"SELECT coalesce(max(bracket), 0), {_FEASIBLE}, "  # noqa: S608 - our names
        "count(*) FILTER (WHERE origin NOT IN ('enqueued', 'explored', 'imported')), "
        "count(*) FILTER (WHERE origin = 'explored'), "
        "coalesce(sum(spent) FILTER (WHERE state NOT IN ('QUEUED', 'RUNNING')), 0), "
        f"{', '.join(each)} FROM trial WHERE study = :study"
    )
    by_bracket = [(0, feasible)]
    if brackets:
        by_bracket = ask(
            f"SELECT bracket, {_FEASIBLE} FROM trial WHERE study = :study GROUP BY bracket"  # noqa: S608
        )
    return _Tally(
        dict(zip(STATES, counts, strict=False)),
        dict(zip(FAILURES, counts[len(STATES) :], strict=True)),
        dict(by_bracket),
        drawn,
        explored,
        spent,
    )


_FEASIBLE = "count(*) FILTER (WHERE state <> 'INFEASIBLE' AND origin <> 'imported')"


def _params(reader: Reader, study: int) -> Iterator[str]:
    statement = "SELECT params FROM trial WHERE study = ? ORDER BY number"
    return (params for (params,) in reader.connection.execute(statement, (study,)))


def _live(reader: Reader, study: int) -> Iterator[TrialRow]:
    where = f"study = ? AND {_WAITS} AND state <> 'PAUSED' ORDER BY number"
    return map(rows.trial, reader.stream(rows.select("trial", where, "trial_waits"), (study,)))


_WAITS = "state IN ('QUEUED', 'RUNNING', 'PAUSED')"  # what the index `trial_waits` says


def _reports_of_attempt(reader: Reader, study: int, row: TrialRow) -> list[Report]:
    statement = rows.select_reports("study = ? AND report.trial = ? AND attempt = ? ORDER BY seq")
    found = reader.rows(statement, (study, row.number, row.attempt))
    return [rows.report(values) for values in found]
