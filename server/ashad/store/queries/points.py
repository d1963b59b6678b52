"""The points of rung entries, of a study that is judged by them. Changes nothing."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from ashad.core.brackets.points.fronts import Point
from ashad.core.objectives import point, values
from ashad.core.outcomes import feasible
from ashad.core.spec import StudySpec

if TYPE_CHECKING:
    from ashad.store.reader import Reader


class EntryPoint(NamedTuple):
    """One entry of a rung; `point` is empty where it has none: infeasible, diverged or failed."""

    trial: int
    score: float  # infinite where it diverged or failed
    point: Point
    values: tuple[float, ...]  # of its objectives; empty where it has no point


def points(reader: Reader, study: int, spec: StudySpec) -> dict[int, Point]:
    """Return the points of all entries by sequence number; none of a study without points."""
    if not spec.coordinates:
        return {}
    statement = (
        "SELECT report.seq, report.value, metrics FROM entry JOIN report "
        "ON report.study = entry.study AND report.seq = entry.seq "
        "WHERE entry.study = ? AND report.value IS NOT NULL"
    )
    found = reader.stream(statement, (study,))
    made = ((seq, _point(spec, value, metrics)) for seq, value, metrics in found)
    return {seq: one for seq, one in made if one}


def rung_points(
    reader: Reader, study: int, spec: StudySpec, bracket: int, rung: int, seq: int
) -> list[EntryPoint]:
    """Return the entries of a rung up to a sequence number, in order of arrival.

    Failures that count as worst are among them; trials that turned out infeasible by then are not.
    """
    found = reader.rows(
        """
        SELECT trial, value, (
            SELECT value FROM report WHERE study = :study AND report.seq = entered.seq
        ), (
            SELECT metrics FROM report WHERE study = :study AND report.seq = entered.seq
        ) FROM (
            SELECT seq, trial, value FROM entry
            WHERE study = :study AND seq <= :seq
              AND verdict >> 8 = :bracket AND first_rung <= :rung AND last_rung >= :rung
            UNION ALL
            SELECT change.seq, trial, NULL FROM change JOIN trial AS t
                ON t.study = change.study AND t.number = trial
            WHERE change.study = :study AND kind IN ('FAILED', 'LOST')
              AND change.rung = :rung AND change.seq <= :seq AND t.bracket = :bracket
        ) AS entered WHERE trial NOT IN (
            SELECT trial FROM change
            WHERE study = :study AND kind = 'INFEASIBLE' AND seq < :seq
        ) ORDER BY seq
        """,
        {"study": study, "bracket": bracket, "rung": rung, "seq": seq},
    )
    return [
        EntryPoint(
            trial,
            inf if stands is None else spec.score(stands),
            made := _point(spec, value, metrics),
            values(spec.objectives, value, metrics) if made else (),
        )
        for trial, stands, value, metrics in found
    ]


def latest_points(reader: Reader, study: int, spec: StudySpec) -> list[tuple[int, Point]]:
    """Return the trials whose latest report has a point, with it, by number; no infeasible one."""
    found = reader.stream(
        """
        SELECT report.trial, report.value, metrics FROM report JOIN (
            SELECT trial, max(seq) AS last FROM report WHERE study = :study GROUP BY trial
        ) AS latest ON report.seq = latest.last JOIN trial AS t
            ON t.study = report.study AND t.number = report.trial
        WHERE report.study = :study AND t.state <> 'INFEASIBLE' ORDER BY report.trial
        """,
        {"study": study},
    )
    made = ((trial, _point(spec, value, metrics)) for trial, value, metrics in found)
    return [(trial, one) for trial, one in made if one]


def _point(spec: StudySpec, value: float | None, metrics: str | None) -> Point:
    """Return the point by which a report ranks; empty where it has none."""
    if value is None or not feasible(spec.outcome_constraints, metrics):
        return ()
    return point(spec.objectives, spec.combination, value, metrics)
