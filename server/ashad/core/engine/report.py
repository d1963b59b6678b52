"""A report: one metric in, one decision out. Key: (trial, attempt, resource); a repeat is an echo.

Order of the questions: is it this trial's, was it answered before, is the attempt over, does it
reach a rung, has the study ended.
"""

from __future__ import annotations

from math import isfinite, isnan

from ashad.core.brackets.bracket import Entered
from ashad.core.brackets.rung import DIVERGED
from ashad.core.engine.lifecycle import held, reclaim, was_lost
from ashad.core.engine.state import STOPPED as STUDY_STOPPED
from ashad.core.engine.state import State
from ashad.core.engine.suggest import ended
from ashad.core.errors import conflict, invalid, not_now
from ashad.core.history.records import (
    COMPLETED,
    CONTINUE,
    PAUSE,
    PAUSED,
    RUNNING,
    STOP,
    STOPPED,
    Decision,
    Report,
)
from ashad.core.history.trial import Trial


def report(
    state: State, now: int, number: int, attempt: int, token: str, resource: int, value: float,
    metrics: str | None = None, checkpoint: str | None = None,
) -> tuple[Decision, int]:  # fmt: skip
    """Return the decision and the sequence number of the report's commit.

    `value` may be NaN or infinite: it is recorded as diverged and ranks last. `metrics` are the
    other metrics as JSON text, kept and never judged.
    """
    if not 1 <= resource <= state.spec.max_resource:
        raise invalid("resource", f"give 1 to max_resource, which is {state.spec.max_resource}")
    trial = held(state, number, attempt, token)
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
        return trial.standing(), state.seq
    _check_increasing(trial, resource)
    decision, entered = _decide(state, now, trial, resource, valid)
    seq = state.tick(now)
    first, last = (entered.first, entered.last) if entered else (None, None)
    kept = Report(
        seq, state.time, number, attempt, resource, valid, diverged, metrics, checkpoint,
        first, last, decision,
    )  # fmt: skip
    state.keep(trial, kept)
    after = _ended_by(kept)
    if after is not None:
        state.ended_by_report(trial, *after)
    return decision, seq


def standing(
    state: State, now: int, number: int, attempt: int, token: str | None
) -> tuple[Decision, int]:
    """Return the stored decision for an attempt; with a token it is a sign of life.

    Without a token nothing changes: any process of a distributed job may ask.
    """
    trial = state.trial(number) if token is None else held(state, number, attempt, token)
    if not 1 <= attempt <= trial.attempt:
        raise invalid(
            "attempt", f"trial {number} never had an attempt {attempt}", "UNKNOWN_ATTEMPT"
        )
    if attempt < trial.attempt:
        return superseded(trial), state.seq
    if token is not None and was_lost(trial, attempt):
        reclaim(state, now, trial)
    decision = trial.standing()
    if decision.action == CONTINUE and state.mode == STUDY_STOPPED:
        decision = Decision(STOP, "STUDY_STOPPED", trial.bracket)
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
    state: State, now: int, trial: Trial, resource: int, value: float | None
) -> tuple[Decision, Entered | None]:
    ladder = state.ladders[trial.bracket]
    score = DIVERGED if value is None else state.score(value)
    entered = ladder.enter(trial.number, trial.rung, resource, score)
    decision = _of_rung(state, trial, resource, entered, valid=value is not None)
    if decision.action == CONTINUE:
        spent = resource - trial.at
        reason = _ended_with(state, now, spent, score)
        if reason is not None:
            decision = decision._replace(action=STOP, reason=reason, next_resource=0)
    return decision, entered


def _of_rung(
    state: State, trial: Trial, resource: int, entered: Entered | None, *, valid: bool
) -> Decision:
    ladder = state.ladders[trial.bracket]
    top = state.spec.max_resource
    if entered is None:
        if (
            resource >= top
        ):  # a trial whose failed entry or earlier attempt already stands at the top
            return Decision(STOP, "MAX_RESOURCE", trial.bracket)
        return Decision(
            CONTINUE, "BETWEEN_RUNGS" if valid else "DIVERGED", trial.bracket,
            next_resource=ladder.levels[trial.rung] if trial.rung < len(ladder.levels) else top,
        )  # fmt: skip
    if not valid:
        action, reason, onward = STOP, "DIVERGED", 0
    elif resource >= top:
        action, reason, onward = STOP, "MAX_RESOURCE", 0
    elif ladder.promotion:
        action, reason, onward = PAUSE, "RUNG_REACHED", 0
    elif entered.goes_on:
        action, reason, onward = CONTINUE, "IN_TOP", ladder.levels[entered.last + 1]
    else:
        action, reason, onward = STOP, "BELOW_CUTOFF", 0
    level, standing = ladder.levels[entered.rung], entered.standing
    return Decision(
        action, reason, trial.bracket, entered.rung, level, standing.rank, standing.size,
        standing.quota, state.metric(standing.cutoff), onward, int(resource > level),
    )  # fmt: skip


def _ended_with(state: State, now: int, spent: int, score: float) -> str | None:
    """Return why the study has ended once this report counts, or None."""
    limits = state.spec.limits
    if limits.target_value is not None and score <= state.score(limits.target_value):
        return "TARGET_REACHED"
    if limits.max_total_resource is not None and state.spent + spent >= limits.max_total_resource:
        return "MAX_TOTAL_RESOURCE"
    return ended(state, now)


def _ended_by(kept: Report) -> tuple[str, str] | None:
    """Return the (state, reason) that this report brings its trial into, or None."""
    action, reason = kept.decision.action, kept.decision.reason
    if action == CONTINUE:
        return None
    if action == PAUSE:
        return PAUSED, reason
    return COMPLETED if reason == "MAX_RESOURCE" else STOPPED, reason
