"""What watchers are told: the file in order of its sequence numbers, page by page.

Each watcher has a place in it and nothing else; those at the same place share a page. All reading
for watchers together takes a bounded part of the loop, so that reports never wait for those who
look on: under more reports than that part can tell of, watchers lag.
"""

from __future__ import annotations

import json
import time
from asyncio import Lock, get_running_loop, sleep
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple

from ashad_client.v1 import ashad_pb2 as pb

from ashad.core.engine.study import Study
from ashad.core.errors import RefusalError, RefusalKind, no_study, not_now
from ashad.core.history.records import ANNOTATIONS, CONTINUE, Change, Event, Report
from ashad.scheduler import Scheduler
from ashad.service.auth import check_caller
from ashad.service.messages import to_proto
from ashad.service.reads import pages
from ashad.store import Reader

MOST_WATCHERS = 500
PAGE = 250  # changes told at a time
PAGE_BYTES = 256 * 1024  # or fewer, where they are larger than this together
TICK = 0.25  # seconds between two answers to a watcher that is up to date
QUIET = 10.0  # seconds after which one that has nothing to be told is told so
REST = 3.0  # reading pauses so many times as long as it took
SLOW = 60.0  # seconds in which a watcher must take what it is sent
_KEPT = 32  # pages kept for watchers that come to the same place


class Page(NamedTuple):
    """An answer, ready to be sent."""

    data: bytes
    end: int  # the place after it
    last: bool  # whether there was no more when it was made
    made: float


