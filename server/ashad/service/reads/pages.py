"""Pages of trials and reports, read and built in one go where it holds up nobody.

Everything here runs on a thread of the readers, within one snapshot of the file: it never touches
a study in memory, which the event loop may be changing.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from ashad_client.v1 import ashad_pb2 as pb
from google.protobuf.message import Message

from ashad.core.errors import invalid
from ashad.core.history.records import LIVE, TrialRow
from ashad.core.history.trial import Trial
from ashad.core.outcomes import broken_texts
from ashad.service.messages import attempts, to_proto
from ashad.store import Reader

PAGE_BYTES = 1024 * 1024  # a page is cut short rather than longer than this
MOST_ATTEMPTS = 100  # of a trial that are shown, the latest ones

T = TypeVar("T", bound=Message)


class Memory(NamedTuple):
    """What memory knew of a study at a sequence number: its live trials, which rows tell late."""

    number: int  # of the study
    uid: str
    seq: int
    maximize: bool
    seed: int
    now: int
    live: dict[int, TrialRow]
    outcomes: tuple[str, ...] = ()  # the study's outcome constraints


class Place(NamedTuple):
    """Where a page begins, and how much of it is asked for."""

    kind: str  # of list, which a token is good for
    after: str
    size: int


def trial(reader: Reader, memory: Memory, number: int) -> pb.GetTrialResponse | None:
    """Return one trial, None where there is no such row."""
    row = reader.archive(memory.number).trial(number)
    if row is None:
        return None
    given = reader.archive(memory.number).assignments(number, MOST_ATTEMPTS)
    return pb.GetTrialResponse(
        trial=shown(reader, memory, row),
        attempts=map(attempts.attempt, given),
        commit_seq=reader.last_seq(memory.number),
    )


def trials(
    reader: Reader, memory: Memory, place: Place, states: Iterable[str], labels: Sequence[str]
) -> bytes:
    """Return the page of trials after a place."""
    after = int(place.after or -1)
    rows = reader.trials(memory.number, states=states, labels=labels, after=after)
    reported = reader.reported(memory.number, after=memory.seq)
    found = (shown(reader, memory, row, reported) for row in rows)
    page, more = _cut(found, place.size)
    answer = pb.ListTrialsResponse(
        trials=page,
        next_page_token=token(place.kind, memory.uid, str(page[-1].trial)) if more else "",
        commit_seq=reader.last_seq(memory.number),
    )
    return answer.SerializeToString()


def reports(reader: Reader, memory: Memory, place: Place, trial: int | None) -> bytes:
    """Return the page of reports after a place."""
    stored = reader.reports(memory.number, trial=trial, after=int(place.after or 0))
    page, more = _cut((to_proto.report(one, memory.outcomes) for one in stored), place.size)
    answer = pb.ListReportsResponse(
        reports=page,
        next_page_token=token(place.kind, memory.uid, str(page[-1].commit_seq)) if more else "",
        commit_seq=reader.last_seq(memory.number),
    )
    return answer.SerializeToString()


def shown(
    reader: Reader, memory: Memory, row: TrialRow, reported: Container[int] | None = None
) -> pb.Trial:
    """Return the message of a trial as it stands in the snapshot."""
    return message(reader, memory, current(reader, memory, row, reported))


def message(reader: Reader, memory: Memory, row: TrialRow) -> pb.Trial:
    """Return the message of a trial, with what is said of it and where its attempt runs."""
    archive = reader.archive(memory.number)
    told = attempts.attributes(archive.attributes(row.number, row.attempt))
    said = archive.annotation(row.number)
    made = to_proto.trial(row, memory.now, memory.seed, said, told)
    last = archive.last_report(row.number) if memory.outcomes else None
    if last is not None:
        broken = broken_texts(memory.outcomes, last.value, last.metrics)
        made.broken_constraints.extend(broken)
    return made


def current(
    reader: Reader, memory: Memory, row: TrialRow, reported: Container[int] | None = None
) -> TrialRow:
    """Return a trial as it stands in the snapshot.

    The row of a live trial is as old as its last change of state. What it reported since is in
    memory, and what it reported since memory was looked at is in the file. `reported`: the trials
    that did, where many are looked at.
    """
    if row.state not in LIVE:
        return row
    known = memory.live.get(row.number)
    if known is None or (known.state, known.attempt) != (row.state, row.attempt):
        known = row
    if known is not row and reported is not None and row.number not in reported:
        return known
    found = Trial(known)
    after = max(memory.seq, row.seq) if known is not row else row.seq
    for report in reader.reports(memory.number, trial=row.number, after=after):
        found.absorb(report, maximize=memory.maximize)
    return found.row()


def _cut(messages: Iterator[T], size: int) -> tuple[list[T], bool]:
    """Return as many of the messages as one answer holds, at least one, and whether more follow."""
    page: list[T] = []
    room = PAGE_BYTES
    for message in messages:
        room -= message.ByteSize()
        if len(page) == size or (page and room < 0):
            return page, True
        page.append(message)
    return page, False


def token(kind: str, uid: str, after: str) -> str:
    """Return a page token that is good for this list of this study only."""
    return f"{_digest(kind, uid, after)}.{after}"


def place(kind: str, uid: str, page_token: str, size: int) -> Place:
    """Return where the page of a token begins, or refuse a token of another list."""
    digest, _, after = page_token.partition(".")
    if page_token and digest != _digest(kind, uid, after):
        raise invalid(
            "page_token", "it is not one of this list; begin without", "INVALID_PAGE_TOKEN"
        )
    return Place(kind, after, size)


def _digest(kind: str, uid: str, after: str) -> str:
    return blake2b(f"{kind}\n{uid}\n{after}".encode(), digest_size=8).hexdigest()
