"""What a caller may get wrong in a spec, each mistake named with its field and the fix.

Deciders check here and raise `Refusal`; nothing past this file doubts a spec again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from ashad.core.errors import Kind, Refusal, invalid
from ashad.core.halving import one_to_the_top, synchronous_brackets
from ashad.core.space import Choice, Domain, Float, Int, Params, Space, Value
from ashad.core.spec import (
    MODES,
    SECOND,
    AdaptiveAsha,
    AsyncHyperband,
    Grid,
    Laddered,
    Lease,
    Limits,
    StudySpec,
    SuccessiveHalving,
    Synchronous,
)

MAX_RESOURCE = 10**12
MAX_TRIALS = 10_000_000  # what a study may hold
MAX_PARAMS_BYTES = 64 * 1024
MAX_POINTS = 10_000  # configurations to try first
MAX_AXIS = 100_000  # points of one parameter in a grid
MAX_RUNGS = 64
MAX_DURATION = 100 * 365 * 86400 * SECOND
INT64 = 2**63

_STUDY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,199}")
_KEY = re.compile(r"[!-~]{1,200}")

Mistake = tuple[str, str]


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
    refuse(list(_mistakes(spec)), "INVALID_SPEC")


def check_limits(limits: Limits, spec: StudySpec) -> None:
    """Refuse limits with all their mistakes, or return."""
    refuse(list(_limits(limits, spec)), "INVALID_LIMITS")


def complete(space: Space, given: Params, field: str) -> Params:
    """Return `given` as the space takes it and in its order, or refuse it by parameter."""
    mistakes = list(_configuration(space, given, field))
    refuse(mistakes, "INVALID_CONFIGURATION")
    accepted = {name: space[name].accept(given[name]) for name in space if name in given}
    return {name: value for name, value in accepted.items() if value is not None}


def refuse(mistakes: list[Mistake], reason: str) -> None:
    """Raise one refusal that names every mistake, if there is one."""
    if mistakes:
        message = "; ".join(f"{field}: {fix}" for field, fix in mistakes[:20])
        raise Refusal(Kind.INVALID_ARGUMENT, reason, message, field=mistakes[0][0])


def _mistakes(spec: StudySpec) -> Iterator[Mistake]:
    if not _NAME.fullmatch(spec.metric):
        yield "spec.metric", f"give a name: {_NAME_RULE}"
    if not _NAME.fullmatch(spec.resource):
        yield "spec.resource", f"give a name: {_NAME_RULE}"
    if not 1 <= spec.max_resource <= MAX_RESOURCE:
        yield "spec.max_resource", "give a whole number from 1 to 10^12"
    if spec.seed is not None and not 0 <= spec.seed < INT64:
        yield "spec.seed", "give a whole number from 0 to 2^63-1, or leave it out"
    if len(spec.space) > 1000:
        yield "spec.space", "at most 1000 parameters"
    for name, domain in spec.space.items():
        if not _NAME.fullmatch(name):
            yield f"spec.space[{name[:200]!r}]", f"give a name: {_NAME_RULE}"
        for fix in _domain(domain):
            yield f"spec.space[{name[:200]}]", fix
    if len(spec.points_to_evaluate) > MAX_POINTS:
        yield "spec.points_to_evaluate", f"at most {MAX_POINTS} points"
    for i, point in enumerate(spec.points_to_evaluate[:MAX_POINTS]):
        yield from _configuration(spec.space, point, f"spec.points_to_evaluate[{i}]")
    yield from _algorithm(spec)
    yield from _limits(spec.limits, spec)
    yield from _lease(spec.lease)


_NAME_RULE = "1 to 200 of A-Z a-z 0-9 _ . - beginning with a letter or underscore"


def _domain(domain: Domain) -> Iterator[str]:
    if isinstance(domain, Float):
        if not (math.isfinite(domain.low) and math.isfinite(domain.high)):
            yield "both ends must be finite numbers"
        elif domain.low > domain.high:
            yield f"low {domain.low} is above high {domain.high}"
        if not (math.isfinite(domain.step) and domain.step >= 0):
            yield "step must be a positive number, or 0 for none"
        elif domain.step and (domain.high - domain.low) / domain.step > 10**9:
            yield "step is too small: at most 10^9 steps"
    elif isinstance(domain, Int):
        if not -INT64 <= domain.low <= domain.high < INT64:
            yield f"low {domain.low} must not be above high {domain.high}, both of 64 bits"
        if domain.step < 1:
            yield "step must be at least 1"
    elif isinstance(domain, Choice):
        yield from _choices(domain.choices)
    else:
        yield from _value(domain.value)
    if isinstance(domain, (Float, Int)):
        if domain.log and domain.low <= 0:
            yield "a log scale needs a low end above 0"
        if domain.log and domain.step > (isinstance(domain, Int)):
            yield "step and a log scale exclude each other"
        if domain.grid_points < 0:
            yield "grid_points must be at least 1, or 0 for all"


def _choices(choices: tuple[Value, ...]) -> Iterator[str]:
    if not choices:
        yield "a choice needs at least one value"
    if len(choices) > 10_000:
        yield "at most 10000 choices"
        return
    if len({(type(c), c) for c in choices}) < len(choices):
        yield "two choices are equal"
    for choice in choices:
        yield from _value(choice)


def _value(value: Value) -> Iterator[str]:
    if isinstance(value, float) and not math.isfinite(value):
        yield "NaN and infinities are no values"
    if isinstance(value, str) and len(value.encode("utf-8", "replace")) > 8192:
        yield "a text value has at most 8192 bytes"
    if isinstance(value, int) and not -INT64 <= value < INT64:
        yield "a whole number has 64 bits"


def _configuration(space: Space, given: Params, field: str) -> Iterator[Mistake]:
    for name, value in given.items():
        if name not in space:
            yield f"{field}[{name[:200]!r}]", "there is no such parameter in the space"
        elif _nan(value) or space[name].accept(value) is None:
            yield f"{field}[{name}]", f"{str(value)[:200]} is no value of it; {space[name].wants()}"


def _nan(value: Value) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _algorithm(spec: StudySpec) -> Iterator[Mistake]:
    algorithm = spec.algorithm
    sane = True
    if isinstance(algorithm, (Laddered, AdaptiveAsha)):
        sane = 1 < algorithm.eta <= 10**6 and 0 <= algorithm.max_rungs <= MAX_RUNGS
        if not 1 < algorithm.eta <= 10**6:
            yield "spec.algorithm.eta", "give a number above 1, at most 10^6"
        if not 0 <= algorithm.max_rungs <= MAX_RUNGS:
            yield "spec.algorithm.max_rungs", "give 1 to 64, or 0 for the default"
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
        yield "spec.algorithm.brackets", "give 1 to 64, or 0 for one a rung"
    if isinstance(algorithm, AdaptiveAsha):
        if spec.limits.max_trials is None:
            yield "spec.limits.max_trials", "adaptive_asha needs it, to split it among brackets"
        if algorithm.mode not in MODES:
            yield "spec.algorithm.mode", f"give one of {', '.join(MODES)}"
        if len(algorithm.bracket_rungs) > 64 or not all(
            1 <= rungs <= 64 for rungs in algorithm.bracket_rungs
        ):
            yield "spec.algorithm.bracket_rungs", "at most 64 brackets of 1 to 64 rungs"
    if isinstance(algorithm, Grid):
        yield from _grid(spec)


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


def _grid(spec: StudySpec) -> Iterator[Mistake]:
    size = 1
    for name, domain in spec.space.items():
        if any(_domain(domain)):
            return
        points = _points(domain)
        if points is None:
            yield f"spec.space[{name}]", "a range in a grid needs grid_points or step"
        elif points > MAX_AXIS:
            yield f"spec.space[{name}]", f"at most {MAX_AXIS} points of one parameter in a grid"
            return
        size *= points or 1
        if size > MAX_TRIALS:
            yield "spec.space", f"the grid has more than {MAX_TRIALS} points; use fewer grid_points"
            return


def _points(domain: Domain) -> int | None:
    """Return how many points a grid has of this parameter, without making them."""
    if isinstance(domain, Int):
        if domain.grid_points:
            return min(domain.grid_points, domain.high - domain.low + 1)
        return (domain.high - domain.low) // domain.step + 1
    if isinstance(domain, Float):
        if domain.grid_points:
            return domain.grid_points
        if domain.step:
            return int((domain.high - domain.low) / domain.step) + 1
        return 1 if domain.low == domain.high else None
    return len(domain.choices) if isinstance(domain, Choice) else 1


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


def _lease(lease: Lease) -> Iterator[Mistake]:
    if not (lease.duration == 0 or SECOND <= lease.duration <= 30 * 86400 * SECOND):
        yield "spec.lease.duration", "give 1 s to 30 days, or 0 for a lease that never expires"
    longest = lease.duration // 2 or 3600 * SECOND
    if not SECOND // 10 <= lease.heartbeat_interval <= longest:
        yield "spec.lease.heartbeat_interval", "give 0.1 s to half of the lease's duration"
    if not 1 <= lease.max_attempts <= 1000:
        yield "spec.lease.max_attempts", "give 1 to 1000, or leave it out"
