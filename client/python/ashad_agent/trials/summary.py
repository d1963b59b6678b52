"""What is said on stderr of a trial that has ended, and what its user may want to mend."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ashad_agent.metrics.progress import SkippedLines, described
from ashad_agent.process.exit_status import Ending, Kind
from ashad_agent.process.output_reader import Ended
from ashad_agent.trials.plan import Plan
from ashad_agent.value_text import short
from ashad_client.decision import PAUSE, Decision

log = logging.getLogger("ashad_agent")

# Its training is over, so its program is about to end by itself, and saves its model perhaps.
AT_ITS_END = ("MAX_RESOURCE", "COMPLETED")


@dataclass(frozen=True)
class Summary:
    """One attempt that is over: how it ended, what was decided, how far it was, and how long."""

    name: str
    ending: Ending
    decision: Decision
    at: int
    took_s: float
    ended: Ended | None  # None: it could not be started
    skipped: SkippedLines
    seen: bool  # a reading counted

    def log(self, plan: Plan) -> None:
        """Log how the trial ended, and what may be wrong with its output."""
        ending, ended, decided = self.ending, self.ended, self.decision
        what = {
            Kind.DECIDED: f"{self._decided()}, {decided.reason}",
            Kind.COMPLETE: "completed",
            Kind.RELEASE: f"given back, {ending.brief}",
            Kind.MISSING: "failed, METRIC_MISSING",
            Kind.FAIL: f"failed, {ending.brief}",
        }[ending.kind]
        took = short(self.took_s)
        log.info("%s: %s at %s %d, after %s", self.name, what, plan.resource, self.at, took)
        if ended is None:
            return
        if ended.left and ending.kind in (Kind.COMPLETE, Kind.MISSING, Kind.FAIL):
            log.warning("%s: ended %d processes that it had left running", self.name, ended.left)
        if ended.stuck:
            log.error("%s: %d processes survive SIGKILL", self.name, ended.stuck)
        if ending.kind is Kind.MISSING:
            self._hint_at_metrics(plan)
        elif self.skipped.summary():
            log.warning("%s: %s", self.name, self.skipped.summary())
        if not self.seen and self.at and self.skipped.nearest is not None:
            log.warning("%s: no line was taken: %s", self.name, described(self.skipped.nearest))
        if ended.nulls:
            log.warning(
                "%s: lines whose %s is null, %d, say nothing, since nothing may have been measured "
                "there; where training diverged, print NaN",
                self.name,
                plan.parser.key,
                ended.nulls,
            )
        if ended.silent_until_end:
            log.warning(
                "%s printed nothing until it ended, so it could not be stopped early: "
                "its output is held back because it goes into a pipe; "
                "flush it after each line, or try --pty",
                self.name,
            )

    def _decided(self) -> str:
        if self.decision.reason in AT_ITS_END:
            return "completed"
        return "paused" if self.decision.action == PAUSE else "stopped"

    def _hint_at_metrics(self, plan: Plan) -> None:
        nearest = self.skipped.nearest
        near = f" (nearest: {described(nearest)})" if nearest else ""
        log.error(
            "%s exited with 0, but its metric was never seen, so it failed with METRIC_MISSING%s. "
            "Wanted is a line such as %s=3 %s=0.25; other forms: --regex, --metric, --metrics. "
            "Try them on a log: ashad run %s --dry-parse LOG",
            self.name,
            near,
            plan.parser.resource_key,
            plan.parser.key,
            plan.study,
        )
