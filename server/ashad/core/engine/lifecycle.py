"""How an attempt ends other than by a report: completed, failed, released, lost, cancelled.

Natural keys: (trial, attempt). A repeat gets the stored answer; an attempt that is over is told so
politely and changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from ashad.core.engine.state import STOPPED as STUDY_STOPPED
from ashad.core.engine.state import State
from ashad.core.errors import invalid, not_now
from ashad.core.history.records import (
    CANCELLED,
    COMPLETED,
    FAILED,
    INFEASIBLE,
    PAUSED,
    QUEUED,
    RUNNING,
    STOPPED,
    AttemptKey,
    Change,
)
from ashad.core.history.trial import Trial

MAX_MESSAGE = 4096


class Ending(NamedTuple):
    """What became of a trial, and the sequence number of the commit that says so."""

    state: str
    reason: str
    seq: int


def complete(state: State, now: int, key: AttemptKey) -> Ending:
    """End a trial whose training ended by itself; its latest report is its result."""
    trial = held(state, key)
    over = _over(state, trial, key.attempt, "COMPLETED")
    if over is not None:
        return over
    state.tick(now)
    if not trial.reported:
        return _fail(state, trial, "METRIC_MISSING", "completed without a report of the metric")
    if trial.value is None:
        change = state.move(trial, "COMPLETED", STOPPED, reason="DIVERGED")
    else:
        change = state.move(trial, "COMPLETED", COMPLETED, reason="COMPLETED")
    return Ending(change.state, change.reason or "", change.seq)


def fail(state: State, now: int, key: AttemptKey, *, infeasible: bool, message: str) -> Ending:
    """End a trial as failed; or as infeasible: out of its rungs, and replaced."""
    kind, message = "INFEASIBLE" if infeasible else "FAILED", message[:MAX_MESSAGE]
    trial = held(state, key)
    over = _over(state, trial, key.attempt, kind, message)
    if over is not None:
        return over
    state.tick(now)
    if not infeasible:
        return _fail(state, trial, "ERROR", message)
    bracket = state.brackets[trial.bracket]
    bracket.remove(trial.number, bisect_right(bracket.levels, trial.donor_resource))
    change = state.move(trial, kind, INFEASIBLE, reason="INFEASIBLE", message=message)
    if state.best is not None and state.best.trial == trial.number:
        state.find_best(without=trial.number)
    return Ending(change.state, "INFEASIBLE", change.seq)


def release(state: State, now: int, key: AttemptKey) -> Ending:
    """Give a trial back: it is queued again, and nothing counts as a failure."""
    trial = held(state, key)
    over = _over(state, trial, key.attempt, "RELEASED")
    if over is not None:
        return over
    state.tick(now)
    state.released += 1
    after = CANCELLED if state.mode == STUDY_STOPPED else QUEUED
    change = state.move(trial, "RELEASED", after, reason="RELEASED")
    return Ending(change.state, "RELEASED", change.seq)


def cancel(state: State, now: int, number: int) -> Trial:
    """End a trial by a person's wish; a trial that was cancelled before is an echo."""
    trial = state.trial(number)
    if trial.state == CANCELLED:
        return trial
    if trial.state not in (QUEUED, RUNNING, PAUSED):
        raise not_now("TRIAL_ENDED", f"trial {number} has ended: it is {trial.state}")
    rung = None
    if trial.state == PAUSED and state.population is None:
        rung = trial.rung - 1
        state.brackets.withdraw(trial.bracket, rung, number)
    state.tick(now)
    state.move(trial, "CANCELLED", CANCELLED, reason="CANCELLED", rung=rung)
    return trial


def lose(state: State, now: int, trial: Trial, reason: str) -> None:
    """Take a running trial from a worker that is gone: queued again, or failed for good.

    `reason` is LEASE_EXPIRED or WORKER_RESTARTED; a trial that lost `max_attempts` workers is
    FAILED.
    """
    assert trial.state == RUNNING
    state.tick(now)
    state.lost += 1
    trial.lost += 1
    if state.mode == STUDY_STOPPED:
        state.move(trial, "LOST", CANCELLED, reason="STUDY_STOPPED", message=reason)
    elif trial.lost >= state.spec.lease.max_attempts:
        _fail(state, trial, "LOST", reason)
    else:
        state.move(trial, "LOST", QUEUED, reason=reason)


def reclaim(state: State, now: int, trial: Trial) -> None:
    """Give a lost trial back to the worker that had it, in the same attempt: it was not lost."""
    assert trial.state == QUEUED
    state.tick(now)
    state.lost -= 1
    trial.lost -= 1
    state.move(trial, "RECLAIMED", RUNNING)


def had(state: State, key: AttemptKey) -> Trial:
    """Return the trial that this attempt was one of, or refuse an attempt that never was."""
    trial = state.trial(key.trial)
    if not 1 <= key.attempt <= trial.attempt:
        raise invalid(
            "attempt", f"trial {key.trial} never had an attempt {key.attempt}", "UNKNOWN_ATTEMPT"
        )
    return trial


def held(state: State, key: AttemptKey) -> Trial:
    """Return the trial that this token was issued for, or refuse a token that never was."""
    number, attempt, token = key
    trial = state.live.get(number)
    if trial is None or not 1 <= attempt <= trial.attempt:
        trial = had(state, key)
    if attempt != trial.attempt:
        issued = state.token(number, attempt)
    else:
        issued = trial.token = trial.token or state.token(number, attempt)
    if token != issued:
        raise invalid(
            "lease_token",
            "it was never issued; send the one of the assignment",
            "UNKNOWN_LEASE_TOKEN",
        )
    return trial


def was_lost(trial: Trial, attempt: int) -> bool:
    """Whether this attempt lost its lease and no other has begun: its worker may take it back."""
    return trial.state == QUEUED and trial.attempt == attempt and trial.reason != "RELEASED"


def _over(
    state: State, trial: Trial, attempt: int, kind: str, message: str | None = None
) -> Ending | None:
    """Return what is told to an attempt that is over, or None if it is not."""
    if trial.attempt == attempt and (trial.state == RUNNING or was_lost(trial, attempt)):
        return None
    ending = state.ending(trial.number, attempt)
    if ending is not None and _same(ending, kind, message):
        return Ending(ending.state, ending.reason or "", ending.seq)
    if trial.attempt > attempt:
        return Ending(trial.state, "SUPERSEDED", state.seq)
    told = ending is not None and ending.kind in ("FAILED", "INFEASIBLE")
    if told or (kind in ("FAILED", "INFEASIBLE") and trial.state == COMPLETED):
        raise not_now("TRIAL_ENDED", f"trial {trial.number} has ended: it is {trial.state}")
    return Ending(trial.state, trial.reason or "", trial.seq)


def _same(ending: Change, kind: str, message: str | None) -> bool:
    """Whether a call of this kind and message is the one that ended the attempt."""
    if kind == "COMPLETED" and ending.reason == "METRIC_MISSING":
        return True
    return ending.kind == kind and (message is None or message == ending.message)


def _fail(state: State, trial: Trial, reason: str, message: str) -> Ending:
    rung = None
    if state.spec.failed_counts_as_worst:
        rung = state.brackets[trial.bracket].enter_worst(trial.number, trial.rung)
    if rung is not None:
        trial.rung = rung + 1
    kind = "LOST" if reason == "LOST" else "FAILED"
    change = state.move(trial, kind, FAILED, reason=reason, message=message, rung=rung)
    return Ending(FAILED, reason, change.seq)
