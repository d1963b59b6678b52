"""Population based training: against a naive reading, its refusals, and what it wins.

`Naive` is the paper's loop with the quantiles of Ray's PopulationBasedTraining (2.60.0), never read
from `ashad.core`: lists, sorts and loops. Which of the donors it is and what is drawn is taken from
the study and checked; who is asked to do what must be equal.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from ashad.core.engine import population as engine
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment, Finished
from ashad.core.errors import RefusalError
from ashad.core.history.archive import DigestArchive
from ashad.core.history.records import Change, Event, Report
from ashad.core.kinds import GridSampler, Pbt
from ashad.core.recovery.replay import replay
from ashad.core.recovery.restore import snapshot
from ashad.core.space import Choice, Constant, Float, Int
from ashad.core.spec import Limits, StudySpec

from tests.support.search import Search

SPACE = {
    "lr": Float(1e-4, 1.0, log=True), "drop": Float(0.0, 0.8, step=0.1), "units": Int(1, 64),
    "opt": Choice(("sgd", "adam", "lion")), "beta": Float(0.5, 0.99), "kind": Constant("mlp"),
}  # fmt: skip
WHEN = {"beta": (("opt", ("adam", "lion")),)}


def spec(top=20, space=SPACE, limits=None, when=None, constraints=(), maximize=False, **settings):
    return StudySpec(
        "loss", maximize, top, space, Pbt(**settings), limits=limits or Limits(),
        when=WHEN if when is None and space is SPACE else when or {}, constraints=constraints,
    )  # fmt: skip


class Naive:
    """Who exploits, who pauses, who goes next."""

    def __init__(self, population, interval, share, top):
        self.population, self.interval, self.share, self.top = population, interval, share, top
        self.state, self.level, self.saved, self.scores = {}, {}, {}, []
        self.founders, self.had = 0, {}

    def passed(self, resource):
        return self.top // self.interval + 1 if resource >= self.top else resource // self.interval

    def waiting(self):
        found = [(self.level[t], t) for t, s in self.state.items() if s in ("QUEUED", "PAUSED")]
        if self.founders < self.population:
            found.append((0, len(self.state)))
        return min(found, default=None)

    def suggest(self, worker):
        """The trial a worker gets: its own again; a new one has the next number."""
        own, found = self.had.get(worker), self.waiting()
        if found is None:
            return None
        trial = own if self.state.get(own) == "QUEUED" else found[1]
        self.had = {w: t for w, t in self.had.items() if t != trial} | {worker: trial}
        if trial not in self.state:
            self.founders += 1
            self.level[trial], self.saved[trial] = 0, None
        self.state[trial] = "RUNNING"
        return trial

    def report(self, trial, resource, value, checkpoint):
        """(action, the possible donors)."""
        if checkpoint:
            self.saved[trial] = resource
        level = self.passed(resource)
        if level <= self.level[trial]:
            return "CONTINUE", []
        self.level[trial] = level
        score = value if math.isfinite(value) else math.inf
        self.scores = [(s, t) for s, t in self.scores if t != trial] + [(score, trial)]
        if resource >= self.top:
            return self.end(trial, "COMPLETED" if score < math.inf else "STOPPED"), []
        ranked = sorted(self.scores, key=lambda entry: entry[0])
        n = len(ranked)
        k = min(math.ceil(n * self.share), n // 2)
        lower, upper = [t for _, t in ranked[n - k :]], ranked[:k]
        donors = [t for s, t in upper if s < score and self.saved[t] is not None]
        if (trial in lower or score == math.inf) and donors:
            return self.end(trial, "STOPPED"), donors
        if score == math.inf:
            return self.end(trial, "STOPPED"), []
        other = self.waiting()
        if checkpoint and other is not None and other[0] < level:
            self.state[trial] = "PAUSED"
            return "PAUSE", []
        return "CONTINUE", []

    def end(self, trial, state):
        self.state[trial] = state
        self.scores = [(s, t) for s, t in self.scores if t != trial]
        return "STOP"

    def born(self, trial, donor):
        self.state[trial], self.saved[trial] = "QUEUED", self.saved[donor]
        self.level[trial] = self.passed(self.saved[donor])

    def lose(self, trial):
        self.state[trial] = "QUEUED"

    def fail(self, trial, *, infeasible):
        self.end(trial, "FAILED")
        self.founders -= infeasible


def check_child(search, child, donor, parent, study):
    """A new trial is its donor's configuration, changed as the settings allow."""
    row, giver = search.memory.trials[child], search.state.trial(donor)
    assert (row.parent, row.donor, row.origin) == (parent, donor, "explored")
    assert (row.checkpoint, row.donor_resource) == (giver.checkpoint, giver.checkpoint_resource)
    mine, theirs = search.state.trial(child), search.state.trial(donor)
    mine, theirs = mine.configuration(), theirs.configuration()
    assert list(mine) == [n for n in study.space if n in mine]
    assert ("beta" in mine) == (mine["opt"] != "sgd")
    for name, value in mine.items():
        assert study.space[name].accept(value) == value
    assert mine["kind"] == theirs["kind"] == "mlp"


