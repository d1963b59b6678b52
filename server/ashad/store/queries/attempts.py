"""Attempts of all studies of a file that are under way, or that their workers may take back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ashad.core.history.records import OF_STUDY
from ashad.store import rows

if TYPE_CHECKING:
    from ashad.store.reader import Reader

_LIVE = "trial.state IN ('QUEUED', 'RUNNING', 'PAUSED')"  # what the index of them says


class LiveAttempt(NamedTuple):
    """An attempt: what people call its study (JSON), and where it runs (JSON)."""

    study: int
    name: str
    labels: str | None
    trial: int
    state: str
    attributes: str | None


def running(reader: Reader) -> list[tuple[int, int, int, int]]:
    """Return (study, trial, attempt, microseconds of a lease) of all trials that run."""
    return reader.rows(
        "SELECT study.id, number, attempt, json_extract(spec, '$.lease.duration') "  # noqa: S608
        f"FROM study JOIN trial ON trial.study = study.id AND trial.state = 'RUNNING' AND {_LIVE} "
        "WHERE study.mode <> ?",
        (rows.DELETED,),
    )


def live_attempts(reader: Reader) -> list[LiveAttempt]:
    """Return what runs, and what was lost and is queued; none of a study that is deleted."""
    found = reader.rows(
        f"SELECT study.id, name, annotation.labels, number, trial.state, {rows.BODY} "  # noqa: S608
        f"FROM study JOIN trial ON trial.study = study.id AND {_LIVE} "
        "AND (trial.state = 'RUNNING' OR trial.state = 'QUEUED' "
        "AND trial.reason IN ('LEASE_EXPIRED', 'WORKER_RESTARTED')) "
        "JOIN change INDEXED BY change_attempt ON change.study = study.id "
        "AND change.trial = number AND change.attempt = trial.attempt AND change.kind = 'ASSIGNED' "
        "LEFT JOIN annotation ON annotation.study = study.id AND annotation.trial = ? "
        "WHERE study.mode <> ? ORDER BY study.id, number",
        (OF_STUDY, rows.DELETED),
    )
    return [LiveAttempt(*row) for row in found]
