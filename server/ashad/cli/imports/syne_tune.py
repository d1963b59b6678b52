"""Syne Tune: the folder of an experiment, `metadata.json` and `results.csv.zip`.

`tuner.dill` is a pickle and never read, so that what the scheduler was told is told by the results.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from ashad_client.dialect.file import UnreadableError

from ashad.cli.imports.draft import (
    Domain,
    ImportDraft,
    PastTrial,
    Scalar,
    as_list,
    as_number,
    as_table,
    choice_of,
    clean_number,
    fit,
    parameter_name,
    range_of,
)
from ashad.cli.imports.experiment_files import put_constant
from ashad.cli.imports.source_text import MAX_FILE, parse_json, read_text

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, str]


def experiment(folder: Path) -> ImportDraft:
    """Read an experiment."""
    data = as_table(parse_json(read_text(folder / "metadata.json"), "metadata.json"), "metadata")
    draft = ImportDraft(f"the Syne Tune experiment {folder.name}", name=folder.name)
    _metric(draft, data)
    space = data.get("config_space", "{}")
    space = parse_json(space, "config_space") if isinstance(space, str) else space
    for key, entry in as_table(space, "config_space").items():
        name = parameter_name(key)
        if isinstance(entry, dict) and "domain_cls" in entry:
            draft.space[name] = _domain(draft, name, entry)
        else:
            put_constant(draft, name, entry)
    rows = _rows(folder)
    counted = _resource(draft, rows)
    _algorithm(draft, data)
    _trials(draft, rows, counted)
    silent = {p.name for p in folder.iterdir() if p.is_dir() and p.name.isdigit()}
    silent -= {row["trial_id"] for row in rows}
    if silent:
        draft.note("trials", f"{len(silent)} never reported; not carried")
    return draft


def _metric(draft: ImportDraft, data: dict[str, Any]) -> None:
    names = as_list(data.get("metric_names") or [], "metric_names")
    modes = data.get("metric_mode", data.get("metric_modes", "min"))
    mode = modes[0] if isinstance(modes, list) else modes
    if len(names) > 1:
        draft.note("metric_names", f"one metric is judged: {names[0]}, not {names[1:]}")
    draft.metric = str(names[0]) if names else ""
    draft.goal = "maximize" if mode == "max" else "minimize"


def _domain(draft: ImportDraft, name: str, entry: dict[str, Any]) -> Domain:
    kind, given = str(entry["domain_cls"]), as_table(entry.get("domain_kwargs") or {}, name)
    sampler = str(entry.get("sampler_cls") or "Uniform")
    if kind in ("Categorical", "Ordinal", "OrdinalNearestNeighbor"):
        if kind != "Categorical":
            draft.note(name, f"{kind}: a choice has no order here, and each is as likely")
        return choice_of(draft, name, as_list(given.get("categories"), f"{name}.categories"))
    low, high = (as_number(given.get(end), f"{name}.{end}") for end in ("lower", "upper"))
    if kind == "FiniteRange":
        return _finite(draft, name, given, low, high)
    if kind not in ("Float", "Integer"):
        raise UnreadableError(f"{name}: the domain {kind!r} is not known")
    log = "LogUniform" in sampler
    if sampler not in ("Uniform", "LogUniform"):
        draft.note(name, f"its sampler {sampler} is carried as {'log-' * log}uniform")
    if kind == "Float":
        return range_of(float(low), float(high), log=log)
    if log:
        draft.note(name, "its two ends are drawn half as often there")
    return range_of(int(low), int(high), log=log)


def _finite(
    draft: ImportDraft, name: str, given: dict[str, Any], low: float, high: float
) -> Domain:
    """Write a finite range: steps where it is even, else its values."""
    size = int(as_number(given.get("size", 1), f"{name}.size"))
    if size < 2:
        return {"const": low}
    if not given.get("log_scale"):
        step = clean_number((high - low) / (size - 1))
        if given.get("cast_int") and float(step).is_integer():
            return range_of(int(low), int(high), step=int(step))
        return range_of(float(low), float(high), step=step)
    ratio = math.log(high / low) / (size - 1)
    values: list[Any] = [clean_number(low * math.exp(ratio * k)) for k in range(size)]
    if given.get("cast_int"):
        values = list(dict.fromkeys(round(value) for value in values))
    draft.note(name, f"steps of a log scale: carried as a choice of {len(values)}")
    return {"choice": values}


def _rows(folder: Path) -> list[Row]:
    packed, plain = folder / "results.csv.zip", folder / "results.csv"
    if packed.exists():
        try:
            with zipfile.ZipFile(packed) as archive, archive.open("results.csv") as file:
                content = file.read(MAX_FILE + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError) as error:
            raise UnreadableError(f"{packed.name}: {error}") from None
        if len(content) > MAX_FILE:
            raise UnreadableError(f"{packed.name}: results larger than {MAX_FILE:,} bytes")
        text = content.decode("utf-8", "replace")
    elif plain.exists():
        text = read_text(plain)
    else:
        return []
    return list(csv.DictReader(io.StringIO(text)))


def _resource(draft: ImportDraft, rows: list[Row]) -> str:
    """Find the column that counts, and the constant of the space that is its end."""
    own = [
        column
        for column in (rows[0] if rows else {})
        if not column.startswith(("st_", "config_")) and column not in ("trial_id", draft.metric)
    ]
    counted = "epoch" if "epoch" in own else next(iter(own), "")
    if not counted:
        draft.take_resource()
        return ""
    draft.resource = counted
    draft.take_resource()
    seen = max((int(float(row[counted])) for row in rows if row[counted]), default=0)
    if not draft.max_resource:
        draft.max_resource = seen
        draft.note("max_resource", f"the highest {counted} of any trial, {seen}")
    draft.resource = counted
    return counted


def _algorithm(draft: ImportDraft, data: dict[str, Any]) -> None:
    name = str(data.get("scheduler_name") or "")
    if any(word in name.upper() for word in ("ASHA", "HYPERBAND", "BOHB", "MOBSTER", "DYHPO")):
        draft.algorithm = {"type": "asha"}
        draft.note("scheduler", f"{name}: its eta and grace period are in a pickle; defaults stand")
    elif name:
        draft.note("scheduler", f"{name}: not carried")


def _trials(draft: ImportDraft, rows: list[Row], counted: str) -> None:
    """Make trials of rows; cut or completed is told by the resource alone."""
    found: dict[str, PastTrial] = {}
    for row in rows:
        trial = found.get(row["trial_id"])
        if trial is None:
            trial = found[row["trial_id"]] = PastTrial(row["trial_id"], _params(draft, row), [])
        at = int(float(row[counted])) if counted and row[counted] else len(trial.reports) + 1
        trial.reports.append((at, float(row[draft.metric] or "nan")))
        trial.completed = trial.completed or at >= draft.max_resource
    draft.trials = list(found.values())


def _params(draft: ImportDraft, row: Row) -> dict[str, Scalar]:
    """Read the configuration of a row: text, which its domain makes a value of."""
    found: dict[str, Scalar] = {}
    for column, text in row.items():
        name = parameter_name(column.removeprefix("config_"))
        domain = draft.space.get(name)
        if domain is None or not column.startswith("config_") or "const" in domain:
            continue
        same = [c for c in domain.get("choice", ()) if str(c) == text]
        if same:
            found[name] = same[0]
        else:
            number = as_number(text, name) if _numeric(text) else text
            found[name] = number if fit(domain, number) is not None else text
    return found


def _numeric(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