@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_naive_reading_and_replays(seed):
    """Random reports, losses of workers, failures; the log replays and restores to the same."""
    chance = random.Random(seed)
    population, interval = chance.choice([2, 4, 7, 10]), chance.choice([1, 3, 5])
    share = chance.choice([0.2, 0.25, 0.5])
    study = spec(20, population=population, interval=interval, quantile=share)
    search, naive = Search(study, seed), Naive(population, interval, share, 20)
    held: dict[str, tuple[Assignment, int]] = {}
    ended = None
    for _ in range(600):
        worker = f"w{chance.randrange(5)}"
        if worker not in held:
            found, expected = search.suggest(worker), naive.suggest(worker)
            if expected is None:
                assert not isinstance(found, Assignment)
                ended = found if isinstance(found, Finished) else ended
                continue
            assert found.trial == expected
            assert found.start == (naive.saved[expected] or 0)
            held[worker] = found, found.start
            continue
        job, at = held[worker]
        way = chance.random()
        if way < 0.03:
            search.do("expire", job.trial, job.attempt)
            if search.state.trial(job.trial).state == "QUEUED":
                naive.lose(job.trial)
            else:
                naive.fail(job.trial, infeasible=False)
            del held[worker]
        elif way < 0.06:
            infeasible = way < 0.045
            search.end("fail", job, infeasible=infeasible, message="x")
            naive.fail(job.trial, infeasible=infeasible)
            del held[worker]
        else:
            at = min(at + chance.choice([1, 1, 2, interval]), 20)
            value = math.nan if chance.random() < 0.04 else chance.randrange(30) / 30
            saves = chance.random() < 0.8
            args = job, at, value, f"{job.trial}@{at}" if saves else None
            made, seq = search.state.trials, search.state.seq
            action, donors = naive.report(job.trial, at, value, saves)
            decision = search.report(*args)
            assert decision.action == action, (decision, donors)
            assert (decision.reason == "EXPLOITED") == bool(donors)
            assert search.state.trials == made + bool(donors)
            assert search.state.seq == seq + 1 + bool(donors)
            if donors:
                child = search.memory.trials[made]
                assert child.donor in donors
                naive.born(made, child.donor)
                check_child(search, made, child.donor, job.trial, study)
            assert search.report(*args) == decision  # an echo: nobody is born twice
            assert search.state.trials == made + bool(donors)
            held[worker] = job, at
            if action != "CONTINUE":
                del held[worker]
        assert {t: s for t, s in naive.state.items() if s in ("QUEUED", "RUNNING", "PAUSED")} == {
            n: row.state
            for n, row in search.memory.trials.items()
            if row.state in ("QUEUED", "RUNNING", "PAUSED")
        }
    log = [r for r in search.records if isinstance(r, (Report, Change, Event))]
    again = replay("s", "uid", seed, log, DigestArchive())
    assert repr(snapshot(again.state)) == repr(snapshot(search.state))
    assert ended is None or ended == Finished("POPULATION_COMPLETE")


def train(search, quality, workers=3, checkpoints=True):
    """Let workers train to the end: (trial, from, to, params) of each attempt."""
    held, done = {}, []
    while True:
        for number in range(workers):
            if number not in held:
                found = search.suggest(f"w{number}")
                if isinstance(found, Assignment):
                    held[number] = found, found.start
                elif isinstance(found, Finished):
                    return done, found
        for number, (job, before) in list(held.items()):
            at = before + 1
            value = quality(job, at)
            uri = f"{job.trial}@{at}" if checkpoints else None
            if search.report(job, at, value, uri).action == "CONTINUE":
                held[number] = job, at
            else:
                done.append((job.trial, job.start, at, job.params))
                del held[number]


