"""The fast core equals the naive reading of the papers, step by step, under random histories.

Every history ends with a replay: its records run again through a fresh study give the same study.
"""

import json
import math
from dataclasses import replace
from fractions import Fraction

import pytest
from ashad.core.brackets.entry import PROMOTED, WAITING
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment
from ashad.core.errors import RefusalError
from ashad.core.history.archive import DigestArchive, InMemoryArchive
from ashad.core.history.records import AttemptKey, ReportContent, TrialRow
from ashad.core.kinds import AdaptiveAsha, Asha, AsyncHyperband, Hyperband, SuccessiveHalving
from ashad.core.objectives import Objective
from ashad.core.recovery.replay import replay
from ashad.core.recovery.restore import snapshot
from ashad.core.space import Float, Int
from ashad.core.spec import Lease, Limits, StudySpec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support import oracle, size

MET = '{"ms": 1, "gain": 1}'  # keeps both bounds
WORKERS = [f"w{i}" for i in range(4)]
VALUES = st.one_of(
    st.integers(-2, 6).map(lambda n: n / 4),
    st.floats(-1e300, 1e300),
    st.sampled_from([math.nan, math.inf, -math.inf]),
)
BOUNDS = st.sampled_from([(), (("ms", 1, 20), ("gain", -1, -0.5))])
# Told apart by violation and by value where they differ, to the digits that count.
OUTCOMES = st.fixed_dictionaries(
    {
        "ms": st.sampled_from([5, 20, 20, 20, 25, 30, 1e9, math.nan]),
        "gain": st.sampled_from([0.0, -0.5, 0.25, 1.0, -1.0]),
        "other": st.just(1),
    }
)
FRONTS = st.sampled_from([(("ms", 1),), (("gain", -1),), (("ms", 1), ("gain", -1))])
GOALS = st.sampled_from(
    [(0.5, 0, None), (0.3, 0, 0.5), (0, 0.5, None), (0, 0.1, -0.25), (0, 0, 1.0), (2.5, 0, -1)]
)
SPACE = {"rate": Float(1e-4, 1.0, log=True), "width": Int(1, 9)}
LOST_ABLE = "RUNNING", "QUEUED"
CANCELLABLE = "QUEUED", "RUNNING", "PAUSED"
ENDS = [
    "complete",
    "fail",
    "infeasible",
    "infeasible",
    "release",
    "expire",
    "lost_and_found",
    "heartbeat",
]


@st.composite
def studies(draw):
    """A spec and the oracle of the same study."""
    eta = draw(st.sampled_from([2, 2.5, 3, 4]))
    exact = Fraction(str(eta))
    promotion, maximize, failed_counts = draw(st.tuples(*[st.booleans()] * 3))
    lease = Lease(max_attempts=draw(st.integers(1, 4)))
    top = draw(st.sampled_from([27, 9, 20, 4, 1]))
    trials = draw(st.one_of(st.none(), st.integers(1, 40)))
    if trials is not None and draw(st.booleans()):
        mode = draw(st.sampled_from(["aggressive", "standard", "conservative"]))
        most = draw(st.integers(1, 4))
        counts = draw(st.lists(st.integers(1, 4), max_size=3))
        algorithm = AdaptiveAsha(promotion, mode, eta, most, tuple(counts))
        counts = sorted(counts, reverse=True)
        counts = counts or oracle.brackets_of(mode, top, exact, most, trials)
        levels = [oracle.rungs_of(top, exact, count) for count in counts]
        brackets = list(zip(levels, oracle.split(trials, exact, counts), strict=True))
    else:
        least = draw(st.integers(1, min(2, top)))
        levels = oracle.levels(least, top, exact)
        algorithm, brackets = Asha(promotion, least, eta), [(levels, trials)]
        if draw(st.booleans()):
            algorithm = AsyncHyperband(promotion, least, eta, brackets=draw(st.integers(0, 3)))
            brackets = oracle.async_hyperband_of(levels, algorithm.brackets)
    concurrent = draw(st.sampled_from([None, None, 3, 1]))
    limits = Limits(max_trials=trials, max_concurrent_trials=concurrent)
    spec = StudySpec(
        "loss", maximize, top, SPACE, algorithm, limits=limits, lease=lease,
        failed_counts_as_worst=failed_counts, points_to_evaluate=({"rate": 0.5},),
    )  # fmt: skip
    naive = oracle.Study(
        brackets, exact, promotion, top, maximize, trials, concurrent,
        lease.max_attempts, failed_counts, bounds=draw(BOUNDS),
    )  # fmt: skip
    return spec, naive


