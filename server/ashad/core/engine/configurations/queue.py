"""Configurations that are given, by a person or by a sampler outside the core: queued as trials."""

from __future__ import annotations

import json

from ashad.core.engine.limits import ended, exhausted
from ashad.core.engine.state import STOPPED, State
from ashad.core.engine.suggest import next_bracket, wants_proposal
from ashad.core.errors import conflict, invalid, not_now
from ashad.core.history.records import QUEUED, Change
from ashad.core.history.trial import Trial, new_row
from ashad.core.sampling.samplers import allowed, draw
from ashad.core.space import Params
from ashad.core.validation.relations import forbidden
from ashad.core.validation.study_spec import MAX_PARAMS_BYTES, check_key, complete


def enqueue(state: State, now: int, request: str, given: Params) -> tuple[Trial, int]:
    """Queue a configuration, what it leaves out drawn; return its trial, as it was made."""
    check_key("request_id", request)
    prior = state.request(request)
    if prior is not None:  # taken as its space took it: it may have changed
        then = state.spaces.of(prior.trial).spec(state.spec)
        return _enqueued_before(state, prior, complete(then, given, "configuration"))
    given = complete(state.spec, given, "configuration")
    if state.mode == STOPPED:
        raise not_now("STUDY_STOPPED", "the study was stopped; make another")
    if (reason := ended(state, now)) is not None:
        raise not_now(reason, f"the study has ended ({reason}); raise that limit first")
    if (reason := exhausted(state)) == "MAX_TRIALS":
        raise not_now(reason, "max_trials is reached; raise it first")
    if reason == "POPULATION_COMPLETE":
        raise not_now(reason, "the population has all its members; make a larger one")
    if reason == "BRACKETS_EXHAUSTED":
        raise not_now(reason, "every bracket has its trials; make a study with repeat = true")
    if why := forbidden(state.spec, state.seed, state.trials, given):
        raise invalid("configuration", why, "INVALID_CONFIGURATION")
    params = draw(state.spec, state.seed, state.trials, given)
    if len(json.dumps(params, ensure_ascii=False).encode()) > MAX_PARAMS_BYTES:
        raise invalid("configuration", f"at most {MAX_PARAMS_BYTES} bytes as JSON")
    made = _queue(state, now, params, "enqueued", request=request, message=json.dumps(given))
    return made, made.seq


def propose(state: State, now: int, params: Params, reason: str | None) -> None:
    """Queue what a sampler outside the core drew, if a new configuration is still wanted."""
    if wants_proposal(state, now):
        given = complete(state.spec, params, "proposal")
        params = allowed(state.spec, state.seed, state.trials, given)
        reason = reason if params is given else "SAMPLER_BREAKS_CONSTRAINT"
        _queue(state, now, params, "sampled", message=json.dumps(params), reason=reason)


def _queue(state: State, now: int, params: Params, origin: str, **facts: str | None) -> Trial:
    """Queue a whole configuration; one that the sampler drew uses up one of the study's."""
    seq = state.tick(now)
    row = new_row(state.trials, seq, state.time, params, origin, next_bracket(state))
    trial = Trial(row)
    state.add(trial, ordinal=int(origin == "sampled"))
    state.move(trial, "ENQUEUED", QUEUED, **facts)
    return Trial(row)


def _enqueued_before(state: State, prior: Change, given: Params) -> tuple[Trial, int]:
    """Return the trial as it was made, whatever has become of it."""
    if prior.kind != "ENQUEUED" or prior.message != json.dumps(given):
        raise conflict(
            "REQUEST_CONFLICT",
            "request_id: it was used for another call; "
            "make a new one for each call, keep it for retries",
        )
    trial = state.trial(prior.trial)
    row = new_row(
        trial.number, prior.seq, prior.time, trial.configuration(), trial.origin, trial.bracket
    )
    return Trial(row), prior.seq
