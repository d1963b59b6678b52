"""Where the configurations of a study lie in the unit cube, for samplers that learn from them.

8 bytes a parameter and trial, kept only where the sampler asks for it. A parameter that is not
active lies nowhere: NaN.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import nan

import numpy as np
from numpy.typing import NDArray

from ashad.core.space import Constant, Params, Space

Matrix = NDArray[np.float64]


class Points:
    """One row a trial, in order of their numbers; columns are the parameters that vary."""

    def __init__(self, space: Space) -> None:
        self.domains = {n: d for n, d in space.items() if not isinstance(d, Constant)}
        self._values = array("d")
        self._outside: set[int] = set()  # rows of an earlier version that the space does not hold
        self._many = 0

    @property
    def trials(self) -> int:
        """How many trials have been taken in."""
        return self._many

    @property
    def dimensions(self) -> int:
        """How many parameters vary."""
        return len(self.domains)

    def add(self, params: Params) -> None:
        """Take in the configuration of the next trial, one of the space."""
        self._values.extend(
            domain.position(params[name]) if name in params else nan
            for name, domain in self.domains.items()
        )
        self._many += 1

    def add_outside(self) -> None:
        """Take in that the next trial has a configuration that is none of the space."""
        self._outside.add(self._many)
        self.add({})

    def extend(self, rows: Matrix, inside: list[bool]) -> None:
        """Take in the places of the next trials, and which of them are in the space."""
        self._outside.update(self._many + row for row, lies in enumerate(inside) if not lies)
        self._values.frombytes(np.ascontiguousarray(rows, np.float64).tobytes())
        self._many += len(inside)

    def inside(self, trials: list[int]) -> list[int]:
        """Return those trials whose configurations are in the space, in their order."""
        outside = self._outside
        return [n for n in trials if n not in outside] if outside else trials

    @property
    def outside(self) -> int:
        """How many trials have a configuration that is none of the space."""
        return len(self._outside)

    @property
    def whole(self) -> bool:
        """Whether the space holds the configurations of all trials."""
        return not self._outside

    def latest(self, most: int) -> Matrix:
        """Return the rows of the latest trials, oldest first."""
        rows = np.frombuffer(self._values).reshape(-1, self.dimensions or 1)
        return rows[max(0, self._many - most) :].copy()

    def rows(self) -> Matrix:
        """Return the rows of all trials."""
        return self.of(range(self._many)) if self.domains else np.empty((self._many, 0))

    def of(self, trials: Iterable[int]) -> Matrix:
        """Return the rows of some trials."""
        rows = np.frombuffer(self._values).reshape(-1, self.dimensions or 1)
        return rows[np.fromiter(trials, np.int64)].copy()

    def bytes(self) -> bytes:
        """Return all there is, to compare by."""
        outside = ",".join(map(str, sorted(self._outside)))
        return self._values.tobytes() + outside.encode()
