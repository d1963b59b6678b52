"""Numbers of configurations of one finite space as another has them: by columns, not one by one.

A column holds, for each configuration, the place of a parameter's value in its domain; -1 where the
parameter is not there. What the other space does not hold is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ashad.core.sampling.enumeration import ABSENT, OTHER, Enumeration
from ashad.core.scale import decimals
from ashad.core.space import Domain, Float, Int, Params, When

Column = NDArray[np.int64]
Columns = dict[str, Column]
_NOWHERE = -1
_FITS = 2**61  # numbers that can be added up in 64 bits
_EXACT = 2**53  # whole numbers that a double holds


def can_translate(old: Enumeration, new: Enumeration) -> bool:
    """Whether the numbers of one and the values and cases of the other fit in columns."""
    told = prod(len(named) + 2 for named in new.named.values())
    fits = all((domain.size() or 0) <= _FITS for domain in new.space.values())
    return fits and max(old.size, told) <= _FITS


def translated(
    old: Enumeration, numbers: Column, new: Enumeration, when: When, past: Params
) -> NDArray[Any]:
    """Return the numbers that configurations have in a later space, in whatever order.

    `past` has the values of parameters that were added.
    """
    columns = _columns(old, numbers)
    inside = np.ones(len(numbers), np.bool_)
    there: Columns = {}
    for name, domain in new.space.items():
        wanted = np.ones(len(numbers), np.bool_)
        for parent, values in when.get(name, ()):
            wanted &= np.isin(there[parent], _places(new.space[parent], values))
        if name in columns:
            places = _moved(old.space[name], domain, columns[name])
        else:
            places = np.full(len(numbers), _NOWHERE, np.int64)
        if name in past:
            taken = domain.accept(past[name])
            place = _NOWHERE if taken is None else domain.index(taken)
            had = columns.get(name)
            places = (
                np.full_like(places, place) if had is None else np.where(had < 0, place, places)
            )
        inside &= ~wanted | (places != _NOWHERE)
        there[name] = np.where(wanted, places, _NOWHERE)
    return _numbers(new, {name: column[inside] for name, column in there.items()})


def _columns(space: Enumeration, numbers: Column) -> Columns:
    """Return the places of all parameters: the configurations of these numbers."""
    offsets = np.array(space.offsets, np.int64)
    case = np.searchsorted(offsets, numbers, side="right") - 1
    left, found = numbers - offsets[case], {}
    for name in reversed(space.space):
        sizes, only, without = _axes(space, name)
        left, digits = np.divmod(left, sizes[case])
        for index in without:
            digits += index <= digits
        fixed = only[case]
        places = np.where(fixed == OTHER, digits, fixed)
        found[name] = np.where(fixed == ABSENT, _NOWHERE, places)
    return found


def _numbers(space: Enumeration, columns: Columns) -> NDArray[Any]:
    """Return the numbers of configurations by the places of their parameters."""
    case = _cases(space, columns)
    wide: Any = np.int64 if space.size <= _FITS else np.object_
    found: NDArray[Any] = np.zeros(len(case), wide)
    for name, places in columns.items():
        sizes, only, without = _axes(space, name)
        digits = places - np.searchsorted(np.array(without, np.int64), places)
        found = found * sizes[case].astype(wide)
        found += np.where(only[case] == OTHER, digits, 0).astype(wide)
    found += np.array(space.offsets, wide)[case]
    return found


def _cases(space: Enumeration, columns: Columns) -> Column:
    """Return the case of each configuration, told by the values that conditions name."""
    many = len(next(iter(columns.values()), ()))
    codes, parents = np.zeros(many, np.int64), np.zeros(len(space.by_parents), np.int64)
    told = np.array([*space.by_parents], np.int64).reshape(len(space.by_parents), -1)
    for (name, named), own in zip(space.named.items(), told.T, strict=True):
        places, known = columns[name], np.array(named, np.int64)
        at = np.searchsorted(known, places)
        other = known[np.minimum(at, len(named) - 1)] != places if named else at == 0
        at = np.where(other, OTHER, at)
        codes = codes * (len(named) + 2) + np.where(places == _NOWHERE, ABSENT, at) + 2
        at = np.where(own < 0, own, np.searchsorted(known, own))
        parents = parents * (len(named) + 2) + at + 2
    order = np.argsort(parents)
    cases = np.array([*space.by_parents.values()], np.int64)[order]
    return cases[np.searchsorted(parents[order], codes)]


def _axes(space: Enumeration, name: str) -> tuple[Column, Column, list[int]]:
    """Return of a parameter, by case, how many values it has and which alone; the others lack some.

    A parameter that is not there has one value, and that is `ABSENT`.
    """
    sizes, only = [], []
    without: list[int] = []
    for axes in space.axes:
        axis = axes.get(name)
        sizes.append(1 if axis is None else axis.size)
        fixed = OTHER if axis is None or axis.only is None else axis.only
        only.append(ABSENT if axis is None else fixed)
        if axis is not None and axis.only is None:
            without = axis.without
    return np.array(sizes, np.int64), np.array(only, np.int64), without


def _places(domain: Domain, values: Iterable[Any]) -> list[int]:
    """Return the places of those values that a domain has."""
    values = tuple(values)
    taken = [(value, domain.accept(value)) for value in values]
    return [domain.index(t) for v, t in taken if t is not None and (type(t), t) == (type(v), v)]


def _moved(old: Domain, new: Domain, places: Column) -> Column:
    """Return places in one domain as places in another."""
    if repr(old) == repr(new):
        return places
    if isinstance(old, Int) and isinstance(new, Int):
        values = old.low + places * old.step
        inside = (values >= new.low) & (values <= new.high) & (places >= 0)
        above = np.where(inside, values, new.low) - new.low
        return np.where(inside & (above % new.step == 0), above // new.step, _NOWHERE)
    if isinstance(old, Float) and isinstance(new, Float) and old.step > 0 and new.step > 0:
        given = _values(old, places)
        inside = (given >= new.low) & (given <= new.high) & (places >= 0)
        steps = np.rint((np.where(inside, given, new.low) - new.low) / new.step)
        index = np.minimum(steps, (new.size() or 1) - 1).astype(np.int64)
        near = np.abs(_values(new, index) - given) <= 1e-6 * new.step
        return np.where(inside & near, index, _NOWHERE)
    each, of = np.unique(places, return_inverse=True)
    return np.array([_place(old, new, place) for place in each.tolist()], np.int64)[of]


def _place(old: Domain, new: Domain, place: int) -> int:
    taken = None if place < 0 else new.accept(old.nth(place))
    return _NOWHERE if taken is None else new.index(taken)


def _values(domain: Float, places: Column) -> NDArray[np.float64]:
    """Return `nth` of each place, to the last bit: each step of it is rounded once."""
    low, step, denominator = decimals(domain.low, domain.step)
    most = max(abs(low), abs(low + step * (domain.size() or 1)), denominator)
    if most > _EXACT:
        return np.array([domain.nth(place) for place in places.tolist()], np.float64)
    return np.minimum((low + places * step) / denominator, domain.high)
