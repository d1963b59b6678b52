"""The scheduler: the studies, the only mutator, the clock and the leases.

Every change is decided here and now, in memory, and handed to the committer; the caller lets the
answer out after `durable`. There is one scheduler in a process and it lives on one event loop;
nothing locks.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from typing import Protocol
from uuid import uuid4

from ashad.core.check import check_spec, check_study_name
from ashad.core.ending import Ending
from ashad.core.errors import conflict, no_study, not_now
from ashad.core.records import RUNNING, Decision, Record
from ashad.core.space import Params
from ashad.core.spec import SECOND, Limits, StudySpec, differences, to_json
from ashad.core.study import Study
from ashad.core.suggesting import Assignment, Outcome
from ashad.core.trial import Trial
from ashad.scheduler.commit import Committer, Executor, hindered
from ashad.scheduler.leases import Leases
from ashad.scheduler.waiting import Line
from ashad.store import NotWritten, Reader, Store, StudyRow, load

LAG = 1.0  # seconds; a tick that is later than this says that the daemon did not run
BUSY = 0.1  # seconds; a tick that is later than this, that it was too busy to hear everyone


class Clock(Protocol):
    """The two clocks of the world."""

    def wall(self) -> int:
        """Return microseconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        ...


class Log(Protocol):
    """Where events of interest are told."""

    def __call__(self, event: str, **facts: object) -> object:
        """Tell one event."""
        ...


