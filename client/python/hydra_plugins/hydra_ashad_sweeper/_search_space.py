"""The space of a sweep, in Hydra's own grammar, and a trial's values as overrides again.

`choice(a,b)`, `range(1,9)` (its end left out, as Hydra has it), `interval(0,1)`, of whole numbers
`int(interval(1,9))`, `tag(log, interval(1e-4,1e-1))`; what sweeps nothing is an override of every
job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ashad_client.errors import invalid


@dataclass
class SearchSpace:
    """What is searched, and what is fixed."""

    params: dict[str, Any] = field(default_factory=dict)  # as a study file has them
    keys: dict[str, str] = field(default_factory=dict)  # of each, as Hydra calls it
    words: dict[str, list[tuple[Any, str]]] = field(default_factory=dict)  # choices, in its grammar
    fixed: list[str] = field(default_factory=list)

    def overrides(self, params: Mapping[str, Any]) -> list[str]:
        """Return the overrides of a job."""
        return [*self.fixed, *(self._override(name, value) for name, value in params.items())]

    def _override(self, name: str, value: Any) -> str:
        for choice, word in self.words.get(name, ()):
            if type(choice) is type(value) and choice == value:
                return f"{self.keys[name]}={word}"
        return f"{self.keys[name]}={value!r}"


def read(overrides: Sequence[Any]) -> SearchSpace:
    """Read what Hydra's parser made of them; a later one of the same name counts."""
    space = SearchSpace()
    for one in {one.get_key_element(): one for one in overrides}.values():
        key = one.get_key_element()
        if not one.is_sweep_override():
            space.fixed.append(f"{key}={one.get_value_element_as_str()}")
            continue
        name = key.lstrip("+").replace("/", ".").replace("@", ".")
        if name in space.keys:
            raise invalid(f"params: {key} and {space.keys[name]} would both be {name}")
        space.keys[name] = key
        space.params[name] = _domain(one, key, space, name)
    if not space.params:
        raise invalid("params: nothing is swept, such as lr=interval(0.001,0.1)")
    return space


def _domain(one: Any, key: str, space: SearchSpace, name: str) -> dict[str, Any]:
    value = one.value()
    log = {"log": True} if "log" in getattr(value, "tags", ()) else {}
    if one.is_interval_sweep():
        kind = "int" if isinstance(value.start, int) and isinstance(value.end, int) else "float"
        return {kind: [value.start, value.end], **log}
    whole = one.is_range_sweep() and all(
        isinstance(part, int) for part in (value.start, value.stop, value.step)
    )
    if whole and value.step > 0:
        many = len(range(value.start, value.stop, value.step))
        if many < 1:
            raise invalid(f"params.{key}: this range is empty")
        step = {} if value.step == 1 or log else {"step": value.step}
        return {"int": [value.start, value.start + (many - 1) * value.step], **step, **log}
    found = list(zip(map(_plain, one.sweep_iterator()), one.sweep_string_iterator()))
    space.words[name] = found
    # A text that is meant, and not a number that is written so: a study file has = before it.
    return {"choice": [choice for choice, _ in found]}


def _plain(value: Any) -> Any:
    """Return a choice as a number, a truth value or text."""
    if isinstance(value, (bool, int, float)):
        return value
    return getattr(value, "text", None) or str(value)
