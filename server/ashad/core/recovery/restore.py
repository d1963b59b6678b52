"""A study from its rows: the state that wrote them, and what makes two states equal."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ashad.core.brackets.brackets import Entries
from ashad.core.brackets.entry import DIVERGED, OUT, PROMOTED, WAITING
from ashad.core.brackets.points.fronts import Point
from ashad.core.engine import transitions
from ashad.core.engine.configurations import warm_start
from ashad.core.engine.state import State
from ashad.core.history.archive import Archive
from ashad.core.history.records import (
    EXPLOITED,
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
from ashad.core.outcomes import feasible
from ashad.core.spec import Limits, StudySpec


class SavedEntries(NamedTuple):
    """Rung entries as their records tell: reports, and failures that count as worst. By columns."""

    seq: NDArray[np.int64]
    trial: NDArray[np.int64]
    bracket: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    value: NDArray[np.float64]  # NaN where it was no finite number
    rung: NDArray[np.int64]  # the rung that decided
    outcome: NDArray[np.int64]  # of its reason, as `outcome` says

    def where(self, rows: NDArray[Any]) -> SavedEntries:
        """Return some of them, by a mask or in another order."""
        return SavedEntries(*(column[rows] for column in self))


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
    waiting: Iterable[tuple[int, int]]  # paused trial, the rung where it waits
    withdrawn: Iterable[tuple[int, int]]  # trial cancelled while it waited, that rung
    infeasible: set[int]
    entries: Iterable[SavedEntries]  # some after the other, in order of their sequence numbers
    best: TrialRow | None  # of the trials that are not live
    annotation: Annotation | None = None  # of the study itself
    imports: Sequence[Event] = ()
    spaces: Sequence[Event] = ()  # changes of the space
    explored: int = 0  # trials that went on from another's checkpoint
    points: Mapping[int, Point] = {}  # of entries, where the study has them, by sequence number


def restore(saved: Saved, archive: Archive) -> State:
    """Return the state that these rows were written from."""
    state = State(saved.name, saved.uid, saved.spec, saved.seed, saved.created, archive)
    state.set_limits(saved.limits)
    state.mode, state.seq, state.time = saved.mode, saved.seq, saved.time
    state.counts.update(saved.states)
    state.failures.update(saved.failures)
    state.trials = sum(saved.states.values())
    state.ordinal = saved.drawn
    _remember(state, saved)
    state.lost, state.released, state.diverged = saved.lost, saved.released, saved.diverged
    state.spent, state.explored = saved.spent, saved.explored
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
        "spaces": state.spaces.all,
        "imports": (state.imported, sorted(state.imports.items())),
        "tallies": (state.lost, state.released, state.diverged, state.spent),
        "best": state.best,
        "annotation": state.annotations.own,
        "points": state.known.points and state.known.points.bytes(),
        "tried": state.known.tried and state.known.tried.numbers(),
        "live": {
            number: (trial.row(), trial.last)
            for number, trial in sorted(state.live.items())
            if trial.state in LIVE
        },
        "holders": dict(sorted(state.holders.items())),
        "population": state.population
        and (state.population.entries(), sorted(state.population.paused.items()), state.explored),
        "brackets": [
            (
                bracket.trials,
                bracket.created,
                [(list(r.entries()), r.size, r.waiting, r.promoted) for r in bracket.rungs],
            )
            for bracket in state.brackets
        ],
    }


def _remember(state: State, saved: Saved) -> None:
    """Know of all configurations, and of the versions of the space, in the order of the trials."""
    due = deque((json.loads(event.body)["first"], event) for event in saved.spaces)
    for number, params in enumerate(saved.params):
        while due and due[0][0] == number:
            state.change_space(due.popleft()[1])
        if state.known.needed:
            state.known.add(json.loads(params))
    for _, event in due:
        state.change_space(event)


def _revive(state: State, row: TrialRow, reports: list[Report]) -> None:
    trial = Trial(row)
    for report in reports:
        if report.seq > row.seq:
            transitions.check(trial.state, transitions.REPORTED, trial.state)
            kept = feasible(state.spec.outcome_constraints, report.metrics)
            trial.absorb(report, maximize=state.spec.maximize, feasible=kept)
        trial.last = report
    state.live[row.number] = trial
    state.spent += trial.spent
    if trial.worker is not None:
        state.holders[trial.worker] = row.number
    if trial.state == QUEUED:
        state.requeue(trial)


def outcome(reason: str) -> int:
    """Return what a decision with this reason says of the entry: some of the three below."""
    return (
        (reason == IMPORTED) * _FROM_OUTSIDE
        + (reason == "RUNG_REACHED") * _PAUSED
        + (reason in ("BELOW_CUTOFF", "DIVERGED", "MAX_RESOURCE", EXPLOITED)) * _STOPPED
    )


_FROM_OUTSIDE, _PAUSED, _STOPPED = 1, 2, 4


def _fill(state: State, saved: Saved) -> None:
    """Fill every rung with its entries in order of arrival, all at once: they may be millions."""
    filled: defaultdict[tuple[int, int], Entries] = defaultdict(Entries)
    brackets, promotion = state.brackets, state.spec.promotion
    pointed = state.spec.coordinates
    infeasible = np.fromiter(saved.infeasible, np.int64)
    waiting = _by_trial(saved.waiting, state.trials)
    withdrawn = _by_trial(saved.withdrawn, state.trials)
    for part in saved.entries:
        entries = part.where(~np.isin(part.trial, infeasible)) if len(infeasible) else part
        shape = entries.bracket % brackets.shapes if brackets.repeats else entries.bracket
        scores = (-entries.value if state.spec.maximize else entries.value) + 0.0
        scores[np.isnan(scores)] = DIVERGED
        trial, outcomes = entries.trial, entries.outcome
        if state.population is not None:
            for number, score in zip(trial.tolist(), scores.tolist(), strict=True):
                if number in state.live or waiting[number] >= 0:
                    state.population.enter(number, score)
        for k in range(max(entries.last, default=-1) + 1):
            if promotion:
                goes = (withdrawn[trial] != k) & (outcomes & _PAUSED > 0)
            else:
                goes = (k < entries.rung) | (outcomes & _STOPPED == 0)
            fates = np.where(goes, PROMOTED, OUT)
            if promotion:
                fates[waiting[trial] == k] = WAITING
            fates[(scores == DIVERGED) | (k > entries.rung) | (outcomes & _FROM_OUTSIDE > 0)] = OUT
            entered = (entries.first <= k) & (k <= entries.last)
            for of in np.unique(shape[entered]).tolist():
                mine = entered & (shape == of)
                filled[of, k].add(entries.bracket[mine], scores[mine], trial[mine], fates[mine])
                if pointed:
                    seqs = entries.seq[mine].tolist()
                    filled[of, k].points += [saved.points.get(seq, ()) for seq in seqs]
    if state.population is not None:
        members = np.flatnonzero(waiting >= 0).tolist()
        state.population.paused.update((n, int(waiting[n]) + 1) for n in members)
    busy = {trial.bracket for trial in state.live.values() if trial.state in LIVE}
    brackets.fill(filled, saved.brackets, busy)


def _by_trial(rungs: Iterable[tuple[int, int]], trials: int) -> NDArray[np.int16]:
    """Return the rung of each trial that has one here, else -1."""
    found = np.full(trials, -1, np.int16)
    for trial, rung in rungs:
        found[trial] = rung
    return found
