"""A study or a trial as a notebook shows it. All text from outside is escaped; loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from ashad_client.text import clean, count

if TYPE_CHECKING:
    from ashad_client.records import StudyStatus, TrialStatus

_HEAD = '<th style="text-align:left">'
_STATES = ("running", "queued", "paused", "completed", "stopped", "failed", "infeasible")


def study_html(study: StudyStatus) -> str:
    """Write a study: how it stands, the best so far, its rungs."""
    counts = {state: getattr(study.counts, state) for state in (*_STATES, "cancelled")}
    resource = study.spec.resource or "epoch"
    rows: dict[str, Any] = {
        "state": _because(study.state, study.reason),
        "trials": f"{study.counts.created:,}: "
        + ", ".join(f"{many:,} {state}" for state, many in counts.items() if many),
        "spent": count(study.total_resource, resource),
    }
    if study.best is not None:
        best = study.best
        rows[f"best {study.spec.metric}"] = (
            f"{best.value:.6g}, trial {best.trial} at {resource} {best.resource}"
        )
        rows.update(_params(best.params))
    ladder = [
        (bracket.bracket, f"{rung.level:,}", f"{rung.size:,}", f"{rung.promoted:,}", rung.cutoff)
        for bracket in study.brackets
        for rung in bracket.rungs
        if rung.size
    ]
    heads = ("bracket", resource, "trials", "went on", "cut-off")
    return _box(f"study {study.name}", rows) + (_grid(heads, ladder) if ladder else "")


def trial_html(trial: TrialStatus) -> str:
    """Write a trial: how it stands, and its configuration."""
    rows = {
        "state": _because(trial.state, trial.reason),
        "at": trial.resource,
        "value": trial.value,
        "best value": trial.best_value,
        "attempt": trial.attempt,
        "worker": trial.worker,
        "checkpoint": trial.checkpoint_uri,
        "message": trial.message,
        **_params(trial.params),
    }
    return _box(f"trial {trial.trial}", {k: v for k, v in rows.items() if v not in (None, "")})


def _params(params: Mapping[str, Any]) -> dict[str, Any]:
    return {f"params.{name}": value for name, value in params.items()}


def _because(state: Any, reason: str) -> str:
    return f"{state} ({reason})" if reason else str(state)


def _box(title: str, rows: Mapping[str, Any]) -> str:
    cells = [f"<tr>{_HEAD}{_cell(name)}</th>{_data(value)}</tr>" for name, value in rows.items()]
    return f"<table><caption><b>{_cell(title)}</b></caption>{''.join(cells)}</table>"


def _grid(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    head = "".join(f"{_HEAD}{_cell(name)}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(map(_data, row))}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _data(value: Any) -> str:
    return f'<td style="text-align:left">{_cell(value)}</td>'


def _cell(value: Any) -> str:
    """Write a value as text that is no markup, whatever it holds."""
    if value is None:
        return ""
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return escape(clean(shown), quote=True)
