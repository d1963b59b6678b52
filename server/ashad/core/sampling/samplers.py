"""Which configuration a new trial gets: the points to evaluate first, then what the sampler says.

A function of the study, the seed, the trial, and for samplers that learn of what they saw. No
sampler has state to save.
"""

from __future__ import annotations

from ashad.core.sampling import grid
from ashad.core.sampling.configuration_set import Tried
from ashad.core.sampling.draw import Draw, Evidence
from ashad.core.space import Params
from ashad.core.spec import Single, StudySpec

REDRAWS = 8


def draw(spec: StudySpec, seed: int, trial: int, given: Params) -> Params:
    """Return a whole configuration in the order of the space: `given`, and the rest drawn."""
    return Draw(spec, seed, trial, 0).independent(given)


def allowed(spec: StudySpec, seed: int, trial: int, params: Params) -> Params:
    """Return a configuration, or a random one where it breaks a constraint."""
    asked = Draw(spec, seed, trial, 0)
    return params if asked.allows(params) else asked.independent()


def available(spec: StudySpec) -> int | None:
    """Return how many configurations there are in all; None is no bound."""
    if isinstance(spec.algorithm, Single):
        return 1
    if spec.gridded:
        return len(spec.points_to_evaluate) + grid.size(spec.space, spec.when, spec.constraints)
    return None


def learns(spec: StudySpec) -> bool:
    """Whether the sampler looks at what came of earlier configurations."""
    return spec.sampler.learns and not spec.gridded


def remembers(spec: StudySpec) -> bool:
    """Whether a new configuration depends on which there were."""
    return learns(spec) or tried(spec) is not None


def tried(spec: StudySpec) -> Tried | None:
    """Return what keeps configurations from coming again; None where nothing has to."""
    return Tried.of(spec.space, spec.when) if never_repeats(spec) else None


def never_repeats(spec: StudySpec) -> bool:
    """Whether no configuration of a finite space comes again before all have come."""
    return not (spec.draws == 1 or spec.gridded or isinstance(spec.algorithm, Single))


def configure(
    spec: StudySpec,
    seed: int,
    trial: int,
    ordinal: int,
    evidence: Evidence | None = None,
    tried: Tried | None = None,
) -> tuple[Params, str]:
    """Return (params, origin) of the `ordinal`-th configuration, for trial number `trial`."""
    index = ordinal - len(spec.points_to_evaluate)
    if index < 0:
        return draw(spec, seed, trial, _pointed(spec, ordinal)), "point"
    if spec.gridded:
        return grid.configuration(spec.space, spec.when, index, spec.constraints), "grid"
    fresh = None if tried is None or tried.full else tried
    asked = Draw(spec, seed, trial, index, evidence, fresh)
    return fresh_or_another(asked, spec.sampler.configuration(asked)), "sampled"


def _pointed(spec: StudySpec, ordinal: int) -> Params:
    """Return a point to evaluate: what the space holds no more by now, as it was given."""
    point = spec.points_to_evaluate[ordinal]
    given = {name: point[name] for name in spec.space if name in point}
    return given | spec.taken(given)


def independent(spec: StudySpec, seed: int, trial: int, tried: Tried | None) -> Params:
    """Return independent draws, not tried while one is left that was not."""
    asked = Draw(spec, seed, trial, 0, fresh=None if tried is None or tried.full else tried)
    return fresh_or_another(asked, asked.independent())


def fresh_or_another(asked: Draw, found: Params) -> Params:
    """Return a configuration, or one that was not tried in its place."""
    return (
        found if asked.fresh is None or found not in asked.fresh else _another(asked, asked.fresh)
    )


def _another(asked: Draw, tried: Tried) -> Params:
    """Return a configuration that was not tried: a random one, soon or the next by number."""
    for again in range(REDRAWS):
        found = asked.independent(salt=f"/again/{again}/")
        if found not in tried:
            return found
    # What the constraints forbid is never tried: there is no telling what is left.
    return found if asked.spec.constraints else tried.next_untried(found)
