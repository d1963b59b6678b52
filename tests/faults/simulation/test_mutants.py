"""The simulation can fail: each of these broken daemons is found out by one of a few seeds.

A mutant is made by patching this process; the product has no switch for it.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ashad.core.brackets.bracket
import ashad.core.engine.population
import ashad.core.engine.report
import ashad.core.engine.suggest
import numpy as np
import pytest
from ashad.core.brackets.points.fronts import Staircases, crowding
from ashad.core.brackets.population import Population
from ashad.core.brackets.rung import Rung
from ashad.core.engine.state import State
from ashad.core.engine.study import Study
from ashad.core.history.records import AttemptKey, ReportContent
from ashad.core.objectives import Objective
from ashad.core.outcomes import broken
from ashad.scheduler.group_commit import GroupCommit
from ashad.scheduler.leases import Leases
from ashad.scheduler.quotas import Quotas
from ashad.scheduler.quotas.usage import Usage
from ashad.scheduler.scheduler import Scheduler

from .daemon import Daemon
from .world import simulate

SEEDS = range(40)  # all sound without a mutant: they are among those of test_simulation.py
Patch = pytest.MonkeyPatch
MUTANTS: list[Callable[[Patch], None]] = []


def mutant(make: Callable[[Patch], None]) -> Callable[[Patch], None]:
    MUTANTS.append(make)
    return make


@pytest.mark.parametrize("make", MUTANTS, ids=lambda make: make.__name__)
def test_it_is_found_out(make: Callable[[Patch], None], monkeypatch: Patch) -> None:
    make(monkeypatch)
    found = next((result for seed in SEEDS if (result := simulate(seed)).failures), None)
    assert found is not None, "no seed noticed"
    print(found.failures[0])


# --- quotas ---


@mutant
def what_runs_is_forgotten_in_a_crash(patch: Patch) -> None:
    patch.setattr(Quotas, "read", lambda self, attempts: setattr(self, "usage", Usage()))


@mutant
def a_trial_that_ends_by_a_report_keeps_its_slot(patch: Patch) -> None:
    end = Usage.end

    def of_changes(self: Usage, study: int, trial: int, **how: bool) -> None:
        if how:
            end(self, study, trial, **how)

    patch.setattr(Usage, "end", of_changes)


# --- durability and echoes ---


@mutant
def reply_before_commit(patch: Patch) -> None:
    async def at_once(self: Scheduler) -> None:
        pass

    patch.setattr(Scheduler, "durable", at_once)


@mutant
def reply_with_the_batch_before(patch: Patch) -> None:
    """Whoever asks while a batch flies is answered when that one has landed."""
    real = GroupCommit.durable
    patch.setattr(GroupCommit, "durable", lambda self: self._in_flight or real(self))


@mutant
def a_full_disk_is_not_rolled_back(patch: Patch) -> None:
    patch.setattr(Scheduler, "_on_rolled_back", lambda self, error: self._gate.close(error))


@mutant
def no_echo_of_a_report(patch: Patch) -> None:
    real = Study.report

    def forgetful(self: Study, *args: Any) -> Any:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(State, "report", lambda *_: None)
            return real(self, *args)

    patch.setattr(Study, "report", forgetful)


@mutant
def no_echo_of_a_suggest_after_a_restart(patch: Patch) -> None:
    patch.setattr(State, "request", lambda self, request: self._requests.get(request))


@mutant
def no_echo_of_an_ending_after_a_restart(patch: Patch) -> None:
    real = ashad.core.engine.lifecycle._over

    def forgetful(state: State, trial: Any, attempt: int, kind: str, message: Any = None) -> Any:
        found = real(state, trial, attempt, kind, message)
        lost = found is not None and (trial.number, attempt) not in state._endings
        return found._replace(seq=state.seq) if lost else found

    patch.setattr(ashad.core.engine.lifecycle, "_over", forgetful)


@mutant
def reports_of_an_attempt_are_forgotten_by_a_restart(patch: Patch) -> None:
    # By its name: in the package, `load` is the function.
    patch.setattr(sys.modules["ashad.store.load"], "_reports_of_attempt", lambda *_: [])


# --- leases and fencing ---


@mutant
def no_fencing(patch: Patch) -> None:
    """Whoever was ever given the trial may report for it."""
    real = Study.report

    def open_house(self: Study, now: int, key: AttemptKey, content: ReportContent) -> Any:
        attempt = self.state.trial(key.trial).attempt
        token = self.state.token(key.trial, attempt)
        return real(self, now, AttemptKey(key.trial, attempt, token), content)

    patch.setattr(Study, "report", open_house)


@mutant
def a_lease_runs_on_while_the_daemon_is_down(patch: Patch) -> None:
    real = Scheduler.reload

    def late(self: Scheduler) -> None:
        real(self)
        leases = self._leases._leases
        for (study, trial), (attempt, _) in list(leases._held.items()):
            leases.renew(study, trial, attempt, self._clock.monotonic(), 0.1)

    patch.setattr(Scheduler, "reload", late)


@mutant
def a_stalled_daemon_blames_the_workers(patch: Patch) -> None:
    patch.setattr(Leases, "give_back", lambda self, seconds: None)


@mutant
def leases_by_the_wall_clock(patch: Patch) -> None:
    patch.setattr(Daemon, "monotonic", lambda self: self.wall() / 1_000_000)


@mutant
def a_lease_never_ends(patch: Patch) -> None:
    patch.setattr(Leases, "suspects", lambda self, now: [])


@mutant
def a_call_does_not_renew_the_lease(patch: Patch) -> None:
    real = Leases.renew

    def once(self: Leases, study: int, trial: int, attempt: int, *rest: float) -> None:
        if self._held.get((study, trial), (0, 0.0))[0] != attempt:
            real(self, study, trial, attempt, *rest)

    patch.setattr(Leases, "renew", once)


@mutant
def a_restarted_worker_gets_a_second_trial(patch: Patch) -> None:
    real = ashad.core.engine.suggest.suggest

    def stranger(state: State, now: int, worker: str, request: str) -> Any:
        state.holders.pop(worker, None)
        return real(state, now, worker, request)

    patch.setattr(ashad.core.engine.suggest, "suggest", stranger)


# --- decisions ---


@mutant
def a_report_counts_after_the_stop(patch: Patch) -> None:
    real = Study.report

    def deaf(self: Study, now: int, key: AttemptKey, content: ReportContent) -> Any:
        found = self.state.trial(key.trial)
        if found.state == "STOPPED" and found.attempt == key.attempt:
            self.state.counts["STOPPED"] -= 1
            self.state.counts["RUNNING"] += 1
            found.state, self.state.live[found.number] = "RUNNING", found
        return real(self, now, key, content)

    patch.setattr(Study, "report", deaf)


@mutant
def a_tie_goes_to_the_younger(patch: Patch) -> None:
    patch.setattr(ashad.core.brackets.rung, "bisect_right", bisect_left)


@mutant
def diverged_ranks_first(patch: Patch) -> None:
    real = Rung.enter
    patch.setattr(
        Rung,
        "enter",
        lambda self, score, *rest: real(
            self, -9e9 if isinstance(score, float) and score > 1e9 else score, *rest
        ),
    )


@mutant
def a_dominated_point_stays_in_its_front(patch: Patch) -> None:
    def level(self: Staircases, number: int, point: Any) -> int:
        self.members = lambda front: np.arange(number + 1)  # type: ignore[method-assign]
        self.spread = lambda front, points: (  # type: ignore[method-assign]
            np.arange(number + 1), crowding(points[: number + 1])
        )  # fmt: skip
        self.sizes = [number + 1]
        return 0

    patch.setattr(Staircases, "insert", level)


@mutant
def a_tolerance_is_forgotten(patch: Patch) -> None:
    patch.setattr(Objective, "place", Objective.coordinate)


@mutant
def infeasible_ranks_first(patch: Patch) -> None:
    patch.setattr(
        ashad.core.engine.report.outcomes,
        "ranked_score",
        lambda constraints, metrics, score: -9e9 if broken(constraints, metrics) else score,
    )


@mutant
def the_best_may_be_infeasible(patch: Patch) -> None:
    real = State.add_report

    def lenient(self: State, trial: Any, report: Any, score: float, **named: Any) -> None:
        own = score if report.value is None else self.spec.score(report.value)
        real(self, trial, report, own, **named)

    patch.setattr(State, "add_report", lenient)


@mutant
def one_trial_too_many(patch: Patch) -> None:
    real = ashad.core.engine.suggest.exhausted

    def generous(state: State) -> Any:
        limits = state.spec.limits
        if limits.max_trials is None:
            return real(state)
        more = replace(limits, max_trials=limits.max_trials + 1)
        spec, state.spec = state.spec, state.spec.with_limits(more)
        try:
            return real(state)
        finally:
            state.spec = spec

    patch.setattr(ashad.core.engine.suggest, "exhausted", generous)


# --- populations ---


@mutant
def a_worse_member_is_a_donor(patch: Patch) -> None:
    real = ashad.core.engine.population._donor

    def any_of_all(state: State, better: Any) -> Any:
        assert state.population is not None
        worst_first = [number for number, _ in sorted(state.population.entries(), key=_worst)]
        return real(state, tuple(worst_first)) if better else None

    patch.setattr(ashad.core.engine.population, "_donor", any_of_all)


def _worst(entry: tuple[int, float]) -> float:
    return -entry[1]


@mutant
def a_member_that_ended_is_still_compared_with(patch: Patch) -> None:
    real = Population.moved

    def but_ended(self: Population, trial: int, state: str, rung: int) -> None:
        if state in ("QUEUED", "RUNNING", "PAUSED"):
            real(self, trial, state, rung)

    patch.setattr(Population, "moved", but_ended)


@mutant
def a_restart_knows_the_first_level_of_a_member_alone(patch: Patch) -> None:
    restore, real = sys.modules["ashad.core.recovery.restore"], Population.enter
    fill = restore._fill

    def first(self: Population, trial: int, score: float) -> None:
        real(self, trial, self._scores.get(trial, score))

    def forgetful(*args: Any) -> None:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(Population, "enter", first)
            fill(*args)

    patch.setattr(restore, "_fill", forgetful)


@mutant
def the_member_furthest_ahead_goes_on(patch: Patch) -> None:
    def last(state: State, *, closed: bool) -> Any:
        assert state.population is not None
        waiting = [(t.rung, n) for n, t in state.live.items() if t.state == "QUEUED"]
        waiting += [(rung, number) for number, rung in state.population.paused.items()]
        return state.trial(max(waiting)[1]) if waiting and closed else None

    patch.setattr(ashad.core.engine.suggest, "next_member", last)


@mutant
def what_must_not_be_explored_is_drawn_anew(patch: Patch) -> None:
    patch.setattr(ashad.core.kinds.Pbt, "changes", lambda self, name: True)
