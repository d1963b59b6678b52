"""The kinds of algorithms and samplers, one row each: class, field of the contract, what it does.

A new one is a subclass of `Algorithm` or `Sampler` in a file of its own, and a row here. What reads
and writes studies (the contract, files, the JSON of the store) derives from the row and from the
fields of the class.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ashad.core.brackets.population import Pbt
from ashad.core.earlier import earlier
from ashad.core.objectives import Objective
from ashad.core.sampling.grid import GridSampler
from ashad.core.sampling.halton import Halton
from ashad.core.sampling.outside import Optuna, Python
from ashad.core.sampling.tpe import SpacedTpe, Tpe
from ashad.core.space import Choice, Constant, Float, Int, Space, Values, When
from ashad.core.spec import (
    AdaptiveAsha,
    Algorithm,
    Asha,
    AsyncHyperband,
    Grid,
    Hyperband,
    Lease,
    Limits,
    Random,
    RandomSampler,
    Sampler,
    Single,
    StudySpec,
    SuccessiveHalving,
)

__all__ = [
    "ALGORITHMS",
    "SAMPLERS",
    "AdaptiveAsha",
    "Algorithm",
    "Asha",
    "AsyncHyperband",
    "Grid",
    "GridSampler",
    "Halton",
    "Hyperband",
    "Kind",
    "Optuna",
    "Pbt",
    "Python",
    "Random",
    "RandomSampler",
    "Sampler",
    "Single",
    "SpacedTpe",
    "SuccessiveHalving",
    "Tpe",
    "from_json",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """One algorithm or sampler."""

    settings: type[Any]
    field: str  # of the contract, in the oneof of algorithms or of samplers
    help: str

    @property
    def name(self) -> str:
        """Return its name in files: that of the field."""
        return self.field.removesuffix("_sampler")


ALGORITHMS = (
    Kind(Asha, "asha", "asynchronous successive halving"),
    Kind(AdaptiveAsha, "adaptive_asha", "ASHA brackets side by side, split as Determined does"),
    Kind(AsyncHyperband, "async_hyperband", "ASHA brackets side by side, fewer cuts in each"),
    Kind(SuccessiveHalving, "successive_halving", "synchronous: a rung is cut when all have come"),
    Kind(Hyperband, "hyperband", "synchronous brackets, from many cuts to none"),
    Kind(Pbt, "pbt", "a population: the worse go on from checkpoints of the better, changed"),
    Kind(Random, "random", "random search, every trial trained in full"),
    Kind(Grid, "grid", "every point of the grid, trained in full"),
    Kind(Single, "single", "one trial, trained in full"),
)
SAMPLERS = (
    Kind(RandomSampler, "random_sampler", "independent draws"),
    Kind(GridSampler, "grid_sampler", "every point of the grid once"),
    Kind(Halton, "halton", "Halton points, spread more evenly than random ones"),
    Kind(Tpe, "tpe", "kernel densities of the good and the bad, as in BOHB"),
    Kind(SpacedTpe, "spaced_tpe", "densities over all levels, never next to what was tried"),
    Kind(Optuna, "optuna", "a sampler of Optuna, where the daemon has it installed"),
    Kind(Python, "python", "an object of one's own with ask and tell, where the daemon allows it"),
)
_DOMAINS: tuple[type[Any], ...] = (Float, Int, Choice, Constant)


def kind_of(settings: Algorithm | Sampler) -> Kind:
    """Return the row of some settings."""
    return next(kind for kind in (*ALGORITHMS, *SAMPLERS) if kind.settings is type(settings))


def from_json(plain: dict[str, Any]) -> StudySpec:
    """Return the spec that `to_json` wrote; a field that an older version lacked is default."""
    draws = plain.get("draws", 1)
    space, when = space_from_json(plain, draws)
    return StudySpec(
        **plain
        | {
            "space": space,
            "algorithm": _untagged(plain["algorithm"]),
            "sampler": _untagged(plain.get("sampler", {"type": "RandomSampler"})),
            "when": when,
            "limits": Limits(**plain["limits"]),
            "lease": Lease(**plain["lease"]),
            "points_to_evaluate": tuple(plain["points_to_evaluate"]),
            "draws": draws,
            "constraints": tuple(plain.get("constraints", ())),
            "outcome_constraints": tuple(plain.get("outcome_constraints", ())),
            "objectives": tuple(Objective(**one) for one in plain.get("objectives", ())),
        }
    )


def space_from_json(plain: dict[str, Any], draws: int) -> tuple[Space, When]:
    """Return the space and the conditions that `space_to_json` wrote, as a version draws."""
    space: Space = {}
    for entry in plain["space"]:
        domain = _untagged({k: v for k, v in entry.items() if k != "name"})
        space[entry["name"]] = domain if draws > 1 else earlier(domain)
    when: When = {
        name: tuple((parent, Values(values)) for parent, values in conditions)
        for name, conditions in plain.get("when", {}).items()
    }
    return space, when


def _untagged(plain: dict[str, Any]) -> Any:
    fields = {k: tuple(v) if isinstance(v, list) else v for k, v in plain.items() if k != "type"}
    kinds: Iterable[type[Any]] = (*_DOMAINS, *(k.settings for k in (*ALGORITHMS, *SAMPLERS)))
    return next(k for k in kinds if getattr(k, "tag", k.__name__) == plain["type"])(**fields)
