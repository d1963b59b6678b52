"""How a quota is shown: who has its slots, who waits for one, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ashad.cli.views import text

if TYPE_CHECKING:
    from ashad_client.v1 import ashad_pb2 as pb

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
