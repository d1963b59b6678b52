"""Configurations of an earlier version of a space, as a later one sees them.

A parameter that was added has the value for the past; what the later version does not hold is
nowhere in it. Nothing is moved to an end of a range: a value that was good beyond the end says
nothing of the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from math import isnan

import numpy as np
from numpy.typing import NDArray

from ashad.core.sampling.configuration_set import Tried
from ashad.core.sampling.enumeration import Enumeration
from ashad.core.sampling.translation import can_translate, translated
from ashad.core.sampling.unit_cube import Matrix, Points
from ashad.core.space import Constant, Domain, Float, Params, Space, When, active

_ROUNDING = 1e-9  # of a place that was computed from another


@dataclass(frozen=True)
class SpaceView:
    """A version of a space, and the values that earlier configurations have in it."""

    space: Space
    when: When
    past: Params = field(default_factory=dict)  # of parameters that were added

    def of(self, params: Params) -> Params | None:
        """Return a configuration as this version has it, None where it holds no such one."""
        found: Params = {}
        for name, domain in self.space.items():
            if not active(self.when, found, name):
                continue
            value = params.get(name, self.past.get(name))
            taken = None if value is None else domain.accept(value)
            if taken is None:
                return None
            found[name] = taken
        return found


class PointHistory:
    """The points of each version of a space, in the order of the trials."""

    def __init__(self) -> None:
        self._parts: list[tuple[SpaceView, Matrix]] = []

    def end_version(self, view: SpaceView, points: Points) -> None:
        """Keep the points of a version that another follows."""
        before = sum(len(rows) for _, rows in self._parts)
        self._parts.append((view, points.rows()[before:]))

    def seen_by(self, later: SpaceView) -> Points:
        """Return the points as a later version sees them."""
        found = Points(later.space)
        for view, rows in self._parts:
            moved, inside = _moved(view, rows, later)
            found.extend(moved, inside)
        return found


def _moved(view: SpaceView, rows: Matrix, later: SpaceView) -> tuple[Matrix, list[bool]]:
    """Return the rows of one version as a later one sees them, and which lie in it."""
    inside = np.ones(len(rows), np.bool_)
    places = dict(zip(Points(view.space).domains, rows.T, strict=True))
    there: dict[str, Matrix] = {}  # by parameter; NaN where it is not there
    for name, domain in later.space.items():
        if name in places:
            there[name] = _column(places[name], view.space[name], domain)
            inside &= np.isnan(places[name]) | ~np.isnan(there[name])
        elif name not in view.space:
            value = later.past.get(name)
            taken = None if value is None else domain.accept(value)
            wanted = _active(name, view, places, later, len(rows))
            place = math.nan if taken is None else domain.position(taken)
            there[name] = np.where(wanted, place, math.nan)
            inside &= ~wanted | (taken is not None)
    columns = [there[name] for name in Points(later.space).domains]
    moved = np.column_stack(columns) if columns else np.empty((len(rows), 0))
    return moved, inside.tolist()


def _column(places: Matrix, old: Domain, new: Domain) -> Matrix:
    """Return the places of one parameter in a later version; NaN where it does not hold them."""
    if repr(old) == repr(new):
        return places
    if isinstance(old, Float) and not old.step:
        assert isinstance(new, Float)
        return _moved_place(places, old, new)
    each, of = np.unique(places, return_inverse=True)
    values = [None if isnan(u) else new.accept(old.draw(u)) for u in each.tolist()]
    found = [math.nan if value is None else new.position(value) for value in values]
    return np.array(found, np.float64)[of]


def _moved_place(places: Matrix, old: Float, new: Float) -> Matrix:
    """Return the places of one range in another, all at once: a rounding beyond an end at the end.

    No logarithm but of the ends: another library of mathematics must not make another place.
    """
    ends = (old.low, old.high, new.low, new.high)
    first, last, low, high = (math.log(end) if old.log else end / 2 for end in ends)
    there = first + places * (last - first)
    if low == high:
        return np.where(np.abs(there - low) <= _ROUNDING * (1 + abs(low)), 0.5, math.nan)
    found: Matrix = (there - low) / (high - low)
    near = (found >= -_ROUNDING) & (found <= 1 + _ROUNDING)
    return np.where(near, np.clip(found, 0.0, 1.0), math.nan)


def _active(
    name: str, view: SpaceView, places: dict[str, Matrix], later: SpaceView, many: int
) -> NDArray[np.bool_]:
    """Return in which rows a parameter that was added would have been there."""
    found = np.ones(many, np.bool_)
    for parent, values in later.when.get(name, ()):
        if parent in places:
            each, of = np.unique(places[parent], return_inverse=True)
            domain = view.space[parent]
            held = [not isnan(u) and domain.draw(u) in values for u in each.tolist()]
            found &= np.array(held, np.bool_)[of]
        elif isinstance(constant := view.space.get(parent), Constant):
            found &= constant.value in values
        else:  # it was added as well
            found &= _active(parent, view, places, later, many) & (later.past.get(parent) in values)
    return found


class TriedHistory:
    """What was tried in each version of a finite space."""

    def __init__(self) -> None:
        self._parts: list[tuple[Enumeration, NDArray[np.int64]]] = []

    def end_version(self, tried: Tried) -> None:
        """Keep what was tried in a version that another follows."""
        if tried.exact:
            self._parts.append((tried.space, tried.column()))

    def seen_by(self, later: SpaceView) -> Tried | None:
        """Return what a later version holds of it."""
        tried = Tried.of(later.space, later.when)
        if tried is None:
            return None
        whole = [
            translated(space, numbers, tried.space, later.when, later.past)
            for space, numbers in self._parts
            if can_translate(space, tried.space)
        ]
        if whole:
            tried.fill(np.concatenate(whole))
        for space, numbers in self._parts:
            if not can_translate(space, tried.space):  # more than 64 bits hold
                for found in map(later.of, map(space.configuration, numbers.tolist())):
                    if found is not None:
                        tried.add(found)
        return tried