class Toy:
    """The paper's figure 2: Q = 1.2 - theta^2 is seen, and the surrogate's gradient is trained."""

    def __init__(self, rate=0.02):
        self.rate, self.thetas = rate, {None: (0.9, 0.9)}

    def __call__(self, job, at):
        start = self.thetas[job.checkpoint if at == job.start + 1 else f"{job.trial}@{at - 1}"]
        theta = tuple(
            t - 2 * self.rate * h * t for t, h in zip(start, job.params.values(), strict=True)
        )
        self.thetas[f"{job.trial}@{at}"] = theta
        return 1.2 - sum(t * t for t in theta)


HALVES = {"h0": Float(0.0, 1.0), "h1": Float(0.0, 1.0)}


def test_the_toy_of_the_paper_beats_a_grid():
    """h = (1, 0) and (0, 0.9) alone reach 0.39; where they exploit each other, the optimum."""
    limits, points = Limits(), ({"h0": 1.0, "h1": 0.0}, {"h0": 0.0, "h1": 0.9})
    grid = Toy()
    alone = []
    for point in points:
        theta = (0.9, 0.9)
        for _ in range(200):
            theta = tuple(
                t - 2 * grid.rate * h * t for t, h in zip(theta, point.values(), strict=True)
            )
        alone.append(1.2 - sum(t * t for t in theta))
    assert max(alone) == pytest.approx(0.39, abs=0.01)
    for seed in range(3):
        study = StudySpec(
            "q", True, 200, HALVES, Pbt(population=2, interval=4, quantile=0.5),
            limits=limits, points_to_evaluate=points,
        )  # fmt: skip
        search = Search(study, seed)
        train(search, Toy(), workers=2)
        assert search.state.best.value > 1.19


def test_nobody_exploits_without_a_checkpoint_and_why_says_so():
    search = Search(spec(population=4, interval=5))
    done, finished = train(search, lambda job, at: job.trial, checkpoints=False)
    assert finished == Finished("POPULATION_COMPLETE")
    assert [(trial, start, at) for trial, start, at, _ in done] == [
        (n, 0, 20) for n in (0, 1, 2, 3)
    ]
    reasons = {r.decision.reason for r in search.records if isinstance(r, Report)}
    assert "NO_DONOR" in reasons
    assert not {"EXPLOITED", "RUNG_REACHED"} & reasons


def test_max_trials_bounds_the_exploiting():
    search = Search(spec(population=4, interval=2, limits=Limits(max_trials=6)))
    train(search, lambda job, at: job.trial + 1 / at)
    assert search.state.trials == 6
    reasons = [r.decision.reason for r in search.records if isinstance(r, Report)]
    assert reasons.count("EXPLOITED") == 2
    assert "MAX_TRIALS" in reasons


def test_a_member_that_diverges_takes_the_place_of_a_better_one():
    search = Search(spec(population=2, interval=5))
    first, second = search.suggest("a"), search.suggest("b")
    search.report(first, 5, 0.5, "good")
    decision = search.report(second, 5, math.nan, "bad")
    assert (decision.action, decision.reason) == ("STOP", "EXPLOITED")
    child = search.suggest("b")
    assert (child.trial, child.start, child.checkpoint) == (2, 5, "good")
    assert search.state.trial(1).message == "exploited trial 0: trial 2 goes on from its checkpoint"


def test_one_that_diverges_with_nobody_to_exploit_is_stopped():
    search = Search(spec(population=2, interval=5))
    assert search.report(search.suggest("a"), 5, math.nan, "bad").reason == "DIVERGED"


def test_an_infeasible_child_leaves_its_rungs_and_is_replaced():
    search = Search(spec(population=2, interval=5))
    first, second = search.suggest("a"), search.suggest("b")
    search.report(first, 5, 0.5, "good")
    search.report(second, 5, 0.9, "bad")
    child = search.suggest("b")
    search.report(child, 10, 0.1, "c")
    assert search.sizes()[0][:3] == [2, 1, 0]
    search.end("fail", child, infeasible=True, message="no")
    assert search.sizes()[0][:3] == [2, 0, 0]
    assert search.suggest("b").start == 0
    assert search.state.trials == 4


