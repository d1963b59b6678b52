"""What was found in another tool's files: a study, its finished trials, what was not carried. Pure.

A source fills a draft and never guesses silently: each guess and each loss is a note.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from ashad_client.dialect.file import UnreadableError

Scalar = bool | int | float | str
Domain = dict[str, Any]  # as a study file writes it: {"float": [0, 1], "log": True}

_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_COUNTED = re.compile(r"(?:(?:num|n|max|total)[-_]?)?(epoch|iter|iteration|step|round)s?")
_WIDE = 16  # ends so far apart stand for a log scale, where no space tells
MOST_VALUES = 100  # of a range that is carried as a choice


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was guessed, carried otherwise, or not carried: of what, and how."""

    subject: str
    text: str


@dataclass(slots=True)
class PastTrial:
    """A finished trial of another tool: its curve as (resource, value), at least one."""

    name: str
    params: dict[str, Scalar]
    reports: list[tuple[int, float]]
    completed: bool = False  # trained to the end, not cut


@dataclass(slots=True)
class ImportDraft:
    """A study as far as the source tells it; what is empty must be given."""

    source: str
    name: str = ""
    metric: str = ""
    goal: str = ""
    resource: str = "epoch"
    max_resource: int = 0
    algorithm: dict[str, Any] = field(default_factory=lambda: {"type": "random"})
    sampler: str = ""
    space: dict[str, Domain] = field(default_factory=dict)
    constraints: list[str] = field(default_factory=list)
    limits: dict[str, int | float] = field(default_factory=dict)
    points: list[dict[str, Scalar]] = field(default_factory=list)
    trials: list[PastTrial] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def note(self, subject: str, text: str) -> None:
        """Keep what the reader of the report should know, once."""
        if (found := Note(subject, text)) not in self.notes:
            self.notes.append(found)

    def missing(self) -> list[str]:
        """Name what the source does not tell and a study needs."""
        needed = {"metric": self.metric, "goal": self.goal, "max_resource": self.max_resource}
        return [key for key, value in needed.items() if not value]

    def data(self) -> dict[str, Any]:
        """Return the study as a study file has it."""
        found: dict[str, Any] = {
            "name": self.name,
            "metric": self.metric,
            "goal": self.goal,
            "resource": self.resource,
            "max_resource": self.max_resource,
        }
        if self.constraints:
            found["constraints"] = self.constraints
        found["algorithm"] = self.algorithm
        if self.sampler:
            found["sampler"] = {"type": self.sampler}
        found["space"] = self.space
        if self.limits:
            found["limits"] = self.limits
        if self.points:
            found["points_to_evaluate"] = self.points
        return {key: value for key, value in found.items() if value not in ("", 0)}

    def settle(self) -> None:
        """Bring name and trials to what this study takes: names, steps, choices, top resource."""
        self.name = _NO_NAME.sub("-", self.name).strip("-._")[:200] or "imported"
        for key in ("metric", "resource"):
            theirs = getattr(self, key)
            if theirs and (ours := parameter_name(theirs)) != theirs:
                setattr(self, key, ours)
                self.note(key, f"{theirs!r} is called {ours!r}, under which it is to be reported")
        kept = []
        for trial in self.trials:
            trial.reports = sorted(dict(trial.reports).items())
            above = [at for at, _ in trial.reports if at > self.max_resource]
            if above and self.max_resource:
                self.note(
                    f"trial {trial.name}", f"what it reported above {self.max_resource} is left out"
                )
                trial.reports = [(at, v) for at, v in trial.reports if at <= self.max_resource]
            why = self._misfit(trial)
            if why:
                self.note(f"trial {trial.name}", f"not carried: {why}")
            else:
                kept.append(trial)
        self.trials = kept

    def take_resource(self) -> None:
        """Take a constant that counts epochs as max_resource, where nothing else tells it."""
        for name, domain in list(self.space.items()):
            counted = _COUNTED.fullmatch(name.rpartition(".")[2].lower())
            value = domain.get("const")
            if counted and not self.max_resource and type(value) is int and value > 0:
                self.resource, self.max_resource = counted[1], value
                del self.space[name]
                self.note(
                    name,
                    f"the constant {value} was taken as max_resource; a program gets it as "
                    "{target}",
                )

    def _misfit(self, trial: PastTrial) -> str:
        """Fit the params of a trial to the space; return why that cannot be."""
        if not trial.reports:
            return "it reported no value"
        fitted: dict[str, Scalar] = {}
        for name, domain in self.space.items():
            if "when" in domain and not _active(domain["when"], fitted):
                continue
            if "const" in domain:
                fitted[name] = domain["const"]
                continue
            if name not in trial.params:
                return f"it has no value of {name}"
            value = fit(domain, trial.params[name])
            if value is None:
                return f"{name} = {trial.params[name]!r} is not of its range"
            fitted[name] = value
        trial.params = fitted
        return ""


def _active(when: dict[str, list[Scalar]], chosen: dict[str, Scalar]) -> bool:
    return all(name in chosen and chosen[name] in values for name, values in when.items())


def fit(domain: Domain, value: Scalar) -> Scalar | None:
    """Return the value as the domain has it, the nearest where binary fractions differ, or None."""
    if "choice" in domain:
        return _fit_choice(domain["choice"], value)
    if isinstance(value, bool | str) or not math.isfinite(value):
        return None
    low, high = domain.get("float") or domain["int"]
    slack = 1e-9 * max(abs(low), abs(high))
    if not low - slack <= value <= high + slack:
        return None
    near = min(max(float(value), low), high) if "float" in domain else value
    if step := domain.get("step", 0):
        near = clean_number(low + round((near - low) / step) * step)
    if "int" in domain:
        return round(near) if abs(near - round(near)) < 1e-9 else None
    return float(near)


