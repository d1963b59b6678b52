"""What defines a study: plain frozen values, and their JSON form."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf
from typing import Any, ClassVar

from ashad.core.objectives import Objective, coordinates
from ashad.core.outcomes import WORST_BAND
from ashad.core.space import Params, Space, Values, When

SECOND = 1_000_000  # times and durations are whole microseconds
# How configurations are drawn, kept with the study, so that a replay draws them the same way again.
# 2: steps are exact as written in decimal, and no configuration of a finite space comes again
# before all have come; a large base of a Halton sequence is permuted by a line.
DRAWS = 2


Mistake = tuple[str, str]  # a field, and what is wrong with it


class Algorithm:
    """How trials are chosen and cut; a kind of it is a subclass and a row of `kinds`."""

    __slots__ = ()
    synchronous: ClassVar[bool] = False  # a rung is cut when all of its trials have come
    gridded: ClassVar[bool] = False  # configurations are the points of a grid

    def plan(self, spec: StudySpec) -> tuple[Any, ...]:  # noqa: ARG002 - the shape of an algorithm
        """Return its brackets, each a `brackets.plan.Plan`; none: trials are trained in full."""
        return ()

    def mistakes(self, spec: StudySpec) -> Iterable[Mistake]:  # noqa: ARG002 - none of its own
        """Yield what is wrong with its settings."""
        return ()


class Sampler:
    """Which configuration comes next; a kind of it is a subclass and a row of `kinds`."""

    __slots__ = ()
    learns: ClassVar[bool] = False  # from what came of earlier configurations
    gridded: ClassVar[bool] = False  # configurations are the points of a grid
    external: ClassVar[bool] = False  # it makes none: they are proposed from outside the core

    def configuration(self, draw: Any) -> Params:
        """Return a configuration; `draw` is a `sampling.draw.Draw`. Not of an external one."""
        raise NotImplementedError

    def mistakes(self, spec: StudySpec) -> Iterable[Mistake]:  # noqa: ARG002 - none of its own
        """Yield what is wrong with its settings."""
        return ()


def variant() -> Any:
    """Return the field of what the contract calls `variant`: stopping or promotion."""
    words = {"stopping": False, "promotion": True}
    return field(default=False, metadata={"key": "variant", "words": words})


@dataclass(frozen=True, slots=True)
class Asha(Algorithm):
    """Asynchronous successive halving (Li et al., arXiv 1810.05934, Alg. 2)."""

    promotion: bool = variant()
    min_resource: int = 1
    eta: float = 3.0
    max_rungs: int = 0


@dataclass(frozen=True, slots=True)
class AdaptiveAsha(Algorithm):
    """Several ASHA brackets, split by the formulas of Determined's adaptive_asha."""

    promotion: bool = variant()
    mode: str = "standard"
    eta: float = 4.0
    max_rungs: int = 5
    bracket_rungs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SuccessiveHalving(Algorithm):
    """Synchronous successive halving: a rung is cut when all of its trials have come."""

    synchronous: ClassVar[bool] = True
    promotion: ClassVar[bool] = True  # trials pause until their round is over

    min_resource: int = 1
    eta: float = 3.0
    max_rungs: int = 0
    trials: int = 0  # of a bracket; 0: max_trials, or as many as bring one to the top
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Hyperband(Algorithm):
    """Hyperband (Li et al., JMLR 18, 2018): synchronous brackets, from many cuts to none."""

    synchronous: ClassVar[bool] = True
    promotion: ClassVar[bool] = True  # trials pause until their round is over

    min_resource: int = 1
    eta: float = 3.0
    max_rungs: int = 0
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class AsyncHyperband(Algorithm):
    """ASHA brackets side by side, each without the lowest rungs of the last."""

    promotion: bool = variant()
    min_resource: int = 1
    eta: float = 3.0
    max_rungs: int = 0
    brackets: int = 0  # 0: one for each rung


@dataclass(frozen=True, slots=True)
class Random(Algorithm):
    """Random search, every trial trained in full."""


@dataclass(frozen=True, slots=True)
class Grid(Algorithm):
    """Every point of the grid, trained in full."""

    gridded: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Single(Algorithm):
    """One trial, trained in full."""


Laddered = Asha | SuccessiveHalving | Hyperband | AsyncHyperband  # levels from R down to r
Synchronous = SuccessiveHalving | Hyperband
MODES = ("aggressive", "standard", "conservative")


@dataclass(frozen=True, slots=True)
class RandomSampler(Sampler):
    """Independent draws."""

    def configuration(self, draw: Any) -> Params:
        """Return independent draws."""
        found: Params = draw.independent()
        return found


