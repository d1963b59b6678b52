"""What population based training decides: who exploits whom, who waits, and who goes on next.

A trial never changes its configuration: the one that exploits ends, and a new trial begins from
the checkpoint of its donor, at the resource of that checkpoint.
"""

from __future__ import annotations

from bisect import bisect_right

from ashad.core.brackets.bracket import Entered
from ashad.core.brackets.entry import DIVERGED, Placement
from ashad.core.brackets.population import Population, Standing
from ashad.core.engine.limits import ended_with, exhausted
from ashad.core.engine.state import State
from ashad.core.history.records import (
    CONTINUE,
    EXPLOITED,
    PAUSE,
    QUEUED,
    STOP,
    Decision,
)
from ashad.core.history.trial import Trial, new_row
from ashad.core.sampling.perturbation import explored
from ashad.core.sampling.prng import uniform


def reach_level(
    state: State, now: int, trial: Trial, resource: int, score: float, *, saved: bool
) -> tuple[Decision, Entered, int | None]:
    """Return what a report that reaches a level decides, and the donor where it exploits one.

    `saved`: the report names a checkpoint, so that its trial may wait without losing anything.
    """
    bracket, population = state.brackets[trial.bracket], _population(state)
    last = bisect_right(bracket.levels, resource) - 1
    population.enter(trial.number, score)
    standing = population.standing(trial.number)
    over = ended_with(state, now, resource - trial.at, score)
    action, reason, donor = _verdict(state, resource, score, standing, over)
    if action == CONTINUE and saved and _waits_behind(state, last + 1):
        action, reason = PAUSE, "RUNG_REACHED"
    goes_on = reason not in (EXPLOITED, "DIVERGED", "MAX_RESOURCE")
    level, first = bracket.levels[last], trial.rung
    bracket.cross(trial.number, first, last, score, goes_on=goes_on)
    cutoff = None if standing.cutoff == DIVERGED else standing.cutoff
    placement = Placement(standing.rank, standing.size, standing.quota, cutoff)
    decision = Decision(
        action,
        reason,
        trial.bracket,
        last,
        level,
        *placement[:3],
        state.metric(cutoff),
        bracket.levels[last + 1] if action == CONTINUE else 0,
        int(resource > level),
    )
    return decision, Entered(first, last, last, placement, goes_on), donor


def succeed(state: State, parent: Trial, donor: int) -> Trial:
    """Queue the trial that goes on in place of `parent` from the checkpoint of its donor."""
    source, number = state.trial(donor), state.trials
    assert source.checkpoint is not None
    seq = state.tick(state.time)
    had = state.spaces.of(donor).view.space
    past = {n: v for n, v in state.spaces.now.view.past.items() if n not in had}
    params, told = explored(state.spec, state.seed, number, past | source.configuration())
    row = new_row(number, seq, state.time, params, "explored", parent.bracket)
    start = source.checkpoint_resource
    trial = Trial(
        row._replace(
            rung=bisect_right(state.brackets[parent.bracket].levels, start),
            checkpoint=source.checkpoint,
            checkpoint_resource=start,
            parent=parent.number,
            donor=donor,
            donor_resource=start,
        )
    )
    state.add(trial, ordinal=0)
    state.move(trial, "EXPLORED", QUEUED, start=start, checkpoint=source.checkpoint, message=told)
    return trial


def next_member(state: State, *, closed: bool) -> Trial | None:
    """Return the member that waits furthest behind; None: a new one comes first, or nobody waits.

    `closed` says that no new one may be made.
    """
    waiting = [(t.rung, n) for n, t in state.live.items() if t.state == QUEUED]
    waiting += [(rung, number) for number, rung in _population(state).paused.items()]
    first = min(waiting, default=None)
    if first is None or (not closed and first[0] > 0):
        return None
    return state.trial(first[1])


def has_member(state: State, *, closed: bool) -> bool:
    """Whether a free worker would get a member that is not queued."""
    return not closed or bool(_population(state).paused)


def _population(state: State) -> Population:
    assert state.population is not None
    return state.population


def _verdict(
    state: State, resource: int, score: float, standing: Standing, over: str | None
) -> tuple[str, str, int | None]:
    """Return action, reason and donor, as if nobody waited for the worker."""
    if resource >= state.spec.max_resource:
        return STOP, "DIVERGED" if score == DIVERGED else "MAX_RESOURCE", None
    if over is not None:
        return STOP, "DIVERGED" if score == DIVERGED else over, None
    if score != DIVERGED and standing.rank <= standing.quota:
        return CONTINUE, "IN_TOP", None
    spent = exhausted(state) == "MAX_TRIALS"
    donor = None if spent else _donor(state, standing.better)
    if donor is not None:
        return STOP, EXPLOITED, donor
    if score == DIVERGED:
        return STOP, "DIVERGED", None
    return CONTINUE, "MAX_TRIALS" if spent else "NO_DONOR", None


def _donor(state: State, better: tuple[int, ...]) -> int | None:
    """Return one of those with a checkpoint, each as likely; None where there is none."""
    able = [number for number in better if state.trial(number).checkpoint is not None]
    if not able:
        return None
    return able[int(uniform(state.seed, state.trials, "/donor") * len(able))]


def _waits_behind(state: State, rung: int) -> bool:
    """Whether a member that is further behind than `rung` waits for a worker, or is to be made."""
    if exhausted(state) is None:
        return True
    found = next_member(state, closed=True)
    return found is not None and found.rung < rung
