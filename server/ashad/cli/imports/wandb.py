"""Weights & Biases: a sweep, and the table of its runs as the page exports it. Pure.

A sweep has no length of a trial; the table has the last values of a run, and no curves.
"""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from ashad_client.dialect.file import UnreadableError

from ashad.cli.imports.draft import (
    Domain,
    ImportDraft,
    PastTrial,
    Scalar,
    as_list,
    as_number,
    as_table,
    clean_number,
    parameter_name,
    range_of,
    weighted,
    whole,
)
from ashad.cli.imports.experiment_files import put_constant
from ashad.cli.imports.space_files import three_sigma

_ENDED = {"finished"}
_FAILED = {"failed", "crashed", "killed", "running", "pending", "preempted", "preempting"}


def sweep(data: dict[str, Any]) -> ImportDraft:
    """Read a sweep: parameters, metric, early_terminate, run_cap."""
    draft = ImportDraft("a W&B sweep", name=str(data.get("name") or "sweep"))
    metric = as_table(data.get("metric") or {}, "metric")
    draft.metric = str(metric.get("name") or "")
    draft.goal = str(metric.get("goal") or "minimize") if draft.metric else ""
    if metric.get("target") is not None:
        draft.limits["target_value"] = float(as_number(metric["target"], "metric.target"))
    if data.get("run_cap"):
        draft.limits["max_trials"] = int(as_number(data["run_cap"], "run_cap"))
    _level(draft, as_table(data.get("parameters"), "parameters"), "")
    draft.take_resource()
    method = data.get("method")
    if method == "bayes":
        draft.sampler = "tpe"
        draft.note("method", "bayes is a Gaussian process there; the sampler tpe takes its place")
    elif method == "grid":
        draft.algorithm = {"type": "grid"}
    if data.get("early_terminate"):
        _early_terminate(draft, as_table(data["early_terminate"], "early_terminate"))
        draft.sampler = "grid" if method == "grid" else draft.sampler
    for key in ("program", "command"):
        if key in data:
            draft.note(key, "not carried: behind `ashad run -f FILE --`")
    return draft


def _level(draft: ImportDraft, table: dict[str, Any], prefix: str) -> None:
    for key, value in table.items():
        name, entry = parameter_name(f"{prefix}{key}"), as_table(value, f"{prefix}{key}")
        if "parameters" in entry:
            _level(draft, as_table(entry["parameters"], name), f"{name}.")
            draft.note(name, f"nested there, a dict; here its parameters are called {name}.…")
        elif "value" in entry:
            put_constant(draft, name, entry["value"])
        else:
            draft.space[name] = _domain(draft, name, entry)


def _domain(draft: ImportDraft, name: str, entry: dict[str, Any]) -> Domain:
    if "values" in entry:
        values = as_list(entry["values"], f"{name}.values")
        return weighted(draft, name, values, entry.get("probabilities"))
    kind = str(entry.get("distribution") or "")
    if kind.endswith(("normal", "beta")):
        return _bell(draft, name, entry, kind)
    low, high = (_end(name, end, entry.get(end)) for end in ("min", "max"))
    if not kind or kind == "int_uniform":
        if isinstance(low, int) and isinstance(high, int):
            return range_of(low, high)  # both ends are drawn
        kind = "uniform"
    if kind in ("log_uniform", "q_log_uniform", "inv_log_uniform"):
        low, high = clean_number(math.exp(low)), clean_number(math.exp(high))
        draft.note(name, f"its ends are exponents of e: {low:g} to {high:g}")
        kind += "_values"
    return _scaled(draft, name, kind, float(low), float(high), entry)


def _scaled(
    draft: ImportDraft, name: str, kind: str, low: float, high: float, entry: dict[str, Any]
) -> Domain:
    step = as_number(entry.get("q", 1), f"{name}.q") if kind.startswith("q_") else 0
    if kind == "uniform":
        return range_of(low, high)
    if kind == "log_uniform_values":
        return range_of(low, high, log=True)
    if kind == "inv_log_uniform_values":
        draft.note(name, "dense near its upper end there; carried as an even range")
        return range_of(low, high)
    if kind not in ("q_uniform", "q_log_uniform_values"):
        raise UnreadableError(f"{name}.distribution: {kind!r} is not known")
    first, last = (clean_number(math.floor(end / step + 0.5) * step) for end in (low, high))
    even = float(step).is_integer()
    if kind == "q_uniform":
        draft.note(
            name, f"rounds to multiples of {step:g}: {first:g} to {last:g}, the ends half as often"
        )
        return (
            range_of(int(first), int(last), step=int(step))
            if even
            else range_of(first, last, step=step)
        )
    draft.note(name, f"rounds to multiples of {step:g}: {first:g} to {last:g}")
    if first <= 0:
        draft.note(name, "draws 0 as well there, which a log scale cannot")
        first = step
    if first >= last:
        return {"const": int(last) if even else last}
    if even:
        return range_of(int(first), int(last), log=True, step=int(step))
    return range_of(first, last, log=True, step=step)


