"""What was decided goes to the commit; leases, quotas and log follow from the same records.

The reports of one message are decided at one instant and handed on together. Answers nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from ashad.core.history.records import (
    ANNOTATIONS,
    CONTINUE,
    OF_STUDY,
    PAUSE,
    QUEUED,
    RUNNING,
    Annotation,
    AttemptKey,
    Change,
    Decision,
    Event,
    Record,
    Report,
    ReportContent,
)
from ashad.core.spec import to_json
from ashad.scheduler.group_commit import GroupCommit
from ashad.scheduler.leases import LeaseExpiry
from ashad.scheduler.ports import Clock, Log
from ashad.scheduler.quotas import Quotas
from ashad.scheduler.registry import StudyEntry
from ashad.scheduler.worker_names import WorkerNames
from ashad.store import StudyRow


class Recorder:
    """Hands records on: to the open batch, the leases, the quotas, the log."""

    def __init__(
        self,
        group_commit: GroupCommit,
        leases: LeaseExpiry,
        names: WorkerNames,
        quotas: Quotas,
        log: Log,
    ) -> None:
        self._group_commit, self._leases, self._names = group_commit, leases, names
        self._quotas, self._log = quotas, log

    def record(self, entry: StudyEntry, records: list[Record]) -> bool:
        """Commit records, and keep leases and log with them; return whether a trial may be free."""
        if not records:
            return False
        number, study = entry
        self._group_commit.add(number, records, study.state.seq)
        freed = False
        for record in records:
            if isinstance(record, Report):
                if record.decision.action != CONTINUE:
                    freed = self._reported(entry, record)
            elif isinstance(record, Change):
                self._quotas.changed(entry, record)
                freed |= self._changed(entry, record)
            elif isinstance(record, Annotation):
                self._annotated(entry, record)
                freed |= record.trial == OF_STUDY  # it may count for other quotas
            elif isinstance(record, Event) and record.kind not in ANNOTATIONS:
                self._group_commit.put(row_of(entry))
                self._log(f"study_{record.kind.lower()}", study=study.state.name)
                freed = True
        return freed

    def heard(
        self, entry: StudyEntry, attempts: Sequence[tuple[int, int]], *, beat: bool = False
    ) -> None:
        """Renew the leases of attempts (trial, attempt) that have called."""
        number, study = entry
        now = self._leases.renew_each(number, study, attempts)
        self._names.called_each(number, attempts, now, beat=beat)

    def _reported(self, entry: StudyEntry, report: Report) -> bool:
        decision = report.decision
        self._quotas.usage.end(entry.number, report.trial)
        self._leases.drop(entry.number, report.trial)
        self._log(
            "trial_paused" if decision.action == PAUSE else "trial_ended",
            study=entry.study.state.name,
            trial=report.trial,
            attempt=report.attempt,
            resource=report.resource,
            value=report.value,
            reason=decision.reason,
            rung=decision.rung,
            rank=decision.rank,
            size=decision.size,
        )
        return True

    def _annotated(self, entry: StudyEntry, annotation: Annotation) -> None:
        """Log that something was said; what, is for those who may read the study."""
        self._quotas.annotated(entry, annotation)
        name = entry.study.state.name
        if annotation.trial == OF_STUDY:
            self._log("study_annotated", study=name)
        else:
            self._log("trial_annotated", study=name, trial=annotation.trial)

    def _changed(self, entry: StudyEntry, change: Change) -> bool:
        number, name = entry.number, entry.study.state.name
        facts = {"study": name, "trial": change.trial, "attempt": change.attempt}
        if change.state == RUNNING:
            self._leases.renew(number, entry.study, change.trial, change.attempt)
            if change.kind == "ASSIGNED":
                start, target = change.start, change.target
                self._log(
                    "trial_assigned", **facts, worker=change.worker, start=start, target=target
                )
            return False
        self._leases.drop(number, change.trial)
        if change.kind == "LOST" and "LEASE_EXPIRED" in (change.reason, change.message):
            self._log("lease_expired", **facts)
        elif change.state != QUEUED and change.reason != "STUDY_STOPPED":
            self._log("trial_ended", **facts, state=change.state, reason=change.reason)
        return True


class ReportPass:
    """Reports that are taken one after the other, with nothing else in between."""

    def __init__(
        self,
        find: Callable[[str], StudyEntry],
        recorder: Recorder,
        clock: Clock,
        serve: Callable[[str], None],
    ) -> None:
        """`find` returns a study that may change now; `serve` is told where a trial may be free."""
        self._find, self._recorder, self._clock, self._serve = find, recorder, clock, serve
        self._name: str | None = None
        self._records: list[Record] = []
        self._attempts: list[tuple[int, int]] = []

    def report(self, name: str, key: AttemptKey, content: ReportContent) -> tuple[Decision, int]:
        """Take one of several reports and decide. What came of it is handed on by `close`."""
        if name != self._name:
            self.close()
            self._entry, self._name, self._now = self._find(name), name, self._clock.wall()
            self._report = self._entry.study.report
        decision, seq, records = self._report(self._now, key, content)
        self._records += records
        self._attempts.append(key[:2])
        return decision, seq

    def single(self, name: str, key: AttemptKey, content: ReportContent) -> tuple[Decision, int]:
        """Take the only report, and hand it on."""
        entry = self._find(name)
        decision, seq, records = entry.study.report(self._clock.wall(), key, content)
        freed = self._recorder.record(entry, records)
        self._recorder.heard(entry, (key[:2],))
        if freed:
            self._serve(name)
        return decision, seq

    def close(self) -> None:
        """Hand on what was decided; to be called before anything else may happen."""
        if self._attempts:
            records, self._records = self._records, []
            attempts, self._attempts = self._attempts, []
            name, self._name = self._name, None
            freed = self._recorder.record(self._entry, records)
            self._recorder.heard(self._entry, attempts)
            if freed and name is not None:
                self._serve(name)


def row_of(entry: StudyEntry) -> StudyRow:
    """Return the row of a study as it stands."""
    state = entry.study.state
    spec = json.dumps(to_json(state.spec), ensure_ascii=False)
    return StudyRow(
        entry.number, state.name, state.uid, state.seed, state.created, state.mode, spec
    )
