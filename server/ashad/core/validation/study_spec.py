"""What a caller may get wrong in a spec, each mistake named with its field and the fix.

Deciders check here and raise `RefusalError`; nothing past this file doubts a spec again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from ashad.core import objectives, outcomes
from ashad.core.brackets.plan import one_to_the_top, synchronous_brackets
from ashad.core.brackets.population import Pbt
from ashad.core.errors import RefusalError, RefusalKind, invalid
from ashad.core.sampling.samplers import available
from ashad.core.space import Params, Space
from ashad.core.spec import (
    MODES,
    SECOND,
    AdaptiveAsha,
    AsyncHyperband,
    Laddered,
    Lease,
    Limits,
    RandomSampler,
    StudySpec,
    SuccessiveHalving,
    Synchronous,
)
from ashad.core.validation.relations import relations
from ashad.core.validation.search_space import (
    INT64,
    Mistake,
    conditions,
    configuration,
    domain_mistakes,
    grid,
)

MAX_RESOURCE = 10**12
MAX_TRIALS = 10_000_000  # what a study may hold
MAX_PARAMS_BYTES = 64 * 1024
MAX_RUNGS = 64
MAX_MISTAKES = 20  # that a refusal names
MAX_DURATION = 100 * 365 * 86400 * SECOND

_STUDY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,199}")
_KEY = re.compile(r"[!-~]{1,200}")


def check_study_name(name: str) -> str:
    """Return the name of a study, or refuse it."""
    if _STUDY.fullmatch(name):
        return name
    raise invalid(
        "study",
        "a name has 1 to 200 of A-Z a-z 0-9 . _ - and begins with a letter or digit",
        "INVALID_STUDY_NAME",
    )


def check_key(field: str, key: str) -> str:
    """Return a worker id or request id, or refuse it."""
    if _KEY.fullmatch(key):
        return key
    raise invalid(field, "give 1 to 200 printable ASCII characters without spaces")


def check_spec(spec: StudySpec) -> None:
    """Refuse a spec with all its mistakes, or return."""
    refuse(_mistakes(spec), "INVALID_SPEC")


def check_limits(limits: Limits, spec: StudySpec) -> None:
    """Refuse limits with all their mistakes, or return."""
    refuse(_limits(limits, spec), "INVALID_LIMITS")


def complete(spec: StudySpec, given: Params, field: str) -> Params:
    """Return `given` as the space takes it and in its order, or refuse it by parameter."""
    mistakes = ((f"{field}[{name}]", fix) for name, fix in configuration(spec, given))
    refuse(mistakes, "INVALID_CONFIGURATION")
    return spec.taken(given)


def refuse(mistakes: Iterable[Mistake], reason: str) -> None:
    """Raise one refusal that names the mistakes, the first 20 of them, if there is one."""
    found = list(islice(mistakes, MAX_MISTAKES))
    if found:
        message = "; ".join(f"{field}: {fix}" for field, fix in found)
        raise RefusalError(RefusalKind.INVALID_ARGUMENT, reason, message, field=found[0][0])


def _mistakes(spec: StudySpec) -> Iterator[Mistake]:
    if not _NAME.fullmatch(spec.metric):
        yield "spec.metric", f"give a name: {_NAME_RULE}"
    if not _NAME.fullmatch(spec.resource):
        yield "spec.resource", f"give a name: {_NAME_RULE}"
    if not 1 <= spec.max_resource <= MAX_RESOURCE:
        yield "spec.max_resource", "give a whole number from 1 to 10^12"
    if spec.seed is not None and not 0 <= spec.seed < INT64:
        yield "spec.seed", "give a whole number from 0 to 2^63-1, or leave it out"
    yield from parameter_names(spec.space, "spec.space")
    for name, domain in spec.space.items():
        for fix in domain_mistakes(domain):
            yield f"spec.space[{name[:200]}]", fix
    yield from conditions(spec)
    yield from relations(spec)
    yield from _outcomes(spec)
    yield from _objectives(spec)
    for i, point in enumerate(spec.points_to_evaluate):
        for name, fix in configuration(spec, point):
            yield f"spec.points_to_evaluate[{i}][{name}]", fix
    yield from _algorithm(spec)
    yield from _limits(spec.limits, spec)
    yield from _lease(spec.lease)


def parameter_names(space: Space, field: str) -> Iterator[Mistake]:
    """Yield names that are none, and that there are too many."""
    if len(space) > 1000:
        yield field, "at most 1000 parameters"
    for name in space:
        if not _NAME.fullmatch(name):
            yield f"{field}[{name[:200]!r}]", f"give a name: {_NAME_RULE}"


_NAME_RULE = "1 to 200 of A-Z a-z 0-9 _ . - beginning with a letter or underscore"


def _algorithm(spec: StudySpec) -> Iterator[Mistake]:
    algorithm = spec.algorithm
    sane = True
    if isinstance(algorithm, (Laddered, AdaptiveAsha)):
        sane = 1 < algorithm.eta <= 10**6 and 0 <= algorithm.max_rungs <= MAX_RUNGS
        if not 1 < algorithm.eta <= 10**6:
            yield "spec.algorithm.eta", "give a number above 1, at most 10^6"
        if not 0 <= algorithm.max_rungs <= MAX_RUNGS:
            yield "spec.algorithm.max_rungs", "give 1 to 64, or leave it out for the default"
    if isinstance(algorithm, Laddered):
        if not 1 <= algorithm.min_resource <= spec.max_resource:
            yield "spec.algorithm.min_resource", "give 1 to max_resource"
        elif algorithm.eta > 1 and not algorithm.max_rungs and _rungs(spec, algorithm) >= MAX_RUNGS:
            yield (
                "spec.algorithm.eta",
                f"it makes more than {MAX_RUNGS} rungs; raise it or min_resource, or set max_rungs",
            )
        elif isinstance(algorithm, Synchronous) and sane:
            yield from _synchronous(spec, algorithm)
    if isinstance(algorithm, AsyncHyperband) and not 0 <= algorithm.brackets <= MAX_RUNGS:
        yield "spec.algorithm.brackets", "give 1 to 64, or leave it out for one a rung"
    if isinstance(algorithm, AdaptiveAsha):
        if spec.limits.max_trials is None:
            yield "spec.limits.max_trials", "adaptive_asha needs it, to split it among brackets"
        if algorithm.mode not in MODES:
            yield "spec.algorithm.mode", f"give one of {', '.join(MODES)}"
        if len(algorithm.bracket_rungs) > 64 or not all(
            1 <= rungs <= 64 for rungs in algorithm.bracket_rungs
        ):
            yield "spec.algorithm.bracket_rungs", "at most 64 brackets of 1 to 64 rungs"
    if algorithm.gridded and not (spec.sampler.gridded or isinstance(spec.sampler, RandomSampler)):
        yield "spec.sampler", "a grid search takes the grid; leave it out"
    if spec.gridded:
        yield from grid(spec)
    yield from algorithm.mistakes(spec)
    if isinstance(algorithm, Pbt):
        yield from _population(spec, algorithm)
    yield from spec.sampler.mistakes(spec)


def _population(spec: StudySpec, algorithm: Pbt) -> Iterator[Mistake]:
    """Yield what a population cannot begin with; its space may be narrowed to a point later."""
    if spec.space and not algorithm.explores(spec.space):
        fix = "pbt changes parameters on the way, and none of them varies: give one a range"
        yield ("spec.algorithm.explore" if algorithm.explore else "spec.space"), fix
    if spec.gridded and not any(grid(spec)):
        many = available(spec)
        if many is not None and many < algorithm.population:
            fix = f"the grid has {many} configurations to begin with: give no more, or no grid"
            yield "spec.algorithm.population", fix


def _rungs(spec: StudySpec, algorithm: Laddered) -> float:
    """Return the logarithm that bounds the rungs; a float will do, since the bound is coarse."""
    return math.log(spec.max_resource / algorithm.min_resource) / math.log(algorithm.eta)


def _synchronous(spec: StudySpec, algorithm: Synchronous) -> Iterator[Mistake]:
    """Yield what keeps a bracket from having a trial in full, as the papers ask for."""
    least = one_to_the_top(len(synchronous_brackets(spec)[0][0]), spec.eta)
    most = spec.limits.max_trials
    fix = f"at least {least}, so that one trial is trained in full; or set max_rungs"
    if least > MAX_TRIALS:
        yield "spec.algorithm", f"a bracket would have {least} trials; raise min_resource"
    asked = algorithm.trials if isinstance(algorithm, SuccessiveHalving) else 0
    if asked and not least <= asked <= MAX_TRIALS:
        yield "spec.algorithm.trials", f"give {fix}"
    if most is not None and 0 < most < least:
        yield "spec.limits.max_trials", f"give {fix}"


def _limits(limits: Limits, spec: StudySpec) -> Iterator[Mistake]:
    for name in ("max_trials", "max_concurrent_trials", "max_total_resource", "max_failed_trials"):
        value = getattr(limits, name)
        most = INT64 - 1 if name == "max_total_resource" else MAX_TRIALS
        if value is not None and not 1 <= value <= most:
            yield f"limits.{name}", f"give a whole number from 1 to {most}, or leave it out"
    if limits.max_duration is not None and not 0 < limits.max_duration <= MAX_DURATION:
        yield "limits.max_duration", "give a time above 0, at most 100 years, or leave it out"
    if limits.target_value is not None and not math.isfinite(limits.target_value):
        yield "limits.target_value", "give a finite number, or leave it out"
    if isinstance(spec.algorithm, AdaptiveAsha) and limits.max_trials is None:
        yield "limits.max_trials", "adaptive_asha needs it"
    if limits.target_value is not None and spec.coordinates:
        yield "limits.target_value", "it is of one metric, and no one metric decides: leave it out"


def _outcomes(spec: StudySpec) -> Iterator[Mistake]:
    if len(spec.outcome_constraints) > outcomes.MOST:
        yield "spec.outcome_constraints", f"at most {outcomes.MOST}"
        return
    instead = outcomes.TARGET
    if spec.coordinates:
        instead = "only the others can be bounded: put another objective first"
    for number, fix in outcomes.mistakes(spec.outcome_constraints, spec.metric, instead):
        yield f"spec.outcome_constraints[{number}]", fix


def _objectives(spec: StudySpec) -> Iterator[Mistake]:
    together = spec.objectives, spec.combination, spec.metric
    for field, fix in objectives.mistakes(*together, maximize=spec.maximize):
        yield f"spec.{field}", fix
    if not spec.coordinates:
        return
    if spec.sampler.learns or spec.sampler.external:
        fix = "one that learns asks for one number: take random, halton or grid, or a weighted_sum"
        yield "spec.sampler", fix
    if spec.synchronous or isinstance(spec.algorithm, Pbt):
        fix = "is of rungs without rounds: take asha, async_hyperband or adaptive_asha"
        yield "spec.algorithm", f"{spec.combination} {fix}"


def _lease(lease: Lease) -> Iterator[Mistake]:
    if not (lease.duration == 0 or SECOND <= lease.duration <= 30 * 86400 * SECOND):
        yield "spec.lease.duration", "give 1 s to 30 days, or 0 for a lease that never expires"
    longest = lease.duration // 2 or 3600 * SECOND
    if not SECOND // 10 <= lease.heartbeat_interval <= longest:
        yield "spec.lease.heartbeat_interval", "give 0.1 s to half of the lease's duration"
    if not 1 <= lease.max_attempts <= 1000:
        yield "spec.lease.max_attempts", "give 1 to 1000, or leave it out"