@st.composite
def rounds(draw):
    """A synchronous spec and its oracle; small enough that a history gets through a few rounds."""
    maximize, failed_counts = draw(st.tuples(*[st.booleans()] * 2))
    lease = Lease(max_attempts=draw(st.integers(1, 4)))
    eta = draw(st.sampled_from([2, 2.5, 3, 4]))
    exact, least = Fraction(str(eta)), draw(st.integers(1, 2))
    top = draw(st.sampled_from([9, 4, 3, 2]))
    levels = oracle.levels(least, top, exact)
    enough = math.ceil(exact ** (len(levels) - 1))
    repeat = draw(st.booleans())
    trials = draw(st.one_of(st.none(), st.integers(enough, enough + 20)))
    if draw(st.booleans()):
        asked = draw(st.one_of(st.just(0), st.integers(enough, enough + 5)))
        algorithm = SuccessiveHalving(least, eta, trials=asked, repeat=repeat)
        follows = asked == 0 and not repeat and trials is not None
        brackets = [(levels, trials if follows else asked or enough)]
    else:
        algorithm = Hyperband(least, eta, repeat=repeat)
        brackets = oracle.hyperband_of(least, top, exact)
    concurrent = draw(st.sampled_from([None, None, 3]))
    limits = Limits(max_trials=trials, max_concurrent_trials=concurrent)
    spec = StudySpec(
        "loss", maximize, top, SPACE, algorithm, limits=limits, lease=lease,
        failed_counts_as_worst=failed_counts,
    )  # fmt: skip
    naive = oracle.Rounds(
        brackets, exact, True, top, maximize, trials, concurrent,
        lease.max_attempts, failed_counts, bounds=draw(BOUNDS), repeat=repeat,
    )  # fmt: skip
    return spec, naive


