"""Whether a study can train anybody in full under its limits, and what that takes. Refuses nothing.

What is told here as impossible is so however well the search goes: nobody fails, no worker is lost,
and each bracket is looked at as if all were spent on it. Reports are taken to come at every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil

from ashad.core.brackets.bracket import Bracket
from ashad.core.brackets.plan import Plan, expected_sizes
from ashad.core.brackets.rule import size_with
from ashad.core.spec import StudySpec

_CUT_LESS = "or cut less: a greater min_resource, fewer max_rungs"


def warnings(
    spec: StudySpec, brackets: Sequence[Bracket], configurations: int | None
) -> tuple[str, ...]:
    """Return a sentence where no trial can be trained to max_resource; there is one at most.

    `brackets`: all of the study; `configurations`: how many there are in all, None is no bound.
    """
    planned = [_most_trials(spec, bracket, brackets, configurations) for bracket in brackets]
    able = [
        bracket
        for bracket, trials in zip(brackets, planned, strict=True)
        if trials is None or _sizes(bracket, trials)[-1]
    ]
    if not able:
        return (_few_trials(spec, brackets, planned, configurations),)
    most, least = spec.limits.max_total_resource, min(map(least_resource, able))
    if most is None or most >= least:
        return ()
    sentence = (
        f"no trial can be trained to max_resource: limits.max_total_resource is {most:,}, and to "
        f"bring one to {spec.resource} {spec.max_resource:,} takes {least:,}; raise it to that"
    )
    return (sentence,)


def least_resource(bracket: Bracket) -> int:
    """Return the least resource of all trials together with which one is trained in full."""
    sizes = sizes_to_the_top(bracket)
    spans = [high - low for low, high in pairwise((0, *bracket.levels))]
    return sum(size * span for size, span in zip(sizes, spans, strict=True))


def sizes_to_the_top(bracket: Bracket) -> tuple[int, ...]:
    """Return how many trials must at least reach each rung so that one reaches the top."""
    if bracket.quotas:  # all of a rung have to come before one continues
        assert bracket.trials is not None
        return (*_sizes(bracket, bracket.trials)[:-1], 1)
    sizes = [1]
    for _ in bracket.levels[1:]:
        sizes.insert(0, size_with(sizes[0], bracket.eta) if bracket.promotion else 1)
    return tuple(sizes)


def _most_trials(
    spec: StudySpec, bracket: Bracket, brackets: Sequence[Bracket], configurations: int | None
) -> int | None:
    """Return how many trials a bracket gets at most; None is no limit.

    Of several that are filled side by side each is at most one trial ahead of its share.
    """
    if bracket.quotas:
        return bracket.trials
    most = min(filter(None, (spec.limits.max_trials, configurations)), default=None)
    return most and ceil(Fraction(most * bracket.weight, sum(b.weight for b in brackets)))


def _sizes(bracket: Bracket, trials: int) -> tuple[int, ...]:
    plan = Plan(bracket.levels, trials, len(bracket.levels), bracket.quotas)
    return expected_sizes(plan, bracket.eta, promotion=bracket.promotion)


def _few_trials(
    spec: StudySpec,
    brackets: Sequence[Bracket],
    planned: Sequence[int | None],
    configurations: int | None,
) -> str:
    reached = max(
        level
        for bracket, trials in zip(brackets, planned, strict=True)
        for level, size in zip(bracket.levels, _sizes(bracket, trials or 0), strict=True)
        if size
    )
    most = spec.limits.max_trials
    if most is None or (configurations is not None and configurations < most):
        why, remedy = (
            f"the space has {configurations:,} configurations",
            f"let it have more, {_CUT_LESS}",
        )
    else:
        least = [sizes_to_the_top(bracket)[0] for bracket in brackets if not bracket.quotas]
        enough = (
            f"set it to {least[0]:,} or more" if len(brackets) == len(least) == 1 else "raise it"
        )
        why, remedy = f"limits.max_trials is {most:,}", f"{enough}, {_CUT_LESS}"
    return (
        f"no trial can be trained to max_resource: {why}, so the search ends with nobody past "
        f"{spec.resource} {reached:,} of {spec.max_resource:,}; {remedy}"
    )
