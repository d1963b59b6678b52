"""Plain values to messages. Reads a study, never changes one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from ashad.core.brackets import reach
from ashad.core.brackets.bracket import Bracket
from ashad.core.brackets.plan import Plan, expected_sizes
from ashad.core.engine.configurations.versions import SpaceVersion
from ashad.core.engine.state import State
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment, Finished, Outcome
from ashad.core.history.records import RUNNING, Annotation, Decision, Report, TrialRow
from ashad.core.kinds import RandomSampler
from ashad.core.outcomes import broken_texts
from ashad.core.sampling.prng import training_seed
from ashad.core.space import Params
from ashad.core.spec import SECOND, Limits, StudySpec
from ashad.service.messages import goals, settings, spaces

Told = Iterable[pb.Attribute]
WAIT = Duration(seconds=1)
# By number: a value that is named by text costs twice as much as all else of a decision.
_ACTIONS = {
    "CONTINUE": pb.ACTION_CONTINUE,
    "STOP": pb.ACTION_STOP,
    "PAUSE": pb.ACTION_PAUSE,
}
MOST_BRACKETS = 100  # of a study; one that repeats them may have thousands


def outcome(found: Outcome, seq: int, study: State) -> pb.SuggestResponse:
    """Return the answer to Suggest."""
    if isinstance(found, Assignment):
        return _assigned(found, seq, study)
    if isinstance(found, Finished):
        return pb.SuggestResponse(finished=pb.StudyFinished(reason=found.reason), commit_seq=seq)
    return pb.SuggestResponse(wait=pb.Wait(delay=WAIT, reason=found.reason), commit_seq=seq)


@lru_cache(1024)  # most say that a trial is between rungs; nobody changes the message
def decision(d: Decision) -> pb.Decision:
    """Return a decision with its grounds."""
    return pb.Decision(
        action=_ACTIONS[d.action],
        reason=d.reason,
        bracket=d.bracket,
        rung=d.rung,
        level=d.level,
        rank=d.rank,
        size=d.size,
        quota=d.quota,
        cutoff=d.cutoff,
        next_resource=d.next_resource,
        late=bool(d.late),
        current_attempt=d.current_attempt,
    )


def study(found: Study, now: int) -> pb.Study:
    """Return a study as it stands."""
    state = found.state
    status, reason = found.status(now)
    message = pb.Study(
        name=state.name,
        spec=spec(replace(state.spec, seed=state.seed)),
        state=f"STUDY_STATE_{status}",
        reason=reason,
        create_time=time(state.created),
        counts=_counts(state),
        total_resource=state.spent,
        brackets=_brackets(state),
        note=state.annotations.own.note,
        labels=json.loads(state.annotations.own.labels),
        space_versions=map(space_version, state.spaces.all),
    )
    best = state.best
    if best is not None:
        params = parameters(state.trial(best.trial).configuration())
        message.best.CopyFrom(
            pb.BestResult(
                trial=best.trial,
                resource=best.resource,
                value=best.value,
                params=params,
                seed=training_seed(state.seed, best.trial),
            )
        )
    return message


def space_version(made: SpaceVersion) -> pb.SpaceVersion:
    """Return a version of a space."""
    return pb.SpaceVersion(
        version=made.number,
        first_trial=made.first,
        time=time(made.time),
        changes=made.changes,
    )


def trial(
    row: TrialRow, now: int, seed: int, said: Annotation | None = None, told: Told = ()
) -> pb.Trial:
    """Return a trial as it stands; `seed` is that of its study, `told` of its attempt."""
    running = max(0, now - row.assigned) if row.state == RUNNING else 0
    return pb.Trial(
        trial=row.number,
        state=f"TRIAL_STATE_{row.state}",
        reason=row.reason or "",
        params=parameters(json.loads(row.params)),
        origin=row.origin,
        bracket=row.bracket,
        attempt=row.attempt,
        worker=row.worker or "",
        resource=row.resource,
        value=row.value,
        best_value=row.best_value,
        checkpoint_uri=row.checkpoint or "",
        create_time=time(row.created),
        update_time=time(row.updated),
        worker_time=_duration(row.worker_time + running),
        message=row.message or "",
        lost_leases=row.lost,
        seed=training_seed(seed, row.number),
        note=said.note if said else "",
        labels=json.loads(said.labels) if said else (),
        attributes=told,
        parent_trial=row.parent,
        donor_trial=row.donor,
        donor_resource=row.donor_resource,
    )


def report(stored: Report, outcomes: Sequence[str]) -> pb.StoredReport:
    """Return a stored report; `outcomes` are the study's outcome constraints."""
    broken = broken_texts(outcomes, stored.value, stored.metrics)
    others = json.loads(stored.metrics) if stored.metrics else {}
    return pb.StoredReport(
        trial=stored.trial,
        attempt=stored.attempt,
        resource=stored.resource,
        value=stored.value,
        metrics=[pb.Metric(name=name, value=float(value)) for name, value in others.items()],
        checkpoint_uri=stored.checkpoint or "",
        decision=decision(stored.decision),
        time=time(stored.time),
        commit_seq=stored.seq,
        infeasible=bool(broken),
        broken_constraints=broken,
    )


