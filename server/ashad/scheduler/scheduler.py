"""The scheduler: the studies of one file, and the only one who changes them.

Every change is decided here and now, in memory, and handed to the group commit; the caller lets the
answer out after `durable`. There is one scheduler in a process and it lives on one event loop;
nothing locks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar
from uuid import uuid4

from ashad.core.engine.configurations.space_change import SpaceChange
from ashad.core.engine.configurations.versions import SpaceVersion
from ashad.core.engine.configurations.warm_start import PastTrials
from ashad.core.engine.lifecycle import Ending
from ashad.core.engine.study import Study
from ashad.core.errors import not_now
from ashad.core.history.past_trials import ImportedTrials
from ashad.core.history.records import RUNNING, AttemptKey, Decision, Record, ReportContent
from ashad.core.history.trial import Trial
from ashad.core.space import Params
from ashad.core.spec import Limits, StudySpec
from ashad.core.validation.remarks import Remark
from ashad.core.validation.study_spec import check_spec, check_study_name
from ashad.scheduler.assigner import Assigner
from ashad.scheduler.background import Purger, QueueCanceller, Reloader, WriteGate
from ashad.scheduler.group_commit import Executor, GroupCommit
from ashad.scheduler.leases import HeldLease, LeaseExpiry
from ashad.scheduler.notifier import ChangeNotifier
from ashad.scheduler.ports import Clock, Log, StudyReader, StudyWriter
from ashad.scheduler.proposals import Factories, Library, Proposals
from ashad.scheduler.quotas import Asking, QuotaRules, Quotas
from ashad.scheduler.recorder import Recorder, ReportPass
from ashad.scheduler.registry import StudyEntry, StudyRegistry
from ashad.scheduler.wait_queue import Suggested, WaitQueue
from ashad.scheduler.worker_names import WorkerNames
from ashad.store import NotWrittenError, Reader, ReaderPool

Answer = TypeVar("Answer")


class Scheduler:
    """All studies of one file: what may be asked of them."""

    def __init__(
        self,
        store: StudyWriter,
        reader: StudyReader,
        executor: Executor,
        clock: Clock,
        log: Log,
        fatal: Callable[[BaseException], None],
        new_uid: Callable[[], str] = lambda: uuid4().hex,
        library: Library | None = None,
        factories: Factories | None = None,
        readers: ReaderPool | None = None,
    ) -> None:
        self._reader, self._readers, self._new_uid = reader, readers, new_uid
        self._clock, self._log = clock, log
        self.now = clock.wall  # the instant by which studies are judged, microseconds since 1970
        self._registry, self._gate = StudyRegistry(reader), WriteGate()
        done = self._on_committed, self._on_rolled_back
        self._group_commit = commit = GroupCommit(store, executor, *done, fatal)
        self._leases = LeaseExpiry(clock, log, self._expire)
        self._quotas = known = Quotas(self._registry.labels, clock.monotonic)
        self.quota_uses, self.quota_use, self.quota_waiting = known.uses, known.use, known.waiting
        self._waiting = WaitQueue(self.suggest, commit.durable, self._quotas)
        self._notifier, self._names = ChangeNotifier(), WorkerNames()
        self._recorder = Recorder(commit, self._leases, self._names, self._quotas, log)
        self._purger = Purger(self._registry, commit, self._leases)
        self._canceller = QueueCanceller(self._registry, self._recorder, clock, self._gate)
        self._reloader = Reloader(self._registry, commit, log, fatal, self._on_reloaded)
        serve = self._waiting.serve
        self.reports = partial(ReportPass, self._writable, self._recorder, clock, serve)
        self._report = self.reports().single
        asked = library, factories
        self._proposals = Proposals(*asked, self._registry, self.read, self._propose, serve, log)
        self.loaded, self.load_sampler = self._registry.entries, self._proposals.load
        self._assigner = Assigner(self._names, self._quotas, self._proposals, self._ask, clock)
        self.reload()

    def create(self, name: str, spec: StudySpec, *, validate_only: bool) -> tuple[Study, bool]:
        """Return the study and whether this call made it; an equal spec is an echo."""
        check_study_name(name)
        check_spec(spec)
        if name in self._registry:
            return self._registry.existing(name, spec), False
        self._proposals.check(spec)
        entry, records = self._registry.begin(name, self._new_uid(), spec, self._clock.wall())
        if not validate_only:
            self._gate.check()
            self._registry.next_number += 1
            self._registry.put(name, entry)
            self._recorder.record(entry, records)
        return entry.study, not validate_only

    def study(self, name: str) -> Study:
        """Return a study for reading, or refuse a name that is not there."""
        return self._registry.find(name).study

    def entry(self, name: str) -> StudyEntry:
        """Return a study with the number under which the file knows it."""
        return self._registry.find(name)

    def names(self) -> list[str]:
        """Return the names of all studies in order."""
        return self._registry.names()

    def update(self, name: str, limits: Limits) -> Study:
        """Take new limits."""
        return self._apply(name, lambda study, now: (study, study.update(now, limits)))

    def change_space(self, name: str, request: str, asked: SpaceChange) -> SpaceVersion:
        """Draw new trials from another space. Key: `request`."""
        return self._apply(name, lambda study, now: study.change_space(now, request, asked))

    def annotate(self, name: str, trial: int, remark: Remark) -> Study:
        """Say something of a trial, or of the study (OF_STUDY)."""
        return self._apply(name, lambda study, now: (study, study.annotate(now, trial, remark)))

    def pause(self, name: str) -> Study:
        """Hand out no more trials until resumed."""
        return self._apply(name, lambda study, now: (study, study.pause(now)))

    def resume(self, name: str) -> Study:
        """End a pause."""
        return self._apply(name, lambda study, now: (study, study.resume(now)))

    def stop(self, name: str) -> Study:
        """End a study for good; what is queued is cancelled, the first of it at once."""
        study = self._apply(name, lambda study, now: (study, study.stop(now)))
        self._canceller.cancel(self._registry.find(name))
        return study

    def delete(self, name: str, *, force: bool) -> None:
        """Delete a study: gone with the next commit, its rows bit by bit. Repeated: an echo."""
        if self._registry.was_deleted(name):
            return
        entry = self._registry.find(name)
        if (running := entry.study.state.counts[RUNNING]) and not force:
            text = f"{running} trials are running; stop the study first, or use force"
            raise not_now("STUDY_RUNNING", text)
        self._gate.check()
        self._purger.delete(entry)
        self._quotas.forget(entry.number)
        self._waiting.serve(name)  # they are told that it is gone
        self._notifier.wake((entry.number,))
        self._log("study_deleted", study=name)

    def enqueue(self, name: str, request: str, params: Params) -> tuple[Trial, int]:
        """Queue a configuration. Key: `request`."""
        return self._apply(name, lambda study, now: _pair(study.enqueue(now, request, params)))

    def take(self, name: str, request: str, past: PastTrials) -> ImportedTrials:
        """Take in finished trials of another tool. Key: `request`."""
        return self._apply(name, lambda study, now: study.import_trials(now, request, past))

    def cancel(self, name: str, trial: int) -> Trial:
        """Cancel a trial."""
        return self._apply(name, lambda study, now: study.cancel(now, trial))

    def suggest(
        self, name: str, worker: str, request: str, attributes: str | None = None
    ) -> Suggested:
        """Lease a trial, or say that there is none now or ever. Key: `request`."""
        return self._assigner.suggest(self._registry.find(name), (worker, request, attributes))

    async def wait_for_trial(self, name: str, asking: Asking, seconds: float) -> Suggested:
        """Return what `suggest` does as soon as it is not Wait, or whatever it is in the end."""
        return await self._waiting.wait(name, asking, seconds)

    def report(self, name: str, key: AttemptKey, content: ReportContent) -> tuple[Decision, int]:
        """Take one report and decide; see `durable`. Key: (trial, attempt, resource)."""
        return self._report(name, key, content)

    def should_stop(self, name: str, key: AttemptKey) -> tuple[Decision, int]:
        """Return the stored decision, whatever the token; changes nothing."""
        return self.study(name).should_stop(self._clock.wall(), key)

    def set_quotas(self, rules: QuotaRules) -> None:
        """Let other quotas hold from now on; what runs goes on."""
        self._quotas.set_rules(rules)
        self._waiting.serve_all()

    def heartbeat(self, name: str, key: AttemptKey) -> tuple[Decision, int]:
        """Return the stored decision and renew the lease."""
        return self._apply(name, lambda s, now: _pair(s.heartbeat(now, key)), key, beat=True)

    def complete(self, name: str, key: AttemptKey) -> Ending:
        """End a trial whose training ended by itself. Key: (trial, attempt)."""
        return self._apply(name, lambda study, now: study.complete(now, key))

    def fail(self, name: str, key: AttemptKey, *, infeasible: bool, message: str) -> Ending:
        """End a trial as failed or infeasible. Key: (trial, attempt)."""
        return self._apply(
            name, lambda study, now: study.fail(now, key, infeasible=infeasible, message=message)
        )

    def release(self, name: str, key: AttemptKey) -> Ending:
        """Give a trial back to the queue. Key: (trial, attempt)."""
        return self._apply(name, lambda study, now: study.release(now, key))

    async def durable(self) -> None:
        """Return when all that was decided until now is on the disk."""
        await self._group_commit.drain_once()

    async def read(self, work: Callable[[Reader], Answer]) -> Answer:
        """Return what `work` reads from one state of the file, off the event loop."""
        return self._reader.read(work) if self._readers is None else await self._readers.run(work)

    async def wait_for_change(self, number: int, seconds: float) -> None:
        """Return when something of a study was committed, or after `seconds`."""
        await self._notifier.wait(number, seconds)

    @property
    def closing(self) -> bool:
        """Whether nobody may wait any more: the daemon is about to end."""
        return self._notifier.ending

    @property
    def writes_blocked(self) -> bool:
        """Whether writes are refused, since the file cannot be written."""
        return self._gate.closed

    def quarantine(self, name: str) -> None:
        """Read a study from the file again, since a call of it broke off."""
        self._reloader.quarantine(name)

    def tick(self, period: float) -> None:
        """Expire leases, serve who waits, purge; called every `period` seconds."""
        self._leases.tick(period, writes_blocked=self._gate.closed)
        if not self._gate.closed:
            self._quotas.tidy()
            self._waiting.serve_all()
            self._purger.step()

    async def heal(self) -> bool:
        """Take writes again once the file can be written; return whether it can."""
        if self._gate.closed and await self._group_commit.probe():
            self._gate.open()
            self._canceller.resume()
        return not self._gate.closed

    def close_waiting(self) -> None:
        """Answer everyone who waits, and let nobody wait from now on."""
        self._waiting.close()
        self._notifier.close()

    async def drain(self) -> None:
        """Wait until everything is on the disk, or raise why it is not; nothing new is proposed."""
        self._proposals.close()
        await self._group_commit.drain()

    def _apply(
        self,
        name: str,
        decide: Callable[[Study, int], tuple[Answer, list[Record]]],
        key: AttemptKey | None = None,
        *,
        beat: bool = False,
        serves: bool = True,
    ) -> Answer:
        """Decide at this instant, hand what came of it to the commit, renew the lease of `key`."""
        entry = self._writable(name)
        answer, records = decide(entry.study, self._clock.wall())
        freed = self._recorder.record(entry, records)
        if key is not None:
            self._recorder.heard(entry, (key[:2],), beat=beat)
        if freed and serves:
            self._waiting.serve(name)
        return answer

    def _ask(self, entry: StudyEntry, asking: Asking) -> Suggested:
        name = entry.study.state.name
        return self._apply(name, lambda s, now: _pair(s.suggest(now, *asking)), serves=False)

    def _writable(self, name: str) -> StudyEntry:
        """Return a study, which refuses changes of its own while nothing can be written."""
        entry = self._registry.find(name)
        entry.study.state.write_block = self._gate.refusal
        return entry

    def _propose(self, name: str, params: Params, why: str | None) -> None:
        self._apply(name, lambda study, now: (None, study.propose(now, params, why)), serves=False)

    def _expire(self, lease: HeldLease) -> None:
        entry = self._registry.by_number(lease.study)
        if entry is None:
            return
        entry.study.state.write_block = None  # nothing expires while nothing can be written
        records = entry.study.expire(self._clock.wall(), lease.trial, lease.attempt)
        self._recorder.record(entry, records)

    def reload(self) -> None:
        """Read all studies from the file; each lease gets a full term."""
        self._registry.read()
        self._leases.restart(self._registry)
        self._quotas.read(self._reader.live_attempts())
        self._canceller.resume()

    def _on_reloaded(self, entry: StudyEntry) -> None:
        self._leases.renew_all(*entry)
        self._canceller.cancel(entry)
        self._waiting.serve(entry.study.state.name)

    def _on_committed(self, marks: dict[int, int]) -> None:
        self._registry.committed(marks)
        self._notifier.wake(marks)

    def _on_rolled_back(self, error: NotWrittenError) -> None:  # the file is the truth
        self._gate.close(error)
        self._log("writes_refused", why=str(error), file=str(self._reader.path))
        self.reload()


def _pair(result: tuple[Answer, int, list[Record]]) -> tuple[tuple[Answer, int], list[Record]]:
    return result[:2], result[2]
