"""Search spaces that are one file: NNI's and ConfigSpace's. Data in, a draft out. Pure."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from ashad_client.dialect.file import UnreadableError

from ashad.cli.imports.draft import (
    MOST_VALUES,
    Domain,
    ImportDraft,
    as_list,
    as_number,
    as_table,
    choice_of,
    clean_number,
    parameter_name,
    range_of,
    weighted,
)
from ashad.cli.imports.experiment_files import put_constant

# --- NNI ---


def nni(data: dict[str, Any]) -> ImportDraft:
    """Read an NNI search space: no metric, goal or limits are in it."""
    draft = ImportDraft("an NNI search space", name="nni")
    _nni_level(draft, data, "", {})
    return draft


def _nni_level(
    draft: ImportDraft, table: dict[str, Any], prefix: str, when: dict[str, list[Any]]
) -> None:
    for key, entry in table.items():
        if key == "_name":
            continue
        name = parameter_name(f"{prefix}{key}")
        found = as_table(entry, name)
        values = as_list(found.get("_value"), f"{name}._value")
        nested = [v for v in values if isinstance(v, dict)]
        if found.get("_type") == "choice" and nested:
            _nni_spaces(draft, name, values, when)
            continue
        domain = _nni_domain(draft, name, str(found.get("_type")), values)
        draft.space[name] = {**domain, "when": when} if when else domain


def _nni_spaces(
    draft: ImportDraft, name: str, values: list[Any], when: dict[str, list[Any]]
) -> None:
    """Read a choice of spaces: the choice of their names, and what is there only with each."""
    names = [v.get("_name") if isinstance(v, dict) else v for v in values]
    domain = choice_of(draft, name, names)
    draft.space[name] = {**domain, "when": when} if when else domain
    draft.note(name, "a choice of spaces: their parameters are there only where it has their name")
    for value in values:
        if isinstance(value, dict):
            _nni_level(draft, value, f"{name}.", {**when, name: [value.get("_name")]})


def _nni_domain(draft: ImportDraft, name: str, kind: str, values: list[Any]) -> Domain:
    if kind == "choice":
        return choice_of(draft, name, values)
    numbers = [as_number(value, f"{name}._value") for value in values]
    if kind == "randint":
        first, end = map(int, numbers)
        draft.note(name, f"their upper end is exclusive: {end} is never drawn")
        return range_of(first, end - 1)
    low, high, step = [float(number) for number in [*numbers, 0, 0, 0][:3]]
    if kind in ("uniform", "loguniform"):
        return range_of(low, high, log=kind == "loguniform")
    if kind == "quniform":
        return clipped_steps(draft, name, low, high, step)
    if kind == "qloguniform":
        near, far = (clean_number(math.floor(end / step + 0.5) * step) for end in (low, high))
        if near >= low and far <= high and near > 0:
            return range_of(near, far, log=True, step=step)
        draft.note(name, f"multiples of q = {step:g} are clipped to the ends: q is not carried")
        return range_of(low, high, log=True)
    if kind in ("normal", "qnormal", "lognormal", "qlognormal"):
        return three_sigma(draft, name, low, high, log="log" in kind)
    raise UnreadableError(f"{name}: _type {kind!r} is not known")


def clipped_steps(draft: ImportDraft, name: str, low: float, high: float, step: float) -> Domain:
    """Write clip(round(x / step) * step, low, high): whole steps, else its few values."""
    if step <= 0:
        return range_of(low, high)
    first, last = math.floor(low / step + 0.5), math.floor(high / step + 0.5)
    values = [clean_number(min(max(k * step, low), high)) for k in (first, last)]
    inner = [clean_number(k * step) for k in range(first + 1, min(last, first + MOST_VALUES + 2))]
    values = list(dict.fromkeys([values[0], *inner, values[-1]]))
    gaps = {clean_number(b - a) for a, b in pairwise(values)}
    draft.note(name, "the two ends are drawn as often as the rest; there half as often")
    if len(gaps) <= 1 or len(values) > MOST_VALUES:
        return range_of(float(values[0]), float(values[-1]), step=step)
    draft.note(name, f"its steps are uneven at the ends: carried as a choice of {len(values)}")
    return {"choice": values}


def three_sigma(draft: ImportDraft, name: str, mu: float, sigma: float, *, log: bool) -> Domain:
    """Write a normal distribution as a range of three deviations with that prior, and say so."""
    low, mean, high = mu - 3 * sigma, mu, mu + 3 * sigma
    if log:
        low, mean, high = map(math.exp, (low, mean, high))
    draft.note(
        name,
        f"a {'log-' * log}normal distribution has no ends; here it is cut off at three deviations, "
        f"{low:g} and {high:g}",
    )
    found = range_of(clean_number(float(low)), clean_number(float(high)), log=log)
    return {**found, "mean": clean_number(mean), "sigma": sigma}


# --- ConfigSpace ---


def configspace(data: dict[str, Any]) -> ImportDraft:
    """Read a ConfigSpace space: parameters, conditions; no metric, goal or limits are in it."""
    draft = ImportDraft("a ConfigSpace space", name=str(data.get("name") or "configspace"))
    domains: dict[str, Domain] = {}
    for listed in as_list(data.get("hyperparameters"), "hyperparameters"):
        entry = as_table(listed, "hyperparameters")
        name = parameter_name(str(entry.get("name")))
        domains[name] = _hyperparameter(draft, name, entry)
    for condition in as_list(data.get("conditions") or [], "conditions"):
        _condition(draft, domains, as_table(condition, "conditions"))
    draft.space = _parents_first(domains)
    for forbidden in as_list(data.get("forbiddens") or [], "forbiddens"):
        text = _forbidden(as_table(forbidden, "forbiddens"))
        if text:
            draft.constraints.append(f"not ({text})")
        else:
            draft.note("forbiddens", f"not carried: {forbidden}")
    if domains:
        draft.note("default_value", "not carried; name a first point in points_to_evaluate")
    return draft


def _hyperparameter(draft: ImportDraft, name: str, entry: dict[str, Any]) -> Domain:
    kind = str(entry.get("type"))
    if kind == "constant":
        put_constant(draft, name, entry.get("value"))
        return draft.space.pop(name, {"const": repr(entry.get("value"))})
    if kind == "ordinal":
        draft.note(name, "ordinal: a choice has no order here")
        return choice_of(draft, name, as_list(entry.get("sequence"), f"{name}.sequence"))
    if kind == "categorical":
        choices = as_list(entry.get("choices"), f"{name}.choices")
        return weighted(draft, name, choices, entry.get("weights"))
    shape, _, number = kind.partition("_")
    if number not in ("int", "float"):
        raise UnreadableError(f"{name}: type {kind!r} is not known")
    ends = [as_number(entry.get(end), f"{name}.{end}") for end in ("lower", "upper")]
    low, high = [int(end) if number == "int" else float(end) for end in ends]
    log = bool(entry.get("log"))
    if shape != "uniform":
        draft.note(name, f"a {shape} distribution is carried as a {'log-' * log}uniform range")
    return range_of(low, high, log=log)


def _condition(draft: ImportDraft, domains: dict[str, Domain], condition: dict[str, Any]) -> None:
    kind = condition.get("type")
    if kind == "AND":
        for part in as_list(condition.get("components"), "conditions.components"):
            _condition(draft, domains, as_table(part, "conditions.components"))
        return
    child = parameter_name(str(condition.get("child")))
    parent = parameter_name(str(condition.get("parent")))
    domain = domains.get(parent, {})
    values = condition.get("values") if kind == "IN" else [condition.get("value")]
    if kind == "NEQ" and "choice" in domain:
        values, kind = [v for v in domain["choice"] if v != condition.get("value")], "IN"
    fits = child in domains and ("choice" in domain or "int" in domain)
    if kind not in ("EQ", "IN") or not fits or parent in domains[child].get("when", {}):
        text = f"{kind} on {parent} is not carried: {child} is there in every trial"
        draft.note(child, text)
        return
    domains[child].setdefault("when", {})[parent] = values


_COMPARES = {"RELATION_LT": "<", "RELATION_GT": ">", "RELATION_EQ": "=="}


def _forbidden(clause: dict[str, Any]) -> str:
    """Write a forbidden clause as our constraints have it; nothing where they cannot."""
    kind, name = clause.get("type"), f"`{parameter_name(str(clause.get('name')))}`"
    if kind == "AND":
        clauses = as_list(clause.get("clauses"), "forbiddens.clauses")
        parts = [_forbidden(as_table(part, "forbiddens.clauses")) for part in clauses]
        return " and ".join(f"({part})" for part in parts) if all(parts) else ""
    if kind in _COMPARES:
        sides = (f"`{parameter_name(str(clause.get(side)))}`" for side in ("left", "right"))
        return f" {_COMPARES[kind]} ".join(sides)
    listed = clause.get("values") if kind == "IN" else [clause.get("value")]
    values = [_literal(value) for value in as_list(listed, "forbiddens.values")]
    if kind not in ("EQUALS", "IN") or not all(values):
        return ""
    return " or ".join(f"{name} == {value}" for value in values)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    quote = "'" if "'" not in str(value) else '"'
    return f"{quote}{value}{quote}" if isinstance(value, str) and quote not in value else ""


def _parents_first(domains: dict[str, Domain]) -> dict[str, Domain]:
    """Bring the parents of conditions before their children."""
    ordered: dict[str, Domain] = {}

    def put(name: str, depth: int = 0) -> None:
        if depth > len(domains):
            raise UnreadableError(f"{name}: its conditions go in a circle")
        if name not in ordered:
            for parent in domains[name].get("when", {}):
                put(parent, depth + 1)
            ordered[name] = domains[name]

    for name in domains:
        put(name)
    return ordered
