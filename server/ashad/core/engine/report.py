"""A report: one metric in, one decision out. Key: (trial, attempt, resource); a repeat is an echo.

Order of the questions: is it this trial's, was it answered before, is the attempt over, does it
reach a rung, has the study ended.
"""

from __future__ import annotations

from functools import lru_cache
from math import isfinite, isnan

from ashad.core.brackets.bracket import Bracket, Entered
from ashad.core.brackets.entry import DIVERGED
from ashad.core.engine.lifecycle import had, held, reclaim, was_lost
from ashad.core.engine.limits import ended, ended_with
from ashad.core.engine.state import State
from ashad.core.errors import conflict, invalid, not_now
from ashad.core.history.records import (
    COMPLETED,
    CONTINUE,
    PAUSE,
    PAUSED,
    RUNNING,
    STOP,
    STOPPED,
    AttemptKey,
    Decision,
    Report,
    ReportContent,
)
from ashad.core.history.trial import Trial


def report(state: State, now: int, key: AttemptKey, content: ReportContent) -> tuple[Decision, int]:
    """Return the decision and the sequence number of the report's commit."""
    number, attempt, _ = key
    resource, value, metrics, checkpoint = content
    if not 1 <= resource <= state.spec.max_resource:
        raise invalid("resource", f"give 1 to max_resource, which is {state.spec.max_resource}")
    trial = held(state, key)
    valid, diverged = _value(value)
    if attempt < trial.attempt or resource <= trial.at:
        stored = state.report(number, attempt, resource)
        if stored is not None:
            return _echo(stored, (valid, diverged, metrics, checkpoint))
    if attempt < trial.attempt:
        return superseded(trial), state.seq
    if was_lost(trial, attempt):
        _check_increasing(trial, resource)
        reclaim(state, now, trial)
    if trial.state != RUNNING:
        return trial.stored_decision()
    _check_increasing(trial, resource)
    state.check_writable()
    score = DIVERGED if valid is None else state.spec.score(valid)
    decision, entered = _decide(state, now, trial, resource, score)
    seq = state.tick(now)
    first, last = (None, None) if entered is None else (entered.first, entered.last)
    kept = Report(
        seq,
        state.time,
        number,
        attempt,
        resource,
        valid,
        diverged,
        metrics,
        checkpoint,
        first,
        last,
        decision,
    )
    state.add_report(trial, kept, score)
    if decision.action != CONTINUE:
        state.ended_by_report(trial, *_ended_by(decision))
    return decision, seq


def stored_decision(
    state: State, now: int, key: AttemptKey, *, alive: bool
) -> tuple[Decision, int]:
    """Return the stored decision for an attempt, or STOP once the study has ended.

    A worker that is alive takes a lost trial back. Otherwise nothing changes and the token does not
    matter: any process of a distributed job may ask.
    """
    trial = held(state, key) if alive else had(state, key)
    attempt = key.attempt
    if attempt < trial.attempt:
        return superseded(trial), state.seq
    if alive and was_lost(trial, attempt):
        reclaim(state, now, trial)
    decision, _ = trial.stored_decision()
    if decision.action == CONTINUE:
        reason = ended(state, now)
        if reason is not None:
            decision = Decision(STOP, reason, trial.bracket)
    return decision, state.seq


def superseded(trial: Trial) -> Decision:
    """Return what an attempt is told whose trial another attempt holds."""
    return Decision(STOP, "SUPERSEDED", trial.bracket, current_attempt=trial.attempt)


def _value(value: float) -> tuple[float | None, str | None]:
    if isfinite(value):
        return value + 0.0, None  # -0.0 is 0.0
    return None, "nan" if isnan(value) else "inf" if value > 0 else "-inf"


def _echo(stored: Report, content: tuple[object, ...]) -> tuple[Decision, int]:
    if content != (stored.value, stored.diverged, stored.metrics, stored.checkpoint):
        raise conflict(
            "REPORT_CONFLICT",
            f"resource: {stored.resource} was reported before by this attempt with other content; "
            "the first stands",
            stored_value=stored.diverged or stored.value,
        )
    return stored.decision, stored.seq


def _check_increasing(trial: Trial, resource: int) -> None:
    if resource <= trial.at:
        raise not_now(
            "RESOURCE_NOT_INCREASING",
            f"resource: {resource} is not above the last of this attempt, {trial.at}",
            last_resource=trial.at,
        )


def _decide(
    state: State, now: int, trial: Trial, resource: int, score: float
) -> tuple[Decision, Entered | None]:
    bracket = state.brackets[trial.bracket]
    entered = bracket.enter(trial.number, trial.rung, resource, score)
    valid = score != DIVERGED
    if entered is None:
        decision = _between(state, bracket, trial, resource, valid=valid)
    else:
        decision = _of_rung(state, bracket, trial, resource, entered, valid=valid)
    if decision.action == CONTINUE:
        reason = ended_with(state, now, resource - trial.at, score)
        if reason is not None:
            decision = decision._replace(action=STOP, reason=reason, next_resource=0)
    return decision, entered


def _between(
    state: State, bracket: Bracket, trial: Trial, resource: int, *, valid: bool
) -> Decision:
    top = state.spec.max_resource
    if resource >= top:  # a trial whose failed entry or earlier attempt already stands at the top
        return Decision(STOP, "MAX_RESOURCE", trial.bracket)
    onward = bracket.levels[trial.rung] if trial.rung < len(bracket.levels) else top
    return _go_on("BETWEEN_RUNGS" if valid else "DIVERGED", trial.bracket, onward)


@lru_cache(1024)  # most reports are answered alike
def _go_on(reason: str, bracket: int, onward: int) -> Decision:
    return Decision(CONTINUE, reason, bracket, next_resource=onward)


def _of_rung(
    state: State, bracket: Bracket, trial: Trial, resource: int, entered: Entered, *, valid: bool
) -> Decision:
    if not valid:
        action, reason, onward = STOP, "DIVERGED", 0
    elif resource >= state.spec.max_resource:
        action, reason, onward = STOP, "MAX_RESOURCE", 0
    elif bracket.promotion:
        action, reason, onward = PAUSE, "RUNG_REACHED", 0
    elif entered.continues:
        action, reason, onward = CONTINUE, "IN_TOP", bracket.levels[entered.last + 1]
    else:
        action, reason, onward = STOP, "BELOW_CUTOFF", 0
    level, placement = bracket.levels[entered.rung], entered.placement
    return Decision(
        action,
        reason,
        trial.bracket,
        entered.rung,
        level,
        placement.rank,
        placement.size,
        placement.quota,
        state.metric(placement.cutoff),
        onward,
        int(resource > level),
    )


def _ended_by(decision: Decision) -> tuple[str, str]:
    """Return the (state, reason) into which a report with this decision brings its trial."""
    reason = decision.reason
    if decision.action == PAUSE:
        return PAUSED, reason
    return COMPLETED if reason == "MAX_RESOURCE" else STOPPED, reason
