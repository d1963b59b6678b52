"""How two specs differ, in the words of the contract and of study files. Judges neither."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from ashad.core.kinds import kind_of
from ashad.core.spec import SECOND, Algorithm, Sampler, StudySpec, to_json

MOST_LINES, MOST_CHARACTERS = 20, 200
_TIMES = ("duration", "heartbeat_interval", "max_duration")


def differences(old: StudySpec, new: StudySpec) -> list[str]:
    """Return a line for each field in which two specs differ, old value first; at most 20."""
    return list(islice(_differ("", _readable(old), _readable(new)), MOST_LINES))


def _readable(spec: StudySpec) -> dict[str, Any]:
    """Return a spec in the words of the contract, parameters by name."""
    plain = to_json(spec)
    plain.pop("draws", None)
    plain["goal"] = "maximize" if plain.pop("maximize") else "minimize"
    worst = plain.pop("failed_counts_as_worst")
    plain["failure_policy"] = "count_as_worst" if worst else "ignore"
    plain["algorithm"] = _settings(spec.algorithm, plain["algorithm"])
    plain["sampler"] = _settings(spec.sampler, plain["sampler"])
    plain["space"] = {
        entry.pop("name"): entry | {"type": entry["type"].lower()} for entry in plain["space"]
    }
    plain["points_to_evaluate"] = dict(enumerate(plain["points_to_evaluate"]))
    for table in (plain["limits"], plain["lease"]):
        table |= {key: _time(table[key]) for key in _TIMES if table.get(key) is not None}
    return plain


def _settings(of: Algorithm | Sampler, plain: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of an algorithm or sampler as a file has them."""
    found = plain | {"type": kind_of(of).name}
    for one in dataclasses.fields(of):  # type: ignore[arg-type]
        if "words" in one.metadata:  # a truth that is told by words
            value = found.pop(one.name)
            words = one.metadata["words"].items()
            found[one.metadata["key"]] = next(word for word, means in words if means == value)
    return found


def _time(microseconds: int) -> str:
    return f"{microseconds / SECOND:.6f}".rstrip("0").rstrip(".") + "s"


def _differ(path: str, before: object, after: object) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        other_type = before.get("type") != after.get("type")  # whose settings say nothing more
        for name in ("type",) if other_type else before | after:
            inner = f"{path}.{name}" if path else str(name)
            yield from _differ(inner, before.get(name), after.get(name))
        if list(before) != list(after) and before.keys() == after.keys():
            yield f"{path}: the order differs"
    elif repr(before) != repr(after):  # 1 is not 1.0 is not True
        yield f"{path}: {_brief(before)} is not {_brief(after)}"


def _brief(value: object) -> str:
    """Return a value as files and the wire write it."""
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
