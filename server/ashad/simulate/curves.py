"""What a training would report and how long it would take: recorded tables, or a noise model.

A table is an .npz file: `meta` (JSON text: mode, params), `curve` [n, T], `params` [n, p], and
where known `resource` [T] and `seconds` [n] or [n, T] (of one report, not cumulative).
"""

from __future__ import annotations

import json
import zlib
from math import inf, isnan, nan, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ashad.core.sampling.prng import uniform
from ashad.core.sampling.unit_cube import Points
from ashad.core.space import Choice, Params, Space
from ashad.core.spec import StudySpec

_NORMAL = NormalDist()


class CurveTableError(Exception):
    """A table that does not fit, and why."""


class Curves(Protocol):
    """Learning curves by trial."""

    def begin(self, trial: int, params: Params) -> None:
        """Get to know a trial before anything else is asked of it."""
        ...

    def value(self, trial: int, resource: int) -> float:
        """Return the metric at a resource; NaN where the training diverged."""
        ...

    def seconds(self, trial: int, resource: int) -> float:
        """Return how long the step to this resource takes."""
        ...


class Hill:
    """A noise model: the nearer a configuration to a hidden point, the lower its curve ends."""

    def __init__(self, spec: StudySpec, seed: int, noise: float) -> None:
        self._points, self._seed, self._noise = Points(spec.space), seed, noise
        self._sign = -1.0 if spec.maximize else 1.0
        self._best = [uniform(seed, 0, f"/hill/{name}") for name in self._points.domains]
        self._ends: dict[int, float] = {}

    def begin(self, trial: int, params: Params) -> None:
        """Place a trial."""
        where = [
            (self._points.domains[name].position(params[name]) - best) ** 2 if name in params else 0
            for name, best in zip(self._points.domains, self._best, strict=True)
        ]
        self._ends[trial] = (sum(where) / max(len(where), 1)) ** 0.5

    def value(self, trial: int, resource: int) -> float:
        """Return an end that noise moves, less and less as training goes on."""
        u = uniform(self._seed, trial, f"/hill/{resource}") or 0.5
        fade = 1 / sqrt(resource)
        return self._sign * (self._ends[trial] + fade * (1 + self._noise * _NORMAL.inv_cdf(u)))

    def seconds(self, trial: int, resource: int) -> float:
        """Return one second a unit."""
        del trial, resource
        return 1.0


