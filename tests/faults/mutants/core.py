"""Bugs of the state machine."""

from __future__ import annotations

from bisect import bisect_left
from math import inf
from typing import Any

from tests.faults.mutants.patch import mutant, replace, shadow

CORE = "ashad.core."


@mutant("unit/core/engine/test_synchronous.py", CORE + "engine.synchronous")
def a_round_is_cut_while_one_trains(module: Any) -> None:
    real = replace(
        module, "_over",
        lambda number, bracket, _: real(number, bracket, len(bracket.rungs)),
    )  # fmt: skip


@mutant("contract/test_leases.py::test_once_it_is_issued_again", CORE + "engine.study")
def attempt_not_checked(module: Any) -> None:
    """Whoever was ever given the trial may report for it."""

    def report(self: Any, now: int, key: Any, content: Any) -> Any:
        attempt = self.state.trial(key.trial).attempt
        token = self.state.token(key.trial, attempt)
        return real(self, now, type(key)(key.trial, attempt, token), content)

    real = replace(module.Study, "report", report)


@mutant("contract/test_answers.py::test_what_is_no_number_is_recorded", CORE + "brackets.entry")
def nan_ranks_best(module: Any) -> None:
    replace(module, "DIVERGED", -inf)


@mutant("unit/core/test_worked_numbers.py::test_determined_ties", CORE + "brackets.rung")
def tie_to_the_younger(module: Any) -> None:
    replace(module, "bisect_right", bisect_left)


@mutant("unit/core/test_worked_numbers.py::test_promotion_stream", CORE + "brackets.rung")
def one_promotion_too_many(module: Any) -> None:
    def best_waiting(self: Any) -> Any:
        self._quota += 1
        try:
            return real(self)
        finally:
            self._quota -= 1

    real = replace(module.Rung, "best_waiting", best_waiting)


@mutant("faults/test_cut.py", CORE + "engine.state")
def suggest_not_deduplicated(module: Any) -> None:
    replace(module.State, "request", lambda *_: None)


@mutant("contract/test_refusals.py::test_a_report_that_goes_back", CORE + "engine.report")
def resource_goes_back(module: Any) -> None:
    replace(module, "_check_increasing", lambda *_: None)


@mutant("contract/test_answers.py::test_max_trials_is_never_exceeded", CORE + "engine.limits")
def one_trial_too_many(module: Any) -> None:
    def exhausted(state: Any) -> Any:
        reason = real(state)
        made = state.trials - state.counts["INFEASIBLE"]
        return None if reason == "MAX_TRIALS" and made == state.spec.limits.max_trials else reason

    real = replace(module, "exhausted", exhausted)


@mutant(
    "unit/store/test_restore.py::test_a_restored_study_is_the_live_one", CORE + "recovery.restore"
)
def diverged_read_as_nought(module: Any) -> None:
    replace(module, "DIVERGED", 0.0)


@mutant("unit/core/test_space.py::test_a_draw_depends_on", CORE + "sampling.prng")
def draws_from_a_generator(module: Any) -> None:
    drawn: list[int] = []

    def uniform(seed: int, trial: int, name: str) -> float:
        drawn.append(trial)
        found: float = real(seed, len(drawn), name)
        return found

    real = replace(module, "uniform", uniform)


@mutant(
    "unit/outside/test_optuna.py::test_the_question_is_the",
    CORE + "engine.configurations.observations",
)
def the_sampler_is_asked_out_of_order(module: Any) -> None:
    shadow(module, "np", argsort=lambda values: module.np.arange(len(values)))


@mutant("unit/outside/test_optuna.py::test_without_a_proposal", CORE + "engine.suggest")
def a_worker_does_not_wait_for_a_proposal(module: Any) -> None:
    """Where a sampler outside the core proposes, a trial is drawn nevertheless."""
    replace(module, "proposes", lambda _: False)


OF_SPACES = "unit/core/engine/configurations/"


@mutant(
    OF_SPACES + "test_space_change.py::test_a_repeated", CORE + "engine.configurations.versions"
)
def a_repetition_is_read_in_the_space_of_now(module: Any) -> None:
    """What was queued before the space was narrowed is refused, although it is an echo."""
    replace(module.SpaceVersion, "spec", lambda _, now: now)


@mutant(OF_SPACES + "test_space_change.py::test_tpe", CORE + "engine.configurations.space_view")
def what_the_space_does_not_hold_is_moved_to_its_end(module: Any) -> None:
    np = module.np
    shadow(module, "np", where=lambda _, here, there: here if np.ndim(here) else there)