def parameters(params: Params) -> list[pb.Parameter]:
    """Return params in their order."""
    message = pb.Configuration()
    spaces.fill(message, params)
    return list(message.params)


def time(micros: int) -> Timestamp:
    """Return an instant."""
    return Timestamp(seconds=micros // SECOND, nanos=micros % SECOND * 1000)


def spec(plain: StudySpec) -> pb.StudySpec:
    """Return a spec, defaults filled in."""
    message = pb.StudySpec(
        **goals.write(plain),
        resource=plain.resource,
        max_resource=plain.max_resource,
        space=[spaces.parameter(plain, name) for name in plain.space],
        constraints=plain.constraints,
        outcome_constraints=plain.outcome_constraints,
        limits=_limits(plain.limits),
        seed=plain.seed,
        lease=pb.LeaseSpec(
            duration=_duration(plain.lease.duration),
            heartbeat_interval=_duration(plain.lease.heartbeat_interval),
            max_attempts=plain.lease.max_attempts,
        ),
        failure_policy=pb.FAILURE_POLICY_COUNT_AS_WORST
        if plain.failed_counts_as_worst
        else pb.FAILURE_POLICY_IGNORE,
    )
    for point in plain.points_to_evaluate:
        spaces.fill(message.points_to_evaluate.add(), point)
    settings.write(message, plain.algorithm)
    if plain.sampler != RandomSampler():
        settings.write(message, plain.sampler)
    return message


def _assigned(found: Assignment, seq: int, study: State) -> pb.SuggestResponse:
    """Return the answer that hands out a trial: a copy of what is the same in all of a study."""
    spec, lease = study.spec, study.original.lease
    answer = pb.SuggestResponse()
    metric = goals.reported(spec)
    same = study.name, spec.max_resource, lease.duration, lease.heartbeat_interval, metric
    answer.CopyFrom(_same_of_all(*same))
    answer.commit_seq = seq
    message = answer.assignment
    message.trial, message.attempt = found.trial, found.attempt
    message.lease_token = found.token
    spaces.fill(message, found.params)
    message.bracket = found.bracket
    message.start_resource, message.target_resource = found.start, found.target
    message.next_resource = found.next_resource
    message.resume_checkpoint_uri = found.checkpoint or ""
    message.seed = found.seed
    return answer


@lru_cache(1024)
def _same_of_all(
    study: str, max_resource: int, duration: int, heartbeat_interval: int, metric: str
) -> pb.SuggestResponse:
    """Return what all assignments of a study say; nobody changes the message."""
    return pb.SuggestResponse(
        assignment=pb.Assignment(
            study=study,
            max_resource=max_resource,
            lease_duration=_duration(duration),
            heartbeat_interval=_duration(heartbeat_interval),
            metric=metric,
        )
    )


def _counts(state: State) -> pb.TrialCounts:
    by_state = {name.lower(): count for name, count in state.counts.items()}
    return pb.TrialCounts(
        created=state.trials,
        **by_state,
        failed_error=state.failures["ERROR"],
        failed_lost=state.failures["LOST"],
        failed_metric_missing=state.failures["METRIC_MISSING"],
        lost_leases=state.lost,
        released=state.released,
        diverged_reports=state.diverged,
    )


def warnings(state: State) -> tuple[str, ...]:
    """Return what is allowed in a study and can hardly be meant."""
    brackets = state.brackets
    if len(brackets.open) < len(brackets):  # some are done: they brought what they could
        return ()
    return reach.warnings(state.spec, [*brackets.open.values()], state.configurations)


def _brackets(state: State) -> list[pb.Bracket]:
    """Return the latest brackets, of those that have or will have a trial."""
    latest = ((n, state.brackets[n]) for n in reversed(range(len(state.brackets))))
    used = (_bracket(state, n, b) for n, b in latest if b.created or b.trials != 0)
    return list(islice(used, MOST_BRACKETS))[::-1]


def _bracket(state: State, number: int, bracket: Bracket) -> pb.Bracket:
    trials = min(filter(None, (bracket.trials, state.configurations)), default=None)
    plan = Plan(bracket.levels, trials, len(bracket.levels), bracket.quotas)
    planned = expected_sizes(plan, state.spec.eta, promotion=bracket.promotion)
    return pb.Bracket(
        bracket=number,
        planned_trials=trials or 0,
        rungs=[
            pb.Rung(
                rung=k,
                level=bracket.levels[k],
                planned_trials=planned[k],
                size=rung.size,
                quota=rung.quota() if rung.size else 0,
                cutoff=state.metric(rung.cutoff()),
                promoted=rung.promoted,
                paused=rung.waiting,
            )
            for k, rung in enumerate(bracket.rungs)
        ],
    )


def _limits(limits: Limits) -> pb.StudyLimits:
    return pb.StudyLimits(
        max_trials=limits.max_trials,
        max_concurrent_trials=limits.max_concurrent_trials,
        max_total_resource=limits.max_total_resource,
        max_duration=None if limits.max_duration is None else _duration(limits.max_duration),
        target_value=limits.target_value,
        max_failed_trials=limits.max_failed_trials,
    )


@lru_cache(256)  # nobody changes the message
def _duration(micros: int) -> Duration:
    return Duration(seconds=micros // SECOND, nanos=micros % SECOND * 1000)
