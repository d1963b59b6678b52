"""A draft as a study file in TOML, and the report of what was not carried. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ashad_client.text import clean

from ashad.cli.scaffold.proposal import toml

if TYPE_CHECKING:
    from ashad.cli.imports.draft import ImportDraft

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_FLAGS = {"metric": "--metric", "goal": "--goal", "max_resource": "--max-resource"}


def study_text(draft: ImportDraft) -> str:
    """Write the study file."""
    lines = [f"# From {clean(draft.source)}"]
    lines += [  # before any table, whose key it would be
        f"# {key} = ?  the source does not tell it; give {_FLAGS[key]}" for key in draft.missing()
    ]
    for key, value in draft.data().items():
        if key == "points_to_evaluate":
            points = [f"    {_inline(point)}," for point in value]
            lines = [*lines[:1], "points_to_evaluate = [", *points, "]", *lines[1:]]
        elif isinstance(value, list):
            lines += [f"{key} = [", *(f"    {toml(item)}," for item in value), "]"]
        elif isinstance(value, dict):
            lines += ["", f"[{key}]", *(f"{_key(k)} = {_value(v)}" for k, v in value.items())]
        else:
            lines.append(f"{key} = {toml(value)}")
    return "\n".join(lines) + "\n"


def report_lines(draft: ImportDraft) -> list[str]:
    """Say what was found, guessed and left out, a line each."""
    many = len(draft.trials)
    values = sum(len(trial.reports) for trial in draft.trials)
    lines = [f"from {draft.source}: {len(draft.space)} parameters, {many} finished trials"]
    if many:
        done = sum(trial.completed for trial in draft.trials)
        lines[0] += f" ({done} completed, {many - done} cut) with {values} values"
    lines += [f"note: {note.subject}: {note.text}" for note in draft.notes]
    return [clean(line) for line in lines]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml(name)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return _inline(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, float):
        return repr(value)
    return toml(value)


def _inline(table: dict[str, Any]) -> str:
    return f"{{ {', '.join(f'{_key(k)} = {_value(v)}' for k, v in table.items())} }}"
