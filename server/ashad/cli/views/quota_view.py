"""How a quota is shown: who has its slots, who waits for one; why workers of a study wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.views import plain, text
from ashad.cli.views.sentences import reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ashad.cli.views.output import Row

_OTHERS = "other studies"  # of which the caller may not know the names
_MOST = 5  # studies that are named


def line(use: pb.QuotaUse) -> Row:
    """Give the columns of the table of quotas."""
    return {
        "quota": name(use),
        "trials": use.trials,
        "running": use.running,
        "waiting": use.waiting,
        "who runs": _named([f"{_study(one)} {one.running}" for one in _runs(use)]),
        "who waits": _named(list(map(_wait, _waits(use)))),
    }


def row(use: pb.QuotaUse) -> Row:
    """Give the columns of the CSV of quotas."""
    return {
        "scope": use.scope,
        "name": use.name,
        "trials": use.trials,
        "running": use.running,
        "waiting": use.waiting,
        "who_runs": ", ".join(f"{_study(one)} {one.running}" for one in _runs(use)),
        "who_waits": ", ".join(map(_wait, _waits(use))),
    }


def sentence(use: pb.QuotaUse, study: str) -> str:
    """Say how a quota stands, and whether workers of a study wait for it."""
    said = f"quota {name(use)}: {use.running} of {use.trials} run"
    if use.running:
        said += f" ({_named([f'{_study(one)} {one.running}' for one in _runs(use)])})"
    waits = next((one for one in _waits(use) if one.study == study), None)
    if waits is not None:
        many = text.count(waits.waiting, "worker")
        said += f"; {many} of {study} waiting, the first for {text.duration_text(waits.waited)}"
    return said


def waits(quotas: Iterable[pb.QuotaUse]) -> dict[str, str]:
    """Name by study the quotas that workers of it wait for."""
    found: dict[str, list[str]] = {}
    for use in quotas:
        for share in _waits(use):
            found.setdefault(share.study, []).append(f"{name(use)} ({share.waiting})")
    return {study: ", ".join(names) for study, names in found.items()}


def standing(stands: pb.GetStudyResponse) -> Iterator[str]:
    """Say whether a worker that asks gets a trial now, and what stands against it."""
    study = stands.study
    counts = study.counts
    word = plain.word(study, "state")
    because = f", because {reason(study.reason)}" if study.reason else ""
    there = f"{text.count(counts.running, 'trial')} running, {counts.queued} queued"
    yield f"Study {study.name} is {word}{because}: {there}."
    found = list(held_back(stands))
    yield from found
    if not found and study.state == pb.STUDY_STATE_ACTIVE:
        yield "No limit and no quota holds its workers back."


def held_back(stands: pb.GetStudyResponse) -> Iterator[str]:
    """Say what lets nobody begin a trial of a study that is not at its end."""
    study = stands.study
    if study.state == pb.STUDY_STATE_PAUSED:
        yield f"It is paused and hands out nothing; `ashad study resume {study.name}` goes on."
    most = plain.optional(study.spec.limits, "max_concurrent_trials")
    if most is not None and study.counts.running >= most:
        yield f"Its own limit max_concurrent_trials lets {most} run at a time, and so many do."
    for use in stands.quotas:
        if use.running >= use.trials:
            yield f"A full quota holds it back: {sentence(use, study.name)}."


def name(use: pb.QuotaUse) -> str:
    """Name a quota as its file does."""
    return f"{use.scope} {use.name}" if use.name else use.scope


def _runs(use: pb.QuotaUse) -> list[pb.QuotaShare]:
    return [one for one in use.shares if one.running]


def _waits(use: pb.QuotaUse) -> list[pb.QuotaShare]:
    return [one for one in use.shares if one.waiting]


def _study(share: pb.QuotaShare) -> str:
    return share.study or _OTHERS


def _wait(share: pb.QuotaShare) -> str:
    if not share.study:
        return f"{_OTHERS} {share.waiting}"
    weight = f", weight {share.weight}" if share.weight != 1 else ""
    return f"{share.study} {share.waiting} ({text.duration_text(share.waited)}{weight})"


def _named(parts: list[str]) -> str:
    more = [f"and {len(parts) - _MOST} more"] if len(parts) > _MOST else []
    return ", ".join([*parts[:_MOST], *more])
