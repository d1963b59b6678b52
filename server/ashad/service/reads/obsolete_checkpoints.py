"""Which checkpoints no attempt will ever be resumed from, read from the log. Only reads.

A checkpoint becomes obsolete by one record: the report that names a later one of its trial, or the
end of the trial. So the records between two sequence numbers tell all that became obsolete there,
whatever the length of the study.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.history.records import CANCELLED, FAILED, INFEASIBLE, STOP, STOPPED, Report
from ashad.store import Reader

AT_A_TIME = 1000  # records that one answer looks at
ANSWER_BYTES = 1024 * 1024  # an answer is cut short rather than longer than this
_OVER = (STOPPED, FAILED, INFEASIBLE, CANCELLED)

Found = tuple[int, int, str]  # sequence number, trial, URI


class ObsoleteTrial(NamedTuple):
    """What counts of a trial: its state, and the checkpoint it named last."""

    state: str
    checkpoint: str | None


class Now(NamedTuple):
    """What memory knows and the file may not, and up to where the file is sure to know all."""

    seq: int
    live: dict[int, ObsoleteTrial]
    kept: frozenset[int]  # the best, whatever became of them
    explored: bool = False  # whether trials began from checkpoints of others


def obsolete(
    reader: Reader, study: int, now: Now, after: int, most: int
) -> tuple[list[pb.ObsoleteCheckpoint], int]:
    """Return what became obsolete after a sequence number, and up to which one all is told."""
    through = min(after + AT_A_TIME, now.seq)
    found: list[pb.ObsoleteCheckpoint] = []
    room = ANSWER_BYTES
    for seq, trial, uri in _Search(reader, study, now).between(after, through):
        full = len(found) >= most or room < 0
        if full and seq > found[-1].commit_seq:  # one commit may make two of them obsolete
            return found, found[-1].commit_seq
        found.append(pb.ObsoleteCheckpoint(trial=trial, checkpoint_uri=uri, commit_seq=seq))
        room -= found[-1].ByteSize()
    return found, through


class _Search:
    def __init__(self, reader: Reader, study: int, now: Now) -> None:
        self._reader, self._study, self._now = reader, study, now
        self._archive = reader.archive(study)
        self._users = self._shared() if now.explored else {}

    def between(self, after: int, through: int) -> list[Found]:
        """Return what became obsolete by the records of this stretch, in their order."""
        reports = list(self._reader.reports(self._study, after=after, through=through))
        changes = self._reader.changes(self._study, after=after, through=through)
        ends = [(report.seq, report.trial) for report in reports if report.decision.action == STOP]
        ends += [(change.seq, change.trial) for change in changes if change.state in _OVER]
        found = sorted([*self._left_behind(reports), *self._ended(ends)])
        if self._now.explored:  # the last of those who used it says that it is obsolete
            last = {uri: trial for _, trial, uri in found}
            found = [(seq, trial, uri) for seq, trial, uri in found if last[uri] == trial]
        return [one for one in found if not self._users.get(one[2], set()) - {one[1]}]

    def _left_behind(self, reports: list[Report]) -> Iterator[Found]:
        """Yield what a later checkpoint of the same trial took the place of."""
        for report in reports:
            if report.checkpoint is None:
                continue
            old = self._archive.checkpoint_before(report.trial, report.seq)
            if old is None and self._now.explored:
                birth = self._archive.birth(report.trial)
                old = birth and birth.checkpoint
            if old is not None and old not in (report.checkpoint, self._trial(report.trial)[1]):
                yield report.seq, report.trial, old

    def _ended(self, ends: list[tuple[int, int]]) -> Iterator[Found]:
        """Yield the latest checkpoint of each trial that ended and was not completed."""
        for seq, number in ends:
            trial = self._trial(number)
            if trial.state in _OVER and trial.checkpoint and number not in self._now.kept:
                yield seq, number, trial.checkpoint

    def _shared(self) -> dict[str, set[int]]:
        """Return the trials that may still need a checkpoint: their own, or that of a donor."""
        standing = {
            number: ObsoleteTrial(state, checkpoint)
            for number, state, checkpoint in self._reader.checkpoints(self._study)
        } | self._now.live
        standing |= {number: self._trial(number) for number in self._now.kept}
        users: dict[str, set[int]] = {}
        for number, trial in standing.items():
            needed = trial.state not in _OVER or number in self._now.kept
            if trial.checkpoint is not None and needed:
                users.setdefault(trial.checkpoint, set()).add(number)
        return users

    def _trial(self, number: int) -> ObsoleteTrial:
        live = self._now.live.get(number)
        if live is not None:
            return live
        row = self._archive.trial(number)
        assert row is not None
        return ObsoleteTrial(row.state, row.checkpoint)