@dataclass(frozen=True, slots=True)
class Limits:
    """When a study ends; None does not bind. `max_duration` in microseconds since its creation.

    `max_total_resource` is a threshold on what was reported: what is under way when it is passed
    ends at its next report or heartbeat, and may spend more until then.
    """

    max_trials: int | None = None
    max_concurrent_trials: int | None = None
    max_total_resource: int | None = None
    max_duration: int | None = None
    target_value: float | None = None
    max_failed_trials: int | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """How long a silent worker keeps its trial, in microseconds; 0 never expires."""

    duration: int = 90 * SECOND
    heartbeat_interval: int = 15 * SECOND
    max_attempts: int = 5


@dataclass(frozen=True, slots=True)
class StudySpec:
    """Everything that defines a search; after creation only limits and space ever change."""

    metric: str
    maximize: bool
    max_resource: int
    space: Space
    algorithm: Algorithm
    resource: str = "epoch"
    points_to_evaluate: tuple[Params, ...] = ()
    limits: Limits = field(default_factory=Limits)
    seed: int | None = None
    lease: Lease = field(default_factory=Lease)
    failed_counts_as_worst: bool = True
    sampler: Sampler = field(default_factory=RandomSampler)
    when: When = field(default_factory=dict)
    draws: int = DRAWS
    constraints: tuple[str, ...] = ()  # as `core.constraints` reads them
    outcome_constraints: tuple[str, ...] = ()  # as `core.outcomes` reads them
    objectives: tuple[Objective, ...] = ()  # of which `metric` is computed
    combination: str = ""

    def __post_init__(self) -> None:
        looked_up = {
            name: tuple((parent, Values(values)) for parent, values in conditions)
            for name, conditions in self.when.items()
        }
        object.__setattr__(self, "when", looked_up)

    @property
    def coordinates(self) -> int:
        """How many coordinates points have; 0 where trials are judged by one number."""
        return coordinates(self.objectives, self.combination)

    @property
    def promotion(self) -> bool:
        """Whether trials pause at rungs and are promoted, instead of stopping for good."""
        return getattr(self.algorithm, "promotion", False)

    @property
    def gridded(self) -> bool:
        """Whether configurations are the points of a grid."""
        return self.algorithm.gridded or self.sampler.gridded

    @property
    def synchronous(self) -> bool:
        """Whether a rung is cut only when all of its trials have come."""
        return self.algorithm.synchronous

    @property
    def eta(self) -> Fraction:
        """The reduction factor, exact as written in decimal; 2 where there are no cuts."""
        return Fraction(str(getattr(self.algorithm, "eta", 2)))

    def taken(self, given: Params) -> Params:
        """Return values as the space takes them, in its order."""
        accepted = {n: d.accept(given[n]) for n, d in self.space.items() if n in given}
        return {name: value for name, value in accepted.items() if value is not None}

    def with_limits(self, limits: Limits) -> StudySpec:
        """Return the same study under other limits."""
        return dataclasses.replace(self, limits=limits)

    def score(self, value: float) -> float:
        """Return the metric turned so that smaller is better; -0.0 becomes 0.0."""
        return (-value if self.maximize else value) + 0.0

    @property
    def worst_score(self) -> float:
        """Return what the score of every feasible entry is below."""
        return WORST_BAND if self.outcome_constraints else inf


def to_json(spec: StudySpec) -> dict[str, Any]:
    """Return the spec as JSON values: what the file keeps, and what two specs are compared by."""
    plain = {f.name: getattr(spec, f.name) for f in dataclasses.fields(spec)}
    plain |= space_to_json(spec.space, spec.when)
    plain["algorithm"] = _tagged(spec.algorithm)
    plain["sampler"] = _tagged(spec.sampler)
    plain["limits"] = dataclasses.asdict(spec.limits)
    plain["lease"] = dataclasses.asdict(spec.lease)
    plain["points_to_evaluate"] = list(spec.points_to_evaluate)
    if spec.draws == 1:  # as it was written then
        del plain["draws"]
    plain["objectives"] = [dataclasses.asdict(one) for one in spec.objectives]
    # Which earlier versions do not know.
    for later in ("constraints", "outcome_constraints", "objectives", "combination"):
        if not plain[later]:
            del plain[later]
    return plain


def space_to_json(space: Space, when: When) -> dict[str, Any]:
    """Return a space and its conditions as JSON values."""
    domains = [{"name": name} | _tagged(domain) for name, domain in space.items()]
    return {"space": domains, "when": when}


_NO_PRIOR: dict[str, Any] = {"mean": None, "sigma": 0.0, "weights": ()}  # left out: as it was


def _tagged(value: object) -> dict[str, Any]:
    tag = getattr(value, "tag", type(value).__name__.removeprefix("Earlier"))
    return {"type": tag} | {
        f.name: list(v) if isinstance(v := getattr(value, f.name), tuple) else v
        for f in dataclasses.fields(value)  # type: ignore[arg-type]
        if not (f.name in _NO_PRIOR and getattr(value, f.name) == _NO_PRIOR[f.name])
    }
