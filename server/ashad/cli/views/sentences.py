"""Reasons and trials in words: what the contract says in UPPER_SNAKE, as a person would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ashad_client.v1 import ashad_pb2 as pb

from ashad.cli.views import plain, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_REASONS = {
    "BELOW_CUTOFF": "it ranked below the cut-off of its rung",
    "DIVERGED": "its metric was no finite number",
    "MAX_RESOURCE": "it is trained in full",
    "RUNG_REACHED": "it reached a rung",
    "STUDY_STOPPED": "the study was stopped",
    "MAX_DURATION": "the study's time was up",
    "MAX_TOTAL_RESOURCE": "the study had spent its total resource",
    "MAX_TRIALS": "the study has made all its trials",
    "TARGET_REACHED": "the study reached its target value",
    "MAX_FAILED_TRIALS": "too many trials of the study had failed",
    "MAX_INFEASIBLE_TRIALS": "too many configurations of the study were infeasible",
    "EXPLOITED": "a better trial's checkpoint took its place",
    "POPULATION_COMPLETE": "every member of the population was trained",
    "BRACKETS_EXHAUSTED": "every bracket has all its trials",
    "GRID_EXHAUSTED": "every point of the grid was tried",
    "CONFIGURATIONS_EXHAUSTED": "every configuration was tried",
    "LEASE_EXPIRED": "its worker fell silent",
    "WORKER_RESTARTED": "its worker had restarted without it",
    "LOST": "it lost too many workers",
    "ERROR": "its worker told of an error",
    "METRIC_MISSING": "it ended without a report of the metric",
    "INFEASIBLE": "its configuration cannot work",
    "RELEASED": "its worker gave it back",
    "CANCELLED": "a person cancelled it",
    "COMPLETED": "its training ended by itself",
    "SAMPLER_TIMED_OUT": "its sampler gave no answer in time and the draw is random",
    "SAMPLER_ENDED": "the process of its sampler ended and the draw is random",
    "SAMPLER_FAILED": "its sampler failed and the draw is random",
    "SAMPLER_ANSWER_INVALID": "its sampler's answer was none and the draw is random",
    "SAMPLER_BREAKS_CONSTRAINT": "its sampler broke a constraint and the draw is random",
    "IMPORTED": "it was imported as another tool left it",
}
_ORIGINS = {
    "sampled": "Its configuration was drawn",
    "point": "Its configuration is one of points_to_evaluate",
    "grid": "Its configuration is a point of the grid",
    "enqueued": "Its configuration was enqueued by a person",
    "explored": "Its configuration is that of its donor, changed",
    "imported": "Its configuration and its values were imported",
}
_S = pb.TrialState


def reason(code: str) -> str:
    """Say why; a reason of a newer daemon as it is spelt."""
    return _REASONS.get(code) or code.lower().replace("_", " ")


def trial(found: pb.Trial, study: str, spec: pb.StudySpec) -> Iterator[str]:
    """Tell how a trial stands, a sentence a line; no configuration, no decisions."""
    resource = spec.resource or "epoch"
    after = f"after {found.resource:,} of {text.count(spec.max_resource, resource)}"
    if not found.resource:
        after = "and has reported nothing yet"
    yield f"Trial {found.trial} of {study} {_verb(found)} {after}{_why(found)}."
    if found.message:
        who = "It comes from" if found.origin == "imported" else "Its worker said"
        yield f"It {found.message}." if found.reason == "EXPLOITED" else f"{who}: {found.message}"
    if found.resource:
        yield _values(found, spec)
    yield _workers(found)
    origin = _ORIGINS.get(found.origin, f"Its origin is {found.origin}")
    yield f"{origin}; its bracket is {found.bracket}."
    if found.HasField("donor_trial"):
        yield (
            f"It goes on for trial {found.parent_trial}, from the checkpoint of trial "
            f"{found.donor_trial} at {resource} {found.donor_resource:,}."
        )
    if found.HasField("seed"):
        yield f"Each attempt trains with the seed {found.seed}."
    if found.checkpoint_uri:
        yield f"Its latest checkpoint is {found.checkpoint_uri}"


def _verb(found: pb.Trial) -> str:
    verbs: dict[int, str] = {
        _S.TRIAL_STATE_QUEUED: "waits for a worker",
        _S.TRIAL_STATE_RUNNING: f"runs on {found.worker}",
        _S.TRIAL_STATE_PAUSED: "waits for its promotion",
        _S.TRIAL_STATE_COMPLETED: "is complete",
        _S.TRIAL_STATE_STOPPED: "was stopped",
        _S.TRIAL_STATE_FAILED: "failed",
        _S.TRIAL_STATE_INFEASIBLE: "is infeasible",
        _S.TRIAL_STATE_CANCELLED: "was cancelled",
    }
    return verbs.get(found.state, f"is {plain.word(found, 'state')}")


def _why(found: pb.Trial) -> str:
    self_told = ("", "CANCELLED", "INFEASIBLE") if found.message else ("", "CANCELLED")
    if found.reason in self_told:
        return ""
    joint = (
        ": " if found.state in (_S.TRIAL_STATE_COMPLETED, _S.TRIAL_STATE_PAUSED) else ", because "
    )
    return f"{joint}{reason(found.reason)}"


def _values(found: pb.Trial, spec: pb.StudySpec) -> str:
    if not found.HasField("value"):
        last = f"Its last {spec.metric} was no finite number"
    else:
        last = f"Its last {spec.metric} is {text.number(found.value)}"
    if found.HasField("best_value") and found.best_value != found.value:
        return f"{last}, its best was {text.number(found.best_value)}."
    return f"{last}, the best of its reports." if found.HasField("best_value") else f"{last}."


def _workers(found: pb.Trial) -> str:
    made = f"It was made at {text.instant_text(found.create_time)}"
    if found.origin == "imported":
        return f"{made} by an import; no worker of this study had it."
    if not found.attempt:
        return f"{made} and was never handed out."
    held = text.elapsed_text(found.worker_time)
    attempts = "one attempt" if found.attempt == 1 else f"{found.attempt} attempts"
    last = "" if found.state == _S.TRIAL_STATE_RUNNING else f", the last on {found.worker}"
    lost = f"; {text.count(found.lost_leases, 'lease')} lost" if found.lost_leases else ""
    return f"{made} and was held by workers for {held} in {attempts}{last}{lost}."
