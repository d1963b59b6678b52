"""A report: one metric in, one decision out. Key: (trial, attempt, resource); a repeat is an echo.

Order of the questions: is it this trial's, was it answered before, is the attempt over, does it
reach a rung, has the study ended.
"""

from __future__ import annotations

from functools import lru_cache
from math import isfinite, isnan, nan

from ashad.core import objectives, outcomes
from ashad.core.brackets.bracket import Bracket, Entered
from ashad.core.brackets.entry import DIVERGED
from ashad.core.brackets.points.fronts import Point
from ashad.core.engine.lifecycle import had, held, reclaim, was_lost
from ashad.core.engine.limits import ended, ended_with
from ashad.core.engine.population import reach_level, succeed
from ashad.core.engine.state import State
from ashad.core.errors import conflict, invalid, not_now
from ashad.core.history.explain import goes_on
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
from ashad.core.spec import StudySpec


def report(state: State, now: int, key: AttemptKey, content: ReportContent) -> tuple[Decision, int]:
    """Return the decision and the sequence number of the report's commit."""
    number, attempt, _ = key
    resource, value, metrics, checkpoint = content
    spec = state.spec
    if not 1 <= resource <= spec.max_resource:
        raise invalid("resource", f"give 1 to max_resource, which is {spec.max_resource}")
    trial = held(state, key)
    point: Point = ()
    if spec.objectives:
        value, point = _together(spec, value, metrics)
    if isfinite(value):
        valid, diverged, score = value + 0.0, None, spec.score(value)  # -0.0 is 0.0
        if spec.outcome_constraints:
            score = _ranked(spec, score, metrics)
            point = point if score < spec.worst_score else ()
    else:
        valid, score = None, DIVERGED
        diverged = "nan" if isnan(value) else "inf" if value > 0 else "-inf"
    if attempt < trial.attempt or resource <= trial.at:
        stored = state.report(number, attempt, resource)
        if stored is not None:
            return _echo(stored, (valid, diverged, metrics, checkpoint))
        if attempt < trial.attempt:
            return superseded(trial), state.seq
    if trial.state != RUNNING:
        if not was_lost(trial, attempt):
            return trial.stored_decision()
        _check_increasing(trial, resource)
        reclaim(state, now, trial)
    if resource <= trial.at:
        _check_increasing(trial, resource)
    seq = state.tick(now)
    donor: int | None = None
    entered: Entered | None
    if state.population is not None and _reaches_level(state, trial, resource):
        decision, entered, donor = reach_level(
            state, now, trial, resource, score, saved=bool(checkpoint)
        )
    else:
        decision, entered = _decide(state, now, trial, resource, score, point)
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
        _stands(spec, valid, score) if entered is not None else None,
    )
    state.add_report(trial, kept, score)
    if decision.action != CONTINUE:
        if donor is not None:
            trial.message = goes_on(state.trials, donor)
        state.ended_by_report(trial, *_ended_by(decision))
    if donor is not None:
        succeed(state, trial, donor)
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


def _ranked(spec: StudySpec, score: float, metrics: str | None) -> float:
    """Return the score that ranks a report under outcome constraints, or refuse one without."""
    _need(outcomes.missing(spec.outcome_constraints, metrics), "an outcome constraint of the study")
    return outcomes.ranked_score(spec.outcome_constraints, metrics, score)


def _together(spec: StudySpec, value: float, metrics: str | None) -> tuple[float, Point]:
    """Return the judged number of a study with objectives and the point, where it has points.

    Refuses a report that lacks a metric. One with a metric that is no finite number has diverged.
    """
    ones = spec.objectives
    if not spec.coordinates:
        _need(objectives.missing(ones, metrics), f"{spec.metric}, computed of it,")
        return objectives.combined(ones, spec.combination, metrics), ()
    if isfinite(value):
        _need(objectives.missing(ones[1:], metrics), "the study, one of whose objectives it is,")
    point = objectives.point(ones, spec.combination, value, metrics)
    return value if point or not isfinite(value) else nan, point


def _need(lacking: list[str], who: str) -> None:
    if lacking:
        names = ", ".join(map(repr, lacking))
        fix = f"{names} is missing: {who} needs it in every report"
        raise invalid("metrics", fix, "METRIC_MISSING")


def _stands(spec: StudySpec, value: float | None, score: float) -> float | None:
    """Return the value that a report stands for in a rung, where it is not its own."""
    stands = None if value is None else spec.score(score)
    return None if stands == value else stands


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
    state: State, now: int, trial: Trial, resource: int, score: float, point: Point
) -> tuple[Decision, Entered | None]:
    bracket, rung, onward = state.brackets[trial.bracket], trial.rung, _onward(state, trial)
    entered: Entered | None = None
    if resource < onward:
        reason = "BETWEEN_RUNGS" if score != DIVERGED else "DIVERGED"
        decision = _go_on(reason, trial.bracket, onward)
    else:
        entered = bracket.enter(trial.number, rung, resource, score, point)
        decision = _of_rung(state, bracket, trial, resource, entered, valid=score != DIVERGED)
    if decision.action == CONTINUE:
        feasible = score < state.spec.worst_score
        over = ended_with(state, now, resource - trial.at, score if feasible else DIVERGED)
        if over is not None:
            decision = decision._replace(action=STOP, reason=over, next_resource=0)
    return decision, entered


def _reaches_level(state: State, trial: Trial, resource: int) -> bool:
    levels = state.brackets[trial.bracket].levels
    return trial.rung < len(levels) and resource >= levels[trial.rung]


def _onward(state: State, trial: Trial) -> int:
    """Return the level that a trial is heading for."""
    levels = state.brackets[trial.bracket].levels
    return levels[trial.rung] if trial.rung < len(levels) else state.spec.max_resource


@lru_cache(1024)  # most reports are answered alike
def _go_on(reason: str, bracket: int, onward: int) -> Decision:
    return Decision(CONTINUE, reason, bracket, next_resource=onward)


def _of_rung(
    state: State,
    bracket: Bracket,
    trial: Trial,
    resource: int,
    entered: Entered | None,
    *,
    valid: bool,
) -> Decision:
    if entered is None:  # its failed entry or an earlier attempt already stands at the top
        return Decision(STOP, "MAX_RESOURCE", trial.bracket)
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
