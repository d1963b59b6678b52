"""Where the best so far became better, and what had been spent by then. Found piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ashad.store import rows

if TYPE_CHECKING:
    from ashad.store.reader import Reader


class Step(NamedTuple):
    """A report that was better than all before it."""

    seq: int
    time: int
    trial: int
    resource: int
    value: float


def next_step(
    reader: Reader, study: int, after: int, through: int, best: float | None, *, maximize: bool
) -> Step | None:
    """Return the first report of a stretch that is better than `best`."""
    better = "value IS NOT NULL" if best is None else f"value {'>' if maximize else '<'} ?"
    bound = () if best is None else (best,)
    found = reader.rows(
        f"SELECT seq, since_2030 + {rows.EPOCH}, trial, resource, value FROM report "  # noqa: S608
        f"WHERE study = ? AND seq > ? AND seq <= ? AND +{better} ORDER BY seq LIMIT 1",
        (study, after, through, *bound),
    )
    return Step(*found[0]) if found else None


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
