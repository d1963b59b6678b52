"""Which trial a free worker gets: its own again, a queued one, a promotion, a new one, or none.

The get-job of ASHA (arXiv 1810.05934, Alg. 2), after what a service owes its workers: a lost job is
issued again before anything else, since losing it costs more than any other choice.
"""

from __future__ import annotations

from typing import NamedTuple

from ashad.core.engine.configurations.observations import Observations
from ashad.core.engine.lifecycle import lose
from ashad.core.engine.limits import ended, exhausted
from ashad.core.engine.population import has_member, next_member
from ashad.core.engine.state import ACTIVE, PAUSED, State
from ashad.core.engine.synchronous import Promotion, job
from ashad.core.errors import conflict
from ashad.core.history.explain import promoted, turn
from ashad.core.history.records import (
    PAUSED as TRIAL_PAUSED,
)
from ashad.core.history.records import (
    QUEUED,
    RUNNING,
    AttemptKey,
    Change,
)
from ashad.core.history.trial import Trial, new_row
from ashad.core.sampling.prng import training_seed
from ashad.core.sampling.samplers import configure
from ashad.core.space import Params


class Assignment(NamedTuple):
    """One attempt at a trial: train from `start` to `target`."""

    trial: int
    attempt: int
    token: str
    params: Params
    bracket: int
    start: int
    target: int
    next_resource: int
    checkpoint: str | None
    seed: int
    worker: str

    @property
    def key(self) -> AttemptKey:
        """What its worker proves itself with."""
        return AttemptKey(self.trial, self.attempt, self.token)


class Wait(NamedTuple):
    """Nothing to hand out now, and why. `quota`: which is full, as the scheduler that says so."""

    reason: str
    quota: tuple[str, str] | None = None


class Finished(NamedTuple):
    """Nothing to hand out ever, unless a limit is raised, and why. Never while anything runs."""

    reason: str


Outcome = Assignment | Wait | Finished


def suggest(
    state: State, now: int, worker: str, request: str, attributes: str | None
) -> tuple[Outcome, int]:
    """Return the outcome for a free worker and the sequence number it reflects."""
    prior = state.request(request)
    if prior is not None:
        return _echo(state, prior, worker)
    reason = ended(state, now)
    if reason is not None:
        return Finished(reason), state.seq
    held = state.live.get(state.holders.get(worker, -1))
    if held is not None and held.state == RUNNING:
        lose(state, now, held, "WORKER_RESTARTED")
    # A pause hands out nothing new: a restarted worker goes on with the trial it had.
    keeps_its_own = held is not None and (held.state, held.reason) == (QUEUED, "WORKER_RESTARTED")
    if state.mode == PAUSED and not keeps_its_own:
        return Wait("STUDY_PAUSED"), state.seq
    most = state.spec.limits.max_concurrent_trials
    if most is not None and state.counts[RUNNING] >= most:
        return Wait("MAX_CONCURRENT_TRIALS"), state.seq
    state.check_writable()
    picked = _pick(state, now, held)
    if isinstance(picked, (Wait, Finished)):
        return picked, state.seq
    trial, why = picked
    change = _assign(state, now, trial, worker, request, why, attributes)
    return _assignment(state, trial, change), change.seq


def next_bracket(state: State) -> int:
    """Return the bracket of the next new trial: the one furthest behind its share, first on a tie.

    In whole numbers, so that the order is total: bracket b of weight n_b (of N in all, the trials
    planned for it where there is a plan) and with c_b trials made is behind by
    n_b * (t + 1) - c_b * N after t trials. A synchronous search fills one bracket after another.
    """
    brackets = state.brackets
    if state.spec.synchronous:
        found = (number for number, bracket in brackets.open.items() if not bracket.full)
        return next(found, len(brackets))
    if len(brackets) == 1:
        return 0
    planned = [bracket.weight for bracket in brackets.open.values()]
    total, made = sum(planned), sum(bracket.created for bracket in brackets.open.values())
    lag = [
        n * (made + 1) - bracket.created * total
        for n, bracket in zip(planned, brackets.open.values(), strict=True)
    ]
    return lag.index(max(lag))


def _echo(state: State, prior: Change, worker: str) -> tuple[Outcome, int]:
    if prior.kind != "ASSIGNED" or prior.worker != worker:
        raise conflict(
            "REQUEST_CONFLICT",
            "request_id: it was used for another call; "
            "make a new one for each call, keep it for retries",
        )
    return _assignment(state, state.trial(prior.trial), prior), prior.seq


