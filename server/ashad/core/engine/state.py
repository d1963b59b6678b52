"""The state of one study and the few ways in which it changes. Decides nothing: the deciders do.

Every change of a trial goes through `State.move`, every report through `State.add_report`; both
leave the records of what happened in the outbox. Memory holds rungs, counts and live trials; a
trial that has ended or pauses is forgotten once its record is committed.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from heapq import heappop, heappush

from ashad.core.brackets.brackets import Brackets
from ashad.core.brackets.population import population_of
from ashad.core.engine import transitions
from ashad.core.engine.configurations.memory import KnownConfigurations
from ashad.core.engine.configurations.versions import SpaceVersion, SpaceVersions
from ashad.core.engine.log_tail import LogTail
from ashad.core.errors import RefusalError, not_found
from ashad.core.history.annotations import Annotations
from ashad.core.history.archive import Archive
from ashad.core.history.past_trials import ImportedTrials
from ashad.core.history.records import (
    FAILED,
    FAILURES,
    INFEASIBLE,
    LIVE,
    QUEUED,
    RUNNING,
    STATES,
    BestReport,
    Change,
    Event,
    Record,
    Report,
    TrialRow,
)
from ashad.core.history.trial import Trial
from ashad.core.sampling.samplers import available
from ashad.core.spec import Limits, StudySpec

ACTIVE, PAUSED, STOPPED, FINISHED = "ACTIVE", "PAUSED", "STOPPED", "FINISHED"


class State:
    """One study in memory. Times are whole microseconds, and never run backwards within a study."""

    def __init__(
        self, name: str, uid: str, spec: StudySpec, seed: int, created: int, archive: Archive
    ) -> None:
        self.name, self.uid, self.spec, self.seed, self.created = name, uid, spec, seed, created
        self.original = spec  # as created; `spec` has the limits and the space of now
        self.limited = _limited(spec.limits)
        self.archive = archive
        self.annotations = Annotations(archive)
        self.write_block: RefusalError | None = None  # why changes are refused: a full disk, say
        self.seq = 0
        self.time = created
        self.mode = ACTIVE
        self.configurations = available(spec)  # in all; None is no bound
        self.brackets = Brackets(spec, self.configurations)
        self.spaces = SpaceVersions(spec, created)
        self.population = population_of(spec)
        self.known = KnownConfigurations(spec)
        self.trials = 0  # made so far; the next trial's number
        self.ordinal = 0  # configurations drawn so far
        self.counts = dict.fromkeys(STATES, 0)
        self.failures = dict.fromkeys(FAILURES, 0)
        self.lost = self.released = self.diverged = 0
        self.spent = 0
        self.best: BestReport | None = None
        self.imports: dict[str, ImportedTrials] = {}  # by request id
        self.imported = 0  # trials of other tools
        self.explored = 0  # trials that went on from another's checkpoint
        self.live: dict[int, Trial] = {}
        self.holders: dict[str, int] = {}  # worker -> the live trial it has or had last
        self._queue: list[int] = []  # heap; entries of trials no longer queued are skipped
        self._outbox: list[Record] = []
        self._tail = LogTail()

    # --- what is there -------------------------------------------------------------------------

    def trial(self, number: int) -> Trial:
        """Return a trial, live or as its row tells; refuse a number that was never given."""
        trial = self.live.get(number)
        if trial is not None:
            return trial
        self.check_made(number)
        row = self.archive.trial(number)
        assert row is not None
        trial = Trial(row)
        last = self.archive.last_report(number)
        if last is not None and last.attempt == trial.attempt:
            trial.last = last
        return trial

    def check_made(self, number: int) -> None:
        """Refuse the number of a trial that was never given."""
        if not 0 <= number < self.trials:
            raise not_found("TRIAL_NOT_FOUND", f"study {self.name} has no trial {number}")

    def report(self, trial: int, attempt: int, resource: int) -> Report | None:
        """Return the stored report of that key, committed or not."""
        key = trial, attempt, resource
        return self._tail.reports.get(key) or self.archive.report(*key)

    def request(self, request: str) -> Change | None:
        """Return what this request id made, committed or not."""
        return self._tail.requests.get(request) or self.archive.request(request)

    def ending(self, trial: int, attempt: int) -> Change | None:
        """Return the latest change of this attempt but its assignment and cancellation."""
        key = trial, attempt
        return self._tail.endings.get(key) or self.archive.ending(*key)

    def token(self, trial: int, attempt: int) -> str:
        """Return the lease token of an attempt: a function of what it is for, so never stored."""
        return _token(self.uid, trial, attempt)

    def oldest_queued(self) -> Trial | None:
        """Return the queued trial with the lowest number."""
        while self._queue:
            trial = self.live.get(self._queue[0])
            if trial is not None and trial.state == QUEUED:
                return trial
            heappop(self._queue)
        return None

    def unfinished(self) -> int:
        """Return how many trials are queued or running."""
        return self.counts[QUEUED] + self.counts[RUNNING]

    def metric(self, score: float | None) -> float | None:
        """Return a score turned back into the metric; None for that of an infeasible entry."""
        return None if score is None or score >= self.spec.worst_score else self.spec.score(score)

    # --- how it changes --------------------------------------------------------------------------

    def check_writable(self) -> None:
        """Refuse where nothing may be changed now; a call that only reads never asks."""
        if self.write_block is not None:
            raise self.write_block

    def tick(self, now: int) -> int:
        """Begin a change at `now`: the next sequence number, and a time not before the last."""
        if self.write_block is not None:
            raise self.write_block
        if now > self.time:  # noqa: PLR1730 - half the price of max
            self.time = now
        self.seq = seq = self.seq + 1
        return seq

    def add(self, trial: Trial, ordinal: int) -> None:
        """Take in a trial that has just been made; `ordinal` is 1 if it used up a configuration."""
        if self.known.needed:
            self.known.add(trial.configuration())
        self.trials += 1
        self.ordinal += ordinal
        if trial.bracket == len(self.brackets):
            self.brackets.begin()
        self.explored += int(trial.origin == "explored")
        self.brackets[trial.bracket].created += int(trial.origin != "imported")
        self.counts[QUEUED] += 1
        self.live[trial.number] = trial
        heappush(self._queue, trial.number)

    def move(self, trial: Trial, kind: str, state: str, **facts: object) -> Change:
        """Bring a trial into `state`, after `tick`, and record the change and the trial."""
        change = Change(
            self.seq,
            self.time,
            trial.number,
            kind,
            state,
            trial.attempt,
            **facts,  # type: ignore[arg-type]
        )
        if change.message is not None and kind not in ("ENQUEUED", "EXPLORED", "ASSIGNED"):
            trial.message = change.message
        self._become(trial, kind, state, change.reason)
        self._outbox.append(change)
        self._tail.add_change(change)
        self._outbox.append(trial.row())
        return change

    def add_report(self, trial: Trial, report: Report, score: float, *, past: bool = False) -> None:
        """Keep a report, after `tick`; `score` is the one that ranks it."""
        feasible = score < self.spec.worst_score
        spent = trial.absorb(report, maximize=self.spec.maximize, feasible=feasible)
        self.spent += (not past) * spent
        self._outbox.append(report)
        self._tail.add_report(report)
        if report.value is None:
            self.diverged += 1
        elif feasible and (self.best is None or score < self.best.score):  # ties: the older one's
            self.best = BestReport(score, report.seq, trial.number, report.resource, report.value)

    def ended_by_report(self, trial: Trial, state: str, reason: str, event: str = "") -> None:
        """Bring a trial into the state that its kept report decided."""
        self._become(trial, event or transitions.REPORTED, state, reason)
        self._outbox.append(trial.row())

    def _become(self, trial: Trial, event: str, state: str, reason: str | None) -> None:
        """Change state, counts and worker time, as the table allows; the caller records it."""
        transitions.check(trial.state, event, state)
        if trial.state == RUNNING:
            trial.worker_time += self.time - trial.assigned
        self.counts[trial.state] -= 1
        self.counts[state] += 1
        if state == FAILED:
            self.failures[reason or "ERROR"] += 1
        if state == INFEASIBLE:
            self.brackets[trial.bracket].created -= 1
        trial.state, trial.reason, trial.seq, trial.updated = state, reason, self.seq, self.time
        self.live[trial.number] = trial
        if self.population is not None:
            self.population.moved(trial.number, state, trial.rung)
        if state == RUNNING:
            trial.assigned = self.time
            if trial.worker is not None:
                self.holders[trial.worker] = trial.number
        elif state == QUEUED:
            self.requeue(trial)
        else:
            self.forget_holder(trial)

    def requeue(self, trial: Trial) -> None:
        """Let a queued trial be found by the next free worker."""
        heappush(self._queue, trial.number)

    def forget_holder(self, trial: Trial) -> None:
        """Forget which worker had this trial last."""
        if trial.worker is not None and self.holders.get(trial.worker) == trial.number:
            del self.holders[trial.worker]

    def set_limits(self, limits: Limits) -> None:
        """Take new limits; brackets keep their rungs, their planned trials are split anew."""
        self.spec, self.limited = self.spec.with_limits(limits), _limited(limits)
        self.brackets.replan(self.spec)

    def change_space(self, event: Event) -> SpaceVersion:
        """Draw from another version of the space from now on; all else stays."""
        before, made = self.spaces.now, self.spaces.add(event)
        self.spec = made.spec(self.spec)
        self.known.change_space(before.view, made.view)
        return made

    def record(self, record: Record) -> None:
        """Record an event of the study itself."""
        self._outbox.append(record)

    def find_best(self, without: int) -> None:
        """Find the best report anew, after a trial turned out infeasible."""
        self.best = None
        gone = {n for n, t in self.live.items() if t.state == INFEASIBLE} | {without}
        row = self.archive.best(maximize=self.spec.maximize, without=gone | set(self.live))
        rows = [t.row() for t in self.live.values() if t.number not in gone]
        for own in [*rows, *([row] if row else [])]:
            self.consider_best(own)

    def consider_best(self, row: TrialRow) -> None:
        """Take the best report of a trial if it is the best of all."""
        if row.best_value is not None:
            score = self.spec.score(row.best_value)
            found = BestReport(score, row.best_seq, row.number, row.best_resource, row.best_value)
            self.best = min(found, self.best or found)

    def drain(self) -> list[Record]:
        """Hand out the records of what happened since the last call, in order."""
        records, self._outbox = self._outbox, []
        return records

    def committed(self, seq: int) -> None:
        """Forget what the archive now knows: all up to `seq`."""
        self.annotations.committed(seq)
        for number in self._tail.forget(seq):
            trial = self.live.get(number)
            if trial is not None and trial.state not in LIVE and trial.seq <= seq:
                del self.live[number]

    def check(self) -> None:
        """Assert what must always hold; cheap enough to stay on."""
        assert sum(self.counts.values()) == self.trials
        assert sum(self.failures.values()) == self.counts[FAILED]
        assert all(count >= 0 for count in self.counts.values())


def _limited(limits: Limits) -> bool:
    """Whether something ends the study, what runs included, that is known beforehand."""
    bounds = limits.max_total_resource, limits.max_duration, limits.max_failed_trials
    return limits.target_value is not None or any(bound is not None for bound in bounds)


@lru_cache(4096)  # of an assignment, then of its first report
def _token(uid: str, trial: int, attempt: int) -> str:
    return blake2b(f"{uid}/{trial}/{attempt}".encode(), digest_size=12).hexdigest()