class Feed:
    """Pages of studies for all who watch."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._many = 0
        self._turn = Lock()
        self._free_at = 0.0
        self._pages: OrderedDict[tuple[int, int], Page] = OrderedDict()

    async def follow(self, name: str, after: int) -> AsyncGenerator[bytes, None]:
        """Yield answers for as long as they are taken; then raise `RefusalError`."""
        number, study = self._scheduler.entry(name)
        if not 0 <= after <= study.state.seq:
            raise not_now(
                "SEQ_UNKNOWN",
                f"after_seq: study {name} stands at {study.state.seq}; is {after} of another study "
                "that had this name? begin with 0, or with commit_seq of GetStudy",
            )
        if self._many >= MOST_WATCHERS:
            text = f"{MOST_WATCHERS} callers watch already; end one, or retry after the pushback"
            raise RefusalError(RefusalKind.RESOURCE_EXHAUSTED, "OVERLOADED", text)
        self._many += 1
        try:
            while True:
                page = await self._page(number, name, after)
                yield page.data
                after = page.end
                await _still_known()
                if page.last:
                    await sleep(TICK)
                    if self._at(number, name).state.seq <= after:
                        await self._scheduler.wait_for_change(number, QUIET)
                if self._scheduler.closing:
                    text = "the daemon is ending; watch again after the last commit_seq"
                    raise RefusalError(RefusalKind.UNAVAILABLE, "DRAINING", text)
        finally:
            self._many -= 1

    async def _page(self, number: int, name: str, after: int) -> Page:
        async with self._turn:
            now = get_running_loop().time()
            page = self._pages.get((number, after))
            if page is not None and self._holds(page, number, name, after, now):
                return page
            await sleep(self._free_at - now)
            while True:
                try:
                    page = await self._made(number, name, after)
                    break
                except RefusalError as refusal:
                    # What was decided meanwhile could not be written, and is forgotten: read anew.
                    if refusal.reason not in ("STORAGE_FULL", "STORAGE_LOCKED"):
                        raise
                except LookupError:  # the study was deleted, and its rows are being removed
                    raise no_study(name) from None
            self._pages[number, after] = page
            if len(self._pages) > _KEPT:
                self._pages.popitem(last=False)
            return page

    def _holds(self, page: Page, number: int, name: str, after: int, now: float) -> bool:
        """Whether a page still tells what follows a place."""
        fresh = now - page.made < (TICK if page.last else QUIET)
        # That nothing had happened is told until something has.
        return fresh and (page.end > after or self._at(number, name).state.seq <= after)

    async def _made(self, number: int, name: str, after: int) -> Page:
        """Return the page after a place; nothing in it is told before it is on the disk."""
        scheduler, began = self._scheduler, time.perf_counter()
        seen = self._at(number, name).state.seq
        outcomes = self._at(number, name).state.spec.outcome_constraints
        await scheduler.durable()
        read = await scheduler.read(lambda reader: _stretch(reader, number, after, outcomes))
        study, now = self._at(number, name), scheduler.now()
        state, live = study.state, study.state.live
        memory = pages.Memory(
            number,
            state.uid,
            state.seq,
            state.spec.maximize,
            state.seed,
            now,
            {n: live[n].row() for n in read.moved.values() if n in live},
            state.spec.outcome_constraints,
        )
        answer = pb.WatchStudyResponse(commit_seq=read.end, time=to_proto.time(now))
        if read.last:
            answer.commit_seq = max(seen, read.end)
            answer.study.CopyFrom(to_proto.study(study, now))
        await scheduler.durable()
        data = await scheduler.read(lambda reader: _filled(reader, memory, read, answer))
        self._at(number, name)
        made = get_running_loop().time()
        self._free_at = made + REST * (time.perf_counter() - began)
        return Page(data, answer.commit_seq, read.last, made)

    def _at(self, number: int, name: str) -> Study:
        """Return the study that is watched, or refuse: it is gone, there may be another."""
        found, study = self._scheduler.entry(name)
        if found != number:
            raise no_study(name)
        return study


class Stretch(NamedTuple):
    """Some of the log: its changes, still without the trials that they moved, by place."""

    changes: list[pb.StudyChange]
    moved: dict[int, int]
    end: int
    last: bool


def _stretch(reader: Reader, study: int, after: int, outcomes: Sequence[str]) -> Stretch:
    """Return what happened after a place, as much of it as a page holds."""
    changes: list[pb.StudyChange] = []
    moved: dict[int, int] = {}
    room, end = PAGE_BYTES, after
    for record in reader.log(study, after=after):
        change, trial = _change(record, outcomes)
        room -= change.ByteSize()
        # What has one number stays together.
        if record.seq > end > after and (len(changes) >= PAGE or room < 0):
            return Stretch(changes, moved, end, last=False)
        if trial is not None:
            moved[len(changes)] = trial
        changes.append(change)
        end = record.seq
    return Stretch(changes, moved, end, last=True)


def _change(
    record: Report | Change | Event, outcomes: Sequence[str]
) -> tuple[pb.StudyChange, int | None]:
    """Return a change, and the trial whose state it changed."""
    change = pb.StudyChange(commit_seq=record.seq, time=to_proto.time(record.time))
    if isinstance(record, Event):
        change.kind = record.kind.removeprefix("TRIAL_")
        said = record.kind in ANNOTATIONS
        return change, json.loads(record.body).get("trial") if said else None
    if isinstance(record, Change):
        change.kind, change.attempt = record.kind, record.attempt
        if record.worker is not None:
            change.worker = record.worker
        return change, record.trial
    change.kind = "REPORTED"
    change.report.CopyFrom(to_proto.report(record, outcomes))
    return change, None if record.decision.action == CONTINUE else record.trial


def _filled(
    reader: Reader, memory: pages.Memory, read: Stretch, answer: pb.WatchStudyResponse
) -> bytes:
    """Return the answer with the changes, each with the trial as it stands now."""
    archive = reader.archive(memory.number)
    for index, number in read.moved.items():
        row = archive.trial(number)
        if row is None:
            raise LookupError(number)
        read.changes[index].trial.CopyFrom(pages.shown(reader, memory, row))
    answer.changes.extend(read.changes)
    return answer.SerializeToString()


async def _still_known() -> None:
    """Refuse a watcher whose token was revoked; one whose rate is used up is told more later."""
    try:
        check_caller()
    except RefusalError as refusal:
        if refusal.reason != "RATE_LIMITED":
            raise
        await sleep(TICK)
