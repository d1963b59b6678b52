"""What left the daemon, and what must hold because of it; checked at every call and every restart.

An acknowledged record stands for ever, its repetitions are echoes, an attempt that was told to stop
stays stopped, a superseded attempt is not believed, and a lease ends neither early nor never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ashad.core.engine.state import State
from ashad.core.engine.suggest import Assignment
from ashad.core.errors import RefusalError
from ashad.core.history.records import CONTINUE, RUNNING, Change, Report
from ashad.core.spec import SECOND
from ashad.scheduler import Scheduler
from ashad.store import Reader

from .network import Request

if TYPE_CHECKING:
    from .world import World

Attempt = tuple[str, int, int]  # uid of the study, trial, attempt

# What a caller of ours may be refused, who never sends nonsense.
REFUSED = {
    "STORAGE_FULL", "STUDY_NOT_FOUND", "STUDY_STOPPED", "MAX_TRIALS", "GRID_EXHAUSTED",
    "GRID_FIXED",
    "WORKER_NAME_IN_USE",
    "BRACKETS_EXHAUSTED", "POPULATION_COMPLETE",
    "TRIAL_ENDED", "STUDY_RUNNING", "TRIAL_NOT_FOUND", "STUDY_EXISTS",
    # A configuration is not queued in a study that has ended.
    "TARGET_REACHED", "MAX_DURATION", "MAX_TOTAL_RESOURCE", "MAX_FAILED_TRIALS",
    "MAX_INFEASIBLE_TRIALS",
}  # fmt: skip


class Note(NamedTuple):
    """An answer about to leave: who it is for, what it says, and the record behind it."""

    uid: str
    key: tuple[Any, ...] | None  # None: it has no record of its own
    answer: str
    record: Report | Change | None
    stops: Attempt | None


class Journal:
    """Everything acknowledged so far, by the uid of its study."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.acked: dict[tuple[Any, ...], Note] = {}
        self.requests: list[Request] = []  # acknowledged, for someone to repeat
        self.owners: dict[Attempt, str] = {}  # the request an attempt was given to
        self.highest: dict[tuple[str, int], int] = {}  # attempt acknowledged
        self.stopped: set[Attempt] = set()  # told to stop, for whatever reason
        self.over: set[Attempt] = set()  # ended by a record of their own
        self.contact: dict[Attempt, float] = {}
        self.deleted: set[str] = set()  # perhaps
        self.fresh: list[Note] = []  # acknowledged since the file was last looked at
        self.anew = 0.0  # when all leases began anew
        self.barred = 0.0  # until when none could end, as the disk was full

    # --- calls ---

    def before(self, scheduler: Scheduler, request: Request) -> int:
        """Return where the study stands before a call."""
        if request.verb == "delete":
            self.deleting(scheduler, request.study)
        return scheduler.study(request.study).state.seq if request.verb != "create" else 0

    def decided(self, scheduler: Scheduler, request: Request, body: Any, before: int) -> Note:
        """Check a decision against all that left before it."""
        if request.verb == "delete":
            return Note("", None, repr(body), None, None)
        state = scheduler.study(request.study).state
        state.check()
        handler = getattr(self, f"_{request.verb}", None)
        if handler is None:
            return Note(state.uid, None, repr(body), None, None)
        note: Note = handler(state, request, body, before)
        if note.key is not None:
            known = self.acked.get(note.key)
            if known is None and state.seq == before:
                self.world.count("echoes before the answer")
            self.world.expect(
                known is None or known.answer == note.answer,
                "a repetition is no echo", request, known, note,
            )  # fmt: skip
            self.world.count("echoes", int(known is not None))
        return note

    def acknowledged(self, note: Note) -> None:
        """Remember what leaves the daemon now."""
        self.world.count("acknowledged")
        if note.stops is not None:
            self.stopped.add(note.stops)
        if note.key is None:
            return
        if note.stops is not None:
            self.over.add(note.stops)
        if note.key not in self.acked:
            self.acked[note.key] = note
            self.fresh.append(note)
        record = note.record
        if isinstance(record, Report):
            self.world.count("reports acknowledged")
        elif isinstance(record, Change) and record.kind == "ASSIGNED":
            attempt = note.uid, record.trial, record.attempt
            owner = self.owners.setdefault(attempt, str(record.request))
            self.world.expect(owner == record.request, "an attempt has two owners", record, owner)
            highest = self.highest.get(attempt[:2], 0)
            self.highest[attempt[:2]] = max(highest, record.attempt)

    def refused(self, scheduler: Scheduler, request: Request, refusal: RefusalError) -> None:
        """Check that nobody is refused for no reason, and that a full disk is told as such."""
        self.world.count(f"refused {refusal.reason}")
        allowed = refusal.reason in REFUSED or request.wrong or (
            self.deleted and refusal.reason in ("UNKNOWN_LEASE_TOKEN", "UNKNOWN_ATTEMPT")
        )  # fmt: skip
        self.world.expect(allowed, "a good call is refused", request, refusal.reason)

    def deleting(self, scheduler: Scheduler, study: str) -> None:
        """Note that this study may be gone from now on."""
        if study in scheduler.names():
            self.deleted.add(scheduler.study(study).state.uid)

    def attempts_of(self, study: str) -> list[tuple[int, int]]:
        """Return (trial, attempt) of what was handed out in the study of that name."""
        scheduler = self.world.daemon.scheduler
        if study not in scheduler.names():
            return []
        uid = scheduler.study(study).state.uid
        return [(key[1], attempt) for key, attempt in self.highest.items() if key[0] == uid]

    # --- verbs ---

    def _suggest(self, state: State, request: Request, body: Any, before: int) -> Note:
        outcome, seq = body
        key = state.uid, "request", request.args[1]
        if not isinstance(outcome, Assignment):
            self.world.expect(key not in self.acked, "an assignment is forgotten", request, body)
            return Note(state.uid, None, repr(body), None, None)
        record = state.request(request.args[1])
        if record is not None and record.seq == seq and record.seq > before:
            self.world.count("reissued", int(outcome.attempt > 1))
        return Note(state.uid, key, repr(body), record, None)

    def _enqueue(self, state: State, request: Request, body: Any, before: int) -> Note:
        record = state.request(request.args[0])
        return Note(state.uid, (state.uid, "request", request.args[0]), repr(body), record, None)

    def _change_space(self, state: State, request: Request, body: Any, before: int) -> Note:
        made = body.request == request.args[0]  # else the space was so already
        self.world.count("spaces changed", int(state.seq > before))
        key = (state.uid, "request", request.args[0]) if made else None
        return Note(state.uid, key, repr(body), None, None)

    def _report(self, state: State, request: Request, body: Any, before: int) -> Note:
        (trial, number, _), (resource, *_) = request.args
        (decision, seq), attempt = body, (state.uid, trial, number)
        self._seen(state, attempt)
        stops = None if decision.action == CONTINUE else attempt
        record = state.report(trial, number, resource)
        key = state.uid, "report", trial, number, resource
        if record is None:
            self.world.expect(key not in self.acked, "a report is forgotten", request, body)
            self.world.expect(stops, "a report is not kept though the trial goes on", request)
            self.world.count(f"late reports {decision.reason}")
            return Note(state.uid, None, repr(body), None, stops)
        self.world.expect(not request.wrong, "a wrong report is taken", request)
        self.world.expect(record.seq == seq, "a report answers another", request, record)
        if seq > before:
            late = number < self.highest.get(attempt[:2], 0)
            self.world.expect(not late, "a superseded attempt is believed", request)
            self.world.expect(attempt not in self.over, "a report counts after the end", request)
            self.world.expect(stops or attempt not in self.stopped, "a stop is taken back", request)
            self.world.count(f"decided {decision.reason}")
        return Note(state.uid, key, repr(body), record, stops)

    def _heartbeat(self, state: State, request: Request, body: Any, before: int) -> Note:
        decision, attempt = body[0], (state.uid, *request.args[0][:2])
        stops = None if decision.action == CONTINUE else attempt
        self.world.expect(
            stops or attempt not in self.stopped, "a stop is taken back", request, body
        )
        self._seen(state, attempt)
        self.world.count("reclaimed", int(state.seq > before))
        return Note(state.uid, None, repr(body), None, stops)

    def _should_stop(self, state: State, request: Request, body: Any, before: int) -> Note:
        stays = (state.uid, *request.args[0][:2]) not in self.stopped
        self.world.expect(
            stays or body[0].action != CONTINUE, "a stop is taken back", request, body
        )
        return Note(state.uid, None, repr(body), None, None)

    def _complete(self, state: State, request: Request, body: Any, before: int) -> Note:
        trial, number = request.args[0][:2]
        ending = state.ending(trial, number)
        key = state.uid, "end", trial, number, request.verb, request.options
        told = ending is None or ending.seq != body.seq  # politely, that it is over
        if told and key not in self.acked:
            return Note(state.uid, None, repr(body), None, None)
        return Note(state.uid, key, repr(body), ending, (state.uid, trial, number))

    _fail = _release = _complete

    # --- leases ---

    def assigned(self, scheduler: Scheduler, study: str, trial: int, attempt: int) -> None:
        """A lease begins."""
        uid = scheduler.study(study).state.uid
        self.contact[uid, trial, attempt] = self.world.daemon.running()
        fresh = attempt > self.highest.get((uid, trial), 0)
        self.world.expect(fresh, "an attempt is given twice", study, trial, attempt)

    def expired(self, scheduler: Scheduler, study: str, trial: int, attempt: int) -> None:
        """Check that a lease which has just run out had its full term."""
        state = scheduler.study(study).state
        ending = state.ending(trial, attempt)
        lost = ending is not None and ending.seq == state.seq and ending.kind == "LOST"
        self.world.expect(lost, "a lease is said to have ended", study, trial, attempt)
        self.world.count("leases expired")
        silent, term = self._silent((state.uid, trial, attempt)), _term(state)
        self.world.expect(silent >= term - 0.001, "a lease ended early", study, trial, silent, term)

    def ticked(self, scheduler: Scheduler) -> None:
        """Check that nobody runs for ever without a sign of life."""
        for name in scheduler.names():
            state = scheduler.study(name).state
            most = _term(state) + 1.0 + self.world.daemon.slack()
            for trial in state.live.values():
                if trial.state == RUNNING:
                    silent = self._silent((state.uid, trial.number, trial.attempt))
                    silent = min(silent, self.world.daemon.running() - self.barred)
                    self.world.expect(
                        silent <= most, "a lease never ends", name, trial.number, silent, most
                    )

    def begin_anew(self) -> None:
        """All leases get a full term: the studies are read from the file."""
        self.anew = self.world.daemon.running()

    def bar(self) -> None:
        """No lease can end now: the disk is full."""
        self.barred = self.world.daemon.running()

    def _seen(self, state: State, attempt: Attempt) -> None:
        held = state.live.get(attempt[1])
        if held is not None and held.state == RUNNING and held.attempt == attempt[2]:
            self.contact[attempt] = self.world.daemon.running()

    def _silent(self, attempt: Attempt) -> float:
        return self.world.daemon.running() - max(self.contact.get(attempt, 0.0), self.anew)

    # --- the file ---

    def restarted(self, reader: Reader) -> None:
        """Check that the file holds all that was acknowledged since the last look."""
        self.begin_anew()
        self._verify(reader, self.fresh)
        self.fresh = []

    def verify(self, reader: Reader) -> None:
        """Check that the file holds all that was ever acknowledged."""
        self._verify(reader, list(self.acked.values()))

    def _verify(self, reader: Reader, notes: list[Note]) -> None:
        archives = {row.uid: reader.archive(row.id) for row in reader.studies()}
        for note in notes:
            archive, record = archives.get(note.uid), note.record
            if archive is None:
                self.world.expect(note.uid in self.deleted, "an acknowledged study is lost", note)
                continue
            found: Report | Change | None = None
            if isinstance(record, Report):
                found = archive.report(record.trial, record.attempt, record.resource)
            elif record is not None and record.request:
                found = archive.request(str(record.request))
            elif record is not None:
                found = archive.ending(record.trial, record.attempt)
            same = repr(found) == repr(record)
            self.world.expect(same, "an acknowledged record is lost", record, found)


def _term(state: State) -> float:
    return state.spec.lease.duration / SECOND
