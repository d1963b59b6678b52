"""Where the best so far became better, and what had been spent by then. Found piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ashad.core.outcomes import feasible
from ashad.store import rows

if TYPE_CHECKING:
    from ashad.store.reader import Reader


_MANY = 256  # reports that are looked at together, where some are infeasible


class Step(NamedTuple):
    """A report that was better than all before it."""

    seq: int
    time: int
    trial: int
    resource: int
    value: float


def next_step(
    reader: Reader,
    study: int,
    after: int,
    through: int,
    best: float | None,
    maximize: bool,
    outcomes: Sequence[str] = (),
) -> Step | None:
    """Return the first report of a stretch that is better than `best` and feasible."""
    better = "value IS NOT NULL" if best is None else f"value {'>' if maximize else '<'} ?"
    bound = () if best is None else (best,)
    many = _MANY if outcomes else 1
    statement = (
        f"SELECT seq, since_2030 + {rows.EPOCH}, trial, resource, value, metrics "  # noqa: S608
        f"FROM report WHERE study = ? AND seq > ? AND seq <= ? AND +{better} "
        f"ORDER BY seq LIMIT {many}"
    )
    while found := reader.rows(statement, (study, after, through, *bound)):
        for *step, metrics in found:
            if feasible(outcomes, metrics):
                return Step(*step)
        after = found[-1][0]
    return None


def spent(reader: Reader, study: int, after: int, through: int) -> int:
    """Return the resource that the reports of a stretch spent, of all trials together.

    Of each attempt, how far it came in the stretch, from where it stood before or began.
    """
    [(total,)] = reader.rows(
        """
        SELECT coalesce(sum(top - coalesce(
            (SELECT resource FROM report INDEXED BY report_trial
             WHERE study = :study AND trial = part.trial AND seq <= :after
               AND attempt = part.attempt ORDER BY seq DESC LIMIT 1),
            (SELECT start FROM change INDEXED BY change_attempt
             WHERE study = :study AND trial = part.trial AND attempt = part.attempt
               AND kind = 'ASSIGNED'), 0)), 0)
        FROM (SELECT trial, attempt, max(resource) AS top FROM report
              WHERE study = :study AND seq > :after AND seq <= :through
              GROUP BY +trial, attempt) AS part
        """,
        {"study": study, "after": after, "through": through},
    )
    return int(total)


def last_report(reader: Reader, study: int, through: int) -> tuple[int, int] | None:
    """Return (sequence number, time) of the last report up to a sequence number."""
    found = reader.rows(
        f"SELECT seq, since_2030 + {rows.EPOCH} FROM report WHERE study = ? AND seq <= ? "  # noqa: S608
        "ORDER BY seq DESC LIMIT 1",
        (study, through),
    )
    return found[0] if found else None


def turned_infeasible(reader: Reader, study: int, after: int, through: int) -> set[int]:
    """Return the trials that turned out infeasible in a stretch."""
    found = reader.rows(
        "SELECT trial FROM change WHERE study = ? AND seq > ? AND seq <= ? AND kind = 'INFEASIBLE'",
        (study, after, through),
    )
    return {trial for (trial,) in found}
