"""One attempt at a trial: its program from the first word to the last, and its verdict.

Starts the program, reports what was read, carries the decision back, and tells the daemon how it
ended. A first failure may be one of the command and not of the trial: its verdict can wait until
another trial has shown that the command is right.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from ashad_agent.metrics.metric_file import MetricFile, Source
from ashad_agent.metrics.metric_parser import Reading, Skipped
from ashad_agent.metrics.progress import Progress, SkippedLines
from ashad_agent.process.child import Child
from ashad_agent.process.exit_status import Ending, Exit, Kind, classify, signal_name
from ashad_agent.process.output_mux import OutputMux
from ashad_agent.process.output_reader import Ended, OutputReader
from ashad_agent.trials.checkpoints import CheckpointRoot, Folder
from ashad_agent.trials.command_template import Job, is_foreign
from ashad_agent.trials.plan import Plan
from ashad_agent.trials.report_schedule import Report, ReportSchedule
from ashad_agent.trials.summary import AT_ITS_END, Summary
from ashad_agent.value_text import short, text_of
from ashad_client import Trial
from ashad_client.errors import Error

log = logging.getLogger("ashad_agent")

_TICK_S = 0.25  # how soon a heartbeat's news, a signal or a written checkpoint is noticed
_SIGNAL_IS_NEAR_S = 1.0


class Pool(Protocol):
    """What a slot asks of the agent it belongs to."""

    def may_start(self) -> bool:
        """Whether another trial may be started; waits out a pause."""
        ...

    def doubts(self) -> bool:
        """Whether nothing has shown yet that the command is right."""
        ...

    def proved(self) -> None:
        """Note that a trial has said its metric."""
        ...

    def asked(self, *, got: bool) -> None:
        """Note whether the slot that might start a trial was given one."""
        ...

    def ended(self, ending: Ending, seconds: float) -> None:
        """Note how a trial ended, after so many seconds."""
        ...

    def leaving(self, wait_s: float = 0.0) -> int:
        """Return the signal by which the agent was told to leave; 0 while it is not."""
        ...


class Attempt:
    """One attempt at a trial, from its first word to its last."""

    def __init__(
        self,
        plan: Plan,
        trial: Trial,
        root: CheckpointRoot,
        outputs: Sequence[OutputMux],
        gpus: str | None,
    ) -> None:
        self._plan, self._trial, self._root, self._gpus = plan, trial, root, gpus
        self._outputs = outputs
        self._name = f"trial {trial.number}"
        self._folder: Folder | None = None
        self._told = False  # the program was told to stop, or its end is awaited
        self._patience: float | None = None  # until when it may end by itself
        self._child: Child | None = None
        self._lock = threading.Lock()
        self._left = self._stalled = False
        self.waits = False  # its verdict does
        self._skipped = SkippedLines(self._name)
        self._seen, self._at = 0, trial.start_resource  # readings that counted, and how far

    def leave(self, number: int) -> None:
        """Pass a signal on, once; from any thread, however long a report takes."""
        with self._lock:
            if self._child is not None and not self._left:
                self._left = True
                log.info("%s: %s is passed on to it", self._name, signal_name(number))
                self._child.stop(number)

    def hurry(self) -> None:
        """Kill it now."""
        with self._lock:
            if self._child is not None:
                self._child.kill()

    def run(self, pool: Pool) -> Ending:
        """Run it; the daemon knows how it ended when this returns."""
        begun = time.monotonic()
        try:
            child, reader = self._start()
        except (OSError, Error) as error:
            why = error.message if isinstance(error, Error) else str(error)
            return self._settle(Exit(error=f"it could not be started: {why}"), pool, "", begun)
        reader.start()
        with self._lock:
            self._child = child
        try:
            ended = self._watch(child, reader, pool)
        finally:
            child.kill()  # not there any more, unless this was left by a fault
            reader.join()
        self._seen = self._schedule.seen
        self._at = max(self._at, self._schedule.progress.at)
        return self._settle(ended.end, pool, ended.last_words, begun, ended)

    # --- the program ---

    def _start(self) -> tuple[Child, OutputReader]:
        plan, trial = self._plan, self._trial
        self._folder = self._root.make(trial.number, trial.attempt)
        job = self._job()
        params = " ".join(f"{name}={text_of(value)}" for name, value in trial.params.items())
        span = f"from {job.start} to {job.target}"
        log.info("%s attempt %d, %s %s: %s", self._name, trial.attempt, plan.resource, span, params)
        source: Source | MetricFile = plan.source
        if plan.source.path:
            [path] = plan.where.fill(job)
            source = MetricFile(path, plan.parser, table=plan.source.kind == "csv")
        waits = job.target < job.max_resource or plan.template.uses_checkpoints
        offset = job.start if plan.add_start else 0
        key = plan.parser.resource_key
        progress = Progress(job.start, job.max_resource, key=key, offset=offset)
        self._schedule = ReportSchedule(
            progress, job.target, waits=waits, grace_s=plan.process.grace_s
        )
        child = Child(plan.template.fill(job), self._environment(job), plan.process)
        prefix = f"[{self._name}] ".encode() if plan.prefix else b""
        reader = OutputReader(
            child,
            plan.parser,
            source,
            self._outputs,
            self._skipped,
            prefix,
            whole_lines=plan.whole_lines,
        )
        return child, reader

    def _job(self) -> Job:
        trial, start, resume = (
            self._trial,
            self._trial.start_resource,
            self._trial.resume_checkpoint,
        )
        if os.path.isabs(resume) and not os.path.exists(resume):
            log.warning(
                "%s: its checkpoint %s is not on this machine, so it starts over; "
                "put --checkpoints on a file system that all machines share",
                self._name,
                resume,
            )
            start, resume = 0, ""
        assert self._folder is not None
        return Job(
            study=trial.study,
            trial=trial.number,
            attempt=trial.attempt,
            params=trial.params,
            start=start,
            target=trial.target_resource,
            max_resource=trial.max_resource,
            seed=trial.seed,
            metric=trial.metric,
            resource=self._plan.resource,
            checkpoint_dir=self._folder.path,
            resume_from=resume,
        )

    def _environment(self, job: Job) -> dict[str, str]:
        # A pipe would hold a Python program's output back until it ends.
        ours = {k: v for k, v in self._plan.environment.items() if not is_foreign(k)}
        environment = {"PYTHONUNBUFFERED": "1", **ours, **job.environment()}
        if self._gpus is not None:
            environment["CUDA_VISIBLE_DEVICES"] = self._gpus
        return environment

    # --- while it runs ---

    def _watch(self, child: Child, reader: OutputReader, pool: Pool) -> Ended:
        while True:
            try:
                event = reader.events.get(timeout=_TICK_S)
            except queue.Empty:
                event = None
            if isinstance(event, Ended):
                self._report_all(self._schedule.flush())
                return event
            if isinstance(event, Reading):
                taken = self._schedule.take(event, time.monotonic())
                if isinstance(taken, Skipped):
                    self._skipped.add(taken)
                else:
                    pool.proved()
                    self._report_all(taken)
            if self._schedule.held is not None and self._folder is not None:
                self._report_all(self._schedule.due(time.monotonic(), self._folder.look()))
            self._carry_out(child, pool, time.monotonic() - reader.heard_at)

    def _report_all(self, reports: Sequence[Report]) -> None:
        trial, folder = self._trial, self._folder
        for resource, reading in ((report.resource, report.reading) for report in reports):
            if resource <= trial.start_resource:
                continue  # begun anew, and not yet where it stood
            checkpoint = reading.checkpoint
            if checkpoint is None and folder is not None and not folder.empty:
                checkpoint = folder.path
            if checkpoint is not None and folder is not None:
                folder.name(checkpoint)
            metrics = {**reading.others, trial.metric: reading.value}
            try:
                trial.report(resource, checkpoint, metrics)
            except Error as error:
                log.warning("%s: the report of %s was refused: %s", self._name, resource, error)

    def _carry_out(self, child: Child, pool: Pool, silent_s: float) -> None:
        """Tell the program what was decided, or that the agent leaves, or end what hangs."""
        if pool.leaving():  # it was told so before this program was there
            self.leave(pool.leaving())
        decision = self._trial.decision
        most_s = self._plan.process.stall_s
        if not decision.should_stop:
            if most_s is not None and silent_s > most_s and not self._stalled:
                self._stalled = True
                child.stop()
            return
        now = time.monotonic()
        if self._patience is None:
            at_its_end = decision.reason in AT_ITS_END
            self._patience = now + (self._plan.process.grace_s if at_its_end else 0.0)
        if not self._told and now >= self._patience:
            self._told = True
            child.stop()

    # --- when it has ended ---

    def _settle(
        self, end: Exit, pool: Pool, last_words: str, begun: float, ended: Ended | None = None
    ) -> Ending:
        trial = self._trial
        decided = trial.decision
        told = decided.should_stop
        if self._stalled:
            end = Exit(error=f"no metric for {short(self._plan.process.stall_s or 0.0)}: it hangs")
        # What ended it so may have been sent to us as well, and be on its way.
        near = end.by_leaving and not told and not self._left
        leaving = self._left or bool(pool.leaving(_SIGNAL_IS_NEAR_S if near else 0.0))
        seen = trial.start_resource > 0 or self._seen > 0
        ending = classify(end, told=told, leaving=leaving, seen=seen, last_words=last_words)
        self._ending = ending
        self.waits = ending.failed and not seen and pool.doubts()
        if not self.waits:
            self._tell(ending)
        if self._folder is not None:
            self._root.done(self._folder)
        took_s = time.monotonic() - begun
        Summary(
            self._name, ending, decided, self._at, took_s, ended, self._skipped, seen=self._seen > 0
        ).log(self._plan)
        return ending

    def conclude(self, *, give_back: bool) -> None:
        """Tell the daemon the verdict that has waited, or give the trial back."""
        self.waits = False
        if give_back:
            self._trial.release()
        else:
            self._tell(self._ending)

    def _tell(self, ending: Ending) -> None:
        if ending.kind in (Kind.COMPLETE, Kind.MISSING):
            self._trial.complete()
        elif ending.kind is Kind.FAIL:
            self._trial.fail(ending.message)
        else:
            self._trial.release()  # where it was decided already, nothing is said