def _fit_choice(choices: list[Scalar], value: Scalar) -> Scalar | None:
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    if isinstance(value, bool | str):
        return None
    numbers = [c for c in choices if not isinstance(c, bool | str)]
    near = min(numbers, key=lambda c: abs(c - value), default=math.inf)
    return near if math.isclose(near, value, rel_tol=1e-9, abs_tol=1e-12) else None


def whole(value: float) -> int | float:
    """Return 3 for 3.0."""
    return int(value) if float(value).is_integer() else value


def clean_number(value: float) -> float:
    """Return 0.3 for 0.30000000000000004."""
    return float(f"{value:.12g}")


def infer_conditions(draft: ImportDraft) -> None:
    """Guess where a parameter is there from the choices beside it; a trial without it tells most.

    It is where a choice named before it, present in all that have it, separates the two.
    """
    names = list(draft.space)
    for at, name in enumerate(names):
        having = [t.params for t in draft.trials if name in t.params]
        for parent in names[:at]:
            if "choice" not in draft.space[parent] or not all(parent in p for p in having):
                continue
            lacking = [
                t.params for t in draft.trials if name not in t.params and parent in t.params
            ]
            there = {(type(p[parent]), p[parent]) for p in having}
            gone = {(type(p[parent]), p[parent]) for p in lacking}
            if there and gone and not there & gone:
                values = [c for c in draft.space[parent]["choice"] if (type(c), c) in there]
                draft.space[name]["when"] = {parent: values}
                said = " or ".join(map(repr, values))
                draft.note(name, f"is there only where {parent} is {said}, as its trials show")
                break


def as_number(value: object, subject: str) -> int | float:
    """Return a number that may be written as text; refuse what is none."""
    if isinstance(value, str):
        for kind in (int, float):
            try:
                return as_number(kind(value), subject)
            except ValueError:
                continue
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnreadableError(f"{subject}: {value!r} is not a finite number")
    return value


def as_table(value: object, subject: str) -> dict[str, Any]:
    """Return a table; refuse what is none."""
    if not isinstance(value, dict):
        raise UnreadableError(f"{subject}: must be a table of keys and values")
    return value


def as_list(value: object, subject: str) -> list[Any]:
    """Return a list; refuse what is none."""
    if not isinstance(value, list):
        raise UnreadableError(f"{subject}: must be a list")
    return value


def range_of(low: float, high: float, *, log: bool = False, step: float = 0) -> Domain:
    """Write a range: of whole numbers where both ends and the step are, else of real ones."""
    if isinstance(low, int) and isinstance(high, int) and float(step).is_integer():
        found: Domain = {"int": [low, high]}
        step = int(step)
    else:
        found = {"float": [float(low), float(high)]}
    if log:
        found["log"] = True
    if step and (step != 1 or "float" in found):
        found["step"] = step
    return found


def choice_of(draft: ImportDraft, name: str, values: list[Any]) -> Domain:
    """Write a choice; what is no scalar is carried as text, and one that is there twice once."""
    choices: list[Scalar] = []
    for value in values:
        taken = value
        if value is None or not isinstance(value, bool | int | float | str):
            taken = repr(value) if value is not None else "None"
            draft.note(name, f"the choice {value!r} is carried as the text {taken!r}")
        if any(type(c) is type(taken) and c == taken for c in choices):
            draft.note(name, f"the choice {taken!r} is there twice; it is carried once")
        else:
            choices.append(taken)
    return {"choice": choices}


def weighted(draft: ImportDraft, name: str, values: list[Any], odds: object) -> Domain:
    """Write a choice with how likely each value is; one that is never drawn is left out."""
    if not odds:
        return choice_of(draft, name, values)
    weights = [as_number(weight, f"{name}: weights") for weight in as_list(odds, name)]
    if len(weights) != len(values):
        raise UnreadableError(f"{name}: {len(weights)} weights for {len(values)} values")
    never = [value for value, weight in zip(values, weights, strict=True) if weight <= 0]
    if never:
        draft.note(name, f"{never} are never drawn there and left out")
    found = choice_of(draft, name, [v for v in values if v not in never])
    kept = [weight for weight in weights if weight > 0]
    if len(kept) == len(found["choice"]):
        found["weights"] = kept
    else:
        draft.note(name, f"its weights {weights} are not carried: each is as likely")
    return found


def seen_domain(values: list[Scalar]) -> Domain:
    """Guess a domain from the values that were seen of it."""
    if all(type(value) is type(values[0]) and value == values[0] for value in values):
        return {"const": values[0]}
    if all(isinstance(value, int | float) and type(value) is not bool for value in values):
        if all(isinstance(value, int) for value in values):
            low, high = min(values), max(values)
        else:
            low, high = float(min(values)), float(max(values))
        return range_of(low, high, log=low > 0 and high / low >= _WIDE)  # type: ignore[operator, arg-type]
    unlike = {(type(value).__name__, value): value for value in values}
    return {"choice": [unlike[key] for key in sorted(unlike, key=str)]}


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a nested table as one, names joined by a dot."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        name = parameter_name(f"{prefix}{key}")
        found.update(flat(value, f"{name}.") if isinstance(value, dict) else {name: value})
    return found


def parameter_name(text: str) -> str:
    """Return a name that a parameter may have: a slash becomes a dot, the rest _."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", text.replace("/", "."))
    return (name if re.match(r"[A-Za-z_]", name) else f"_{name}")[:200]
