"""What a simulation or a replay comes to, in sentences that a person can act on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ashad.cli.views import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ashad.core.spec import StudySpec
    from ashad.simulate import Result

_IDLE = 0.2  # a share of idle time that is worth a word
_LUCKY = 0.5  # a share of wrong promotions that is worth a word
_UNKNOWN = 0.2  # with more curves too short than this, nothing can be said


def simulated(result: Result, spec: StudySpec) -> Iterator[str]:
    """Say what a simulated search came to, and what to change."""
    whole = result.trials * spec.max_resource
    units = text.count(result.spent, spec.resource)
    if result.best:
        found = f"found {spec.metric} {text.number(result.best[-1][1])}"
    else:
        found = "found nothing"
    saved = whole - result.spent
    less = f", {saved / whole:.0%} less than training all in full" if saved > 0 else ""
    yield (
        f"{text.count(result.workers, 'worker')} {found} among "
        f"{text.count(result.trials, 'configuration')}, spending {units}{less}."
    )
    if not result.in_full and result.trials:
        yield (
            "No trial was trained in full: raise max_trials or the time, or lower max_resource, "
            "else the best is one that was never finished."
        )
    if 1 - result.utilization > _IDLE and result.workers > 1:
        few = max(1, round(result.workers * result.utilization))
        yield (
            f"The workers waited {1 - result.utilization:.0%} of the time: "
            f"try --workers {few}, or a larger max_trials."
        )
    if result.promoted and result.mispromoted / result.promoted > _LUCKY:
        yield (
            "Most of those that went on early were overtaken later: a larger min_resource lets "
            "each show more before the first cut."
        )


@dataclass(frozen=True, slots=True)
class ReplayedSearch:
    """What some settings spent and found on recorded curves; `short`: curves that ended early."""

    spent: int
    best: float | None
    short: int
    trials: int


def replayed(was: ReplayedSearch, instead: ReplayedSearch, spec: StudySpec) -> str:
    """Say whether the other settings would have been better."""
    if instead.short > _UNKNOWN * instead.trials:
        return (
            f"No verdict: the other settings would have trained {instead.short:,} of "
            f"{text.count(instead.trials, 'trial')} beyond what is recorded, so what they would "
            "have found is not known. They can be judged where trials were trained further: "
            "replay a study with fewer cuts, or `ashad simulate` a study file."
        )
    if was.best is None or instead.best is None:
        return "No verdict: one of the two found no valid value."
    if (was.spent, was.best) == (instead.spent, instead.best):
        return "Both would have spent and found the same: leave the settings as they are."
    better = spec.score(instead.best) < spec.score(was.best)
    same = instead.best == was.best
    more = instead.spent > was.spent
    share = abs(instead.spent - was.spent) / was.spent if was.spent else 0.0
    cost = f"{share:.0%} {'more' if more else 'fewer'} {spec.resource}s"
    value = f"{spec.metric} {text.number(instead.best)} and not {text.number(was.best)}"
    unsure = f" ({instead.short} curves end too early to be sure)" if instead.short else ""
    if same:
        advice = "leave the settings as they are" if more else "prefer them for the next search"
        return f"The other settings would have found the same for {cost}{unsure}: {advice}."
    found = f"The other settings would have found {value} for {cost}{unsure}"
    if better:
        return f"{found}: prefer them{', if that is worth it' if more else ''}."
    return f"{found}: {'leave the settings as they are' if more else 'cheaper, but worse'}."
