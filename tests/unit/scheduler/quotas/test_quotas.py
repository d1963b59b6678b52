"""Quotas against a naive reading of the rules: who waits, who is next, and what counts.

The oracle knows which trials run for whom and who waits since when, looks at all of them each time,
and is told of no study but its name, its labels and its weight.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from fractions import Fraction

import pytest
from ashad.core.engine.suggest import Assignment, Finished, Wait
from ashad.core.history.records import OF_STUDY, ReportContent
from ashad.core.kinds import Random
from ashad.core.space import Float
from ashad.core.spec import SECOND, Lease, Limits, StudySpec
from ashad.core.validation.remarks import Remark, with_owner
from ashad.scheduler import InlineExecutor, Scheduler
from ashad.scheduler.quotas import QuotaRules, Slot
from ashad.scheduler.quotas.rules import slots
from ashad.scheduler.wait_queue import SERVED_AT_ONCE
from ashad.store import Reader, Writer

from tests.support import size

PERIOD = 20.0  # of ticks, in seconds
LEASE = Lease(duration=30 * SECOND, heartbeat_interval=5 * SECOND, max_attempts=100)
SPEC = StudySpec("loss", False, 9, {"x": Float(0.0, 1.0)}, Random(), lease=LEASE)
STUDIES = ["s0", "s1", "s2"]
OWNERS = ["", "ana", "bob"]
ALL = Slot("all")


class Fleet:
    """A scheduler on a file and a clock of its own, its workers, and the oracle."""

    def __init__(self, folder, spec=SPEC):
        self.path, self.rules, self.spec = folder / "a.db", QuotaRules(), spec
        self.seconds = self.calls = 0
        self.running = {}  # (study, trial) -> assignment, owner
        self.lost = {}
        self.parked = []  # study, owner, task: in order of arrival
        self.labels = dict.fromkeys(STUDIES, ())
        self.start()
        for study in STUDIES:
            self.scheduler.create(study, spec, validate_only=False)

    def start(self):
        self.store, self.reader = Writer(self.path), Reader(self.path)
        self.scheduler = Scheduler(
            self.store, self.reader, InlineExecutor(), self, lambda *_, **__: None, _raise
        )
        self.scheduler.set_quotas(self.rules)
        self.scheduler.tick(PERIOD)  # the next one is due so much later
        self.asked = []  # study, owner, second: of those that were told to wait, and went

    def close(self):
        self.reader.close()
        self.store.close()

    def wall(self):
        return int(self.monotonic() * SECOND)

    def monotonic(self):
        return 1e6 + self.seconds

    # --- the oracle ---

    def used(self):
        found = Counter()
        for (study, _), (_, owner) in self.running.items():
            found.update(slots(study, owner, self.labels[study]))
        return found

    def full(self, study, owner):
        used = self.used()
        for slot, most in self.rules.bounds(study, owner, self.labels[study]):
            if used[slot] >= most:
                return slot
        return None

    def first(self):
        """Return who is to get a slot now, None where none of those who wait may have one."""
        able = [one for one in self.parked if self.full(*one[:2]) is None]
        return min(
            able, key=lambda one: (*self.standing(*one[:2]), self.parked.index(one)), default=None
        )

    def standing(self, study, owner):
        found = []
        for scope in self.rules.share:
            weight = self.rules.weight(scope, study, owner, self.labels[study])
            runs = sum(
                (of if scope == "owner" else name) == (owner if scope == "owner" else study)
                for (name, _), (_, of) in self.running.items()
            )
            found.append(Fraction(runs, weight))
        return found

    # --- what happens ---

    def asking(self, owner):
        self.calls += 1
        return f"w{self.calls}", f"r{self.calls}", with_owner(None, owner)

    def take(self, study, owner=""):
        full = self.full(study, owner)
        outcome, _ = self.scheduler.suggest(study, *(asking := self.asking(owner)))
        if full is None:
            assert isinstance(outcome, Assignment)
            self.running[study, outcome.trial] = outcome, owner
            self.lost.pop((study, outcome.trial), None)
        else:
            assert outcome == Wait("QUOTA", full)
            self.asked.append((study, owner, self.seconds))
        return outcome, asking

    async def park(self, study, owner=""):
        outcome, asking = self.take(study, owner)
        if isinstance(outcome, Wait):
            waiting = self.scheduler.wait_for_trial(study, asking, 300.0)
            self.asked.pop()
            self.parked.append((study, owner, asyncio.ensure_future(waiting)))
            await asyncio.sleep(0)

    async def settle(self):
        """Check that those were served who were first, and nobody else."""
        await self.scheduler.drain()
        for _ in range(5):  # those who were served have their turn
            await asyncio.sleep(0)
        while (due := self.first()) is not None:
            assert due[2].done(), f"{due[:2]} waits, though it is first"
            outcome, _ = due[2].result()
            assert isinstance(outcome, Assignment)
            self.running[due[0], outcome.trial] = outcome, due[1]
            self.lost.pop((due[0], outcome.trial), None)
            self.parked.remove(due)
        early = [one[:2] for one in self.parked if one[2].done()]
        assert early == [], "served before others"
        self.compare()

    def compare(self):
        """Check that all that is shown is as the oracle counts."""
        used = self.used()
        by_study = Counter()
        for (study, _), (_, owner) in self.running.items():
            by_study.update((slot, study) for slot in slots(study, owner, self.labels[study]))
        waiting = Counter()
        asked = [one for one in self.asked if self.seconds < one[2] + 60]
        for study, owner, _ in [*self.parked, *asked]:
            waiting.update((slot, study) for slot in slots(study, owner, self.labels[study]))
        for use in self.scheduler.quota_uses():
            assert use.running == used[use.slot]
            assert use.trials == self.rules.trials(use.slot)
            for share in use.shares:
                assert share.running == by_study[use.slot, share.study]
                assert share.waiting == waiting[use.slot, share.study]

    def complete(self, key):
        held, _ = self.running.pop(key)
        last = 9 if key[1] % 2 else 1
        self.scheduler.report(key[0], held.key, ReportContent(last, 0.5, None, None))
        if last < 9:
            self.scheduler.complete(key[0], held.key)

    def lose(self, key):
        """Let one lease run out, and the others be renewed."""
        for _ in range(3):
            self.seconds += PERIOD
            for other, (held, _) in self.running.items():
                if other != key:
                    self.scheduler.heartbeat(other[0], held.key)
            self.scheduler.tick(PERIOD)
        self.lost[key] = self.running.pop(key)

    def reclaim(self, key):
        held, owner = self.lost.pop(key)
        self.scheduler.heartbeat(key[0], held.key)
        self.running[key] = held, owner

    def relabel(self, study, labels):
        before, self.labels[study] = self.labels[study], labels
        remark = Remark(None, set(labels) - set(before), set(before) - set(labels))
        if set(labels) != set(before):
            self.scheduler.annotate(study, OF_STUDY, remark)

    async def restart(self):
        """Kill the daemon once all is on the disk; who waited has to ask again."""
        await self.scheduler.drain()
        for *_, task in self.parked:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        waited, self.parked = self.parked, []
        self.close()
        self.start()
        for study, owner, _ in waited:
            await self.park(study, owner)

    def set_quotas(self, rules):
        self.rules = rules
        self.scheduler.set_quotas(rules)


def _raise(error):
    raise error


@pytest.fixture
async def fleet(tmp_path):
    made = Fleet(tmp_path)
    yield made
    for *_, task in made.parked:
        task.cancel()
    await asyncio.sleep(0)
    made.close()


EVENTS = ["take", "park", "end", "lose", "reclaim", "label", "rules", "kill"]
OFTEN = [1, 2, 3, 1, 1, 1, 1, 1]
LABELS = [(), ("team=a",), ("team=b",), ("note", "team=a")]


def some_rules(dice):
    quotas = {
        slot: dice.randrange(5)
        for slot in (
            ALL, Slot("study", "*"), Slot("study", "s1"), Slot("owner", "*"), Slot("owner", "ana"),
            Slot("label", "team=a"), Slot("label", "team=*"),
        )
        if dice.random() < 0.4
    }  # fmt: skip
    weights = {
        slot: dice.randint(1, 4)
        for slot in (Slot("study", "s0"), Slot("study", "*"), Slot("label", "team=a"))
        if dice.random() < 0.5
    }
    share = dice.choice([("study",), ("owner", "study"), ("study", "owner")])
    if "owner" in share:
        weights[Slot("owner", "ana")] = dice.randint(1, 4)
    return QuotaRules(quotas, weights, share)


@pytest.mark.parametrize("seed", range(size(25, 500)))
async def test_against_the_oracle(fleet, seed):
    """No quota is ever passed by a Suggest, whoever is first is served first, nobody is left."""
    dice = random.Random(seed)
    fleet.set_quotas(some_rules(dice))
    for _ in range(60):
        study, owner = dice.choice(STUDIES), dice.choice(OWNERS)
        running = sorted(fleet.running)
        match dice.choices(EVENTS, OFTEN)[0]:
            case "take":
                fleet.take(study, owner)
            case "park":
                await fleet.park(study, owner)
            case "end" if running:
                fleet.complete(dice.choice(running))
            case "lose" if running and fleet.seconds < 200:
                fleet.lose(dice.choice(running))
            case "reclaim" if fleet.lost:
                fleet.reclaim(dice.choice(sorted(fleet.lost)))
            case "label" if dice.random() < 0.3:
                fleet.relabel(study, dice.choice(LABELS))
            case "rules" if dice.random() < 0.2:
                fleet.set_quotas(some_rules(dice))
            case "kill" if dice.random() < 0.3:
                await fleet.restart()
        await fleet.settle()


async def test_a_slot_goes_to_whose_study_runs_least_for_its_weight(fleet):
    fleet.set_quotas(QuotaRules({ALL: 4}, {Slot("study", "s0"): 3}))
    for _ in range(4):
        fleet.take("s2")
    for _ in range(8):
        await fleet.park("s1")
        await fleet.park("s0")
    for key in sorted(fleet.running):
        fleet.complete(key)
        await fleet.settle()
    assert Counter(study for study, _ in fleet.running) == {"s0": 3, "s1": 1}
    for _ in range(8):
        fleet.complete(min(fleet.running))
        await fleet.settle()


async def test_several_slots_are_shared_as_each_of_them_would_be(fleet):
    fleet.set_quotas(QuotaRules({ALL: 0}))
    for study in ("s0", "s1"):
        for _ in range(4):
            await fleet.park(study)
    fleet.set_quotas(QuotaRules({ALL: 4}))
    await fleet.settle()
    assert Counter(study for study, _ in fleet.running) == {"s0": 2, "s1": 2}


async def test_nobody_starves_however_many_of_another_study_come_and_go(fleet):
    fleet.set_quotas(QuotaRules({ALL: 2}, {Slot("study", "s0"): 1000}))
    for _ in range(2):
        fleet.take("s0")
    for _ in range(30):
        await fleet.park("s0")
    await fleet.park("s1")
    rounds = 0
    while any(study == "s1" for study, *_ in fleet.parked):
        fleet.complete(min(key for key in fleet.running if key[0] == "s0"))
        await fleet.settle()
        await fleet.park("s0")
        rounds += 1
    assert rounds == 1, "with nothing that runs it is first, whatever the others weigh"


async def test_a_quota_below_what_runs_stops_nothing_and_nobody_begins(fleet):
    fleet.set_quotas(QuotaRules({ALL: 3}))
    for study in STUDIES:
        fleet.take(study)
    await fleet.park("s0")
    fleet.set_quotas(QuotaRules({ALL: 1}))
    await fleet.settle()
    assert len(fleet.running) == 3
    for _ in range(2):
        fleet.complete(min(fleet.running))
        await fleet.settle()
    assert len(fleet.parked) == 1
    fleet.complete(min(fleet.running))
    await fleet.settle()
    assert fleet.parked == []


async def test_a_repeat_gets_its_trial_and_a_restarted_worker_its_own(fleet):
    fleet.set_quotas(QuotaRules({ALL: 1}))
    first, asking = fleet.take("s0", "ana")
    again, _ = fleet.scheduler.suggest("s0", *asking)
    assert again == first
    second, _ = fleet.scheduler.suggest("s0", asking[0], "anew", asking[2])
    assert isinstance(second, Assignment)
    assert (second.trial, second.attempt) == (first.trial, 2)
    [use] = fleet.scheduler.quota_uses()
    assert use.running == 1
    fleet.running["s0", first.trial] = second, "ana"
    fleet.complete(("s0", first.trial))
    fleet.take("s1")
    assert fleet.scheduler.suggest("s0", *asking)[0] == first, "though nothing is free now"


async def test_a_restarted_worker_of_another_owner_waits_and_keeps_its_trial(fleet):
    fleet.set_quotas(QuotaRules({Slot("owner", "*"): 1}))
    held, asking = fleet.take("s0", "ana")
    fleet.take("s1", "bob")
    worker = asking[0]
    outcome, _ = fleet.scheduler.suggest("s0", worker, "anew", with_owner(None, "bob"))
    assert outcome == Wait("QUOTA", Slot("owner", "bob"))
    assert fleet.scheduler.heartbeat("s0", held.key)[0].action == "CONTINUE"


async def test_an_ended_a_paused_and_an_idle_study_say_so_though_a_quota_is_full(tmp_path):
    once = Fleet(tmp_path, spec=StudySpec(
        "loss", False, 9, {"x": Float(0.0, 1.0)}, Random(), limits=Limits(max_trials=1)
    ))  # fmt: skip
    once.take("s0")
    once.take("s1")
    once.complete(("s1", 0))
    once.set_quotas(QuotaRules({ALL: 0}))
    say = lambda study: once.scheduler.suggest(study, *once.asking(""))[0]
    assert say("s0") == Wait("TRIALS_RUNNING")
    assert say("s1") == Finished("MAX_TRIALS")
    assert say("s2") == Wait("QUOTA", ALL)
    once.scheduler.pause("s2")
    assert say("s2") == Wait("STUDY_PAUSED")
    once.scheduler.stop("s2")
    assert say("s2") == Finished("STUDY_STOPPED")
    once.scheduler.delete("s0", force=True)
    assert [use.running for use in once.scheduler.quota_uses()] == [0]
    once.close()


async def test_one_that_asks_again_in_time_keeps_its_place(fleet):
    fleet.set_quotas(QuotaRules({ALL: 1}))
    fleet.take("s2")
    early = fleet.asking("")
    assert fleet.scheduler.suggest("s0", *early)[0].reason == "QUOTA"
    await fleet.park("s1")
    await fleet.park("s0")
    fleet.seconds += 50
    fleet.scheduler.tick(50)
    waiting = asyncio.ensure_future(fleet.scheduler.wait_for_trial("s0", early, 300.0))
    await asyncio.sleep(0)
    fleet.complete(("s2", 0))
    await asyncio.sleep(0)
    assert isinstance((await asyncio.wait_for(waiting, 5))[0], Assignment)
    assert not any(task.done() for *_, task in fleet.parked)
    [use] = fleet.scheduler.quota_uses()
    assert [(one.study, one.running, one.waiting, one.waited_s) for one in use.shares] == [
        ("s0", 1, 1, 50.0), ("s1", 0, 1, 50.0),
    ]  # fmt: skip


async def test_all_who_wait_for_a_study_are_told_that_it_was_stopped(fleet):
    fleet.set_quotas(QuotaRules({ALL: 0}))
    for _ in range(30):
        await fleet.park("s0")
    fleet.scheduler.stop("s0")
    ended = await asyncio.wait_for(asyncio.gather(*(task for *_, task in fleet.parked)), 5)
    assert {outcome for outcome, _ in ended} == {Finished("STUDY_STOPPED")}


async def test_many_who_wait_keep_nobody_busy(fleet, monkeypatch):
    """A tick asks once for each line, however many lines there are."""
    fleet.set_quotas(QuotaRules({ALL: 0}))
    for number in range(SERVED_AT_ONCE + 20):
        await fleet.park("s0", f"owner{number}")
    asked = []
    keep = fleet.scheduler._quotas.keep
    monkeypatch.setattr(
        fleet.scheduler._quotas, "keep", lambda *what: asked.append(what) or keep(*what)
    )
    fleet.scheduler.tick(PERIOD)
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(asked) == SERVED_AT_ONCE + 20


async def test_one_that_does_not_ask_again_is_forgotten(fleet):
    fleet.set_quotas(QuotaRules({ALL: 0}))
    fleet.take("s0")
    assert [share.waiting for use in fleet.scheduler.quota_uses() for share in use.shares] == [1]
    fleet.seconds += 61
    fleet.scheduler.tick(61)
    assert [use.shares for use in fleet.scheduler.quota_uses()] == [()]


async def test_what_is_deleted_or_cancelled_frees_its_slots(fleet):
    fleet.set_quotas(QuotaRules({ALL: 2}))
    for _ in range(2):
        fleet.take("s0")
    await fleet.park("s1")
    await fleet.park("s2")
    fleet.scheduler.cancel("s0", 0)
    del fleet.running["s0", 0]
    await fleet.settle()
    assert set(fleet.running) == {("s0", 1), ("s1", 0)}
    fleet.scheduler.delete("s0", force=True)
    del fleet.running["s0", 1]
    await fleet.settle()
    assert set(fleet.running) == {("s1", 0), ("s2", 0)}


async def test_the_quotas_of_one_study(fleet):
    fleet.set_quotas(QuotaRules({ALL: 9, Slot("owner", "*"): 2, Slot("label", "team=*"): 4}))
    fleet.relabel("s0", ("team=a",))
    fleet.take("s0", "ana")
    fleet.take("s1", "bob")
    of = lambda study: [str(use.slot) for use in fleet.scheduler.quota_uses(study)]
    assert of("s0") == ["all", "label team=a", "owner ana"]
    assert of("s1") == ["all", "owner bob"]
    assert of("s2") == ["all"]