class AgainstOracle(RuleBasedStateMachine):
    """Workers that do what workers do, and the two studies side by side."""

    @initialize(both=studies())
    def begin(self, both):
        self.start(both)

    def start(self, both):
        self.spec, self.naive = both
        if self.naive.bounds:
            self.spec = replace(self.spec, outcome_constraints=("ms <= 20", "gain >= -0.5"))
        if self.naive.fronts:
            first = Objective("loss", self.spec.maximize)
            others = [Objective(name, way < 0) for name, way in self.naive.fronts]
            together = {"objectives": (first, *others), "combination": "pareto"}
            if self.naive.goals:
                pairs = zip(together["objectives"], self.naive.goals, strict=True)
                ones = tuple(
                    replace(one, tolerance=a, relative_tolerance=b, target=c)
                    for one, (a, b, c) in pairs
                )
                together = {"objectives": ones, "combination": "lexicographic"}
            self.spec = replace(self.spec, **together)
        self.memory = InMemoryArchive()
        self.study, records = Study.create("s", "uid", self.spec, 7, 100, self.memory)
        self.now, self.requests = 100, 0
        self.uncommitted, self.log = [], []
        self.calls = []  # (call, answer) of everything that was done
        self.take(records)

    # --- the plumbing --------------------------------------------------------------------------

    @property
    def state(self):
        return self.study.state

    def take(self, records):
        assert records
        self.uncommitted += records
        self.log += records

    def call(self, method, *arguments, echo=True, **named):
        """Call the study; return the answer without its records, and remember the call."""
        self.now += 1
        result = method(self.now, *arguments, **named)
        *answer, records = (result,) if isinstance(result, list) else result
        if records:
            self.take(records)
        if records and echo:
            self.calls.append((lambda: method(self.now, *arguments, **named), answer))
        return answer

    def refused(self, reason, method, *arguments, **named):
        seq = self.state.seq
        with pytest.raises(RefusalError) as refusal:
            method(self.now + 1, *arguments, **named)
        assert refusal.value.reason == reason
        assert self.state.seq == seq
        assert self.state.drain() == []

    def key(self, trial):
        token = self.state.token(trial.number, trial.attempt)
        return AttemptKey(trial.number, trial.attempt, token)

    def some(self, *states, attempted=True):
        """Return the trials in these states, of the queued ones only those that were lost."""
        found = [t for t in self.naive.having(*states) if t.attempt or not attempted]
        return [t for t in found if not (attempted and t.state == "QUEUED" and t.released)]

    def pick(self, data, *states, attempted=True):
        found = self.some(*states, attempted=attempted)
        return data.draw(st.sampled_from(found)) if found else None

    # --- what happens --------------------------------------------------------------------------

    @rule(worker=st.sampled_from(WORKERS))
    def suggest(self, worker):
        self.requests += 1
        expected = self.naive.suggest(worker)
        outcome, seq = self.call(self.study.suggest, worker, f"r{self.requests}", echo=False)
        assert seq == self.state.seq
        if isinstance(outcome, Assignment):
            number = expected.number
            levels = self.levels(expected)
            following = max(levels[expected.rung], expected.checkpoint + 1)
            assert (outcome.trial, outcome.attempt, outcome.bracket) == (
                number, expected.attempt, expected.bracket,
            )  # fmt: skip
            assert outcome.start == expected.checkpoint
            assert outcome.next_resource == following
            assert outcome.target == (following if self.naive.promotion else levels[-1])
            request = f"r{self.requests}"
            call = lambda: self.study.suggest(self.now, worker, request)
            self.calls.append((call, [outcome, seq]))
        else:
            assert outcome.reason == expected
            if expected not in {"STUDY_PAUSED", "MAX_CONCURRENT_TRIALS", "ROUND_OPEN"}:
                self.all_promoted()

    def levels(self, trial):
        return [rung.level for rung in self.naive.ladders[trial.bracket]]

    def all_promoted(self):
        """After the free workers are served, the whole top floor(n/eta) of each rung went on."""
        for ladder in self.state.brackets if self.naive.promotion else []:
            for rung in ladder.rungs[:-1]:
                top = list(rung.entries())[: rung.quota()]
                assert all(fate != WAITING for _, _, fate in top)
                mispromoted = [e for e in list(rung.entries())[rung.quota() :] if e[2] == PROMOTED]
                if all(fate == PROMOTED for _, _, fate in top):
                    assert rung.promoted == rung.quota() + len(mispromoted)

    @precondition(lambda self: self.some(*LOST_ABLE))
    @rule(data=st.data(), value=VALUES, checkpoint=st.booleans(), outcomes=OUTCOMES)
    def report(self, data, value, checkpoint, outcomes):
        trial = self.pick(data, *LOST_ABLE)
        if trial is not None and trial.at < self.naive.top:
            resource = data.draw(st.integers(trial.at + 1, self.naive.top))
            self.tell(trial, resource, value, outcomes, checkpoint=checkpoint)

    @rule(
        hours=st.lists(
            st.tuples(*[st.tuples(VALUES, OUTCOMES)] * len(WORKERS)), min_size=1, max_size=5
        ),
        leap=st.sampled_from([0, 0, 1, 2]),
    )
    def work(self, hours, leap):
        """What well-behaved workers do; some report only every second or third level."""
        for values in hours:
            busy = {trial.worker for trial in self.naive.having("RUNNING")}
            for worker in WORKERS:
                if worker not in busy:
                    self.suggest(worker)
            for worker, (value, outcomes) in zip(WORKERS, values, strict=True):
                self.reach_a_level(worker, value, outcomes, leap)

    def reach_a_level(self, worker, value, outcomes, leap=0):
        for trial in self.naive.having("RUNNING"):
            levels = [n for n in self.levels(trial) if n > trial.at]
            if trial.worker == worker and levels:
                level = levels[min(leap, len(levels) - 1)]
                self.tell(trial, level, value, outcomes, checkpoint=True)

    def tell(self, trial, resource, value, outcomes, *, checkpoint):
        uri = f"file:///{trial.number}/{resource}" if checkpoint else None
        metrics = None
        fronts = self.naive.fronts
        if self.naive.bounds or fronts:
            value = round(value, 2) if math.isfinite(value) and abs(value) < 1e5 else value
            metrics = json.dumps({n: v if math.isfinite(v) else "nan" for n, v in outcomes.items()})
            if math.isfinite(value) and (self.naive.bounds or len(fronts) > 1):
                bare = ReportContent(resource, value, '{"ms": 1}', uri)
                self.refused("METRIC_MISSING", self.study.report, self.key(trial), bare)
        args = self.key(trial), ReportContent(resource, value, metrics, uri)
        was = trial.rung
        action, stood = self.naive.report(
            trial, resource, value, checkpoint=checkpoint, metrics=outcomes
        )
        decision, seq = self.call(self.study.report, *args)
        assert seq == self.state.seq
        assert decision.action == action, (decision, action, stood)
        if stood is None:
            assert decision.rung is None
        else:
            fields = decision.rung, decision.rank, decision.size, decision.quota, decision.cutoff
            assert fields == stood
            assert decision.level == self.levels(trial)[decision.rung]
            assert decision.late == (resource > decision.level)
        if action == "CONTINUE":
            assert decision.next_resource == self.levels(trial)[trial.rung]
        if stood is not None:
            kept = self.log[-1] if not isinstance(self.log[-1], TrialRow) else self.log[-2]
            assert (kept.first_rung, kept.last_rung) == (was, trial.rung - 1)
        other = (-value or 1.0) if math.isfinite(value) else 0.0
        changed = {"metrics": '{"ms": 7, "gain": 7}'} if fronts else {"value": other}
        self.refused("REPORT_CONFLICT", self.study.report, args[0], args[1]._replace(**changed))

    @rule(data=st.data())
    def resource_goes_back(self, data):
        trial = self.pick(data, *LOST_ABLE)
        if trial is not None and trial.at:
            for resource in range(1, trial.at + 1):
                if self.state.report(trial.number, trial.attempt, resource) is None:
                    args = self.key(trial), ReportContent(resource, 0.0, MET)
                    self.refused("RESOURCE_NOT_INCREASING", self.study.report, *args)
                    return

    @rule(data=st.data())
    def late_report(self, data):
        """What comes after the end, or from an earlier attempt, is told so and changes nothing."""
        over = "PAUSED", "COMPLETED", "STOPPED", "FAILED", "INFEASIBLE", "CANCELLED"
        trial = self.pick(data, *over)
        if trial is not None and trial.at < self.naive.top:
            resource, seq = data.draw(st.integers(trial.at + 1, self.naive.top)), self.state.seq
            decision, _ = self.quiet(
                self.study.report, self.key(trial), ReportContent(resource, 0.5, MET)
            )
            sticky = trial.state in ("PAUSED", "CANCELLED")  # what it was told when it paused
            assert decision.action in (("PAUSE", "STOP") if sticky else ("STOP",))
            assert self.study.should_stop(self.now, self.key(trial)) == (decision, seq)
        trial = self.pick(data, "RUNNING")
        if trial is not None and trial.attempt > 1:
            token = self.state.token(trial.number, trial.attempt - 1)
            key = AttemptKey(trial.number, trial.attempt - 1, token)
            missing = [
                n
                for n in range(1, self.naive.top + 1)
                if self.state.report(trial.number, trial.attempt - 1, n) is None
            ]
            for resource in missing[:1]:
                decision, _ = self.quiet(self.study.report, key, ReportContent(resource, 0.5, MET))
                assert (decision.action, decision.reason) == ("STOP", "SUPERSEDED")
                assert decision.current_attempt == trial.attempt

    def quiet(self, method, *arguments, **named):
        seq = self.state.seq
        *answer, records = method(self.now + 1, *arguments, **named)
        assert records == []
        assert self.state.seq == seq
        return answer

    @precondition(lambda self: self.some(*LOST_ABLE))
    @rule(data=st.data(), how=st.sampled_from(ENDS))
    def end(self, data, how):
        """Whatever else may become of a trial that runs, or was lost and not issued again."""
        getattr(self, how)(self.pick(data, *LOST_ABLE))

    def complete(self, trial):
        self.naive.complete(trial)
        (ending,) = self.call(self.study.complete, self.key(trial))
        assert ending.state == trial.state

    def fail(self, trial):
        self.naive.fail(trial)
        key = self.key(trial)
        self.call(self.study.fail, key, infeasible=False, message="x")
        self.refused("TRIAL_ENDED", self.study.complete, key)

    def infeasible(self, trial):
        self.naive.infeasible(trial)
        self.call(self.study.fail, self.key(trial), infeasible=True, message="no")

    def release(self, trial):
        self.naive.release(trial)
        self.call(self.study.release, self.key(trial))

    def expire(self, trial):
        if trial.state == "RUNNING":
            self.naive.lose(trial)
            self.call(self.study.expire, trial.number, trial.attempt, echo=False)
        assert self.study.expire(self.now, trial.number, trial.attempt) == []

    def heartbeat(self, trial):
        self.naive.reclaim(trial)
        decision, _ = self.call(self.study.heartbeat, self.key(trial), echo=False)
        assert decision.action == "CONTINUE"

    def lost_and_found(self, trial):
        self.expire(trial)
        if trial.state == "QUEUED":
            self.heartbeat(trial)

    @rule(given=st.sampled_from([{}, {"rate": 0.25}, {"rate": 1, "width": 3}]))
    def enqueue(self, given):
        self.requests += 1
        request = f"r{self.requests}"
        if self.naive.spent():
            ended = oracle.Study.spent(self.naive)
            reason = "MAX_TRIALS" if ended else "BRACKETS_EXHAUSTED"
            self.refused(reason, self.study.enqueue, request, given)
            return
        expected = self.naive.make()
        trial, seq = self.call(self.study.enqueue, request, given, echo=False)
        assert (trial.number, trial.bracket) == (expected.number, expected.bracket)
        number = trial.number

        def again():
            trial, seq, records = self.study.enqueue(self.now, request, given)
            return trial.number, seq, records

        self.calls.append((again, [number, seq]))

    @precondition(lambda self: self.some(*CANCELLABLE, attempted=False))
    @rule(data=st.data())
    def cancel(self, data):
        trial = self.pick(data, *CANCELLABLE, attempted=False)
        self.naive.cancel(trial)
        self.call(self.study.cancel, trial.number, echo=False)
        assert self.quiet(self.study.cancel, trial.number)[0].state == "CANCELLED"

    @rule(workers=st.lists(st.sampled_from(WORKERS), max_size=4), value=VALUES, outcomes=OUTCOMES)
    def pause(self, workers, value, outcomes):
        """In a pause what runs goes on, and only a restarted worker gets a trial: its own."""
        self.naive.paused = True
        self.call(self.study.pause, echo=False)
        for worker in workers:
            self.suggest(worker)
        for worker in workers[:2]:
            self.reach_a_level(worker, value, outcomes)
        self.naive.paused = False
        self.call(self.study.resume, echo=False)

    @rule(extra=st.integers(0, 5))
    def raise_the_limit(self, extra):
        """More trials, also after the end; the brackets keep their rungs and are split anew."""
        if self.naive.max_trials is None or self.naive.max_trials > 60:
            return
        most = self.naive.max_trials + extra
        limits = Limits(max_trials=most, max_concurrent_trials=self.naive.concurrent)
        self.call(self.study.update, limits, echo=False)
        self.naive.max_trials = most
        if isinstance(self.naive, oracle.Rounds):
            algorithm = self.spec.algorithm
            asked = isinstance(algorithm, Hyperband) or algorithm.trials or algorithm.repeat
            if not asked:
                self.naive.brackets = [(self.naive.brackets[0][0], most)]
            return
        if isinstance(self.spec.algorithm, AdaptiveAsha):
            counts = self.counts()
            shares = oracle.split(most, self.naive.eta, counts)
            levels = [levels for levels, _ in self.naive.brackets]
            self.naive.brackets = list(zip(levels, shares, strict=True))

    def counts(self):
        given = sorted(self.spec.algorithm.bracket_rungs, reverse=True)
        return given or oracle.brackets_of(
            self.spec.algorithm.mode, self.naive.top, self.naive.eta,
            self.spec.algorithm.max_rungs, self.spec.limits.max_trials,
        )  # fmt: skip

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def duplicate(self, data):
        """Any earlier call again is an echo: the stored answer, and no record."""
        call, answer = data.draw(st.sampled_from(self.calls[-30:]))
        seq = self.state.seq
        *again, records = call()
        assert records == []
        assert self.state.seq == seq
        if again != answer:  # told of what came later: a released trial that was cancelled
            assert answer[0].reason == "RELEASED"
            assert again[0].state == "CANCELLED"

    @precondition(lambda self: self.uncommitted)
    @rule(data=st.data())
    def commit(self, data):
        """A commit takes whole calls, and possibly only the first few that wait for it."""
        seq = data.draw(st.sampled_from([self.uncommitted[-1].seq, self.uncommitted[0].seq]))
        self.memory.take([r for r in self.uncommitted if r.seq <= seq])
        self.uncommitted = [r for r in self.uncommitted if r.seq > seq]
        self.state.committed(seq)

    # --- what must always hold -----------------------------------------------------------------

    @invariant()
    def alike(self):
        if not hasattr(self, "naive"):
            return
        self.state.check()
        states = [self.state.trial(t.number).state for t in self.naive.trials]
        assert states == [t.state for t in self.naive.trials]
        for ladder, rungs in zip(self.state.brackets, self.naive.ladders, strict=True):
            below = None
            for fast, slow in zip(ladder.rungs, rungs, strict=True):
                entries = list(fast.entries())
                told = [(stands.group, t) for stands, t in slow.ranked()]
                assert [(self.group(s), t) for s, t, _ in entries] == told
                scores = [s.score for s, _ in slow.ranked() if s.group == 0]
                assert [s for s, _, _ in entries[: len(scores)]] == scores
                inside = {trial for _, trial, _ in entries}
                assert len(inside) == len(entries)
                assert below is None or inside <= below
                below = inside
                if self.naive.promotion:
                    assert {t for _, t, fate in entries if fate == PROMOTED} == slow.promoted
        best = self.naive.best()
        found = self.state.best
        assert (found and (found.value, found.trial, found.resource)) == best

    def group(self, score):
        return 2 if score == math.inf else int(bool(self.naive.bounds) and score >= 2.0**1000)

    def teardown(self):
        if hasattr(self, "study"):
            history = [r for r in self.log if not isinstance(r, TrialRow)]
            again = replay("s", "uid", 7, history, DigestArchive())
            self.state.committed(self.state.seq)
            assert repr(snapshot(again.state)) == repr(snapshot(self.state))


