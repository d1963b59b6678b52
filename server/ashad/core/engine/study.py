"""A study: the one door through which everything about a search passes.

Each method takes what happened and returns the answer with the records that say so; the caller
commits the records before it lets the answer out. No records: nothing changed, and the answer is an
echo or a read. `now` is in whole microseconds since 1970. An `int` beside an answer is the sequence
number of the commit that holds it, of an answer that is not kept the one it reflects. A
`RefusalError` changes nothing; of those named by several methods, TRIAL_NOT_FOUND, UNKNOWN_ATTEMPT
and UNKNOWN_LEASE_TOKEN say that an `AttemptKey` was never issued.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from ashad.core.engine import lifecycle, report, suggest
from ashad.core.engine.configurations import queue, space_change, warm_start
from ashad.core.engine.configurations.space_change import SpaceChange
from ashad.core.engine.configurations.versions import SpaceVersion
from ashad.core.engine.configurations.warm_start import PastTrials
from ashad.core.engine.lifecycle import Ending
from ashad.core.engine.limits import ended, exhausted
from ashad.core.engine.state import ACTIVE, FINISHED, PAUSED, STOPPED, State
from ashad.core.engine.suggest import Outcome, has_job
from ashad.core.errors import not_now
from ashad.core.history.archive import Archive
from ashad.core.history.past_trials import FinishedTrial, ImportedTrials
from ashad.core.history.records import (
    ANNOTATIONS,
    OF_STUDY,
    RUNNING,
    Annotation,
    AttemptKey,
    Decision,
    Event,
    Record,
    ReportContent,
)
from ashad.core.history.trial import Trial
from ashad.core.space import Params
from ashad.core.spec import Limits, StudySpec, to_json
from ashad.core.validation.remarks import Remark, annotated
from ashad.core.validation.study_spec import (
    check_key,
    check_limits,
    check_spec,
)

Records = list[Record]


class Study:
    """One search. `state` is for reading; only the methods here change it."""

    def __init__(self, state: State) -> None:
        self.state = state

    @classmethod
    def create(
        cls, name: str, uid: str, spec: StudySpec, seed: int, now: int, archive: Archive
    ) -> tuple[Study, Records]:
        """Make a study; its first record holds the spec. Refuses a spec that is not valid."""
        check_spec(spec)
        return cls.begin(name, uid, spec, seed, now, archive)

    @classmethod
    def begin(
        cls, name: str, uid: str, spec: StudySpec, seed: int, now: int, archive: Archive
    ) -> tuple[Study, Records]:
        """Make a study again as it was: what is checked today need not have been then."""
        study = cls(State(name, uid, spec, seed, now, archive))
        study.state.tick(now)
        study._event("CREATED", to_json(spec))
        return study, study.state.drain()

    def suggest(
        self, now: int, worker: str, request: str, attributes: str | None = None
    ) -> tuple[Outcome, int, Records]:
        """Lease a trial to a worker, or say that there is none now or ever. Key: `request`.

        `attributes` are those of the attempt, as `check_attributes` returns them.
        Finished is said once the study has ended, or when nothing runs and no trial is left. A
        worker that asks anew while it holds a trial has restarted: it gets that one back.
        Refuses a `request` that another call has used (REQUEST_CONFLICT).
        """
        check_key("worker", worker)
        check_key("request_id", request)
        outcome, seq = suggest.suggest(self.state, now, worker, request, attributes)
        return outcome, seq, self._drain()

    def report(
        self, now: int, key: AttemptKey, content: ReportContent
    ) -> tuple[Decision, int, Records]:
        """Take one report and decide. Key: (trial, attempt, resource).

        An attempt that is over gets its stored decision, a superseded one STOP. Refuses other
        content for a key (REPORT_CONFLICT), and a resource that is not above the last of the
        attempt (RESOURCE_NOT_INCREASING).
        """
        state = self.state
        decision, seq = report.report(state, now, key, content)
        return decision, seq, state.drain()

    def should_stop(self, now: int, key: AttemptKey) -> tuple[Decision, int]:
        """Return the stored decision, or STOP once the study has ended; changes nothing.

        The token does not matter: any process of a distributed job may ask.
        """
        return report.stored_decision(self.state, now, key, alive=False)

    def heartbeat(self, now: int, key: AttemptKey) -> tuple[Decision, int, Records]:
        """Return the stored decision, or STOP once the study has ended.

        A trial that was lost and not issued again goes back to this worker, in the same attempt.
        """
        decision, seq = report.stored_decision(self.state, now, key, alive=True)
        return decision, seq, self._drain()

    def complete(self, now: int, key: AttemptKey) -> tuple[Ending, Records]:
        """End a trial whose training ended by itself. Key: (trial, attempt).

        Its latest report is its result; without one it is FAILED, reason METRIC_MISSING. Refuses
        to complete a trial that its worker has ended otherwise (TRIAL_ENDED).
        """
        return lifecycle.complete(self.state, now, key), self._drain()

    def fail(
        self, now: int, key: AttemptKey, *, infeasible: bool, message: str
    ) -> tuple[Ending, Records]:
        """End a trial as failed or infeasible. Key: (trial, attempt).

        An infeasible one is taken out of its rungs and replaced. `message` is cut to 4,096
        characters. Refuses to fail a trial that has ended otherwise (TRIAL_ENDED).
        """
        answer = lifecycle.fail(self.state, now, key, infeasible=infeasible, message=message)
        return answer, self._drain()

    def release(self, now: int, key: AttemptKey) -> tuple[Ending, Records]:
        """Give a trial back to the queue; no failure counts. Key: (trial, attempt)."""
        return lifecycle.release(self.state, now, key), self._drain()

    def expire(self, now: int, trial: int, attempt: int, reason: str = "LEASE_EXPIRED") -> Records:
        """Take a trial from a worker whose lease ran out, if it is still running that attempt."""
        held = self.state.live.get(trial)
        if held is not None and held.state == RUNNING and held.attempt == attempt:
            lifecycle.lose(self.state, now, held, reason)
        return self._drain()

    def enqueue(self, now: int, request: str, given: Params) -> tuple[Trial, int, Records]:
        """Queue a configuration, what it leaves out drawn. Key: `request`.

        Refuses a configuration that is not of the space, and any where the study has ended or may
        make no more trials; the reason is that of the limit.
        """
        trial, seq = queue.enqueue(self.state, now, request, given)
        return trial, seq, self._drain()

    def change_space(
        self, now: int, request: str, asked: SpaceChange
    ) -> tuple[SpaceVersion, Records]:
        """Draw new trials from another space. Key: `request`; an equal space is an echo.

        Refuses what would say of trials something else than they were (INVALID_SPACE), and a change
        of another version than the latest (SPACE_VERSION_CHANGED).
        """
        return space_change.change(self.state, now, request, asked), self._drain()

    def check_past(self, request: str, trials: Sequence[FinishedTrial]) -> PastTrials:
        """Return finished trials of another tool as `import_trials` takes them; changes nothing.

        Refuses what is no whole configuration, no rising curve, or too many.
        """
        return warm_start.check(self.state, request, trials)

    def import_trials(
        self, now: int, request: str, past: PastTrials
    ) -> tuple[ImportedTrials, Records]:
        """Take them in as one event. Key: `request`; other content: REQUEST_CONFLICT."""
        return warm_start.take(self.state, now, request, past), self._drain()

    def propose(self, now: int, params: Params, reason: str | None = None) -> Records:
        """Queue what a sampler outside the core drew, if a new configuration is still wanted.

        `reason`: why this is a random draw and none of the sampler's. One that breaks a constraint
        is replaced by such.
        """
        queue.propose(self.state, now, params, reason)
        return self._drain()

    def cancel(self, now: int, trial: int) -> tuple[Trial, Records]:
        """End a trial by a person's wish. Refuses one that has ended (TRIAL_ENDED)."""
        return lifecycle.cancel(self.state, now, trial), self._drain()

    def annotate(self, now: int, trial: int, remark: Remark) -> Records:
        """Say something of a trial, or of the study (OF_STUDY); what is said already is an echo.

        Refuses a trial that was never made (TRIAL_NOT_FOUND).
        """
        if trial != OF_STUDY:
            self.state.check_made(trial)
        before = self.state.annotations.of(trial)
        made = annotated(before, self.state.seq + 1, remark)
        return [] if made is before else self.say(now, trial, made.note, json.loads(made.labels))

    def say(self, now: int, trial: int, note: str, labels: list[str]) -> Records:
        """Take what is said from now on, as it was recorded."""
        seq = self.state.tick(now)
        body: dict[str, object] = {} if trial == OF_STUDY else {"trial": trial}
        self._event(ANNOTATIONS[trial != OF_STUDY], body | {"note": note, "labels": labels})
        made = Annotation(trial, seq, note, json.dumps(labels, ensure_ascii=False))
        self.state.annotations.put(made)
        self.state.record(made)
        return self._drain()

    def update(self, now: int, limits: Limits) -> Records:
        """Take new limits; equal ones are an echo. Refuses limits that cannot be."""
        check_limits(limits, self.state.spec)
        if limits != self.state.spec.limits:
            self.state.tick(now)
            self.state.set_limits(limits)
            self._event("UPDATED", asdict(limits))
        return self._drain()

    def pause(self, now: int) -> Records:
        """Hand out no more trials until resumed."""
        return self._enter_mode(now, PAUSED, "PAUSED")

    def resume(self, now: int) -> Records:
        """End a pause."""
        return self._enter_mode(now, ACTIVE, "RESUMED")

    def stop(self, now: int) -> Records:
        """End the study for good; what runs is told at its next call. See `cancel_queued`."""
        return self._enter_mode(now, STOPPED, "STOPPED")

    def cancel_queued(self, now: int, most: int) -> Records:
        """Cancel queued trials of a study that is stopped, at most so many of them."""
        for _ in range(most):
            trial = self.state.oldest_queued()
            if trial is None:
                break
            self.state.tick(now)
            self.state.move(trial, "CANCELLED", "CANCELLED", reason="STUDY_STOPPED")
        return self._drain()

    def status(self, now: int) -> tuple[str, str]:
        """Return ACTIVE, PAUSED, STOPPED or FINISHED and, where it is not active, why."""
        state = self.state
        if state.mode == STOPPED:
            return STOPPED, "STUDY_STOPPED"
        if (reason := ended(state, now)) is not None:
            return FINISHED, reason
        if state.mode == PAUSED:
            return PAUSED, "STUDY_PAUSED"
        if state.unfinished() or has_job(state):
            return ACTIVE, ""
        reason = exhausted(state)
        return (ACTIVE, "") if reason is None else (FINISHED, reason)

    def _enter_mode(self, now: int, mode: str, kind: str) -> Records:
        if self.state.mode == STOPPED and mode != STOPPED:
            raise not_now("STUDY_STOPPED", "the study was stopped for good; make another")
        if self.state.mode != mode:
            self.state.tick(now)
            self.state.mode = mode
            self._event(kind, {})
        return self._drain()

    def _event(self, kind: str, body: dict[str, object]) -> None:
        state = self.state
        state.record(Event(state.seq, state.time, kind, json.dumps(body, ensure_ascii=False)))

    def _drain(self) -> Records:
        return self.state.drain()
