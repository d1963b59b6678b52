"""What may be wrong with another version of a space: with it, and with values for the past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from ashad.core import constraints
from ashad.core.earlier import earlier
from ashad.core.errors import invalid, not_now
from ashad.core.space import Choice, Constant, Domain, Float, Int, Params, Space, Value, When
from ashad.core.spec import StudySpec
from ashad.core.validation.relations import forbidden, scarce
from ashad.core.validation.search_space import (
    Mistake,
    conditions,
    domain_mistakes,
    value_mistakes,
)
from ashad.core.validation.study_spec import parameter_names, refuse

OUT = "give low = high, or a single choice, to fix it"


def changed(spec: StudySpec, known: Sequence[Space], new: StudySpec, past: Params) -> StudySpec:
    """Return the spec of the next version, its parameters in the order of before; or refuse it.

    `known` are the spaces of all versions; `new` is `spec` with another space and conditions.
    """
    if spec.gridded:
        text = "space: a grid is counted out when its study is made; make another study"
        raise not_now("GRID_FIXED", text)
    made = _ordered(spec, new)
    refuse(_mistakes(spec, known, made, past), "INVALID_SPACE")
    return made


def check_points(spec: StudySpec, seed: int, trial: int, first: int) -> None:
    """Refuse a space in which a point to evaluate that is due keeps no constraint any more."""
    for number, point in enumerate(spec.points_to_evaluate[first:], first):
        why = forbidden(spec, seed, trial, point)
        if why:
            raise invalid(f"spec.points_to_evaluate[{number}]", why, "INVALID_SPACE")


def _ordered(spec: StudySpec, new: StudySpec) -> StudySpec:
    """Return a spec with the parameters that there were first, each as its study draws it."""
    names = [name for name in spec.space if name in new.space]
    names += [name for name in new.space if name not in spec.space]
    domains = {n: earlier(new.space[n]) if spec.draws == 1 else new.space[n] for n in names}
    when = {name: new.when[name] for name in names if name in new.when}
    return replace(new, space=domains, when=when)


def _mistakes(
    spec: StudySpec, known: Sequence[Space], new: StudySpec, past: Params
) -> Iterator[Mistake]:
    for name in spec.space:
        if name not in new.space:
            yield f"space[{name}]", f"a parameter stays, since trials have it; {OUT}"
        else:
            for fix in _other(spec.space[name], new.space[name]):
                yield f"space[{name}]", fix
    yield from parameter_names(new.space, "space")
    wrong = False
    for name, domain in new.space.items():
        for fix in domain_mistakes(domain):
            wrong = True
            yield f"space[{name[:200]}]", fix
    if wrong:
        return
    yield from _when(spec, known, new)
    yield from _past(spec, known, new, past)
    yield from _relations(known, new)
    yield from new.algorithm.mistakes(new)
    yield from new.sampler.mistakes(new)


def _other(old: Domain, new: Domain) -> Iterator[str]:
    """Yield what of a parameter may not change."""
    kinds = {
        Float: "a real range",
        Int: "a whole range",
        Choice: "a choice",
        Constant: "a constant",
    }
    of = [next(word for kind, word in kinds.items() if isinstance(d, kind)) for d in (old, new)]
    if of[0] != of[1]:
        yield f"it is {of[0]} and cannot become {of[1]}; {OUT}"
    elif isinstance(old, Constant):
        if repr(old) != repr(new):
            yield "the value of a constant does not change; add a parameter instead"
    elif isinstance(old, (Float, Int)) and isinstance(new, (Float, Int)):
        if old.log != new.log:
            yield f"its scale is {'log' if old.log else 'linear'} and stays so"
        elif old.step != new.step:
            yield f"its step is {old.step or 'none'} and stays so"
        elif old.step > 0 and old.low != new.low:
            away = (new.low - old.low) / old.step
            if abs(away - round(away)) > 1e-6:
                yield f"low {new.low} is not a whole number of steps of {old.step} from {old.low}"


_KINDS = {Float: "a real range", Int: "a whole range", Choice: "a choice", Constant: "a constant"}


def _when(spec: StudySpec, known: Sequence[Space], new: StudySpec) -> Iterator[Mistake]:
    """Yield conditions that would say of an earlier trial something else than its own version."""
    fresh: When = {}
    for name, found in new.when.items():
        if name not in spec.space:
            fresh[name] = found
        elif name not in spec.when or [p for p, _ in spec.when[name]] != [p for p, _ in found]:
            yield f"space[{name}].when", "the conditions of a parameter stay, but for their values"
        else:
            for (parent, before), (_, after) in zip(spec.when[name], found, strict=True):
                for value in chain(before, after):
                    if (value in before) != (value in after) and _had(known, parent, value):
                        yield f"space[{name}].when", f"trials with {parent} = {value} were drawn"
            kept = (
                (p, tuple(v for v in vs if v not in before or _had([new.space], p, v)))
                for (p, vs), (_, before) in zip(found, spec.when[name], strict=True)
            )
            fresh[name] = tuple((p, vs) for p, vs in kept if vs)  # none: never there again
    for name in spec.when:
        if name in new.space and name not in new.when:
            yield f"space[{name}].when", "the conditions of a parameter stay, but for their values"
    for field, fix in conditions(replace(new, when=fresh)):
        yield field.removeprefix("spec."), fix


def _had(known: Sequence[Space], name: str, value: Value) -> bool:
    """Whether some version of a space has this value."""
    return any(name in space and space[name].accept(value) is not None for space in known)


def _past(
    spec: StudySpec, known: Sequence[Space], new: StudySpec, past: Params
) -> Iterator[Mistake]:
    for name, value in past.items():
        domain = new.space.get(name)
        if domain is None or name in spec.space:
            yield f"past[{name[:200]}]", "it is not a parameter that is added"
        elif isinstance(domain, (Float, Int)) and isinstance(value, (bool, str)):
            yield f"past[{name}]", f"give a number, not {value!r:.100}"
        else:
            for fix in value_mistakes(value):
                yield f"past[{name}]", fix
    for name in new.space:
        if name in spec.space or name in past:
            continue
        conditions = new.when.get(name, ())
        if all(_was(known, parent, values, past) for parent, values in conditions):
            yield (
                f"past[{name}]",
                (
                    "give the value that the trials until now had without it, as "
                    f"--past {name}=VALUE does"
                ),
            )


def _was(known: Sequence[Space], parent: str, values: Sequence[Value], past: Params) -> bool:
    """Whether an earlier trial may have had a parent with one of these values."""
    return past.get(parent) in values or any(_had(known, parent, value) for value in values)


def _relations(known: Sequence[Space], new: StudySpec) -> Iterator[Mistake]:
    """Yield what is wrong with constraints; they may name choices that there are no more."""
    whole = dict(new.space)
    for name, domain in new.space.items():
        if isinstance(domain, Choice):
            every = [space[name] for space in known if name in space]
            values = chain(domain.choices, *(d.choices for d in every if isinstance(d, Choice)))
            whole[name] = Choice(tuple({(type(v), v): v for v in values}.values()))
    wrong = False
    for number, text in enumerate(new.constraints):
        for fix in constraints.mistakes(text, whole):
            wrong = True
            yield f"spec.constraints[{number}]", fix
    if new.constraints and not wrong:
        yield from scarce(new)
