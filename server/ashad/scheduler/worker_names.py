"""Tells a restarted worker from two living processes with one name. Memory only; records nothing.

A worker that holds a lease and asks again with a new request id is a restarted one. But if the
attempt that it holds was heard from a moment ago, it may be another process of the same name, and
each would take every trial from the other. So it waits until the holder is heard again, and is then
refused, or has been silent for long enough, and is then taken for restarted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from ashad.core.errors import RefusalError, not_now
from ashad.core.history.records import RUNNING
from ashad.core.spec import SECOND
from ashad.scheduler.registry import StudyEntry

SILENT_INTERVALS = 1.5  # of a heartbeat: a process that is silent for so long is gone
UNDER_WAY_S = 1.0  # a call that comes so soon may have been sent before by a process that is gone
ENOUGH = 2  # without heartbeats a name may change hands back once, by a person who tries things out
_MOST_KNOWN = 100_000

K = TypeVar("K")
V = TypeVar("V")
_Attempt = tuple[int, int, int]  # study, trial, attempt


class Holder(NamedTuple):
    """The lease that a worker holds as it asks for another."""

    study: int
    worker: str
    trial: int
    attempt: int
    heartbeat_s: float

    @classmethod
    def of(cls, entry: StudyEntry, worker: str, request: str) -> Holder | None:
        """Return what a worker holds as it asks with a new request id, None where it holds none."""
        state = entry.study.state
        trial = state.live.get(state.holders.get(worker, -1))
        if trial is None or trial.state != RUNNING or state.request(request) is not None:
            return None
        heartbeat_s = state.spec.lease.heartbeat_interval / SECOND
        return cls(entry.number, worker, trial.number, trial.attempt, heartbeat_s)

    @property
    def key(self) -> _Attempt:
        """The attempt it holds."""
        return self.study, self.trial, self.attempt


@dataclass(slots=True)
class _Heard:
    last: float = -1.0  # call of any kind
    beat: float = -1.0  # heartbeat
    asked: float = -1.0  # when another process asked under its name, since when nobody was heard
    asked_last: float = -1.0


class WorkerNames:
    """When each running attempt was heard last, and which attempts were taken over."""

    def __init__(self) -> None:
        self._heard: OrderedDict[_Attempt, _Heard] = OrderedDict()
        self._taken_over: OrderedDict[_Attempt, Holder] = OrderedDict()
        # How often that was found of a name, and the attempt that holds it since.
        self._doubled: OrderedDict[tuple[int, str], tuple[int, _Attempt]] = OrderedDict()

    def called(self, study: int, trial: int, attempt: int, now: float, *, beat: bool) -> None:
        """Note a heartbeat or a report of an attempt."""
        self.called_each(study, ((trial, attempt),), now, beat=beat)

    def called_each(
        self, study: int, attempts: Iterable[tuple[int, int]], now: float, *, beat: bool
    ) -> None:
        """Note a heartbeat or a report of each (trial, attempt)."""
        known = self._heard
        for trial, attempt in attempts:
            key = study, trial, attempt
            if self._taken_over and (holder := self._taken_over.pop(key, None)) is not None:
                self._lives(key, holder, beat=beat)
                continue
            heard = known.get(key)
            if heard is None:
                heard = known[key] = _Heard()
                _bound(known)
            heard.last = now
            if beat:
                heard.beat = now

    def _lives(self, key: _Attempt, holder: Holder, *, beat: bool) -> None:
        """Note that an attempt was taken for dead, and lives."""
        name = holder.study, holder.worker
        times, _ = self._doubled.get(name, (0, key))
        beats = beat or self._beats(key) or self._beats(holder.key)
        self._doubled[name] = times + (ENOUGH if beats else 1), holder.key
        _bound(self._doubled)

    def took_over(self, old: Holder, new: _Attempt, now: float) -> None:
        """Note that an attempt was taken from its worker, since that had restarted."""
        _, trial, attempt = new
        self._taken_over[old.key] = old._replace(trial=trial, attempt=attempt)
        _bound(self._taken_over)
        self._heard[new] = _Heard(last=now)
        _bound(self._heard)

    def _beats(self, key: _Attempt) -> bool:
        heard = self._heard.get(key)
        return heard is not None and heard.beat >= 0

    def must_wait(self, holder: Holder, now: float) -> bool:
        """Whether a new request of this worker has to wait; two that live raise `RefusalError`."""
        heard = self._heard.get(holder.key)
        silent_s = SILENT_INTERVALS * holder.heartbeat_s
        times, key = self._doubled.get((holder.study, holder.worker), (0, None))
        doubled = times >= ENOUGH and key == holder.key
        if heard is None or not (doubled or heard.beat >= 0) or now - heard.last > silent_s:
            return False
        if heard.asked < 0 or now - heard.asked_last > silent_s:
            heard.asked = now
        heard.asked_last = now
        if heard.last > heard.asked + min(UNDER_WAY_S, holder.heartbeat_s / 4):
            heard.asked = -1.0
            raise _in_use(holder)
        return True


def _in_use(holder: Holder) -> RefusalError:
    return not_now(
        "WORKER_NAME_IN_USE",
        f"worker: another living process uses the name {holder.worker[:200]!r} and holds trial "
        f"{holder.trial}; give each process a name of its own: unset ASHAD_WORKER, or add the rank",
        worker=holder.worker,
    )


def _bound(known: OrderedDict[K, V]) -> None:
    if len(known) > _MOST_KNOWN:
        known.popitem(last=False)
