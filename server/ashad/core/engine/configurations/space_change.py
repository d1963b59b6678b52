"""Another version of the space, while the study runs: from which trial on, and for whom not.

What was drawn or queued keeps its configuration, whatever the space has become: a queued trial, one
that runs, pauses or is promoted, and the points to evaluate of the study's creation.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import NamedTuple

from ashad.core.engine.configurations.versions import SpaceVersion, digest, to_body
from ashad.core.engine.state import STOPPED, State
from ashad.core.errors import conflict, not_now
from ashad.core.history.records import SPACE_CHANGED, Event
from ashad.core.space import Params
from ashad.core.spec import StudySpec
from ashad.core.validation.space_change import changed, check_points
from ashad.core.validation.study_spec import check_key

MOST = 100  # versions of a study


class SpaceChange(NamedTuple):
    """What is asked for: the study with another space."""

    spec: StudySpec
    past: Params  # of parameters that are added, the values of trials until now
    if_version: int = 0  # that this was made of; 0: any
    validate_only: bool = False  # say what it would be, and change nothing


def change(state: State, now: int, request: str, asked: SpaceChange) -> SpaceVersion:
    """Take another space for the trials that are not drawn yet; return the version that it is."""
    check_key("request_id", request)
    prior = state.spaces.by_request(request)
    wanted = digest(to_body(asked.spec.space, asked.spec.when, asked.past))
    if prior is not None or state.request(request) is not None or request in state.imports:
        if prior is None or prior.digest != wanted:
            raise conflict(
                "REQUEST_CONFLICT",
                "request_id: it was used for another call; "
                "make a new one for each call, keep it for retries",
            )
        return prior
    made = changed(
        state.spec,
        [version.view.space for version in state.spaces.all],
        replace(state.spec, space=asked.spec.space, when=asked.spec.when),
        asked.past,
    )
    body = to_body(made.space, made.when, asked.past)
    if digest(body) == digest(to_body(state.spec.space, state.spec.when, {})):
        return state.spaces.now
    version = state.spaces.now.number
    if asked.if_version not in (0, version):
        raise not_now(
            "SPACE_VERSION_CHANGED",
            f"if_version: the space is at version {version} by now; look at it and ask again",
            version=version,
        )
    if state.mode == STOPPED:
        raise not_now("STUDY_STOPPED", "the study was stopped; make another")
    if version >= MOST:
        raise not_now("SPACE_VERSIONS_EXHAUSTED", f"a space has at most {MOST} versions")
    check_points(made, state.seed, state.trials, state.ordinal)
    head = {"request": request, "version": version + 1, "first": state.trials}
    text = json.dumps(head | body, ensure_ascii=False)
    event = Event(state.seq, max(now, state.time), SPACE_CHANGED, text)
    if asked.validate_only:
        return state.spaces.next(event)
    event = event._replace(seq=state.tick(now))
    state.record(event)
    return state.change_space(event)