class FrontsAgainstOracle(AgainstOracle):
    """The same of studies that compare by several metrics, two or three."""

    @initialize(both=studies(), fronts=FRONTS)
    def begin(self, both, fronts):
        both[1].fronts = fronts
        self.start(both)


class OrdersAgainstOracle(AgainstOracle):
    """The same of studies that compare one metric after the other, with tolerances and targets."""

    @initialize(both=studies(), fronts=FRONTS, goals=st.tuples(GOALS, GOALS), last=GOALS)
    def begin(self, both, fronts, goals, last):
        last = (0, 0, None) if last[2] is None else last
        both[1].compare_in_order(fronts, (*goals[: len(fronts)], last))
        self.start(both)


class RoundsAgainstOracle(AgainstOracle):
    """The same of synchronous studies."""

    @initialize(both=rounds())
    def begin(self, both):
        self.start(both)


MUCH = settings(
    max_examples=size(40, 2_000), stateful_step_count=30, deadline=None, report_multiple_bugs=False
)
for machine in (
    AgainstOracle, FrontsAgainstOracle, OrdersAgainstOracle, RoundsAgainstOracle,
):  # fmt: skip
    machine.TestCase.settings = MUCH
TestAgainstOracle = AgainstOracle.TestCase
TestFrontsAgainstOracle = FrontsAgainstOracle.TestCase
TestOrdersAgainstOracle = OrdersAgainstOracle.TestCase
TestRoundsAgainstOracle = RoundsAgainstOracle.TestCase
