"""Exploration: the configuration of a trial that goes on from another's checkpoint.

What exploration may not change stays the donor's, whatever the space has become: its checkpoint is
of such a model. A function of the donor's configuration, the study's seed and the number of the new
trial. What a factor or a neighbour would take out of the range stays at its end.
"""

from __future__ import annotations

from ashad.core.brackets.population import FACTORS, Pbt
from ashad.core.constraints import broken
from ashad.core.prior import bent
from ashad.core.sampling.prng import uniform
from ashad.core.space import Choice, Constant, Domain, Float, Int, Params, Value, active, place
from ashad.core.spec import StudySpec

MOST_TRIES = 200  # that break a constraint; then the donor's configuration stays as it is


def explored(spec: StudySpec, seed: int, trial: int, donor: Params) -> tuple[Params, str]:
    """Return the configuration of trial number `trial`, and in words what was done to it."""
    for number in range(MOST_TRIES):
        params, told = _explored(spec, seed, trial, donor, f"/explore/{number}/")
        if broken(spec.constraints, params) is None:
            return params, told
    kept = place(spec.space, spec.when, donor, lambda _: 0.5)
    return kept, f"unchanged: none of {MOST_TRIES} draws keeps the constraints"


def _explored(
    spec: StudySpec, seed: int, trial: int, donor: Params, key: str
) -> tuple[Params, str]:
    settings = spec.algorithm
    assert isinstance(settings, Pbt)
    params: Params = {}
    told: list[str] = []
    factors = settings.perturbation_factors or FACTORS
    for name, domain in spec.space.items():
        if not active(spec.when, params, name):
            continue
        kept = donor.get(name)
        if kept is not None and (isinstance(domain, Constant) or not settings.changes(name)):
            params[name] = kept
            continue
        if kept is not None and isinstance(domain, Choice) and domain.accept(kept) is None:
            kept = None  # a choice that there is no more
        u = uniform(seed, trial, f"{key}{name}/resample")
        factor = factors[int(uniform(seed, trial, f"{key}{name}/factor") * len(factors))]
        moved = None if kept is None else perturbed(domain, kept, factor)
        if kept is None or moved is None or u < settings.resample_probability:
            params[name] = domain.draw(bent(domain, uniform(seed, trial, f"{key}{name}/draw")))
            told.append(f"{name} {'drawn' if kept is None else 'resampled'}")
        else:
            params[name] = moved
            told.append(_told(name, domain, kept, moved, factor))
    return params, ", ".join(told) or "unchanged"


def perturbed(domain: Domain, value: Value, factor: float) -> Value | None:
    """Return a value times a factor, or its neighbour among choices; None where that is nothing.

    A number that has to be whole, or on a step, moves by one at least.
    """
    if isinstance(domain, Choice):
        at = domain.index(value) + (1 if factor > 1 else -1)
        return domain.nth(min(max(at, 0), len(domain.choices) - 1))
    assert isinstance(domain, (Float, Int))
    assert not isinstance(value, str)
    if not value:  # a factor of 0 leaves it 0
        return None
    target = min(max(value * factor, domain.low), domain.high)
    if isinstance(domain, Float) and domain.step <= 0:
        return float(target)
    size, at = domain.size(), domain.index(value)
    assert size is not None
    to = round((target - domain.low) / domain.step)
    if to == at:
        to = at + (1 if (factor > 1) == (value > 0) else -1)
    return domain.nth(min(max(to, 0), size - 1))


def _told(name: str, domain: Domain, kept: Value, moved: Value, factor: float) -> str:
    if moved == kept:
        return f"{name} at its end"
    if isinstance(domain, Choice):
        return f"{name} to its neighbour"
    return f"{name} * {factor:g}"
