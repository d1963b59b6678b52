"""What a study remembers of its configurations, for those that come after. Decides nothing."""

from __future__ import annotations

from ashad.core.sampling.samplers import learns, tried
from ashad.core.sampling.unit_cube import Points
from ashad.core.space import Params
from ashad.core.spec import StudySpec


class KnownConfigurations:
    """The configurations of all trials, as far as a sampler asks for them."""

    def __init__(self, spec: StudySpec) -> None:
        self.points = Points(spec.space) if learns(spec) else None
        self.tried = tried(spec)

    @property
    def needed(self) -> bool:
        """Whether any of it is ever asked for."""
        return self.points is not None or self.tried is not None

    def add(self, params: Params) -> None:
        """Take in the configuration of the next trial."""
        if self.points is not None:
            self.points.add(params)
        if self.tried is not None:
            self.tried.add(params)
