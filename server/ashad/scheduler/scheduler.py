"""The scheduler: the studies, the only mutator, the clock and the leases.

Every change is decided here and now, in memory, and handed to the committer; the caller lets the
answer out after `durable`. There is one scheduler in a process and it lives on one event loop;
nothing locks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from uuid import uuid4

from ashad.core.engine.lifecycle import Ending
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment, Outcome, Wait
from ashad.core.errors import conflict, not_now
from ashad.core.history.records import RUNNING, AttemptKey, Decision, Record, ReportContent
from ashad.core.history.trial import Trial
from ashad.core.space import Params
from ashad.core.spec import Limits, StudySpec, differences
from ashad.core.validation.study_spec import check_spec, check_study_name
from ashad.scheduler.group_commit import Executor
from ashad.scheduler.proposals import Answers, Library
from ashad.scheduler.upkeep import Clock, Log, Upkeep
from ashad.scheduler.wait_queue import Line
from ashad.store import Reader, ReaderPool, Writer, gone


class Scheduler(Upkeep):
    """All studies of one file: what may be asked of them."""

    def __init__(
        self, store: Writer, reader: Reader, executor: Executor, clock: Clock, log: Log,
        fatal: Callable[[BaseException], None], new_uid: Callable[[], str] = lambda: uuid4().hex,
        library: Library | None = None, readers: ReaderPool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(store, reader, executor, clock, log, fatal, readers)
        self._new_uid = new_uid
        self.line = Line(self.suggest, self.committer.durable)
        self.outside = Answers(library, self.shelf, self.line.serve, log)

    # --- studies -----------------------------------------------------------------------------

    def create(self, name: str, spec: StudySpec, *, validate_only: bool) -> tuple[Study, bool]:
        """Return the study and whether this call made it; an equal spec is an echo."""
        check_study_name(name)
        check_spec(spec)
        if name in self.shelf:
            return self._echo(name, spec), False
        self.outside.check(spec)
        uid = self._new_uid()
        seed = spec.seed if spec.seed is not None else _seed(uid)
        number = self.shelf.next_number
        archive = self.reader.archive(number)
        study, records = Study.create(name, uid, spec, seed, self.clock.wall(), archive)
        if not validate_only:
            self._check_room()
            self.shelf.next_number += 1
            self.shelf.put(name, number, study)
            self._commit(number, study, records, header=True)
            self.log("study_created", study=name, algorithm=type(spec.algorithm).__name__)
        return study, not validate_only

    def study(self, name: str) -> Study:
        """Return a study for reading, or refuse a name that is not there."""
        return self.shelf.find(name)[1]

    def study_id(self, name: str) -> int:
        """Return the number under which the file knows a study."""
        return self.shelf.find(name)[0]

    def names(self) -> list[str]:
        """Return the names of all studies in order."""
        return self.shelf.names()

    def update(self, name: str, limits: Limits) -> Study:
        """Take new limits."""
        return self._change(name, "study_updated", lambda study, now: study.update(now, limits))

    def pause(self, name: str) -> Study:
        """Hand out no more trials until resumed."""
        return self._change(name, "study_paused", Study.pause)

    def resume(self, name: str) -> Study:
        """End a pause."""
        return self._change(name, "study_resumed", Study.resume)

    def stop(self, name: str) -> Study:
        """End a study for good."""
        return self._change(name, "study_stopped", Study.stop)

    def delete(self, name: str, *, force: bool) -> None:
        """Delete a study: it is gone with the next commit, and its rows are removed bit by bit.

        Repeated, it is an echo, until there is a study of that name again.
        """
        if self.shelf.was_deleted(name):
            return
        number, study = self.shelf.find(name)
        running = study.state.counts[RUNNING]
        if running and not force:
            raise not_now(
                "STUDY_RUNNING", f"{running} trials are running; stop the study first, or use force"
            )
        self._check_room()
        self.shelf.delete(name)
        for trial in study.state.live:
            self.leases.drop(number, trial)
        self.committer.put(gone(self._row(number, study)))
        self._purge_later(number)
        self.line.forget(name)
        self.watchers.wake((number,))
        self.log("study_deleted", study=name)

    def enqueue(self, name: str, request: str, params: Params) -> tuple[Trial, int]:
        """Queue a configuration. Key: `request`."""
        number, study = self._find(name)
        trial, seq, records = study.enqueue(self.clock.wall(), request, params)
        self._commit(number, study, records)
        self.line.serve(name)
        return trial, seq

    def cancel(self, name: str, trial: int) -> Trial:
        """Cancel a trial."""
        number, study = self._find(name)
        found, records = study.cancel(self.clock.wall(), trial)
        self._commit(number, study, records)
        self._released(number, study, found.number, records)
        return found

    # --- trials --------------------------------------------------------------------------------

    def suggest(self, name: str, worker: str, request: str) -> tuple[Outcome, int]:
        """Lease a trial, or say that there is none now or ever. Key: `request`."""
        number, study = self._find(name)
        given = self.outside.of(number, study)
        outcome, seq, records = study.suggest(self.clock.wall(), worker, request, given)
        self._commit(number, study, records)
        if isinstance(outcome, Wait) and outcome.reason == "SAMPLER_BUSY":
            self.outside.ask(number, study)
        if isinstance(outcome, Assignment) and records:
            self._renew(number, study, outcome.trial, outcome.attempt)
            self.log(
                "trial_assigned", study=name, trial=outcome.trial, attempt=outcome.attempt,
                worker=worker, start=outcome.start, target=outcome.target,
            )  # fmt: skip
        return outcome, seq

    def report(self, name: str, key: AttemptKey, content: ReportContent) -> tuple[Decision, int]:
        """Take one report and decide. Key: (trial, attempt, resource)."""
        number, study = self._find(name)
        decision, seq, records = study.report(self.clock.wall(), key, content)
        trial, attempt, _ = key
        self._commit(number, study, records)
        if decision.action == "CONTINUE":
            self._renew(number, study, trial, attempt)
        elif records:
            self.log(
                "trial_paused" if decision.action == "PAUSE" else "trial_ended",
                study=name, trial=trial, attempt=attempt, resource=content.resource,
                value=content.value,
                reason=decision.reason, rung=decision.rung, rank=decision.rank, size=decision.size,
            )  # fmt: skip
            self._released(number, study, trial, records)
        return decision, seq

    def should_stop(self, name: str, key: AttemptKey) -> tuple[Decision, int]:
        """Return the stored decision, whatever the token; changes nothing."""
        return self.study(name).should_stop(self.clock.wall(), key)

    def heartbeat(self, name: str, key: AttemptKey) -> tuple[Decision, int]:
        """Return the stored decision and renew the lease."""
        number, study = self._find(name)
        decision, seq, records = study.heartbeat(self.clock.wall(), key)
        self._commit(number, study, records)
        self._renew(number, study, key.trial, key.attempt)
        return decision, seq

    def complete(self, name: str, key: AttemptKey) -> Ending:
        """End a trial whose training ended by itself. Key: (trial, attempt)."""
        number, study = self._find(name)
        answer, records = study.complete(self.clock.wall(), key)
        return self._ended(number, study, key.trial, answer, records)

    def fail(self, name: str, key: AttemptKey, *, infeasible: bool, message: str) -> Ending:
        """End a trial as failed or infeasible. Key: (trial, attempt)."""
        number, study = self._find(name)
        answer, records = study.fail(self.clock.wall(), key, infeasible=infeasible, message=message)
        return self._ended(number, study, key.trial, answer, records)

    def release(self, name: str, key: AttemptKey) -> Ending:
        """Give a trial back to the queue. Key: (trial, attempt)."""
        number, study = self._find(name)
        answer, records = study.release(self.clock.wall(), key)
        return self._ended(number, study, key.trial, answer, records)

    # --- parts -----------------------------------------------------------------------------------

    def _echo(self, name: str, spec: StudySpec) -> Study:
        study = self.study(name)
        state = study.state
        if spec.seed == state.seed:  # the seed that was chosen, as GetStudy shows it
            spec = replace(spec, seed=state.original.seed)
        differing = differences(state.original, spec)
        if differing and differences(state.spec, spec):
            message = f"study {name} exists with another spec: {'; '.join(differing)}"
            if all(line.startswith("limits.") for line in differing):
                message += f"; change its limits with `ashad study update {name}` (UpdateStudy)"
            raise conflict(
                "STUDY_EXISTS",
                message,
                fields=",".join(line.split(":")[0] for line in differing),
            )
        return study

    def _change(self, name: str, event: str, verb: Callable[[Study, int], list[Record]]) -> Study:
        number, study = self._find(name)
        records = verb(study, self.clock.wall())
        self._commit(number, study, records, header=bool(records))
        if records:
            self.log(event, study=name)
            self.line.serve(name)
        return study

    def _ended(
        self, number: int, study: Study, trial: int, answer: Ending, records: list[Record]
    ) -> Ending:
        self._commit(number, study, records)
        if records:
            self.log(
                "trial_ended", study=study.state.name, trial=trial, state=answer.state,
                reason=answer.reason,
            )  # fmt: skip
            self._released(number, study, trial, records)
        return answer

    def _released(self, number: int, study: Study, trial: int, records: list[Record]) -> None:
        if records:
            self.leases.drop(number, trial)
            self.line.serve(study.state.name)


def _seed(uid: str) -> int:
    return int.from_bytes(blake2b(uid.encode(), digest_size=8).digest(), "big") >> 1
