"""Synchronous rounds: nobody leaves a rung before all of its trials have come.

A round is over when its bracket has all its trials and none that runs or is queued may still enter
the rung; then the planned number goes on, best first. A failed trial has come as well: it ranks
last, or is missing. An infeasible one is replaced, and that opens the first round again. Nothing of
this is stored: it follows from the rungs and the trials under way.
"""

from __future__ import annotations

from typing import NamedTuple

from ashad.core.brackets.bracket import Bracket
from ashad.core.brackets.entry import Placement
from ashad.core.engine.state import State
from ashad.core.history.records import LIVE


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
    brackets = state.brackets
    for number, bracket in list(brackets.open.items()):  # those with trials under way, and the last
        if not (bracket.full or closed):
            return number
        found = _over(number, bracket, lowest.get(number, len(bracket.rungs)))
        if found is not None:
            return found
        if number not in lowest:
            brackets.settle(number)
    return len(brackets) if brackets.repeats and not closed else None


def _lowest(state: State) -> dict[int, int]:
    """Return for each bracket the lowest rung that a trial under way is heading for."""
    found: dict[int, int] = {}
    for trial in state.live.values():
        if trial.state in LIVE:
            rung = found.get(trial.bracket)
            if rung is None or trial.rung < rung:
                found[trial.bracket] = trial.rung
    return found


def _over(number: int, bracket: Bracket, open_rung: int) -> Promotion | None:
    """Return the next promotion of the rounds that are over, those below `open_rung`."""
    for k in range(min(open_rung, len(bracket.rungs) - 1)):
        found = bracket.rungs[k].best_waiting()
        if found is not None:
            return Promotion(number, k, *found)
    return None
