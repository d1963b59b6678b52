"""A study from its rows: the state that wrote them, and what makes two states equal."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ashad.core.brackets.brackets import Entries
from ashad.core.brackets.entry import DIVERGED, OUT, PROMOTED, WAITING
from ashad.core.engine import transitions, warm_start
from ashad.core.engine.state import State
from ashad.core.history.archive import Archive
from ashad.core.history.records import (
    FAILED,
    IMPORTED,
    LIVE,
    QUEUED,
    Annotation,
    Event,
    Report,
    TrialRow,
)
from ashad.core.history.trial import Trial
from ashad.core.spec import Limits, StudySpec


class SavedEntry(NamedTuple):
    """A rung entry as its record tells: a report, or a failure that counts as worst."""

    trial: int
    bracket: int
    first: int
    last: int
    value: float | None
    rung: int  # the rung that decided
    reason: str


class Saved(NamedTuple):
    """What the store knows of a study; everything that is not history."""

    name: str
    uid: str
    spec: StudySpec  # as created
    limits: Limits  # as they are now
    seed: int
    created: int
    mode: str
    seq: int
    time: int
    states: dict[str, int]  # trials by state
    failures: dict[str, int]  # failed trials by reason
    brackets: dict[int, int]  # feasible trials of its own by bracket; 0 where it has none
    params: Iterable[str]  # of all trials in order, as JSON, where new ones depend on them
    drawn: int  # trials that used up a configuration
    spent: int  # by the trials that are not live
    lost: int
    released: int
    diverged: int
    live: list[tuple[TrialRow, list[Report]]]  # with the reports of the current attempt
    waiting: dict[int, int]  # paused trial -> the rung where it waits
    withdrawn: dict[int, int]  # trial cancelled while it waited -> that rung
    infeasible: set[int]
    entries: Iterable[SavedEntry]  # in the order of their sequence numbers
    best: TrialRow | None  # of the trials that are not live
    annotation: Annotation | None = None  # of the study itself
    imports: Sequence[Event] = ()


def restore(saved: Saved, archive: Archive) -> State:
    """Return the state that these rows were written from."""
    state = State(saved.name, saved.uid, saved.spec, saved.seed, saved.created, archive)
    state.set_limits(saved.limits)
    state.mode, state.seq, state.time = saved.mode, saved.seq, saved.time
    state.counts.update(saved.states)
    state.failures.update(saved.failures)
    state.trials = sum(saved.states.values())
    state.ordinal = saved.drawn
    if state.points is not None or state.tried is not None:
        for params in saved.params:
            state.remember(json.loads(params))
    state.lost, state.released, state.diverged = saved.lost, saved.released, saved.diverged
    state.spent = saved.spent
    for event in saved.imports:
        warm_start.known(state, event)
    for row, reports in saved.live:
        _revive(state, row, reports)
    for row in [t.row() for t in state.live.values()] + ([saved.best] if saved.best else []):
        state.consider_best(row)
    _fill(state, saved)
    if saved.annotation is not None:
        state.annotations.put(saved.annotation)
    state.check()
    assert state.counts[FAILED] == sum(saved.failures.values())
    return state


def snapshot(state: State) -> dict[str, Any]:
    """Return all that a state is, as comparable values; caches of uncommitted rows are no part."""
    return {
        "study": (state.name, state.uid, state.spec, state.seed, state.created, state.mode),
        "seq": (state.seq, state.time),
        "trials": (state.trials, state.ordinal, state.counts, state.failures),
        "imports": (state.imported, sorted(state.imports.items())),
        "tallies": (state.lost, state.released, state.diverged, state.spent),
        "best": state.best,
        "annotation": state.annotations.own,
        "points": state.points and state.points.bytes(),
        "tried": state.tried and state.tried.numbers(),
        "live": {
            number: (trial.row(), trial.last)
            for number, trial in sorted(state.live.items())
            if trial.state in LIVE
        },
        "holders": dict(sorted(state.holders.items())),
        "brackets": [
            (
                bracket.trials,
                bracket.created,
                [(list(r.entries()), r.size, r.waiting, r.promoted) for r in bracket.rungs],
            )
            for bracket in state.brackets
        ],
    }


def _revive(state: State, row: TrialRow, reports: list[Report]) -> None:
    trial = Trial(row)
    for report in reports:
        if report.seq > row.seq:
            transitions.check(trial.state, transitions.REPORTED, trial.state)
            trial.absorb(report, maximize=state.spec.maximize)
        trial.last = report
    state.live[row.number] = trial
    state.spent += trial.spent
    if trial.worker is not None:
        state.holders[trial.worker] = row.number
    if trial.state == QUEUED:
        state.requeue(trial)


def _fill(state: State, saved: Saved) -> None:
    """Fill every rung with its entries in order of arrival, all at once: they may be millions."""
    entries: defaultdict[tuple[int, int], Entries] = defaultdict(Entries)
    brackets, score, promotion = state.brackets, state.spec.score, state.spec.promotion
    infeasible, repeats, shapes = saved.infeasible, brackets.repeats, brackets.shapes
    for entry in saved.entries:
        trial, bracket, first, last, value, rung, reason = entry
        if trial in infeasible:
            continue
        of = bracket % shapes if repeats else bracket
        for k in range(first, last + 1):
            found = entries[of, k]
            if repeats:
                found.brackets.append(bracket)
            found.scores.append(DIVERGED if value is None else score(value))
            found.trials.append(trial)
            if value is None or k > rung or reason == IMPORTED:
                fate = OUT
            elif promotion:
                fate = _after_pause(saved, trial, k, reason)
            elif k < rung or reason not in _STOPPED:
                fate = PROMOTED
            else:
                fate = OUT
            found.fates.append(fate)
    busy = {trial.bracket for trial in state.live.values() if trial.state in LIVE}
    brackets.fill(entries, saved.brackets, busy)


_STOPPED = ("BELOW_CUTOFF", "DIVERGED", "MAX_RESOURCE")


def _after_pause(saved: Saved, trial: int, rung: int, reason: str) -> int:
    """Return what became of a trial that may have paused, from what its records tell."""
    if saved.waiting.get(trial) == rung:
        return WAITING
    stays = saved.withdrawn.get(trial) == rung or reason != "RUNG_REACHED"
    return OUT if stays else PROMOTED
