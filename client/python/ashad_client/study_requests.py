"""Requests of the calls about studies, for the sync and the asyncio client alike. Sends nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Union, cast

from ashad_client.errors import invalid
from ashad_client.spec import limits_message, study_spec
from ashad_client.v1 import ashad_pb2 as pb
from ashad_client.values import Native, configuration, params_of

Spec = Union[pb.StudySpec, Mapping[str, Any]]
PAGE = 1000


@dataclass(frozen=True)
class Best:
    """The best valid report of a study so far: its trial, resource, metric and configuration.

    `seed` is the one that each attempt of the trial was given (None: a daemon before 0.2).
    """

    trial: int
    resource: int
    value: float
    params: dict[str, Native]
    seed: int | None = None


def create(study: str, spec: Spec, *, validate_only: bool) -> pb.CreateStudyRequest:
    """Make the request; a plain mapping is read by `spec.study_spec`."""
    message = spec if isinstance(spec, pb.StudySpec) else study_spec(spec)
    return pb.CreateStudyRequest(
        study=study, spec=message, request_id=str(uuid.uuid4()), validate_only=validate_only
    )


def update(study: str, limits: Mapping[str, Any]) -> pb.UpdateStudyRequest:
    """Make the request; a limit given as None is removed."""
    kept = {name: value for name, value in limits.items() if value is not None}
    request = pb.UpdateStudyRequest(study=study, limits=limits_message(kept))
    request.update_mask.paths.extend(limits)
    return request


def enqueue(study: str, params: Mapping[str, Any]) -> pb.EnqueueTrialRequest:
    """Make the request, with its key."""
    return pb.EnqueueTrialRequest(
        study=study, configuration=configuration(params), request_id=str(uuid.uuid4())
    )


def trials_page(study: str, states: Iterable[str], token: str) -> pb.ListTrialsRequest:
    """Make the request for one page of trials; states as words ("running")."""
    try:
        numbers = [pb.TrialState.Value(f"TRIAL_STATE_{state.upper()}") for state in states]
    except ValueError as error:
        raise invalid(f"states: {error}") from None
    request = pb.ListTrialsRequest(study=study, page_size=PAGE, page_token=token)
    request.states.extend(cast("list[pb.TrialState]", numbers))
    return request


def reports_page(study: str, trial: int | None, token: str) -> pb.ListReportsRequest:
    """Make the request for one page of reports."""
    return pb.ListReportsRequest(study=study, trial=trial, page_size=PAGE, page_token=token)


def best_of(study: pb.Study) -> Best | None:
    """Read the best result of a study; None before the first valid report."""
    if not study.HasField("best"):
        return None
    best = study.best
    seed = best.seed if best.HasField("seed") else None
    return Best(best.trial, best.resource, best.value, params_of(best.params), seed)
