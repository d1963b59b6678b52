"""Which configuration a new trial gets: a function of (seed, trial), with no state to save."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from math import prod

from ashad.core.check import complete
from ashad.core.space import Domain, Params, Value
from ashad.core.spec import Grid, Single, StudySpec


def uniform(seed: int, trial: int, name: str) -> float:
    """Return a number of [0, 1) that depends on nothing but its arguments: 53 bits of BLAKE2b."""
    digest = blake2b(f"{seed}/{trial}/{name}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) * 2.0**-53


def training_seed(seed: int, trial: int) -> int:
    """Return a seed of 31 bits for the training of a trial, the same for each of its attempts."""
    return int(uniform(seed, trial, "/training") * 2**31)


def draw(spec: StudySpec, seed: int, trial: int, given: Params) -> Params:
    """Return a whole configuration in the order of the space: `given`, and the rest drawn."""
    return {
        name: given[name] if name in given else domain.draw(uniform(seed, trial, name))
        for name, domain in spec.space.items()
    }


def available(spec: StudySpec) -> int | None:
    """Return how many configurations there are in all; None is no bound."""
    if isinstance(spec.algorithm, Grid):
        return len(spec.points_to_evaluate) + prod(len(axis) for axis in _axes(spec))
    return 1 if isinstance(spec.algorithm, Single) else None


def configure(spec: StudySpec, seed: int, trial: int, ordinal: int) -> tuple[Params, str]:
    """Return (params, origin) of the `ordinal`-th configuration, which trial number `trial` gets.

    The points to evaluate come first, then the grid (its last parameter changes fastest) or draws.
    """
    if ordinal < len(spec.points_to_evaluate):
        point = complete(spec.space, spec.points_to_evaluate[ordinal], "points_to_evaluate")
        return draw(spec, seed, trial, point), "point"
    if isinstance(spec.algorithm, Grid):
        return _grid_point(spec, ordinal - len(spec.points_to_evaluate)), "grid"
    return draw(spec, seed, trial, {}), "sampled"


def _grid_point(spec: StudySpec, index: int) -> Params:
    point: Params = {}
    for name, axis in reversed(list(zip(spec.space, _axes(spec), strict=True))):
        index, digit = divmod(index, len(axis))
        point[name] = axis[digit]
    return {name: point[name] for name in spec.space}


def _axes(spec: StudySpec) -> list[tuple[Value, ...]]:
    return [_axis(_Exactly(domain)) for domain in spec.space.values()]


class _Exactly:
    """A domain as a key of a cache: choices of 1, 1.0 and True are equal, but not the same."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self._text = repr(domain)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Exactly) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


@lru_cache(maxsize=1024)
def _axis(exactly: _Exactly) -> tuple[Value, ...]:
    return tuple(exactly.domain.grid() or ())
