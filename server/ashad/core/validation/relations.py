"""What may be wrong with constraints: with one, with all together, and with given values."""

from __future__ import annotations

from collections.abc import Iterator

from ashad.core import constraints
from ashad.core.constraints import broken, concerned
from ashad.core.prior import bent
from ashad.core.sampling import grid
from ashad.core.sampling.draw import constrained
from ashad.core.sampling.prng import uniform
from ashad.core.space import Params, place
from ashad.core.spec import StudySpec
from ashad.core.validation.search_space import Mistake, configuration, domain_mistakes

MAX_POINTS = 10_000  # of a grid that is filtered
DRAWN, LEAST = 500, 5  # so many random configurations are looked at, so many must be allowed
TRIES = 2_000  # to complete values that were given


def relations(spec: StudySpec) -> Iterator[Mistake]:
    """Yield what is wrong with the constraints of a spec."""
    if len(spec.constraints) > constraints.MOST:
        yield "spec.constraints", f"at most {constraints.MOST}"
        return
    wrong = False
    for number, text in enumerate(spec.constraints):
        for fix in constraints.mistakes(text, spec.space):
            wrong = True
            yield f"spec.constraints[{number}]", fix
    if spec.constraints and not wrong and not any(map(_wrong, spec.space.values())):
        yield from scarce(spec)
        for number, point in enumerate(spec.points_to_evaluate):
            if not any(configuration(spec, point)):
                fix = forbidden(spec, 0, number, spec.taken(point))
                if fix:
                    yield f"spec.points_to_evaluate[{number}]", fix


def forbidden(spec: StudySpec, seed: int, trial: int, given: Params) -> str:
    """Return why no configuration with these values is allowed, or nothing."""
    if not spec.constraints or constrained(spec, seed, trial, given, most=TRIES) is not None:
        return ""
    told = [text for text in spec.constraints if set(constraints.parse(text).names) <= set(given)]
    text = broken(told, given)
    if text is not None:
        return f"breaks the constraint {text!r}"
    return f"with these values none of {TRIES} draws of the rest keeps the constraints"


def scarce(spec: StudySpec) -> Iterator[Mistake]:
    """Yield that almost nothing is allowed."""
    if spec.gridded:
        many = grid.size(spec.space, spec.when)
        if many > MAX_POINTS:
            yield "spec.constraints", f"a grid with constraints has at most {MAX_POINTS} points"
        elif not grid.size(spec.space, spec.when, spec.constraints):
            yield "spec.constraints", "no point of the grid keeps them"
        return
    about = concerned(spec.constraints, spec.space, spec.when)

    def drawn(number: int) -> Params:
        def at(name: str) -> float:
            return bent(about[name], uniform(0, number, f"/feasible/{name}"))

        return place(about, spec.when, {}, at)

    many = sum(broken(spec.constraints, drawn(number)) is None for number in range(DRAWN))
    if many < LEAST:
        kept = f"{many} of {DRAWN} random configurations keep them, {LEAST} must"
        yield "spec.constraints", f"{kept}: give ranges that lie more within them"


def _wrong(domain: object) -> bool:
    return any(domain_mistakes(domain))  # type: ignore[arg-type]
