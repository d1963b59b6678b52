"""Replay: the recorded requests through a fresh study must give the recorded rows, one for one.

An audit of the file, of the code that wrote it, and of the code that reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from ashad.core.engine.configurations.space_change import SpaceChange
from ashad.core.engine.configurations.warm_start import from_body
from ashad.core.engine.study import Study
from ashad.core.errors import RefusalError
from ashad.core.history.archive import InMemoryArchive
from ashad.core.history.records import (
    ANNOTATIONS,
    IMPORTED,
    OF_STUDY,
    SPACE_CHANGED,
    AttemptKey,
    Change,
    Event,
    Record,
    Report,
    ReportContent,
)
from ashad.core.kinds import from_json, space_from_json
from ashad.core.recovery.earlier_records import make_assigned
from ashad.core.space import Params
from ashad.core.spec import Limits


class ReplayMismatchError(Exception):
    """The replayed study did something else than the recorded one."""


def replay(
    name: str,
    uid: str,
    seed: int,
    recorded: Iterable[Report | Change | Event],
    archive: InMemoryArchive | None = None,
    params: Callable[[int], Params] | None = None,
) -> Study:
    """Run records, in the order of their sequence numbers, through a fresh study; return it.

    `archive` takes in what was made; where none is given, all of it is kept. `params` tells the
    recorded configuration of a trial, for what earlier versions recorded nowhere else.
    Raises `ReplayMismatchError`, naming the sequence number, where an outcome differs.
    """
    study: Study | None = None
    archive = archive or InMemoryArchive()
    expected: list[Record] = []
    for record in recorded:
        if study is None:
            study = _create(name, uid, seed, record, archive)
            continue
        if expected:
            _compare(expected.pop(0), record)
            continue
        try:
            made = _apply(study, record, params)
        except (RefusalError, AssertionError, KeyError) as error:
            raise ReplayMismatchError(
                f"{name}: the record of seq {record.seq} cannot be: {error}"
            ) from error
        archive.take(made)
        study.state.committed(study.state.seq)
        expected = [r for r in made if isinstance(r, (Report, Change, Event))]
        if not expected:
            raise ReplayMismatchError(
                f"{name}: the record of seq {record.seq} has no effect in the replay"
            )
        _compare(expected.pop(0), record)
    if study is None:
        raise ReplayMismatchError(f"{name}: there is no record of its creation")
    if expected:
        raise ReplayMismatchError(f"{name}: the record of seq {expected[0].seq} is missing")
    return study


def _create(name: str, uid: str, seed: int, record: Record, archive: InMemoryArchive) -> Study:
    if not isinstance(record, Event) or record.kind != "CREATED":
        raise ReplayMismatchError(f"{name}: the first record is not its creation")
    study, made = Study.begin(
        name, uid, from_json(json.loads(record.body)), seed, record.time, archive
    )
    archive.take(made)
    _compare(made[0], record)
    return study


def _compare(made: Record, record: Record) -> None:
    if (
        isinstance(made, Change)
        and isinstance(record, Change)
        and record.kind == "ASSIGNED"
        and record.message is None
    ):
        made = made._replace(message=None)  # the first files have no sentence on a promotion
    if isinstance(made, Report) and isinstance(record, Report) and _same(made, record):
        return
    # repr, because 1 == 1.0 and NaN is not NaN
    if repr(_with_defaults(made)) != repr(_with_defaults(record)):
        raise ReplayMismatchError(f"seq {record.seq}: recorded {record}, replayed {made}")


def _same(made: Report, record: Report) -> bool:
    """Whether two reports are the same, where that is told at a tenth of the price of `repr`.

    That is nearly always: 1 == 1.0, so the types are compared too, and 0.0 == -0.0, so not these.
    """
    return (
        made == record
        and 0.0 not in (record.value, record.stands, record.decision.cutoff)
        and [*map(type, made)] == [*map(type, record)]
        and [*map(type, made.decision)] == [*map(type, record.decision)]
    )


def _with_defaults(record: Record) -> Record:
    """Return a record as today's code would say the same: an older one lacks what came later.

    That is the settings that a spec did not have, and the words of the sentence on a promotion.
    """
    if isinstance(record, Change) and record.kind == "ASSIGNED":
        numbers = re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", record.message or "")
        return record._replace(message=" ".join(numbers))
    if not isinstance(record, Event) or record.kind not in ("CREATED", "UPDATED"):
        return record
    body = json.loads(record.body)
    read = from_json(body) if record.kind == "CREATED" else Limits(**body)
    return record._replace(body=repr(read))


def _apply(
    study: Study, record: Report | Change | Event, params: Callable[[int], Params] | None
) -> list[Record]:
    state, now = study.state, record.time
    if isinstance(record, Report):
        key = AttemptKey(*record[2:4], state.token(*record[2:4]))
        value = float(record.diverged) if record.value is None else record.value  # type: ignore[arg-type]
        content = ReportContent(record.resource, value, record.metrics, record.checkpoint)
        return study.report(now, key, content)[2]
    if isinstance(record, Event):
        body = json.loads(record.body)
        if record.kind == "UPDATED":
            return study.update(now, Limits(**body))
        if record.kind == IMPORTED:
            request, _, trials = from_body(record.body)
            past = study.check_past(request, trials)
            return study.import_trials(now, request, past)[1]
        if record.kind == SPACE_CHANGED:
            space, when = space_from_json(body, state.spec.draws)
            asked = replace(state.spec, space=space, when=when)
            return study.change_space(now, body["request"], SpaceChange(asked, body["past"]))[1]
        if record.kind in ANNOTATIONS:
            return study.say(now, body.get("trial", OF_STUDY), body["note"], body["labels"])
        verbs = {"PAUSED": study.pause, "RESUMED": study.resume, "STOPPED": study.stop}
        return verbs[record.kind](now)
    number, attempt = record.trial, record.attempt
    key = AttemptKey(number, attempt, state.token(number, attempt))
    message = record.message or ""
    if record.kind == "ASSIGNED":
        make_assigned(state, record, params)
        key_of = record.worker or "", record.request or ""
        return study.suggest(now, *key_of, record.attributes)[2]
    if record.kind == "ENQUEUED" and record.request is None:
        return study.propose(now, json.loads(message), record.reason)
    if record.kind == "ENQUEUED":
        return study.enqueue(now, record.request or "", json.loads(message))[2]
    if record.kind == "LOST":
        return _lose(study, now, record)
    if record.kind == "RECLAIMED":
        return study.heartbeat(now, key)[2]
    if record.kind == "RELEASED":
        return study.release(now, key)[1]
    if record.kind == "COMPLETED" or record.reason == "METRIC_MISSING":
        return study.complete(now, key)[1]
    if record.kind == "CANCELLED":
        stopped = record.reason == "STUDY_STOPPED"
        return study.cancel_queued(now, 1) if stopped else study.cancel(now, number)[1]
    infeasible = record.kind == "INFEASIBLE"
    return study.fail(now, key, infeasible=infeasible, message=message)[1]


def _lose(study: Study, now: int, record: Change) -> list[Record]:
    """Lose a trial as it was lost: a restart of its worker is followed by an assignment to it."""
    reasons = {record.reason, record.message}
    reason = "WORKER_RESTARTED" if "WORKER_RESTARTED" in reasons else "LEASE_EXPIRED"
    return study.expire(now, record.trial, record.attempt, reason)