class Scheduler:
    """All studies of one file."""

    def __init__(
        self, store: Store, reader: Reader, executor: Executor, clock: Clock, log: Log,
        fatal: Callable[[BaseException], None], new_uid: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:  # fmt: skip
        self.reader = reader
        self.clock, self.log = clock, log
        self._new_uid = new_uid
        self.committer = Committer(store, executor, self._landed, self._void, fatal)
        # Why writes are refused until a probe succeeds: the disk is full, or the file locked.
        self.hindrance: NotWritten | None = None
        self.leases = Leases()
        self.line = Line(self)
        self._studies: dict[str, tuple[int, Study]] = {}
        self._names: dict[int, str] = {}
        self._next_id = 1
        self._last_look = clock.monotonic()
        self._period = 0.0  # of the ticks, known from the first one on
        self.reload()

    # --- studies -----------------------------------------------------------------------------

    def create(self, name: str, spec: StudySpec, *, validate_only: bool) -> tuple[Study, bool]:
        """Return the study and whether this call made it; an equal spec is an echo."""
        check_study_name(name)
        check_spec(spec)
        if name in self._studies:
            return self._echo(name, spec), False
        uid = self._new_uid()
        seed = spec.seed if spec.seed is not None else _seed(uid)
        number = self._next_id
        archive = self.reader.archive(number)
        study, records = Study.create(name, uid, spec, seed, self.clock.wall(), archive)
        if not validate_only:
            self._check_room()
            self._next_id += 1
            self._studies[name], self._names[number] = (number, study), name
            self._commit(number, study, records, header=True)
            self.log("study created", study=name, algorithm=type(spec.algorithm).__name__)
        return study, not validate_only

    def study(self, name: str) -> Study:
        """Return a study for reading, or refuse a name that is not there."""
        return self._find(name)[1]

    def study_id(self, name: str) -> int:
        """Return the number under which the file knows a study."""
        return self._find(name)[0]

    def names(self) -> list[str]:
        """Return the names of all studies in order."""
        return sorted(self._studies)

    def update(self, name: str, limits: Limits) -> Study:
        """Take new limits."""
        return self._change(name, "study updated", lambda study, now: study.update(now, limits))

    def pause(self, name: str) -> Study:
        """Hand out no more trials until resumed."""
        return self._change(name, "study paused", Study.pause)

    def resume(self, name: str) -> Study:
        """End a pause."""
        return self._change(name, "study resumed", Study.resume)

    def stop(self, name: str) -> Study:
        """End a study for good."""
        return self._change(name, "study stopped", Study.stop)

    def delete(self, name: str, *, force: bool) -> None:
        """Delete a study with all its rows."""
        number, study = self._find(name)
        running = study.state.counts[RUNNING]
        if running and not force:
            raise not_now(
                "STUDY_RUNNING", f"{running} trials are running; stop the study first, or use force"
            )
        self._check_room()
        del self._studies[name], self._names[number]
        for trial in study.state.live:
            self.leases.drop(number, trial)
        self.committer.delete(number)
        self.line.forget(name)
        self.log("study deleted", study=name)

    def enqueue(self, name: str, request: str, params: Params) -> tuple[Trial, int]:
        """Queue a configuration. Key: `request`."""
        number, study = self._find(name)
        self._check_room()
        trial, seq, records = study.enqueue(self.clock.wall(), request, params)
        self._commit(number, study, records)
        self.line.serve(name)
        return trial, seq

    def cancel(self, name: str, trial: int) -> Trial:
        """Cancel a trial."""
        number, study = self._find(name)
        self._check_room()
        found, records = study.cancel(self.clock.wall(), trial)
        self._commit(number, study, records)
        self._released(number, study, found.number, records)
        return found

    # --- trials --------------------------------------------------------------------------------

    def suggest(self, name: str, worker: str, request: str) -> tuple[Outcome, int]:
        """Lease a trial, or say that there is none now or ever. Key: `request`."""
        number, study = self._find(name)
        self._check_room()
        outcome, seq, records = study.suggest(self.clock.wall(), worker, request)
        self._commit(number, study, records)
        if isinstance(outcome, Assignment) and records:
            self._renew(number, study, outcome.trial, outcome.attempt)
            self.log(
                "trial assigned", study=name, trial=outcome.trial, attempt=outcome.attempt,
                worker=worker, start=outcome.start, target=outcome.target,
            )  # fmt: skip
        return outcome, seq

    def report(
        self, name: str, trial: int, attempt: int, token: str, resource: int, value: float,
        metrics: str | None, checkpoint: str | None,
    ) -> tuple[Decision, int]:  # fmt: skip
        """Take one report and decide. Key: (trial, attempt, resource)."""
        number, study = self._find(name)
        self._check_room()
        decision, seq, records = study.report(
            self.clock.wall(), trial, attempt, token, resource, value, metrics, checkpoint
        )
        self._commit(number, study, records)
        if decision.action == "CONTINUE":
            self._renew(number, study, trial, attempt)
        elif records:
            self.log(
                "trial paused" if decision.action == "PAUSE" else "trial ended",
                study=name, trial=trial, attempt=attempt, resource=resource, value=value,
                reason=decision.reason, rung=decision.rung, rank=decision.rank, size=decision.size,
            )  # fmt: skip
            self._released(number, study, trial, records)
        return decision, seq

    def should_stop(self, name: str, trial: int, attempt: int) -> tuple[Decision, int]:
        """Return the stored decision; changes nothing."""
        return self.study(name).should_stop(trial, attempt)

    def heartbeat(self, name: str, trial: int, attempt: int, token: str) -> tuple[Decision, int]:
        """Return the stored decision and renew the lease."""
        number, study = self._find(name)
        decision, seq, records = study.heartbeat(self.clock.wall(), trial, attempt, token)
        self._commit(number, study, records)
        self._renew(number, study, trial, attempt)
        return decision, seq

    def complete(self, name: str, trial: int, attempt: int, token: str) -> Ending:
        """End a trial whose training ended by itself. Key: (trial, attempt)."""
        number, study = self._find(name)
        self._check_room()
        answer, records = study.complete(self.clock.wall(), trial, attempt, token)
        return self._ended(number, study, trial, answer, records)

    def fail(
        self, name: str, trial: int, attempt: int, token: str, *, infeasible: bool, message: str
    ) -> Ending:
        """End a trial as failed or infeasible. Key: (trial, attempt)."""
        number, study = self._find(name)
        self._check_room()
        answer, records = study.fail(
            self.clock.wall(), trial, attempt, token, infeasible=infeasible, message=message
        )
        return self._ended(number, study, trial, answer, records)

    def release(self, name: str, trial: int, attempt: int, token: str) -> Ending:
        """Give a trial back to the queue. Key: (trial, attempt)."""
        number, study = self._find(name)
        self._check_room()
        answer, records = study.release(self.clock.wall(), trial, attempt, token)
        return self._ended(number, study, trial, answer, records)

    # --- time, disk ------------------------------------------------------------------------------

    def tick(self, period: float) -> None:
        """Expire leases and serve the line; called every `period` seconds."""
        self._period = period
        now = self.clock.monotonic()
        self._catch_up(now)
        lag = now - self._last_look - period
        self._last_look = now
        if self.hindrance is not None:  # the reports that would have renewed leases were refused
            self.leases.give_back(lag + period)
            return
        if lag > BUSY:
            self.leases.give_back(lag)
        for number, trial, attempt in self.leases.due(now):
            name = self._names.get(number)
            if name is not None:
                study = self._studies[name][1]
                records = study.expire(self.clock.wall(), trial, attempt)
                self._commit(number, study, records)
                if records:  # else its worker had restarted and found nothing to do
                    self.log("lease expired", study=name, trial=trial, attempt=attempt)
        self.line.serve_all()

    async def durable(self) -> None:
        """Return when all that was decided until now is on the disk."""
        await self.committer.drain_once()

    async def heal(self) -> bool:
        """Take writes again once the file can be written; return whether it can."""
        if self.hindrance is not None and await self.committer.probe():
            self.hindrance = None
        return self.hindrance is None

    def reload(self) -> None:
        """Take all studies from the file; each lease gets a full term."""
        self._studies, self._names, self.leases = {}, {}, Leases()
        for row in self.reader.studies():
            study = load(self.reader, row)
            self._studies[row.name], self._names[row.id] = (row.id, study), row.name
            self._next_id = max(self._next_id, row.id + 1)
            for trial in study.state.live.values():
                if trial.state == RUNNING:
                    self._renew(row.id, study, trial.number, trial.attempt)

    # --- parts -----------------------------------------------------------------------------------

    def _find(self, name: str) -> tuple[int, Study]:
        found = self._studies.get(name)
        if found is None:
            raise no_study(name)
        return found

    def _echo(self, name: str, spec: StudySpec) -> Study:
        study = self.study(name)
        state = study.state
        if spec.seed == state.seed:  # the seed that was chosen, as GetStudy shows it
            spec = replace(spec, seed=state.original.seed)
        differing = differences(state.original, spec)
        if differing and differences(state.spec, spec):
            raise conflict(
                "STUDY_EXISTS",
                f"study {name} exists with another spec: {'; '.join(differing)}",
                fields=",".join(line.split(":")[0] for line in differing),
            )
        return study

    def _change(self, name: str, event: str, verb: Callable[[Study, int], list[Record]]) -> Study:
        number, study = self._find(name)
        self._check_room()
        records = verb(study, self.clock.wall())
        self._commit(number, study, records, header=bool(records))
        if records:
            self.log(event, study=name)
            self.line.serve(name)
        return study

    def _commit(
        self, number: int, study: Study, records: list[Record], *, header: bool = False
    ) -> None:
        state = study.state
        if records:
            self.committer.add(number, records, state.seq)
        if header:
            spec = json.dumps(to_json(state.spec), ensure_ascii=False)
            self.committer.put(
                StudyRow(number, state.name, state.uid, state.seed, state.created, state.mode, spec)
            )

    def _ended(
        self, number: int, study: Study, trial: int, answer: Ending, records: list[Record]
    ) -> Ending:
        self._commit(number, study, records)
        if records:
            self.log(
                "trial ended", study=study.state.name, trial=trial, state=answer.state,
                reason=answer.reason,
            )  # fmt: skip
            self._released(number, study, trial, records)
        return answer

    def _released(self, number: int, study: Study, trial: int, records: list[Record]) -> None:
        if records:
            self.leases.drop(number, trial)
            self.line.serve(study.state.name)

    def _renew(self, number: int, study: Study, trial: int, attempt: int) -> None:
        held = study.state.live.get(trial)
        if held is not None and held.state == RUNNING and held.attempt == attempt:
            now = self.clock.monotonic()
            self._catch_up(now)
            term = study.state.spec.lease.duration / SECOND
            self.leases.renew(number, trial, attempt, now, term)

    def _catch_up(self, now: float) -> None:
        """Give back time in which the daemon did not run, to the leases that were held in it.

        Before any of them is renewed: a call that came in meanwhile may be handled before the tick,
        and its new term would get the time as well, hours after a laptop's sleep.
        """
        lag = now - self._last_look - self._period
        if lag > LAG:  # it may have stopped just after the last look
            self.leases.give_back(lag + self._period)
            self._last_look = now
            self.log("the daemon did not run", seconds=round(lag, 1))

    def _check_room(self) -> None:
        if self.hindrance is not None:
            raise hindered(self.hindrance)

    def _landed(self, marks: dict[int, int]) -> None:
        for number, seq in marks.items():
            name = self._names.get(number)
            if name is not None:
                self._studies[name][1].state.committed(seq)

    def _void(self, error: NotWritten) -> None:
        """Forget what could not be written: the file is the truth."""
        self.hindrance = error
        self.log("writes are refused", why=str(error), file=str(self.committer.store.path))
        self.reload()


def _seed(uid: str) -> int:
    return int.from_bytes(blake2b(uid.encode(), digest_size=8).digest(), "big") >> 1
