"""When a study ends: for good (`ended`), or for new trials only (`exhausted`). Only reads."""

from __future__ import annotations

from ashad.core.engine.state import STOPPED, State
from ashad.core.validation.study_spec import MAX_TRIALS


def ended(state: State, now: int) -> str | None:
    """Return why the whole study has ended by `now`, running trials included, or None.

    `max_total_resource` is a threshold on what was reported and no bound: what is under way when it
    is passed ends at its next report or heartbeat, and what it reports until then counts.
    """
    limits = state.spec.limits
    if state.mode == STOPPED:
        return "STUDY_STOPPED"
    if (
        limits.target_value is not None
        and state.best is not None
        and state.best.score <= state.spec.score(limits.target_value)
    ):
        return "TARGET_REACHED"
    if limits.max_total_resource is not None and state.spent >= limits.max_total_resource:
        return "MAX_TOTAL_RESOURCE"
    if (
        limits.max_duration is not None
        and max(now, state.time) - state.created >= limits.max_duration
    ):
        return "MAX_DURATION"
    if limits.max_failed_trials is not None and state.failures["ERROR"] >= limits.max_failed_trials:
        return "MAX_FAILED_TRIALS"
    infeasible = state.counts["INFEASIBLE"]
    if infeasible >= 1000 and infeasible >= 10 * (limits.max_trials or 0):
        return "MAX_INFEASIBLE_TRIALS"
    return None


def ended_with(state: State, now: int, spent: int, score: float) -> str | None:
    """Return why the study has ended once a report counts that spent so much, or None."""
    if not state.limited and state.mode != STOPPED and state.counts["INFEASIBLE"] < 1000:
        return None  # nearly always
    limits = state.spec.limits
    if limits.target_value is not None and score <= state.spec.score(limits.target_value):
        return "TARGET_REACHED"
    if limits.max_total_resource is not None and state.spent + spent >= limits.max_total_resource:
        return "MAX_TOTAL_RESOURCE"
    return ended(state, now)


def exhausted(state: State) -> str | None:
    """Return why no new trial may be made, or None. What was made runs on to its end."""
    most = state.spec.limits.max_trials
    if most is not None and _own(state) >= most:
        return "MAX_TRIALS"
    if state.configurations is not None and state.ordinal >= state.configurations:
        return "GRID_EXHAUSTED" if state.spec.gridded else "CONFIGURATIONS_EXHAUSTED"
    if state.population is not None and members(state) >= state.spec.algorithm.population:  # type: ignore[attr-defined]
        return "POPULATION_COMPLETE"
    if _full(state):
        return "BRACKETS_EXHAUSTED"
    if state.trials >= MAX_TRIALS:
        return "MAX_TRIALS"
    return None


def members(state: State) -> int:
    """Return how many members a population has or had; of an infeasible one there is another."""
    return sum(bracket.created for bracket in state.brackets) - state.explored


def _own(state: State) -> int:
    """Return how many trials the study has made: not infeasible ones, not those of another tool."""
    return state.trials - state.counts["INFEASIBLE"] - state.imported


def _full(state: State) -> bool:
    """Whether every bracket that is ever begun has its trials."""
    brackets = state.brackets
    return (
        state.spec.synchronous
        and not brackets.repeats
        and all(bracket.full for bracket in brackets.open.values())
    )