def test_one_of_an_ended_study_exploits_nobody():
    limits = Limits(max_total_resource=10)
    search = Search(spec(population=2, interval=5, limits=limits))
    first, second = search.suggest("a"), search.suggest("b")
    search.report(first, 5, 0.5, "good")
    assert search.report(second, 5, 0.9, "bad").reason == "MAX_TOTAL_RESOURCE"
    assert search.state.trials == 2


def test_only_what_may_change_changes():
    study = spec(population=6, interval=2, explore=("lr",))
    search = Search(study, 3)
    train(search, lambda job, at: abs(math.log(job.params["lr"]) + 3) + 1 / at)
    assert search.state.explored > 5
    for row in search.memory.trials.values():
        if row.donor is not None:
            mine = search.state.trial(row.number).configuration()
            theirs = search.state.trial(row.donor).configuration()
            assert {n for n in mine if mine[n] != theirs[n]} <= {"lr"}


@pytest.mark.parametrize(
    ("settings", "limits", "field"),
    [
        ({"population": 1}, None, "spec.algorithm.population"),
        ({"population": 1001}, None, "spec.algorithm.population"),
        ({"interval": 20}, None, "spec.algorithm.interval"),
        ({"interval": -1}, None, "spec.algorithm.interval"),
        ({"interval": 1, "top": 5000}, None, "spec.algorithm.interval"),
        ({"top": 1}, None, "spec.max_resource"),
        ({"quantile": 0.6}, None, "spec.algorithm.quantile"),
        ({"quantile": math.nan}, None, "spec.algorithm.quantile"),
        ({"resample_probability": 1.5}, None, "spec.algorithm.resample_probability"),
        ({"perturbation_factors": (0.8, 1.0)}, None, "spec.algorithm.perturbation_factors"),
        ({"perturbation_factors": (-1.0,)}, None, "spec.algorithm.perturbation_factors"),
        ({"explore": ("nothing",)}, None, "spec.algorithm.explore"),
        ({"explore": ("kind",)}, None, "spec.algorithm.explore"),
        ({"explore": ("lr", "lr")}, None, "spec.algorithm.explore"),
        ({"space": {"a": Float(0, 1), "n": Int(3, 3)}, "explore": ("n",)}, None, "spec.algorithm"),
        ({"space": {"k": Constant(1), "n": Int(3, 3), "o": Choice(("a",))}}, None, "spec.space"),
        ({}, Limits(max_trials=10), "spec.limits.max_trials"),
    ],
)
def test_mistakes_are_named(settings, limits, field):
    with pytest.raises(RefusalError) as refusal:
        Study.create("s", "u", spec(limits=limits, **settings), 0, 0, DigestArchive())
    assert refusal.value.reason == "INVALID_SPEC"
    assert str(refusal.value).startswith(field)
    assert "or 0" not in str(refusal.value)  # which a study file does not take


def test_a_grid_has_as_many_points_as_the_population_has_members():
    made = replace(spec(space={"n": Int(1, 3)}, population=4), sampler=GridSampler())
    with pytest.raises(RefusalError, match="population: the grid has 3 configurations"):
        Study.create("s", "u", made, 0, 0, DigestArchive())
    enough = replace(made, points_to_evaluate=({"n": 2},))
    assert Study.create("s", "u", enough, 0, 0, DigestArchive())


@pytest.mark.parametrize(
    "bug",
    ["a donor of the lower quantile", "parameters of the parent", "born at every repeat"],
)
def test_these_bugs_are_caught(bug, monkeypatch):
    """The naive reading notices each of these."""
    if bug == "a donor of the lower quantile":
        monkeypatch.setattr(
            engine, "_donor", lambda state, _better: max(n for n, _ in state.population.entries())
        )
    elif bug == "parameters of the parent":
        real = engine.explored
        monkeypatch.setattr(
            engine,
            "explored",
            lambda s, seed, n, params: (real(s, seed, n, params)[0] | {"kind": 1}, ""),
        )
    else:
        monkeypatch.setattr(Search, "report", _twice(Search.report))
    with pytest.raises((AssertionError, RefusalError)):
        _all()


def _all():
    for seed in range(3):
        test_it_is_the_naive_reading_and_replays(seed)


def _twice(report):
    def reported(search, job, *content):
        decision = report(search, job, *content)
        if decision.reason == "EXPLOITED":
            parent = search.state.trial(job.trial)
            engine.succeed(
                search.state, parent, min(n for n, _ in search.state.population.entries())
            )
            search.keep(search.state.drain())
        return decision

    return reported
