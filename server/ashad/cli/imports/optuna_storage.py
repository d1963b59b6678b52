"""Optuna: a study of a storage, an SQLite file or a journal; opened read-only, never with Optuna.

A storage holds no sampler and no pruner; its space is that of each trial. A choice is stored by its
index, for 1, 1.0, true and null may stand side by side.
"""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ashad_client.dialect.file import UnreadableError

from ashad.cli.imports.draft import (
    Domain,
    ImportDraft,
    PastTrial,
    Scalar,
    as_table,
    choice_of,
    infer_conditions,
    parameter_name,
    range_of,
)
from ashad.cli.imports.source_text import json_lines, read_text

if TYPE_CHECKING:
    from pathlib import Path

_STATES = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")  # by the number of the journal
_SPECIAL = {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}


@dataclass(slots=True)
class StoredTrial:
    """A trial as the storage has it; a param is (internal value, distribution)."""

    number: int
    state: str = "RUNNING"
    value: float | None = None
    params: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    steps: dict[int, float] = field(default_factory=dict)
    rungs: dict[int, float] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class StoredStudy:
    """A study as the storage has it."""

    name: str
    directions: list[str]
    metric: str = ""
    trials: list[StoredTrial] = field(default_factory=list)


def storage(path: Path, wanted: str = "") -> ImportDraft:
    """Read a study of an SQLite file."""
    address = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as file:
            return _draft(_chosen(_from_tables(file), wanted), "storage")
    except sqlite3.Error as error:
        raise UnreadableError(f"not an Optuna storage: {error}") from None


def journal(path: Path, wanted: str = "") -> ImportDraft:
    """Read a study of a journal."""
    return _draft(_chosen(_from_journal(json_lines(read_text(path), path.name)), wanted), "journal")


def _chosen(studies: dict[int, StoredStudy], wanted: str) -> StoredStudy:
    found = [study for study in studies.values() if wanted in ("", study.name)]
    if len(found) != 1:
        names = ", ".join(repr(study.name) for study in studies.values()) or "no study"
        raise UnreadableError(f"it holds {names}; name one with --of")
    if len(found[0].directions) > 1:
        many = len(found[0].directions)
        raise UnreadableError(f"study {found[0].name!r} has {many} objectives; here one is judged")
    return found[0]


def _from_tables(file: sqlite3.Connection) -> dict[int, StoredStudy]:
    def ask(statement: str) -> list[tuple[Any, ...]]:
        return file.execute(statement).fetchall()

    studies = {key: StoredStudy(name, []) for key, name in ask("SELECT * FROM studies")}
    for study, direction in ask(
        "SELECT study_id, direction FROM study_directions ORDER BY objective"
    ):
        studies[study].directions.append(direction)
    for study, key, text in ask("SELECT study_id, key, value_json FROM study_system_attributes"):
        if key == "study:metric_names":
            studies[study].metric = str(json.loads(text)[0])
    trials = {}
    for key, number, study, state in ask(
        "SELECT trial_id, number, study_id, state FROM trials ORDER BY number"
    ):
        trials[key] = StoredTrial(number, state)
        studies[study].trials.append(trials[key])
    for key, name, value, text in ask(
        "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params"
    ):
        trials[key].params[name] = value, json.loads(text)
    for key, step, value, kind in ask(
        "SELECT trial_id, step, intermediate_value, intermediate_value_type "
        "FROM trial_intermediate_values ORDER BY step"
    ):
        trials[key].steps[step] = _SPECIAL.get(kind, value)
    for key, value, kind in ask("SELECT trial_id, value, value_type FROM trial_values"):
        trials[key].value = _SPECIAL.get(kind, value)
    for key, name, text in ask("SELECT trial_id, key, value_json FROM trial_system_attributes"):
        _attribute(trials[key], name, json.loads(text))
    return studies


