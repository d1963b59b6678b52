"""What was decided goes to the commit; leases and log follow from the same records.

Decides nothing, and answers nobody.
"""

from __future__ import annotations

import json

from ashad.core.history.records import QUEUED, RUNNING, Change, Event, Record, Report
from ashad.core.spec import to_json
from ashad.scheduler.group_commit import GroupCommit
from ashad.scheduler.leases import LeaseExpiry
from ashad.scheduler.ports import Log
from ashad.scheduler.registry import StudyEntry
from ashad.store import StudyRow


class Recorder:
    """Hands records on: to the open batch, the leases, the log."""

    def __init__(self, group_commit: GroupCommit, leases: LeaseExpiry, log: Log) -> None:
        self._group_commit, self._leases, self._log = group_commit, leases, log

    def record(self, entry: StudyEntry, records: list[Record]) -> bool:
        """Commit records, and keep leases and log with them; return whether a trial may be free."""
        if not records:
            return False
        number, study = entry
        self._group_commit.add(number, records, study.state.seq)
        freed = False
        for record in records:
            if isinstance(record, Report):
                freed |= self._reported(entry, record)
            elif isinstance(record, Change):
                freed |= self._changed(entry, record)
            elif isinstance(record, Event):
                self._group_commit.put(row_of(entry))
                self._log(f"study_{record.kind.lower()}", study=study.state.name)
                freed = True
        return freed

    def _reported(self, entry: StudyEntry, report: Report) -> bool:
        decision = report.decision
        if decision.action == "CONTINUE":
            return False
        self._leases.drop(entry.number, report.trial)
        self._log(
            "trial_paused" if decision.action == "PAUSE" else "trial_ended",
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


def row_of(entry: StudyEntry) -> StudyRow:
    """Return the row of a study as it stands."""
    state = entry.study.state
    spec = json.dumps(to_json(state.spec), ensure_ascii=False)
    return StudyRow(
        entry.number, state.name, state.uid, state.seed, state.created, state.mode, spec
    )