class CurveTable:
    """Recorded curves; a trial gets the row whose configuration is nearest to its own.

    Where the study's space does not hold the table's parameters, a row is drawn. Of a table with
    several seeds only the rows of its first seed count.
    """

    def __init__(self, path: Path, spec: StudySpec, seed: int, *, reports: bool = False) -> None:
        """Read a table; with `reports` the study's resource counts its reports, from 1."""
        meta, arrays = read_table(path)
        self._seed, self._rows = seed, dict[int, int]()
        self.curve = np.asarray(arrays["curve"], np.float64)
        steps = self.curve.shape[1]
        counted = np.arange(1, steps + 1)
        given = counted if reports else arrays.get("resource", counted)
        self._resource = np.asarray(given, np.float64)
        seconds = np.asarray(arrays.get("seconds", np.ones(len(self.curve))), np.float64)
        seconds = seconds if seconds.ndim == 2 else np.repeat(seconds[:, None], steps, axis=1)
        known = seconds[~np.isnan(seconds)]
        seconds = np.where(np.isnan(seconds), np.median(known) if len(known) else 1.0, seconds)
        self._seconds = seconds / np.diff(self._resource, prepend=0)  # of a unit
        if not (np.isfinite(self._seconds).all() and (self._seconds >= 0).all()):
            raise CurveTableError(f"{path}: seconds must be finite and not below 0")
        if spec.max_resource > self._resource[-1]:
            most = int(self._resource[-1])
            raise CurveTableError(
                f"{path}: its curves end at {most}; set max_resource to that or less"
            )
        if (meta.get("mode") == "max") != spec.maximize:
            raise CurveTableError(
                f"{path}: its metric is to be {meta.get('mode')}imized, set goal so"
            )
        names = [str(p["name"]) for p in meta["params"]]
        self._points = self._near = None
        if names and set(names) <= set(spec.space):
            self._points = Points({name: spec.space[name] for name in names})
            try:
                self._near = _positions(spec.space, meta["params"], arrays["params"])
            except (IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
                raise CurveTableError(
                    f"{path}: params do not fit their description ({error})"
                ) from error

    def begin(self, trial: int, params: Params) -> None:
        """Find the row of a trial."""
        if self._points is None or self._near is None:
            self._rows[trial] = int(uniform(self._seed, trial, "/row") * len(self.curve))
            return
        here = np.array(
            [
                d.position(params[name]) if name in params else 0.5
                for name, d in self._points.domains.items()
            ]
        )
        self._rows[trial] = int(((self._near - here) ** 2).sum(axis=1).argmin())

    def value(self, trial: int, resource: int) -> float:
        """Return the recorded metric."""
        return float(self.curve[self._rows[trial], self._index(resource)])

    def seconds(self, trial: int, resource: int) -> float:
        """Return the recorded time; a second a report where there is none."""
        step = min(int(np.searchsorted(self._resource, resource)), len(self._resource) - 1)
        return float(self._seconds[self._rows[trial], step])

    def _index(self, resource: int) -> int:
        return max(0, int(np.searchsorted(self._resource, resource, side="right")) - 1)


def read_table(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return what a table says of itself, and its arrays; of several seeds only the first."""
    try:
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(str(file["meta"]))
            arrays = {name: file[name] for name in file.files if name != "meta"}
            arrays["curve"], arrays["params"], meta["params"]
            if "seed" in arrays:
                only = arrays["seed"] == arrays["seed"][0]
                for name in {"curve", "params", "seconds", "length"} & set(arrays):
                    arrays[name] = arrays[name][only]
            names = [about["name"] for about in meta["params"]]
            _check(path, arrays, len(names))
    except (
        AttributeError,
        BadZipFile,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
        zlib.error,
    ) as error:
        raise CurveTableError(f"{path}: not a table of curves ({error})") from error
    return meta, arrays


def _check(path: Path, arrays: dict[str, NDArray[Any]], params: int) -> None:
    """Refuse arrays that are no numbers, or whose shapes do not fit each other."""
    for name in {"curve", "params", "resource", "seconds"} & set(arrays):
        if arrays[name].dtype.kind not in "biuf":
            raise CurveTableError(f"{path}: {name} must hold numbers")
    curve = arrays["curve"]
    if curve.ndim != 2 or not curve.size:
        raise CurveTableError(f"{path}: curve must be [n, T], n and T at least 1")
    if arrays["params"].shape != (len(curve), params):
        raise CurveTableError(f"{path}: params must have a row a curve and a column a parameter")
    resource = arrays.get("resource", np.arange(1, curve.shape[1] + 1))
    rises = resource.shape == curve.shape[1:] and (np.diff(resource, prepend=0) > 0).all()
    if not (rises and np.isfinite(resource).all()):
        raise CurveTableError(f"{path}: resource must be [T], above 0 and rising")
    if "seconds" in arrays and arrays["seconds"].shape not in (curve.shape, curve.shape[:1]):
        raise CurveTableError(f"{path}: seconds must be [n] or [n, T]")


def _positions(
    space: Space, described: list[dict[str, Any]], rows: NDArray[Any]
) -> NDArray[np.float64]:
    """Return where the rows of a table lie in the unit cube of the study's space."""
    columns = []
    for j, about in enumerate(described):
        domain, choices = space[about["name"]], about.get("choices")
        if choices and isinstance(domain, Choice):  # by value: the study may order them otherwise
            taken = [domain.accept(choice) for choice in choices]
            if all(value is None for value in taken):
                raise CurveTableError(
                    f"parameter {about['name']}: no choice of the table is the study's"
                )
            # A row that the study cannot draw lies farther than any that it can.
            at = [inf if value is None else domain.position(value) for value in taken]
            # A choice of texts is recorded by its place, one of numbers by its value.
            texts = any(isinstance(choice, str) for choice in choices)
            by = dict(zip(range(len(at)) if texts else map(float, choices), at, strict=True))
            found = [nan if isnan(v) else by[float(v)] for v in rows[:, j]]
        elif choices:
            found = [(int(v) + 0.5) / len(choices) for v in rows[:, j]]
        else:
            low, high = getattr(domain, "low", None), getattr(domain, "high", None)
            if low is None or high is None:
                raise CurveTableError(
                    f"parameter {about['name']}: the table has a range, not choices"
                )
            whole = about["type"] == "int"
            found = [
                domain.position(min(max(round(v) if whole else float(v), low), high))
                for v in rows[:, j]
            ]
        columns.append([0.5 if isnan(u) else u for u in found])
    return np.array(columns).T
