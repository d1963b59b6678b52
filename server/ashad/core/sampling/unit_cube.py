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

    @property
    def dimensions(self) -> int:
        """How many parameters vary."""
        return len(self.domains)

    def add(self, params: Params) -> None:
        """Take in the configuration of the next trial."""
        self._values.extend(
            domain.position(params[name]) if name in params else nan
            for name, domain in self.domains.items()
        )

    def of(self, trials: Iterable[int]) -> Matrix:
        """Return the rows of some trials."""
        rows = np.frombuffer(self._values).reshape(-1, self.dimensions or 1)
        return rows[np.fromiter(trials, np.int64)].copy()

    def bytes(self) -> bytes:
        """Return all there is, to compare by."""
        return self._values.tobytes()
