"""Who has to wait for a slot of a quota, and who is first when one frees.

First is whose study (or owner) runs least for its weight, then who has waited longest: a total
order. Who asks again in time keeps its place. Nothing of this is recorded: to wait changes nothing
in a study, and after a restart what runs is counted from the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from types import MappingProxyType
from typing import NamedTuple

from ashad.core.engine.suggest import Wait, offers
from ashad.core.history.annotations import parsed
from ashad.core.history.records import OF_STUDY, RUNNING, Annotation, Change
from ashad.core.validation.remarks import owner_of
from ashad.scheduler.quotas.rules import EACH, OWNER, STUDY, QuotaRules, Slot, slots
from ashad.scheduler.quotas.usage import Usage
from ashad.scheduler.registry import StudyEntry
from ashad.store.queries.attempts import LiveAttempt

Asking = tuple[str, str, str | None]  # a worker, its request id, the attributes of an attempt
_Numbers = tuple[tuple[Slot, int], ...]
_MOST_TERMS = 10_000  # lines of which they are kept
REMEMBERED_S = 60.0  # a worker that asks again so soon keeps its place


class Line(NamedTuple):
    """Workers for whom the same quotas count: those of an owner, who wait for one study."""

    study: str
    owner: str


class QuotaShare(NamedTuple):
    """What one study has of a quota, and what it waits for; seconds since its first came."""

    study: str
    running: int
    waiting: int
    waited_s: float
    weight: int


class QuotaUse(NamedTuple):
    """A quota and who has it, those with the most first."""

    slot: Slot
    trials: int
    running: int
    shares: tuple[QuotaShare, ...]


class _Waiter(NamedTuple):
    ticket: int
    since: float
    until: float  # it is forgotten then, unless it asks again


class Quotas:
    """The quotas of a daemon, what counts against them, and who waits."""

    def __init__(
        self, labels: Callable[[str], Sequence[str] | None], monotonic: Callable[[], float]
    ) -> None:
        """`labels` returns those of a study, None where they are not known now."""
        self._find_labels, self._monotonic = labels, monotonic
        self.rules, self.usage = QuotaRules(), Usage()
        self.active = False  # whether there is any quota
        self._terms: dict[Line, tuple[_Numbers, _Numbers]] = {}
        self._waiters: dict[Line, dict[str, _Waiter]] = {}  # by worker, in order of arrival
        self._tickets = count()

    def set_rules(self, rules: QuotaRules) -> None:
        """Let other quotas hold from now on."""
        self.rules, self.active = rules, bool(rules.quotas)
        self._terms.clear()
        if self.active:
            self.usage.count()

    # --- what counts ---------------------------------------------------------------------------

    def read(self, attempts: Iterable[LiveAttempt]) -> None:
        """Count anew what runs."""
        self.usage = usage = Usage()
        self._terms.clear()
        if self.active:
            usage.count()
        for one in attempts:
            if one.study not in usage:
                usage.enter(one.study, one.name, parsed(one.labels or "[]"))
            usage.begin(one.study, one.trial, owner_of(one.attributes))
            if one.state != RUNNING:  # its worker may take it back
                usage.end(one.study, one.trial, lost=True)

    def changed(self, entry: StudyEntry, change: Change) -> None:
        """Count a trial that a worker has got, or has no more."""
        number, usage = entry.number, self.usage
        if change.state != RUNNING:
            usage.end(number, change.trial, lost=change.kind == "LOST")
            return
        state = entry.study.state
        owner = owner_of(change.attributes)
        if change.kind != "ASSIGNED":  # it was lost, and is taken back
            owner = usage.lost_owner(number, change.trial) or ""
        elif self._waiters and change.worker is not None:
            self._leave(Line(state.name, owner), change.worker)
        if number not in usage:
            usage.enter(number, state.name, state.annotations.own_labels)
        usage.begin(number, change.trial, owner)

    def annotated(self, entry: StudyEntry, annotation: Annotation) -> None:
        """Count the trials of a study by the labels that it has now."""
        if annotation.trial == OF_STUDY:
            self.usage.relabel(entry.number, parsed(annotation.labels))
            self._terms.clear()

    def forget(self, number: int) -> None:
        """Count a study no more that was deleted."""
        self.usage.forget(number)
        self._terms.clear()

    # --- who has to wait -----------------------------------------------------------------------

    def full(self, line: Line, trial: int | None = None) -> Slot | None:
        """Return the first quota that has no slot, None where each has one.

        `trial`: one of this study that its worker holds, and gives up for the next.
        """
        used, freed = self.usage.used, frozenset[Slot]()
        owner = None if trial is None else self.usage.owner_of(line.study, trial)
        if owner is not None:
            freed = frozenset(slots(line.study, owner, self._labels(line.study)))
        for slot, most in self._terms_of(line)[0]:
            if used(slot) - (slot in freed) >= most:
                return slot
        return None

    def keep(self, entry: StudyEntry, asking: Asking, now: int) -> Wait | None:
        """Return that a worker has to wait for a slot, None where it need not.

        It need not for what this request was given before, for its own trial, and to be told that
        the study has ended or has nothing to hand out.
        """
        (worker, request, attributes), state = asking, entry.study.state
        held = state.live.get(state.holders.get(worker, -1))
        own = held.number if held is not None and held.state == RUNNING else None
        line = Line(state.name, owner_of(attributes))
        slot = self.full(line, own)
        if slot is None or state.request(request) is not None or not offers(state, now):
            self._leave(line, worker)
            return None
        self.wait(line, worker)
        return Wait("QUOTA", slot)

    def ticket(self, line: Line | None = None, worker: str = "") -> int:
        """Return the place of a worker among all who wait: that it had, or the last."""
        known = None if line is None else self._waiters.get(line, {}).get(worker)
        return next(self._tickets) if known is None else known.ticket

    def wait(self, line: Line, worker: str, seconds: float = 0.0) -> None:
        """Remember that a worker waits, for so long without asking again."""
        now, workers = self._monotonic(), self._waiters.setdefault(line, {})
        known = workers.get(worker)
        ticket, since = (next(self._tickets), now) if known is None else known[:2]
        workers[worker] = _Waiter(ticket, since, now + seconds + REMEMBERED_S)

    def stay(self, line: Line, worker: str, seconds: float = 0.0) -> bool:
        """Return whether a worker waits for a slot, and remember it for so long."""
        known = worker in self._waiters.get(line, ())
        if known:
            self.wait(line, worker, seconds)
        return known

    def tidy(self) -> None:
        """Forget workers that have not asked again."""
        now = self._monotonic()
        for line, workers in list(self._waiters.items()):
            for worker in [name for name, waiter in workers.items() if waiter.until <= now]:
                self._leave(line, worker)

    def _leave(self, line: Line, worker: str) -> None:
        workers = self._waiters.get(line)
        if workers is not None:
            workers.pop(worker, None)
            if not workers:
                del self._waiters[line]

    def standing(self, line: Line) -> tuple[float, ...]:
        """Return how much runs for the weight of an owner, a study: less comes first.

        Quotients of such numbers (a million trials, a weight of a thousand) are told apart exactly.
        """
        if not self.active:
            return ()
        return tuple([self.usage.used(slot) / weight for slot, weight in self._terms_of(line)[1]])

    def _terms_of(self, line: Line) -> tuple[_Numbers, _Numbers]:
        """Return the quotas that hold for a line, and what it weighs."""
        found = self._terms.get(line)
        if found is None:
            labels, rules = self._labels(line.study), self.rules
            weights = tuple(
                (
                    Slot(scope, line.owner if scope == OWNER else line.study),
                    rules.weight(scope, *line, labels),
                )
                for scope in rules.share
            )
            found = tuple(rules.bounds(*line, labels)), weights
            if self._find_labels(line.study) is not None and len(self._terms) < _MOST_TERMS:
                self._terms[line] = found
        return found

    def _labels(self, study: str) -> Sequence[str]:
        return self._find_labels(study) or ()

    # --- what is shown -------------------------------------------------------------------------

    def waiting(self) -> int:
        """How many workers wait for a slot."""
        return sum(map(len, self._waiters.values()))

    def uses(self, study: str | None = None) -> Iterator[QuotaUse]:
        """Yield all quotas in order: those of a name, and of each that has trials or waits.

        Of a study: those that its trials count for, of the owners of its workers as well.
        """
        if not self.active:
            return
        if study is None:
            found = {slot for slot in self.rules.quotas if not slot.name.endswith(EACH)}
            found.update(self.usage.in_use())
            lines = list(self._waiters)
        else:
            lines = [line for line in self._waiters if line.study == study]
            lines += [Line(study, owner) for owner in self.usage.owners(study)]
            found = set(slots(study, "", self._labels(study)))
        for line in lines:
            found.update(slots(*line, self._labels(line.study)))
        waiting: dict[Slot, dict[str, tuple[int, float]]] = {}
        for line, workers in self._waiters.items():
            first = next(iter(workers.values())).since
            for slot in slots(*line, self._labels(line.study)):
                by_study = waiting.setdefault(slot, {})
                many, since = by_study.get(line.study, (0, first))
                by_study[line.study] = many + len(workers), min(since, first)
        for slot in sorted(found):
            use = self.use(slot, waiting.get(slot, {}))
            if use is not None:
                yield use

    def use(
        self, slot: Slot, waiting: Mapping[str, tuple[int, float]] = MappingProxyType({})
    ) -> QuotaUse | None:
        """Return a quota and who has it, None where there is no such quota any more.

        `waiting`: how many wait for it, and since when, by study.
        """
        trials = self.rules.trials(slot)
        if trials is None:
            return None
        running, now = self.usage.holders(slot), self._monotonic()
        shares = []
        for study in {*running, *waiting}:
            many, since = waiting.get(study, (0, now))
            weight = self.rules.weight(STUDY, study, "", self._labels(study))
            shares.append(QuotaShare(study, running.get(study, 0), many, now - since, weight))
        shares.sort(key=lambda share: (-share.running, -share.waiting, share.study))
        return QuotaUse(slot, trials, self.usage.used(slot), tuple(shares))
