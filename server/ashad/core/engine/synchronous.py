"""Synchronous rounds: nobody leaves a rung before all of its trials have come.

A round is over when its bracket has all its trials and none that runs or is queued may still enter
the rung; then the planned number goes on, best first. A failed trial has come as well: it ranks
last, or is missing. An infeasible one is replaced, and that opens the first round again. Nothing of
this is stored: it follows from the rungs and the trials under way.
"""

from __future__ import annotations

from typing import NamedTuple

from ashad.core.brackets.rung import Placement
from ashad.core.engine.state import State
from ashad.core.history.records import LIVE
from ashad.core.spec import Synchronous


class Promotion(NamedTuple):
    """A trial that continues from a rung."""

    bracket: int
    rung: int
    trial: int
    placement: Placement


def job(state: State, *, closed: bool) -> Promotion | int | None:
    """Return what a free worker does: a promotion, a new trial of a bracket, or None to wait.

    The earliest bracket that has work gives it. `closed` says that no new trial may be made at all.
    """
    lowest = _lowest(state)
    state.first_open = _first_open(state, lowest)
    for number in range(state.first_open, len(state.brackets)):
        bracket = state.brackets[number]
        if not (bracket.full or closed):
            return number
        found = _over(state, number, lowest.get(number, len(bracket.rungs)))
        if found is not None:
            return found
    return None if closed or not repeats(state) else len(state.brackets)


def repeats(state: State) -> bool:
    """Whether another bracket begins when those there are have nothing to hand out."""
    algorithm = state.spec.algorithm
    return isinstance(algorithm, Synchronous) and algorithm.repeat


def _lowest(state: State) -> dict[int, int]:
    """Return for each bracket the lowest rung that a trial under way is heading for."""
    found: dict[int, int] = {}
    for trial in state.live.values():
        if trial.state in LIVE:
            rung = found.get(trial.bracket)
            if rung is None or trial.rung < rung:
                found[trial.bracket] = trial.rung
    return found


def _over(state: State, number: int, open_rung: int) -> Promotion | None:
    """Return the next promotion of the rounds that are over, those below `open_rung`."""
    bracket = state.brackets[number]
    for k in range(min(open_rung, len(bracket.rungs) - 1)):
        found = bracket.rungs[k].best_waiting()
        if found is not None:
            return Promotion(number, k, *found)
    return None


def _first_open(state: State, lowest: dict[int, int]) -> int:
    """Return the first bracket that may ever hand out something, unless limits are raised.

    A search that repeats has thousands of brackets, and all but the last few are done.
    """
    number = state.first_open
    while (
        number < len(state.brackets)
        and state.brackets[number].full
        and number not in lowest
        and _over(state, number, len(state.brackets[number].rungs)) is None
    ):
        number += 1
    return number
