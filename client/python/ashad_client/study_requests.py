"""Requests of the calls about studies, for the sync and the asyncio client alike. Sends nothing."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Union, cast

from ashad_client import records
from ashad_client.errors import invalid
from ashad_client.records import StudyStatus
from ashad_client.spec import changed_space, limits_message, study_spec
from ashad_client.text import clean
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import Native, TrialState, configuration, params_of

Spec = Union[pb.StudySpec, Mapping[str, Any]]
log = logging.getLogger("ashad_client")

PAGE = 1000
BEST_BY = {"best": pb.BEST_BY_BEST, "last": pb.BEST_BY_LAST, "smoothed": pb.BEST_BY_SMOOTHED}


@dataclass(frozen=True)
class Best:
    """The best trial of a study so far, by its best, last or smoothed value (see `Client.best`).

    `value` is what it is the best by. The report that reached it: `resource`, the other `metrics`
    that it had, and the `checkpoint` named with it. `latest_checkpoint` is the last
    one that the trial named, and the only one that is sure to be there still. `params` and `seed`
    train it again. From a daemon before 0.2 `seed` is None, and metrics and checkpoints are empty.
    """

    trial: int
    resource: int
    value: float
    params: dict[str, Native]
    seed: int | None = None
    by: str = "best"
    metrics: dict[str, float] = field(default_factory=dict)
    checkpoint: str = ""
    latest_checkpoint: str = ""


def create(study: str, spec: Spec, *, validate_only: bool) -> pb.CreateStudyRequest:
    """Make the request; a plain mapping is read by `spec.study_spec`."""
    message = spec if isinstance(spec, pb.StudySpec) else study_spec(spec)
    return pb.CreateStudyRequest(
        study=study, spec=message, request_id=str(uuid.uuid4()), validate_only=validate_only
    )


def created(answer: pb.CreateStudyResponse) -> StudyStatus:
    """Read the study, and log what the daemon warns of."""
    for warning in answer.warnings:
        log.warning("study %s: %s", answer.study.name, clean(warning))
    return records.study(answer.study)


def update(study: str, limits: Mapping[str, Any]) -> pb.UpdateStudyRequest:
    """Make the request; a limit given as None is removed."""
    kept = {name: value for name, value in limits.items() if value is not None}
    request = pb.UpdateStudyRequest(study=study, limits=limits_message(kept))
    request.update_mask.paths.extend(limits)
    return request


def change_space(
    now: pb.Study, space: Mapping[str, Any], past: Mapping[str, Any]
) -> pb.ChangeSpaceRequest:
    """Make the request: the space of now with some parameters changed or added, and its key."""
    return pb.ChangeSpaceRequest(
        study=now.name,
        space=changed_space(now.spec.space, space),
        past_values=configuration(past, "past").params,
        request_id=str(uuid.uuid4()),
        if_version=now.space_versions[-1].version if now.space_versions else 0,
    )


def enqueue(study: str, params: Mapping[str, Any]) -> pb.EnqueueTrialRequest:
    """Make the request, with its key."""
    return pb.EnqueueTrialRequest(
        study=study, configuration=configuration(params), request_id=str(uuid.uuid4())
    )


def studies_page(labels: Iterable[str], token: str) -> pb.ListStudiesRequest:
    """Make the request for one page of studies."""
    return pb.ListStudiesRequest(page_size=PAGE, page_token=token, labels=labels)


def trials_page(
    study: str, states: Iterable[str | TrialState], token: str, labels: Iterable[str] = ()
) -> pb.ListTrialsRequest:
    """Make the request for one page of trials; states as words ("running"), or a `TrialState`."""
    try:
        numbers = [pb.TrialState.Value(f"TRIAL_STATE_{str(state).upper()}") for state in states]
    except ValueError as error:
        raise invalid(f"states: {error}") from None
    request = pb.ListTrialsRequest(study=study, page_size=PAGE, page_token=token, labels=labels)
    request.states.extend(cast("list[pb.TrialState]", numbers))
    return request


def reports_page(study: str, trial: int | None, token: str) -> pb.ListReportsRequest:
    """Make the request for one page of reports."""
    return pb.ListReportsRequest(study=study, trial=trial, page_size=PAGE, page_token=token)


def best(study: str, by: str) -> pb.GetBestTrialRequest:
    """Make the request; `by` as a word ("last")."""
    if by not in BEST_BY:
        raise invalid(f"by: {' or '.join(map(repr, BEST_BY))}, not {by!r:.40}")
    return pb.GetBestTrialRequest(study=study, by=BEST_BY[by])


def best_of(answer: pb.GetBestTrialResponse, by: str) -> Best | None:
    """Read the best trial; None where no trial has such a value."""
    if not answer.HasField("trial"):
        return None
    return _best(answer.trial, answer.report, answer.value, by)


def front_of(answer: pb.GetBestTrialResponse) -> list[Best]:
    """Read the front of a study that is judged by fronts; empty of any other."""
    return [_best(one.trial, one.report, one.report.value, "front") for one in answer.front]


def _best(trial: pb.Trial, report: pb.StoredReport, value: float, by: str) -> Best:
    return Best(
        trial=trial.trial,
        resource=report.resource,
        value=value,
        params=params_of(trial.params),
        seed=trial.seed,
        by=by,
        metrics={metric.name: metric.value for metric in report.metrics},
        checkpoint=report.checkpoint_uri,
        latest_checkpoint=trial.checkpoint_uri,
    )


def best_of_study(study: StudyStatus) -> Best | None:
    """Read what a study tells of its best report; None before the first valid one."""
    best = study.best
    if best is None:
        return None
    return Best(best.trial, best.resource, best.value, best.params, best.seed)
