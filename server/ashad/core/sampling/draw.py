"""What a sampler is given for one configuration, and what a study knows of earlier ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ashad.core.constraints import broken, concerned
from ashad.core.errors import not_now
from ashad.core.prior import bent
from ashad.core.sampling.configuration_set import Tried
from ashad.core.sampling.prng import uniform
from ashad.core.sampling.unit_cube import Points
from ashad.core.space import Params, place
from ashad.core.spec import StudySpec

MOST_TRIES = 50_000  # of one configuration; at creation one of a hundred draws is seen to do


class Evidence(Protocol):
    """What the study knows."""

    @property
    def points(self) -> Points:
        """Return where the configurations lie."""
        ...

    def ranked(self, level: int) -> list[int]:
        """Return the trials that entered a rung of this level, best first."""
        ...

    def size(self, level: int) -> int:
        """Return how many entries the rungs of this level have."""
        ...

    def latest(self, level: int, most: int) -> list[tuple[int, float]]:
        """Return (trial, score) of the latest trials that entered this level, diverged ones not."""
        ...

    def under_way(self, level: int) -> list[int]:
        """Return the trials under way that have not entered this level and may."""
        ...

    def levels(self) -> list[int]:
        """Return all levels, highest first."""
        ...

    def entered(self) -> int:
        """Return how many trials entered the first rung of their bracket."""
        ...

    def best(self, most: int) -> list[int]:
        """Return the best trials by their ranks at the highest level that each entered."""
        ...

    def spread(self, most: int) -> list[int]:
        """Return trials that entered a first rung, evenly by rank, the best first."""
        ...

    def unheard(self) -> list[int]:
        """Return the trials under way that entered no rung yet, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Draw:
    """One configuration to be made: for trial number `trial`, the `index`-th of the sampler's."""

    spec: StudySpec
    seed: int
    trial: int
    index: int
    evidence: Evidence | None = None  # where the sampler learns
    fresh: Tried | None = None  # where a configuration that was not tried is left

    def place(self, at: Callable[[str], float], given: Params | None = None) -> Params:
        """Return a whole configuration: what is `given`, else the draw at `at`."""
        return place(self.spec.space, self.spec.when, given or {}, at)

    def independent(self, given: Params | None = None, salt: str = "") -> Params:
        """Return independent draws that keep the constraints, a function of (seed, trial, name)."""
        spec = self.spec
        if spec.constraints:
            found = constrained(spec, self.seed, self.trial, given or {}, salt)
            if found is None:
                raise not_now("CONSTRAINTS_NOT_MET", f"none of {MOST_TRIES} draws keeps them")
            return found
        space = self.spec.space

        def at(name: str) -> float:
            return bent(space[name], uniform(self.seed, self.trial, salt + name))

        return self.place(at, given)

    def allows(self, params: Params) -> bool:
        """Whether a configuration keeps the constraints."""
        return not self.spec.constraints or broken(self.spec.constraints, params) is None


def constrained(
    spec: StudySpec, seed: int, trial: int, given: Params, salt: str = "", most: int = MOST_TRIES
) -> Params | None:
    """Return the first of `most` draws that keeps the constraints; the key of each has its number.

    Only what the constraints are about is drawn before it is known to be kept.
    """
    about = concerned(spec.constraints, spec.space, spec.when)
    for number in range(most):
        key = f"{salt}/try/{number}/" if number else salt

        def at(name: str, key: str = key) -> float:
            return bent(spec.space[name], uniform(seed, trial, key + name))

        if broken(spec.constraints, place(about, spec.when, given, at)) is None:
            return place(spec.space, spec.when, given, at)
    return None
