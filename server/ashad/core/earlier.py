"""Ranges of studies that were made before draws version 2: they draw and take values as they did.

Such a study is read from its file and never made anew, so its replay gives what was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from ashad.core.space import Domain, Float, Int, Value, whole_number


@dataclass(frozen=True, slots=True)
class EarlierFloat(Float):
    """A range of a study of draws version 1: steps are binary, any number is taken."""

    def nth(self, index: int) -> float:
        """Return value number `index`: 3 * 0.1 is 0.30000000000000004."""
        return min(self.low + index * self.step, self.high)

    def accept(self, value: Value) -> float | None:
        """Return `value` as this parameter takes it, or None if it does not."""
        inside = not isinstance(value, (bool, str)) and self.low <= value <= self.high
        return float(value) if inside else None


@dataclass(frozen=True, slots=True)
class EarlierInt(Int):
    """A range of a study of draws version 1: any whole number is taken."""

    def accept(self, value: Value) -> int | None:
        """Return `value` as this parameter takes it, or None if it does not."""
        whole = whole_number(value)
        return whole if whole is not None and self.low <= whole <= self.high else None


def earlier(domain: Domain) -> Domain:
    """Return a parameter as draws version 1 has it."""
    if isinstance(domain, Float):
        return EarlierFloat(*(getattr(domain, field.name) for field in fields(domain)))
    if isinstance(domain, Int):
        return EarlierInt(*(getattr(domain, field.name) for field in fields(domain)))
    return domain
