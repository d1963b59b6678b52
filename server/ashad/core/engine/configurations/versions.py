"""The versions of a study's space. A trial belongs to the version that its number is drawn from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from operator import itemgetter
from typing import Any, NamedTuple

from ashad.core.engine.configurations.space_view import SpaceView
from ashad.core.history.records import Event
from ashad.core.kinds import space_from_json
from ashad.core.space import Choice, Constant, Domain, Params, Space, When
from ashad.core.spec import StudySpec, space_to_json

MOST_TEXT = 300  # characters of a list of choices
SpaceBody = dict[str, Any]  # a space as JSON values


class SpaceVersion(NamedTuple):
    """One version: what is drawn from it begins with trial number `first`."""

    number: int
    first: int
    seq: int  # of the commit that made it
    time: int
    view: SpaceView
    request: str = ""
    digest: str = ""  # of what was asked for
    changes: tuple[str, ...] = ()  # what is other than in the version before, a line each

    def spec(self, now: StudySpec) -> StudySpec:
        """Return the spec of a study as trials of this version have it."""
        if now.space is self.view.space:
            return now
        return replace(now, space=self.view.space, when=self.view.when)


class SpaceVersions:
    """All versions, the first of which is the space that the study was created with."""

    def __init__(self, spec: StudySpec, created: int) -> None:
        self._spec = spec  # as created
        self.all = [SpaceVersion(1, 0, 1, created, SpaceView(spec.space, spec.when))]

    @property
    def now(self) -> SpaceVersion:
        """Return the version that the next trial is drawn from."""
        return self.all[-1]

    def of(self, trial: int) -> SpaceVersion:
        """Return the version of a trial."""
        return next(version for version in reversed(self.all) if version.first <= trial)

    def by_request(self, request: str) -> SpaceVersion | None:
        """Return the version that a request made."""
        return next((one for one in self.all if request and one.request == request), None)

    def add(self, event: Event) -> SpaceVersion:
        """Take in a version, from its event, and return it."""
        self.all.append(self.next(event))
        return self.now

    def next(self, event: Event) -> SpaceVersion:
        """Return the version that an event makes."""
        body, before = json.loads(event.body), self.now
        space, when = space_from_json(body, self._spec.draws)
        view = SpaceView(space, when, before.view.past | body["past"])
        made = SpaceVersion(
            body["version"],
            body["first"],
            event.seq,
            event.time,
            view,
            body["request"],
            digest(body),
        )
        return made._replace(changes=tuple(_changes(before.view, made.view)))


def to_body(space: Space, when: When, past: Params) -> SpaceBody:
    """Return what a change asks for as JSON values."""
    return {**space_to_json(space, when), "past": past}


def _changes(before: SpaceView, after: SpaceView) -> Iterator[str]:
    """Yield what is other in a later version, a line for each parameter."""
    for name, domain in after.space.items():
        conditions = after.when.get(name, ()) != before.when.get(name, ())
        if name not in before.space:
            past = f"; {after.past[name]!r} until then" if name in after.past else ""
            yield f"{name} is added: {_told(domain)}{past}"
        elif repr(before.space[name]) != repr(domain):
            yield f"{name}: {_told(domain)} instead of {_told(before.space[name])}"
        elif conditions:
            yield f"{name}: with other values of its conditions"


def _told(domain: Domain) -> str:
    """Return a parameter in words."""
    if isinstance(domain, Constant):
        return repr(domain.value)
    if isinstance(domain, Choice):
        weights = f", weights {', '.join(f'{w:g}' for w in domain.weights)}" * bool(domain.weights)
        text = ", ".join(map(repr, domain.choices)) + weights
        return text if len(text) <= MOST_TEXT else f"{len(domain.choices)} choices{weights[:200]}"
    prior = "" if domain.mean is None else f", mean {domain.mean:g} sigma {domain.sigma:g}"
    return f"{domain.low!r} to {domain.high!r}{', log' * domain.log}{prior}"


def digest(body: SpaceBody) -> str:
    """Return a digest of what a change asked for."""
    space = sorted(body["space"], key=itemgetter("name"))
    text = json.dumps([space, body["when"], body["past"]], sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()
