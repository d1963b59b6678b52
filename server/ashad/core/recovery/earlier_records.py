"""What earlier versions recorded in another way, brought about again for the replay.

Draws version 1 had no proposals: a configuration that a sampler outside the core drew was made with
its assignment, and nothing but the trial's own row tells it.
"""

from __future__ import annotations

from collections.abc import Callable

from ashad.core.engine.state import State
from ashad.core.engine.suggest import next_bracket, proposes
from ashad.core.history.records import Change
from ashad.core.history.trial import Trial, new_row
from ashad.core.space import Params


def make_assigned(state: State, record: Change, params: Callable[[int], Params] | None) -> None:
    """Make the trial of an assignment that was proposed with it, from its recorded params."""
    if params is not None and record.trial == state.trials and proposes(state):
        time, bracket = max(record.time, state.time), next_bracket(state)
        row = new_row(record.trial, 0, time, params(record.trial), "sampled", bracket)
        state.add(Trial(row), ordinal=1)
