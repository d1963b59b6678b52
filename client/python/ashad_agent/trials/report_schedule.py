"""The schedule of one attempt: which of its readings are reported, and when. Pure.

A reading is reported at once, but for the last one that is to be trained: its report pauses or
completes the trial, and the checkpoint that goes with it may not be written yet. It is held until
the checkpoint is there, the next reading comes, the program ends, or the grace period is over.
"""

from __future__ import annotations

from dataclasses import dataclass

from ashad_agent.metrics.metric_parser import Reading, Skipped
from ashad_agent.metrics.progress import Progress

QUIET_S = 1.0  # a folder in which nothing has changed for so long is not being written


@dataclass(frozen=True)
class Look:
    """How the folder for checkpoints looks: whether anything is in it, and since when as it is."""

    empty: bool
    quiet_s: float


@dataclass(frozen=True)
class Report:
    """A reading in its place."""

    resource: int
    reading: Reading


class ReportSchedule:
    """Takes readings, gives reports in order.

    `waits`: the last reading waits for its checkpoint. Without, it is reported like any other.
    """

    def __init__(self, progress: Progress, target: int, *, waits: bool, grace_s: float) -> None:
        self.progress = progress
        self.seen = 0  # readings that counted
        self.held: Report | None = None
        self._target, self._waits, self._grace_s = target, waits, grace_s
        self._since = 0.0

    def take(self, reading: Reading, now: float) -> list[Report] | Skipped:
        """Return what is to be reported now that this was read, or why it does not count."""
        resource = self.progress.place(reading)
        if isinstance(resource, Skipped):
            return resource
        self.seen += 1
        due = self.flush()
        report = Report(resource, reading)
        if self._waits and not due and resource >= self._target and not reading.checkpoint:
            self.held, self._since = report, now
            return []
        return [*due, report]

    def due(self, now: float, look: Look) -> list[Report]:
        """Return the reading that was held, if it need not wait any longer."""
        written = not look.empty and look.quiet_s >= QUIET_S
        if self.held is not None and (written or now - self._since >= self._grace_s):
            return self.flush()
        return []

    def flush(self) -> list[Report]:
        """Return the reading that is held, if one is."""
        held, self.held = self.held, None
        return [] if held is None else [held]
