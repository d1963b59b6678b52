"""The settings of samplers that propose from outside the core: Optuna's, and one's own in Python.

The core knows that such a study makes no configurations of its own: what is proposed is queued, and
recorded, like what a person enqueues.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ashad.core.spec import Mistake, Sampler, StudySpec

METHODS = ("tpe_multivariate", "gp", "cmaes")
FACTORY = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,199}")


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


@dataclass(frozen=True, slots=True)
class Python(Sampler):
    """An object with ask and tell, made by a factory that the operator of the daemon allowed."""

    external: ClassVar[bool] = True
    factory: str = ""

    def mistakes(self, spec: StudySpec) -> Iterator[Mistake]:  # noqa: ARG002 - the shape of a sampler
        """Yield what is wrong with its settings."""
        if not FACTORY.fullmatch(self.factory):
            yield "spec.python.factory", "give the name under which the daemon allows the sampler"
