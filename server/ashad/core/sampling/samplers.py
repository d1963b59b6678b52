"""Which configuration a new trial gets; a new sampler is a file of its own and a line here.

A function of the study, the seed, the trial, and for samplers that learn of what they saw. No
sampler has state to save.
"""

from __future__ import annotations

from ashad.core.sampling import grid, halton, tpe
from ashad.core.sampling.prng import uniform
from ashad.core.sampling.tpe import Evidence
from ashad.core.sampling.tried import Tried
from ashad.core.space import Params, place
from ashad.core.spec import Grid, Halton, Outside, Single, StudySpec, Tpe
from ashad.core.validation.study_spec import complete

REDRAWS = 8


def draw(spec: StudySpec, seed: int, trial: int, given: Params) -> Params:
    """Return a whole configuration in the order of the space: `given`, and the rest drawn."""
    return place(spec.space, spec.when, given, lambda name: uniform(seed, trial, name))


def available(spec: StudySpec) -> int | None:
    """Return how many configurations there are in all; None is no bound."""
    if isinstance(spec.algorithm, Single):
        return 1
    if spec.gridded:
        return len(spec.points_to_evaluate) + grid.size(spec.space, spec.when)
    return None


def learns(spec: StudySpec) -> bool:
    """Whether the sampler looks at what came of earlier configurations."""
    return isinstance(spec.sampler, (Tpe, Outside)) and not isinstance(spec.algorithm, Grid)


def remembers(spec: StudySpec) -> bool:
    """Whether a new configuration depends on which there were."""
    return learns(spec) or tried(spec) is not None


def tried(spec: StudySpec) -> Tried | None:
    """Return what keeps configurations from coming again; None where nothing has to."""
    if spec.draws == 1 or spec.gridded or isinstance(spec.algorithm, Single):
        return None
    return Tried.of(spec.space, spec.when)


def configure(
    spec: StudySpec, seed: int, trial: int, ordinal: int, evidence: Evidence | None = None,
    given: Params | None = None, tried: Tried | None = None,
) -> tuple[Params, str]:  # fmt: skip
    """Return (params, origin) of the `ordinal`-th configuration, which trial number `trial` gets.

    The points to evaluate come first, then what the sampler says; `given` is what a sampler
    outside answered, where one is asked.
    """
    index = ordinal - len(spec.points_to_evaluate)
    if index < 0:
        point = complete(spec, spec.points_to_evaluate[ordinal], "points_to_evaluate")
        return draw(spec, seed, trial, point), "point"
    if spec.gridded:
        return grid.configuration(spec.space, spec.when, index), "grid"
    if given is not None:
        return draw(spec, seed, trial, complete(spec, given, "the sampler's answer")), "sampled"
    fresh = None if tried is None or tried.full else tried
    if isinstance(spec.sampler, Halton):
        found = halton.configuration(spec, seed, index)
    elif isinstance(spec.sampler, Tpe):
        assert evidence is not None
        found = tpe.configuration(spec, seed, trial, evidence, fresh)
    else:
        found = draw(spec, seed, trial, {})
    if fresh is not None and found in fresh:
        found = _another(spec, seed, trial, fresh)
    return found, "sampled"


def _another(spec: StudySpec, seed: int, trial: int, tried: Tried) -> Params:
    """Return a configuration that was not tried: a random one, soon or the next by number."""
    for again in range(REDRAWS):
        at = f"/again/{again}/"
        found = place(spec.space, spec.when, {}, lambda name: uniform(seed, trial, at + name))  # noqa: B023
        if found not in tried:
            return found
    return tried.next_untried(found)
