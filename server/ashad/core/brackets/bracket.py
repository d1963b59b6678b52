"""A bracket: its rungs, and what a report does to them. Trials are numbers here.

What a synchronous round adds, that nobody continues before all have come, is in
`engine.synchronous`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from ashad.core.brackets.entry import DIVERGED, OUT, PROMOTED, Placement
from ashad.core.brackets.plan import Plan
from ashad.core.brackets.points.fronts import Point
from ashad.core.brackets.points.lexicographic_rung import LexicographicRung
from ashad.core.brackets.points.pareto_rung import ParetoRung
from ashad.core.brackets.rule import continue_
from ashad.core.brackets.rung import Rung
from ashad.core.objectives import LEXICOGRAPHIC, Objective, coordinates


def kind_of_rung(
    objectives: Sequence[Objective], combination: str
) -> Callable[[Fraction, int, int | None], Rung | ParetoRung]:
    """Return what makes the rungs of a study, of eta, the least quota and one that is fixed."""
    if combination == LEXICOGRAPHIC:
        return LexicographicRung
    many = coordinates(objectives, combination)
    return partial(ParetoRung, coordinates=many) if many else Rung


class Entered(NamedTuple):
    """What a report did to its bracket: the rungs it entered and the one that decided."""

    first: int
    last: int
    rung: int
    placement: Placement
    continues: bool


class Bracket:
    """The rungs of one bracket, lowest first."""

    __slots__ = ("created", "eta", "levels", "promotion", "quotas", "rungs", "trials", "weight")

    def __init__(
        self,
        plan: Plan,
        eta: Fraction,
        *,
        promotion: bool,
        rung: Callable[[Fraction, int, int | None], Rung | ParetoRung] = Rung,
    ) -> None:
        self.levels = plan.levels
        self.trials = plan.trials  # planned; None is no limit
        self.weight, self.quotas = plan.weight, plan.quotas
        self.eta, self.promotion = eta, promotion
        quotas = plan.quotas or (None,) * len(plan.levels)
        least = 0 if promotion else 1
        self.rungs = [rung(eta, least, quota) for quota in quotas]
        self.created = 0  # trials made for this bracket; infeasible ones do not count

    @property
    def full(self) -> bool:
        """Whether all the trials that were planned have been made."""
        return self.trials is not None and self.created >= self.trials

    def replan(self, plan: Plan) -> None:
        """Take the planned trials of new limits; levels stay."""
        self.trials, self.weight, self.quotas = plan.trials, plan.weight, plan.quotas
        for rung, quota in zip(self.rungs, plan.quotas, strict=False):
            rung.fix_quota(quota)

    def target(self, rung: int, start: int) -> int:
        """Return where an assignment from `start` to `rung` ends: there, or at the top (stopping).

        A trial that overshot the level that it was to reach has one step more to go, since a rung
        is entered by a report of this attempt; it enters late.
        """
        return max(self.levels[rung], start + 1) if self.promotion else self.levels[-1]

    def enter(
        self, trial: int, rung: int, resource: int, score: float, point: Point = ()
    ) -> Entered | None:
        """Enter a report of a trial whose next rung is `rung`; None if it reaches no rung.

        Promotion: the target level only, where the trial then waits. Stopping: every level crossed
        (Determined, asha_stopping.go), and the trial continues if the rule says so in each, with
        itself counted; the lowest rung that stops it is the one that decides. A diverged value
        ranks last, counts, and never continues.
        """
        if rung >= len(self.levels) or resource < self.levels[rung]:
            return None
        top = len(self.levels) - 1
        last = rung
        if not self.promotion:
            while last < top and self.levels[last + 1] <= resource:
                last += 1
        decided: tuple[int, Placement] | None = None
        for k in range(rung, last + 1):
            over = (
                k == top or decided is not None or (self.promotion and resource >= self.levels[top])
            )
            placement = self.rungs[k].enter(score, trial, OUT if over else None, point)
            if (
                decided is None
                and k < top
                and not self.promotion
                and (score == DIVERGED or not continue_(placement.rank, placement.size, self.eta))
            ):
                decided = k, placement
        continues = decided is None and score != DIVERGED
        k, placement = decided or (last, placement)
        return Entered(rung, last, k, placement, continues)

    def cross(self, trial: int, first: int, last: int, score: float, *, goes_on: bool) -> None:
        """Enter a report into these rungs, whatever its rank: what becomes of it is decided."""
        for k in range(first, last + 1):
            stays = score == DIVERGED or (k == last and not goes_on)
            self.rungs[k].enter(score, trial, OUT if stays else PROMOTED)

    def enter_worst(self, trial: int, rung: int) -> int | None:
        """Enter a failed trial as the worst of the rung it was heading for; return that rung."""
        if rung >= len(self.rungs):
            return None
        self.rungs[rung].enter(DIVERGED, trial, OUT)
        return rung

    def promotable(self) -> tuple[int, int, Placement] | None:
        """Return (rung, trial, placement) of the next promotion: highest rung first, then best.

        The get-job of ASHA (arXiv 1810.05934, Alg. 2): of those that the rule lets continue, the
        best one that was not promoted yet.
        """
        if self.promotion:
            for k in range(len(self.rungs) - 2, -1, -1):
                found = self.rungs[k].best_waiting()
                if found is not None:
                    return k, *found
        return None

    def remove(self, trial: int, first: int = 0) -> None:
        """Take an infeasible trial out of every rung; what is left says who is promotable.

        `first` is the rung that it entered first, if any.
        """
        for rung in self.rungs[first:]:
            if not rung.remove(trial):
                break
