"""What a study remembers of its configurations, for those that come after. Decides nothing."""

from __future__ import annotations

from ashad.core.engine.configurations.space_view import PointHistory, SpaceView, TriedHistory
from ashad.core.sampling.samplers import learns, never_repeats, tried
from ashad.core.sampling.unit_cube import Points
from ashad.core.space import Params
from ashad.core.spec import StudySpec


class KnownConfigurations:
    """The configurations of all trials, as far as a sampler asks for them, in today's space."""

    def __init__(self, spec: StudySpec) -> None:
        self.points = Points(spec.space) if learns(spec) else None
        self.tried = tried(spec)
        self._never_repeats = never_repeats(spec)
        self._view: SpaceView | None = None  # where the space has changed
        self._places, self._numbers = PointHistory(), TriedHistory()

    @property
    def needed(self) -> bool:
        """Whether any of it is ever asked for."""
        return self.points is not None or self.tried is not None

    def add(self, params: Params) -> None:
        """Take in the configuration of the next trial."""
        found = params if self._view is None else self._view.of(params)
        if self.points is not None and found is None:
            self.points.add_outside()
        elif self.points is not None and found is not None:
            self.points.add(found)
        if self.tried is not None and found is not None:
            self.tried.add(found)

    def change_space(self, before: SpaceView, after: SpaceView) -> None:
        """See all configurations from now on as another version of the space has them."""
        self._view = after
        if self.points is not None:
            self._places.end_version(before, self.points)
            self.points = self._places.seen_by(after)
        if self.tried is not None:
            self._numbers.end_version(self.tried)
        self.tried = self._numbers.seen_by(after) if self._never_repeats else None
