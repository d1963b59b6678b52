"""ListBestSteps: where the best so far became better, and what had been spent by then.

Looked for in the file piece by piece, once: what is known of a study is kept, and the next question
goes on from there. A trial that turns out infeasible and was among the best begins it anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.history.records import INFEASIBLE
from ashad.service.messages import to_proto
from ashad.service.reads.pages import Memory
from ashad.store import Reader
from ashad.store.queries.steps import Step, last_report, next_step, spent, turned_infeasible

PIECE = 200_000  # sequence numbers that one answer looks at, at most
AT_ONCE = 1000  # steps that one answer looks for, at most
MOST = 2000  # steps that are kept
_KEPT = 32  # studies


class Known(NamedTuple):
    """What is known of a study up to a sequence number."""

    through: int = 0
    spent: int = 0
    time: int | None = None  # of the last report
    steps: tuple[tuple[Step, int], ...] = ()  # with what had been spent


class BestSteps:
    """What is known of some studies, the latest asked for."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()

    async def of(
        self,
        uid: str,
        read: Callable[
            [Callable[[Reader, Memory], tuple[Known, int]]], Awaitable[tuple[Known, int]]
        ],
    ) -> tuple[Known, int]:
        """Return what is known of a study after one more look, and where the study stands."""
        before = self._known.get(uid, Known())
        found, seq = await read(lambda reader, memory: further(reader, memory, before))
        now = self._known.get(uid, before)
        if now is before or found.through > now.through:  # another look may have been quicker
            self._known[uid] = found
        self._known.move_to_end(uid)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found, seq


def further(reader: Reader, memory: Memory, known: Known) -> tuple[Known, int]:
    """Return what is known after another piece, and the last sequence number there is."""
    study, seq = memory.number, reader.last_seq(memory.number)
    if known.through > seq:  # what was decided then could not be written
        known = Known()
    through = min(known.through + PIECE, seq)
    gone = turned_infeasible(reader, study, known.through, through)
    if gone & {step.trial for step, _ in known.steps}:
        known = Known()
        through = min(PIECE, seq)
    steps = list(known.steps)
    at, total = known.through, known.spent
    looked, best = at, steps[-1][0].value if steps else None
    found = 0
    while step := next_step(reader, study, looked, through, best, memory.maximize, memory.outcomes):
        looked = step.seq
        row = reader.archive(study).trial(step.trial)
        if row is not None and row.state == INFEASIBLE:
            continue
        total += spent(reader, study, at, step.seq)
        at, best = step.seq, step.value
        steps.append((step, total))
        found += 1
        if found == AT_ONCE:
            through = step.seq
            break
    total += spent(reader, study, at, through)
    last = last_report(reader, study, through)
    while len(steps) > MOST:
        half = len(steps) // 2
        steps = steps[:half:2] + steps[half:]
    return Known(through, total, None if last is None else last[1], tuple(steps)), seq


def message(known: Known, seq: int, after: int) -> pb.ListBestStepsResponse:
    """Return the answer."""
    return pb.ListBestStepsResponse(
        steps=[
            pb.BestStep(
                commit_seq=step.seq,
                time=to_proto.time(step.time),
                trial=step.trial,
                resource=step.resource,
                value=step.value,
                total_resource=total,
            )
            for step, total in known.steps
            if step.seq > after
        ],
        through_seq=known.through,
        total_resource=known.spent,
        time=None if known.time is None else to_proto.time(known.time),
        commit_seq=seq,
    )