def _from_journal(entries: list[Any]) -> dict[int, StoredStudy]:
    """Play a journal; a study and a trial are numbered by the order in which they were made."""
    studies: dict[int, StoredStudy] = {}
    trials: list[StoredTrial] = []
    made = 0
    for found in entries:
        entry = as_table(found, "an entry of the journal")
        code = entry.get("op_code")
        if code == 0:
            words = ("NOT_SET", "MINIMIZE", "MAXIMIZE")
            directions = [words[int(number)] for number in entry["directions"]]
            studies[made] = StoredStudy(str(entry["study_name"]), directions)
            made += 1
        elif code == 1:
            studies.pop(int(entry["study_id"]), None)
        elif code == 3 and (study := studies.get(int(entry["study_id"]))) is not None:
            names = entry["system_attr"].get("study:metric_names")
            study.metric = str(names[0]) if names else study.metric
        elif code == 4:
            _created(studies, trials, entry)
        elif code in (5, 6, 7, 9):
            _changed(trials[int(entry["trial_id"])], code, entry)
    return studies


def _created(
    studies: dict[int, StoredStudy], trials: list[StoredTrial], entry: dict[str, Any]
) -> None:
    study = studies.get(int(entry["study_id"]))
    trial = StoredTrial(len(study.trials) if study else 0)
    trials.append(trial)
    if study is not None:
        study.trials.append(trial)
    if "state" in entry:
        trial.state = _STATES[int(entry["state"])]
    for name, distribution in (entry.get("distributions") or {}).items():
        trial.params[name] = entry["params"][name], json.loads(distribution)
    for step, value in (entry.get("intermediate_values") or {}).items():
        trial.steps[int(step)] = float(value)
    values = entry.get("values") or [entry.get("value")]
    trial.value = values[0]
    for name, value in (entry.get("system_attrs") or {}).items():
        _attribute(trial, name, value)


def _changed(trial: StoredTrial, code: int, entry: dict[str, Any]) -> None:
    if code == 5:
        distribution = json.loads(entry["distribution"])
        trial.params[entry["param_name"]] = entry["param_value_internal"], distribution
    elif code == 6:
        trial.state = _STATES[int(entry["state"])]
        values = entry.get("values")
        trial.value = values[0] if values else None
    elif code == 7:
        trial.steps[int(entry["step"])] = float(entry["intermediate_value"])
    else:
        for name, value in entry["system_attr"].items():
            _attribute(trial, name, value)


def _attribute(trial: StoredTrial, name: str, value: Any) -> None:
    if name == "fixed_params":
        trial.fixed = as_table(value, name)
    elif name.startswith("completed_rung_"):
        trial.rungs[int(name.removeprefix("completed_rung_"))] = value


# --- to a draft ---


def _draft(study: StoredStudy, where: str) -> ImportDraft:
    draft = ImportDraft(f"study {study.name!r} of an Optuna {where}", name=study.name)
    draft.metric = study.metric or "value"
    if not study.metric:
        draft.note("metric", 'Optuna has no name for it; it is called "value", or --metric NAME')
    goal = study.directions[0].lower() if study.directions else ""
    draft.goal = goal if goal in ("minimize", "maximize") else ""
    spaces = _spaces(study)
    draft.space = {name: _domain(draft, name, found) for name, found in spaces.items()}
    shift = _shift(draft, study)
    tops = [max(trial.steps) + shift for trial in study.trials if trial.steps]
    draft.max_resource = max(tops, default=1)
    draft.resource = "step" if tops else "trial"
    if tops:
        draft.note("max_resource", f"the highest step of any trial, {draft.max_resource}")
    _pruner(draft, study)
    _trials(draft, study, shift)
    return draft


def _shift(draft: ImportDraft, study: StoredStudy) -> int:
    """Return what makes a step a resource: 1 where steps begin at 0 in most trials."""
    firsts = [min(trial.steps) for trial in study.trials if trial.steps]
    zeros = firsts.count(0)
    if zeros * 2 > len(firsts):
        draft.note("steps", "begin at 0 there; resource is step + 1")
        return 1
    if zeros:
        draft.note(
            "steps", f"begin at 1 but in {zeros} trials, whose values at step 0 are left out"
        )
    return 0


