"""Finished trials of another tool, taken in as one event: their curves, and nothing to decide.

Under asynchronous rules their values enter the rungs of the first bracket, as late ones of a trial
that crosses levels do: they count in size and rank, and are never promoted. A synchronous round has
trials of its own alone. No limit counts them but `target_value`: what they reached is reached.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from math import isfinite, isnan
from typing import NamedTuple

from ashad.core.brackets.entry import DIVERGED, OUT, Placement
from ashad.core.engine.state import STOPPED as STUDY_STOPPED
from ashad.core.engine.state import State
from ashad.core.errors import conflict, invalid, not_now
from ashad.core.history.past_trials import FinishedTrial, ImportedTrials
from ashad.core.history.records import (
    COMPLETED,
    CONTINUE,
    IMPORTED,
    STOP,
    STOPPED,
    Decision,
    Event,
    Report,
)
from ashad.core.history.trial import Trial, new_row
from ashad.core.space import Space, active
from ashad.core.spec import StudySpec
from ashad.core.validation.search_space import Mistake
from ashad.core.validation.study_spec import (
    MAX_PARAMS_BYTES,
    MAX_TRIALS,
    check_key,
    complete,
    refuse,
)

MOST_TRIALS, MOST_VALUES = 100, 2_000  # of one call: some 8 ms to check, 10 to take
MOST_NOTE = 200  # characters


class PastTrials(NamedTuple):
    """Trials as a space takes them, and their text in the event: what `check` made of them."""

    space: Space  # that they were checked for
    trials: list[FinishedTrial]
    text: str  # JSON


def check(state: State, request: str, trials: Sequence[FinishedTrial]) -> PastTrials:
    """Return trials that `take` takes; changes nothing, and costs as much as taking them.

    The text is made once: it is kept, digested and, for its size, measured.
    """
    refuse(_mistakes(state, trials), "INVALID_IMPORT")
    spec = _spec(state, request)
    taken, texts = [], []
    for number, trial in enumerate(trials):
        past, text = _taken(spec, number, trial)
        taken.append(past)
        texts.append(text)
    return PastTrials(spec.space, taken, f"[{', '.join(texts)}]")


def take(state: State, now: int, request: str, past: PastTrials) -> ImportedTrials:
    """Take in trials, and return what was made, now or by the same call before."""
    check_key("request_id", request)
    if past.space is not _spec(state, request).space:  # it is another since they were checked
        past = check(state, request, past.trials)
    prior = state.imports.get(request)
    if prior is not None or state.request(request) is not None:
        if prior is None or prior.digest != _digest(past.text):
            raise conflict(
                "REQUEST_CONFLICT",
                "request_id: it was used for another call; "
                "make a new one for each call, keep it for retries",
            )
        return prior
    if state.mode == STUDY_STOPPED:
        raise not_now("STUDY_STOPPED", "the study was stopped; make another")
    if state.trials + len(past.trials) > MAX_TRIALS:
        raise invalid("trials", f"a study holds at most {MAX_TRIALS}")
    seq = state.tick(now)
    head = f'"request": {_json(request)}, "first": {state.trials}'
    state.record(Event(seq, state.time, IMPORTED, f'{{{head}, "trials": {past.text}}}'))
    made = ImportedTrials(seq, state.trials, len(past.trials), _digest(past.text))
    state.imports[request] = made
    state.imported += len(past.trials)
    for trial in past.trials:
        _add(state, now, seq, trial)
    return made


def from_body(body: str) -> tuple[str, int, list[FinishedTrial]]:
    """Return request id, first trial and trials of the event of an import."""
    data = json.loads(body)
    trials = [
        FinishedTrial(
            trial["params"],
            tuple((at, float(value)) for at, value in trial["values"]),
            trial["state"],
            trial["note"],
        )
        for trial in data["trials"]
    ]
    return data["request"], data["first"], trials


def known(state: State, event: Event) -> None:
    """Know of an import again, from its event."""
    data = json.loads(event.body)
    trials, digest = data["trials"], _digest(_json(data["trials"]))
    state.imports[data["request"]] = ImportedTrials(event.seq, data["first"], len(trials), digest)
    state.imported += len(trials)


def _spec(state: State, request: str) -> StudySpec:
    """Return the spec as the trials of this call have it: a repetition, that of the first time."""
    prior = state.imports.get(request)
    now = state.spec
    return now if prior is None else state.spaces.of(prior.first).spec(now)


def _mistakes(state: State, trials: Sequence[FinishedTrial]) -> Iterator[Mistake]:
    if state.spec.outcome_constraints:
        yield "trials", "the study has outcome constraints, and values of other tools lack metrics"
    if state.spec.objectives:
        yield "trials", "the study has objectives, and values of other tools lack metrics"
    if not 1 <= len(trials) <= MOST_TRIALS:
        yield "trials", f"give 1 to {MOST_TRIALS} in one call"
    if sum(len(trial.values) for trial in trials) > MOST_VALUES:
        yield "trials", f"give at most {MOST_VALUES} reports in one call"
    for number, trial in enumerate(trials[:MOST_TRIALS]):
        at = [0, *(resource for resource, _ in trial.values)]
        if trial.state not in (COMPLETED, STOPPED):
            yield f"trials[{number}].state", "give COMPLETED or STOPPED"
        if len(trial.note) > MOST_NOTE:
            yield f"trials[{number}].note", f"at most {MOST_NOTE} characters"
        if len(at) == 1:
            yield f"trials[{number}].reports", "give at least one"
        elif at != sorted(set(at)) or at[-1] > state.spec.max_resource:
            most = state.spec.max_resource
            yield (
                f"trials[{number}].reports",
                f"resources must rise, from 1 to max_resource, which is {most}",
            )


def _taken(spec: StudySpec, number: int, trial: FinishedTrial) -> tuple[FinishedTrial, str]:
    """Return a trial with its configuration as the space takes it, and its text in the event.

    The text is made once: of the largest call it costs as much as all else together.
    """
    field = f"trials[{number}].params"
    params = complete(spec, trial.params, field)
    for name in spec.space:
        if name not in params and active(spec.when, params, name):
            raise invalid(f"{field}[{name}]", "is missing: nothing of a past trial is drawn")
    text = _json(params)
    if len(text.encode()) > MAX_PARAMS_BYTES:
        raise invalid(field, f"at most {MAX_PARAMS_BYTES} bytes as JSON")
    values = [[at, value if isfinite(value) else _word(value)] for at, value in trial.values]
    rest = _json({"state": trial.state, "values": values, "note": trial.note})
    return trial._replace(params=params), f'{{"params": {text}, {rest[1:]}'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _word(value: float) -> str:
    return "nan" if isnan(value) else "inf" if value > 0 else "-inf"


def _digest(trials: str) -> str:
    return blake2b(trials.encode(), digest_size=16).hexdigest()


def _add(state: State, now: int, seq: int, past: FinishedTrial) -> None:
    row = new_row(state.trials, seq, state.time, past.params, "imported", 0)
    trial = Trial(row._replace(attempt=1, message=past.note or None))
    state.add(trial, ordinal=0)
    for resource, value in past.values:
        last = resource == past.values[-1][0]
        _report(state, now, trial, resource, value, STOP if last else CONTINUE)
    trial.spent = 0
    state.ended_by_report(trial, past.state, IMPORTED, IMPORTED)


def _report(state: State, now: int, trial: Trial, resource: int, value: float, action: str) -> None:
    """Keep one value of the curve, in every rung that it reaches first."""
    valid = isfinite(value)
    score = state.spec.score(value + 0.0) if valid else DIVERGED
    first = last = None
    decision = _BETWEEN[action]
    bracket = state.brackets[0]
    if not state.spec.synchronous:
        while trial.rung < len(bracket.levels) and bracket.levels[trial.rung] <= resource:
            last = trial.rung
            first = last if first is None else first
            placement = bracket.rungs[last].enter(score, trial.number, OUT)
            decision = _decision(state, action, last, placement, resource)
            trial.rung += 1
    kept = value + 0.0 if valid else None
    word = None if valid else _word(value)
    key = (state.tick(now), state.time, trial.number, trial.attempt, resource)
    state.add_report(
        trial, Report(*key, kept, word, None, None, first, last, decision), score, past=True
    )


_BETWEEN = {action: Decision(action, IMPORTED) for action in (CONTINUE, STOP)}


def _decision(
    state: State, action: str, rung: int, placement: Placement, resource: int
) -> Decision:
    level = state.brackets[0].levels[rung]
    return Decision(
        action,
        IMPORTED,
        0,
        rung,
        level,
        placement.rank,
        placement.size,
        placement.quota,
        state.metric(placement.cutoff),
        0,
        int(resource > level),
    )
