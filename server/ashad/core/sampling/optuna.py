"""The settings of a sampler of Optuna, which proposes from outside the core.

The core knows that such a study makes no configurations of its own: what is proposed is queued, and
recorded, like what a person enqueues.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ashad.core.spec import Mistake, Sampler, StudySpec

METHODS = ("tpe_multivariate", "gp", "cmaes")


@dataclass(frozen=True, slots=True)
class Optuna(Sampler):
    """A sampler of Optuna, by its name."""

    tag: ClassVar[str] = "Outside"  # in files
    learns: ClassVar[bool] = True
    external: ClassVar[bool] = True
    method: str = "tpe_multivariate"

    def mistakes(self, spec: StudySpec) -> Iterator[Mistake]:  # noqa: ARG002 - the shape of a sampler
        """Yield what is wrong with its settings."""
        if self.method not in METHODS:
            yield "spec.optuna.method", f"give one of {', '.join(METHODS)}"
