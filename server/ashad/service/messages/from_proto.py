"""Messages to plain values. Refuses what is malformed, naming the field; decides nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, nan
from typing import TypeVar

from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from ashad.core.errors import invalid
from ashad.core.history.past_trials import FinishedTrial
from ashad.core.kinds import ALGORITHMS, SAMPLERS, Algorithm, RandomSampler
from ashad.core.space import (
    Params,
)
from ashad.core.spec import SECOND, Lease, Limits, StudySpec
from ashad.core.validation.remarks import (
    MAX_ATTRIBUTES,
    Remark,
    check_attributes,
    check_labels,
)
from ashad.core.validation.study_spec import MAX_PARAMS_BYTES
from ashad.service.messages import goals, settings, spaces

T = TypeVar("T")

MAX_METRICS = 128
MAX_VALUES = 10_000  # choices, values of conditions, points and their values of a spec together
MAX_URI = 4096
MAX_WAIT = 300.0
MAX_SECONDS = 100 * 366 * 86400


def spec(message: pb.StudySpec) -> StudySpec:
    """Return the spec of a message, defaults filled in."""
    _bound(message)
    found = spaces.space(message.space)
    return StudySpec(
        **goals.read(message),
        resource=message.resource or "epoch",
        max_resource=message.max_resource,
        space=found,
        points_to_evaluate=tuple(
            configuration(point, f"spec.points_to_evaluate[{i}]")
            for i, point in enumerate(message.points_to_evaluate)
        ),
        algorithm=_algorithm(message),
        sampler=settings.read(message, "sampler", SAMPLERS) or RandomSampler(),
        when=spaces.when(message.space, found),
        limits=limits(message.limits),
        seed=message.seed if message.HasField("seed") else None,
        lease=_lease(message.lease),
        constraints=tuple(message.constraints),
        outcome_constraints=tuple(message.outcome_constraints),
        failed_counts_as_worst=spaces.enum(
            "spec.failure_policy",
            message.failure_policy,
            {
                pb.FAILURE_POLICY_UNSPECIFIED: True,
                pb.FAILURE_POLICY_COUNT_AS_WORST: True,
                pb.FAILURE_POLICY_IGNORE: False,
            },
        ),
    )


def _bound(message: pb.StudySpec) -> None:
    """Refuse what would take long to read, before it is read."""
    if message.ByteSize() > 16 * MAX_PARAMS_BYTES:
        raise invalid("spec", "at most 1 MiB", "INVALID_SPEC")
    points = sum(1 + len(point.params) for point in message.points_to_evaluate)
    space = sum(
        len(param.categorical.choices) + sum(len(condition.values) for condition in param.when)
        for param in message.space
    )
    if points + space > MAX_VALUES:
        raise invalid(
            "spec.points_to_evaluate" if points > space else "spec.space",
            f"{space} choices and values of conditions, and {points} points and values of points: "
            f"at most {MAX_VALUES} together",
            "INVALID_SPEC",
        )


def limits(message: pb.StudyLimits) -> Limits:
    """Return the limits that are set."""
    duration = None
    if message.HasField("max_duration"):
        duration = micros(message.max_duration, "limits.max_duration")

    def whole(name: str) -> int | None:
        return getattr(message, name) if message.HasField(name) else None

    return Limits(
        max_trials=whole("max_trials"),
        max_concurrent_trials=whole("max_concurrent_trials"),
        max_total_resource=whole("max_total_resource"),
        max_duration=duration,
        target_value=message.target_value if message.HasField("target_value") else None,
        max_failed_trials=whole("max_failed_trials"),
    )


def changed_limits(now: Limits, message: pb.UpdateStudyRequest) -> Limits:
    """Return the limits of now with those of the request, as its mask says."""
    names = list(Limits.__dataclass_fields__)
    if len(message.update_mask.paths) > 100:
        raise invalid("update_mask", "at most 100 paths")
    paths = [path.removeprefix("limits.") for path in message.update_mask.paths]
    if "*" in paths:
        paths = names
    for path in paths:
        if path not in names:
            raise invalid(
                "update_mask", f"{path[:100]!r} is no limit; choose from {', '.join(names)}"
            )
    new = limits(message.limits)
    taken = paths or [name for name in names if getattr(new, name) is not None]
    return Limits(**{name: getattr(new if name in taken else now, name) for name in names})


def changed_space(now: StudySpec, message: Sequence[pb.ParameterSpec]) -> StudySpec:
    """Return the spec of now with another space."""
    _bound(pb.StudySpec(space=message))
    found = spaces.space(message)
    return replace(now, space=found, when=spaces.when(message, found))


def configuration(message: pb.Configuration, field: str) -> Params:
    """Return the values of a configuration; a name given twice is refused."""
    params: Params = {}
    if message.ByteSize() > MAX_PARAMS_BYTES:
        raise invalid(field, f"at most {MAX_PARAMS_BYTES} bytes", "INVALID_CONFIGURATION")
    for param in message.params:
        name, value = param.name, param.value
        kind = value.WhichOneof("kind")
        if kind is None or name in params:
            wrong = "the value is not set" if kind is None else "it is given twice"
            raise invalid(f"{field}[{name[:200]!r}]", wrong, "INVALID_CONFIGURATION")
        params[name] = getattr(value, kind)
    return params


def past_trials(messages: Sequence[pb.PastTrial]) -> list[FinishedTrial]:
    """Return finished trials of another tool."""
    return [
        FinishedTrial(
            configuration(pb.Configuration(params=trial.params), f"trials[{number}].params"),
            tuple((report.resource, report.value) for report in trial.reports),
            pb.TrialState.Name(trial.state).removeprefix("TRIAL_STATE_")
            if trial.state in pb.TrialState.values()
            else "",
            trial.note,
        )
        for number, trial in enumerate(messages)
    ]


def metrics(
    message: Sequence[pb.Metric], objective: str, *, computed: bool = False
) -> tuple[float, str | None]:
    """Return the judged metric, NaN if it is computed of the others, and these as JSON text."""
    if len(message) == 1 and not computed:  # nearly all
        metric = message[0]
        if metric.name == objective:
            return metric.value, None
    value: float | None = nan if computed else None
    others: dict[str, float | str] = {}
    for metric in message:
        name = metric.name
        if name == objective and value is None:
            value = metric.value
        elif name == objective and computed:
            raise invalid("metrics", f"{name!r} is computed of the objectives: leave it out")
        elif name == objective or name in others:
            raise invalid("metrics", f"{name[:200]!r} is given twice; send each metric once")
        elif not 1 <= len(name) <= 200 or not name.isprintable():
            raise invalid("metrics", "a name has 1 to 200 printable characters")
        else:
            others[name] = metric.value if isfinite(metric.value) else repr(metric.value)
        if len(others) >= MAX_METRICS:
            raise invalid("metrics", f"at most {MAX_METRICS} in a report")
    if value is None:
        given = ", ".join(repr(name) for name in list(others)[:5]) or "none"
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        fix = f"the study's metric {objective!r} is missing; the report has {given}{more}"
        raise invalid("metrics", fix, "METRIC_MISSING")
    return value, json.dumps(others, ensure_ascii=False, sort_keys=True) if others else None


def attributes(message: Sequence[pb.Attribute]) -> str | None:
    """Return the attributes of an attempt as JSON text, None for none."""
    if not message:  # of many clients
        return None
    if len(message) > 2 * MAX_ATTRIBUTES:
        raise invalid("attributes", f"at most {MAX_ATTRIBUTES}")
    return check_attributes(tuple((one.name, one.value) for one in message))


def labels(message: Sequence[str]) -> list[str]:
    """Return the labels that what is asked for must have."""
    return sorted(check_labels("labels", message))


def remark(message: pb.AnnotateStudyRequest | pb.AnnotateTrialRequest) -> Remark:
    """Return what is to be said."""
    note = message.note if message.HasField("note") else None
    return Remark(note, message.add_labels, message.remove_labels)


def uri(text: str) -> str | None:
    """Return a checkpoint URI; it is opaque and never opened."""
    if len(text) > MAX_URI:
        raise invalid("checkpoint_uri", f"at most {MAX_URI} characters")
    if not text.isprintable():
        raise invalid("checkpoint_uri", "control characters are not allowed")
    return text or None


def micros(message: Duration, field: str) -> int:
    """Return a duration in microseconds, not 0 unless it is; a negative one is refused."""
    if not (0 <= message.seconds <= MAX_SECONDS and 0 <= message.nanos < 10**9):
        raise invalid(field, "give a time that is not negative, at most 100 years")
    return int(message.seconds * SECOND + (message.nanos + 999) // 1000)


def page_size(asked: int, most: int = 1000) -> int:
    """Return how many rows a page has."""
    if asked < 0:
        raise invalid("page_size", f"give 1 to {most}, or 0 for 100")
    return min(asked, most) or 100


def _algorithm(message: pb.StudySpec) -> Algorithm:
    found: Algorithm | None = settings.read(message, "algorithm", ALGORITHMS)
    if found is None:
        known = ", ".join(kind.field for kind in ALGORITHMS)
        raise invalid("spec.algorithm", f"set one of {known}", "INVALID_SPEC")
    return found


def _lease(message: pb.LeaseSpec) -> Lease:
    default = Lease()
    duration = default.duration
    if message.HasField("duration"):
        duration = micros(message.duration, "spec.lease.duration")
    interval = min(default.heartbeat_interval, duration // 6 or default.heartbeat_interval)
    if message.HasField("heartbeat_interval"):
        interval = micros(message.heartbeat_interval, "spec.lease.heartbeat_interval")
    return Lease(duration, interval, message.max_attempts or default.max_attempts)