def _spaces(study: StoredStudy) -> dict[str, list[dict[str, Any]]]:
    """Return the distributions of each parameter, each once, in the order of the first trial."""
    spaces: dict[str, list[dict[str, Any]]] = {}
    for trial in study.trials:
        for name, (_, distribution) in trial.params.items():
            found = spaces.setdefault(parameter_name(name), [])
            if distribution not in found:
                found.append(distribution)
    return spaces


def _domain(draft: ImportDraft, name: str, found: list[dict[str, Any]]) -> Domain:
    """Write a parameter; where trials had other ranges, what holds them all."""
    kinds = {str(distribution["name"]) for distribution in found}
    parts = [as_table(distribution["attributes"], name) for distribution in found]
    if len(kinds) != 1:
        raise UnreadableError(f"{name} is {' and '.join(sorted(kinds))} in one study")
    if kinds == {"CategoricalDistribution"}:
        return choice_of(draft, name, list(parts[0]["choices"]))
    if len(parts) > 1:
        draft.note(name, f"had {len(parts)} ranges in its trials; the one that holds them is taken")
    whole = kinds <= {"IntDistribution", "IntUniformDistribution", "IntLogUniformDistribution"}
    old_log = any("Log" in kind for kind in kinds)
    log = old_log or any(part.get("log") for part in parts)
    low, high = min(part["low"] for part in parts), max(part["high"] for part in parts)
    steps = {part.get("step") or part.get("q") or 0 for part in parts}
    step = steps.pop() if len(steps) == 1 and not log else 0
    if whole:
        return range_of(int(low), int(high), log=log, step=int(step))
    return range_of(float(low), float(high), log=log, step=step)


def _pruner(draft: ImportDraft, study: StoredStudy) -> None:
    pruned = any(trial.state == "PRUNED" for trial in study.trials)
    if not pruned:
        return
    draft.algorithm = {"type": "asha", "variant": "stopping"}
    rungs = max((len(trial.rungs) for trial in study.trials), default=0)
    said = f"; its trials passed up to {rungs} rungs" if rungs else ""
    draft.note("pruner", f"is not in a storage{said}: asha with its defaults is taken")
    draft.note("sampler", "is not in a storage; draws are random")


def _trials(draft: ImportDraft, study: StoredStudy, shift: int) -> None:
    left: dict[str, int] = {}
    partial: set[str] = set()
    for trial in study.trials:
        params = {parameter_name(n): _value(v, d) for n, (v, d) in trial.params.items()}
        if trial.state == "WAITING" and trial.fixed:
            draft.points.append({parameter_name(n): v for n, v in trial.fixed.items()})
            continue
        if trial.state not in ("COMPLETE", "PRUNED"):
            left[trial.state] = left.get(trial.state, 0) + 1
            continue
        partial |= set(draft.space) - set(params)
        reports = [(step + shift, value) for step, value in trial.steps.items() if step + shift > 0]
        if not reports and trial.value is not None:
            reports = [(draft.max_resource, trial.value)]
        elif trial.state == "COMPLETE" and reports and trial.value != reports[-1][1]:
            draft.note(
                f"trial {trial.number}",
                f"its final value {trial.value} is not its last one by step; the curve is kept",
            )
        completed = trial.state == "COMPLETE"
        draft.trials.append(PastTrial(str(trial.number), params, reports, completed))
    infer_conditions(draft)
    for name in sorted(partial):
        if "when" not in draft.space[name]:
            draft.note(name, "is not in every trial, and the storage does not say why")
    for state, many in left.items():
        why = ": they have no value and no reason" if state == "FAIL" else ""
        draft.note("trials", f"{many} {state} are not carried{why}")


def _value(value: float, distribution: dict[str, Any]) -> Scalar:
    """Return the value that an internal one stands for."""
    attributes = distribution["attributes"]
    if distribution["name"] == "CategoricalDistribution":
        choice = attributes["choices"][int(value)]
        scalar = isinstance(choice, bool | int | float | str)
        return choice if scalar else "None" if choice is None else repr(choice)
    return int(value) if str(distribution["name"]).startswith("Int") else value
