"""Ray Tune: the folder of results; `params.json` and `result.json` of each trial.

Space, mode and scheduler are in pickles alone, which are never read: what is taken for the space is
what was seen of it, and the goal must be given.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ashad_client.dialect.file import UnreadableError

from ashad.cli.imports.draft import (
    ImportDraft,
    PastTrial,
    Scalar,
    as_table,
    flat,
    parameter_name,
    seen_domain,
)
from ashad.cli.imports.source_text import json_lines, parse_json, read_text

if TYPE_CHECKING:
    from pathlib import Path

_OWN = {
    *("timestamp", "checkpoint_dir_name", "done", "training_iteration", "trial_id", "date"),
    *("time_this_iter_s", "time_total_s", "pid", "hostname", "node_ip", "config"),
    *("time_since_restore", "iterations_since_restore", "should_checkpoint", "experiment_tag"),
    *("timesteps_total", "episodes_total", "timesteps_since_restore", "warmup_time"),
}
_COUNTS = {"epoch", "step", "iteration", "round"}
_NUMBER = re.compile(r"_(\d{5,})_")  # of a trial, in the name of its folder


def results(folder: Path, metric: str = "") -> ImportDraft:
    """Read a folder of results."""
    draft = ImportDraft(f"the Ray Tune results {folder.name}", name=folder.name)
    found = [
        (_number(path), path)
        for path in folder.iterdir()
        if path.is_dir() and (path / "params.json").exists() and (path / "result.json").exists()
    ]
    if not found:
        raise UnreadableError("no trial in it has params.json and result.json")
    lines = {}
    params: dict[str, dict[str, Any]] = {}
    for number, path in sorted(found):
        name = str(number)
        lines[name] = [
            as_table(x, "result") for x in json_lines(read_text(path / "result.json"), path.name)
        ]
        config = parse_json(read_text(path / "params.json"), "params.json")
        params[name] = flat(as_table(config, "params.json"))
    draft.metric = metric or _metric(draft, lines)
    draft.max_resource = max(
        (int(line["training_iteration"]) for found in lines.values() for line in found), default=0
    )
    draft.resource = "iteration"
    draft.note("max_resource", f"the most iterations of any trial, {draft.max_resource}")
    draft.note("goal", "is in a pickle, which is not read; give it with --goal")
    _space(draft, params)
    draft.algorithm = {"type": "asha"}
    draft.note("scheduler", "is in a pickle, which is not read: asha with its defaults is taken")
    for name, results in lines.items():
        reports = [
            (int(line["training_iteration"]), float(line[draft.metric]))
            for line in results
            if isinstance(line.get(draft.metric), int | float)
        ]
        done = bool(reports) and reports[-1][0] >= draft.max_resource
        draft.trials.append(PastTrial(name, params[name], reports, done))
    return draft


def _number(path: Path) -> int:
    """Return the number of a trial: its place in the order of creation."""
    found = _NUMBER.search(path.name)
    return int(found[1]) if found else -1


def _metric(draft: ImportDraft, lines: dict[str, list[dict[str, Any]]]) -> str:
    """Return the one column that can be the metric, or none."""
    columns: dict[str, None] = {}
    for results in lines.values():
        for line in results:
            numbers = (k for k, v in line.items() if isinstance(v, float | int))
            columns.update(dict.fromkeys(numbers))
    found = [c for c in columns if c not in _OWN | _COUNTS and not c.startswith("config/")]
    if len(found) == 1:
        draft.note("metric", f"{found[0]} is the one that its trials reported")
        return found[0]
    draft.note("metric", f"its trials reported {', '.join(found) or 'none'}; give --metric")
    return ""


def _space(draft: ImportDraft, params: dict[str, dict[str, Any]]) -> None:
    """Guess the space from what was seen of it."""
    seen: dict[str, list[Scalar]] = {}
    for config in params.values():
        for name, value in config.items():
            if isinstance(value, bool | int | float | str):
                seen.setdefault(parameter_name(name), []).append(value)
            else:
                draft.note(name, f"not carried: a parameter is no {type(value).__name__}")
    draft.space = {name: seen_domain(values) for name, values in seen.items()}
    draft.note(
        "space", "is in a pickle, which is not read: ranges are those of the values that were seen"
    )
    draft.take_resource()