def _pick(state: State, now: int, held: Trial | None) -> tuple[Trial, str | None] | Wait | Finished:
    """Return a trial, and for a promotion why; or that there is none now or ever."""
    if held is not None and held.state == QUEUED:
        return held, None
    reason = exhausted(state)
    if state.population is not None:
        member = next_member(state, closed=reason is not None)
        if member is not None:
            return member, _turn(member)
    else:
        queued = state.oldest_queued()
        if queued is not None:
            return queued, None
    found = _next_job(state, closed=reason is not None)
    if isinstance(found, Promotion):
        trial = state.trial(found.trial)
        assert trial.state == TRIAL_PAUSED
        state.brackets[found.bracket].rungs[found.rung].promote()
        cutoff = state.metric(found.placement.cutoff)
        return trial, promoted(found.rung, found.placement, state.spec, cutoff)
    if found is not None:
        if proposes(state):
            return Wait("SAMPLER_BUSY")
        return _make(state, now, found), None
    assert reason is not None
    if state.unfinished():  # what runs may come back, or have to be replaced
        return Wait("ROUND_OPEN" if state.spec.synchronous else "TRIALS_RUNNING")
    return Finished(reason)


def _next_job(state: State, *, closed: bool) -> Promotion | int | None:
    """Return a promotion, else the bracket of a new trial, else None."""
    if state.spec.synchronous:
        return job(state, closed=closed)
    if state.population is not None:
        return 0 if has_member(state, closed=closed) else None
    return promotion(state) or (None if closed else next_bracket(state))


def promotion(state: State) -> Promotion | None:
    """Return the next promotion of asynchronous brackets, the first bracket first."""
    for number, bracket in state.brackets.open.items():
        found = bracket.promotable()
        if found is not None:
            return Promotion(number, *found)
    return None


def has_job(state: State) -> bool:
    """Whether a free worker would get something other than a queued trial."""
    return _next_job(state, closed=exhausted(state) is not None) is not None


def offers(state: State, now: int) -> bool:
    """Whether a free worker that holds nothing would get a trial now."""
    most = state.spec.limits.max_concurrent_trials
    if state.mode != ACTIVE or ended(state, now):
        return False
    if most is not None and state.counts[RUNNING] >= most:
        return False
    if state.population is not None:
        if next_member(state, closed=exhausted(state) is not None) is not None:
            return True
    elif state.oldest_queued() is not None:
        return True
    return has_job(state)


def proposes(state: State) -> bool:
    """Whether the next new configuration comes from outside the core."""
    spec = state.spec
    return spec.sampler.external and state.ordinal >= len(spec.points_to_evaluate)


def wants_proposal(state: State, now: int) -> bool:
    """Whether all that a free worker could get is a configuration from outside the core."""
    if state.mode != ACTIVE or ended(state, now) or exhausted(state) or not proposes(state):
        return False
    return state.oldest_queued() is None and isinstance(_next_job(state, closed=False), int)


def _turn(member: Trial) -> str | None:
    return turn(member.rung) if member.state == TRIAL_PAUSED else None


def _make(state: State, now: int, bracket: int) -> Trial:
    params, origin = configure(
        state.spec, state.seed, state.trials, state.ordinal, Observations(state), state.known.tried
    )
    row = new_row(state.trials, 0, max(now, state.time), params, origin, bracket)
    trial = Trial(row)
    state.add(trial, ordinal=1)
    return trial


def _assign(
    state: State,
    now: int,
    trial: Trial,
    worker: str,
    request: str,
    why: str | None,
    attributes: str | None,
) -> Change:
    state.tick(now)
    trial.attempt += 1
    state.forget_holder(trial)
    trial.worker = worker
    trial.start = trial.at = trial.checkpoint_resource
    trial.last, trial.token = None, ""
    return state.move(
        trial,
        "ASSIGNED",
        RUNNING,
        worker=worker,
        request=request,
        start=trial.start,
        target=state.brackets[trial.bracket].target(trial.rung, trial.start),
        checkpoint=trial.checkpoint,
        rung=trial.rung,
        message=why,
        attributes=attributes,
    )


def _assignment(state: State, trial: Trial, change: Change) -> Assignment:
    """Return the answer that this assignment got, from nothing that may have changed since."""
    assert change.worker is not None
    assert change.start is not None
    assert change.target is not None
    assert change.rung is not None
    return Assignment(
        trial=trial.number,
        attempt=change.attempt,
        token=state.token(trial.number, change.attempt),
        params=trial.configuration(),
        bracket=trial.bracket,
        start=change.start,
        target=change.target,
        next_resource=max(state.brackets[trial.bracket].levels[change.rung], change.start + 1),
        checkpoint=change.checkpoint,
        seed=training_seed(state.seed, trial.number),
        worker=change.worker,
    )