def _bell(draft: ImportDraft, name: str, entry: dict[str, Any], kind: str) -> Domain:
    if kind.endswith("beta"):
        draft.note(name, "a beta distribution is carried as the even range 0 to 1")
        return range_of(0.0, 1.0)
    mu, sigma = (
        float(as_number(entry.get(k, d), f"{name}.{k}")) for k, d in (("mu", 0), ("sigma", 1))
    )
    return three_sigma(draft, name, mu, sigma, log="log" in kind)


def _end(name: str, end: str, value: object) -> int | float:
    """Return an end; 1e-4 is text in YAML 1.1, which W&B reads."""
    if isinstance(value, str):
        raise UnreadableError(
            f"parameters.{name}.{end}: {value!r} is text to W&B, which reads YAML 1.1 and refuses "
            "it too; write 0.0001 or 1.0e-4"
        )
    return as_number(value, f"parameters.{name}.{end}")


def _early_terminate(draft: ImportDraft, table: dict[str, Any]) -> None:
    if table.get("type", "hyperband") != "hyperband":
        draft.note("early_terminate", f"type {table.get('type')!r} is not known; not carried")
        return
    eta = whole(as_number(table.get("eta", 3), "early_terminate.eta"))
    draft.algorithm = {"type": "asha", "variant": "stopping", "eta": eta}
    if "max_iter" in table:
        most = int(as_number(table["max_iter"], "early_terminate.max_iter"))
        cuts = int(as_number(table.get("s", 2), "early_terminate.s"))
        draft.max_resource, draft.algorithm["max_rungs"] = most, cuts + 1
    else:
        first = int(as_number(table.get("min_iter", 1), "early_terminate.min_iter"))
        draft.algorithm["min_resource"] = first
        draft.note(
            "early_terminate",
            f"its bands are {first} * {eta:g}^k without an end; rungs count down from "
            "max_resource, and are the same where that is one of them",
        )
    draft.note(
        "early_terminate",
        "bands count logged values of the metric there, epochs here; ties and the first of a band "
        "are kept there, here at least one of a rung goes on",
    )


def add_runs(draft: ImportDraft, text: str) -> None:
    """Add the runs of a table that the page exported: their last values."""
    rows = csv.DictReader(io.StringIO(text))
    columns = {parameter_name(column): column for column in rows.fieldnames or ()}
    metric = columns.get(parameter_name(draft.metric))
    if metric is None:
        raise UnreadableError(f"the table has no column {draft.metric!r}, the metric of the sweep")
    counted = next((columns[c] for c in (draft.resource, "epoch", "_step") if c in columns), None)
    left: dict[str, int] = {}
    for number, row in enumerate(rows):
        state, shown = (row.get("State") or "").lower(), row.get("Name") or str(number)
        at = int(float(row[counted])) if counted and row[counted] else draft.max_resource
        if state in _FAILED or not row[metric]:
            left[state or "no value"] = left.get(state or "no value", 0) + 1
            continue
        params: dict[str, Scalar] = {}
        for name, domain in draft.space.items():
            if (cell := row.get(columns.get(name, ""), "")) != "":
                params[name] = _cell(domain, cell)
        value = float(row[metric])
        done = state in _ENDED and at >= draft.max_resource
        draft.trials.append(PastTrial(shown, params, [(max(at, 1), value)], done))
    for state, many in left.items():
        draft.note("runs", f"{many} of state {state} are not carried")
    draft.note("runs", "the table has the last value of a run alone: no curves")


def _cell(domain: Domain, text: str) -> Scalar:
    """Return a cell in the type of its parameter."""
    for choice in domain.get("choice", ()):
        if str(choice).lower() == text.lower():
            return choice  # type: ignore[no-any-return]
    try:
        return int(text) if "int" in domain and text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return text
