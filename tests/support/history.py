"""Random calls on one study, recorded in a real file."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

from ashad.core.engine.configurations.space_change import SpaceChange
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment
from ashad.core.errors import RefusalError
from ashad.core.history.past_trials import FinishedTrial
from ashad.core.history.records import (
    COMPLETED,
    CONTINUE,
    OF_STUDY,
    STOPPED,
    AttemptKey,
    ReportContent,
)
from ashad.core.kinds import (
    AdaptiveAsha,
    Asha,
    AsyncHyperband,
    Grid,
    Halton,
    Hyperband,
    Pbt,
    Random,
    RandomSampler,
    SuccessiveHalving,
    Tpe,
)
from ashad.core.space import Choice, Float, Int, place
from ashad.core.spec import Lease, Limits, StudySpec, to_json
from ashad.core.validation.remarks import Remark
from ashad.store import Batch, Reader, StudyRow, Writer

SPACE = {"lr": Float(1e-4, 1.0, log=True), "n": Int(1, 9), "o": Choice(("a", 1, True, 1.0))}
ALGORITHMS = [
    (Asha(promotion=False, eta=3.0), Limits()),
    (Asha(promotion=True, eta=2.0), Limits(max_trials=12, max_concurrent_trials=4)),
    (Asha(promotion=True, eta=2.5), Limits(max_total_resource=300)),
    (AdaptiveAsha(promotion=False, eta=2.0, mode="conservative"), Limits(max_trials=14)),
    (AdaptiveAsha(promotion=True, eta=3.0), Limits(max_trials=9, max_failed_trials=3)),
    (AsyncHyperband(promotion=True, eta=2.0), Limits(max_trials=20)),
    (SuccessiveHalving(eta=2.0), Limits()),
    (SuccessiveHalving(eta=3.0, max_rungs=2, repeat=True), Limits()),
    (Hyperband(eta=3.0, max_rungs=2, repeat=True), Limits(max_trials=14)),
    (Random(), Limits(max_trials=6, target_value=0.02)),
    (Grid(), Limits(max_concurrent_trials=3)),
    (Pbt(population=4, interval=2), Limits()),
    (Pbt(population=6, interval=1, quantile=0.5), Limits(max_trials=20, target_value=0.01)),
]


class History:
    """Random calls on one study whose records go to a real file, each in a commit of its own."""

    def __init__(
        self,
        path: Path,
        seed: int,
        *,
        remarks: bool = False,
        imports: bool = False,
        spaces: bool = False,
    ) -> None:
        """`remarks`: people say something, and workers tell where they run."""
        self.random, self.remarks, self.imports = random.Random(seed), remarks, imports
        self.spaces = spaces
        algorithm, limits = self.random.choice(ALGORITHMS)
        space = SPACE if not isinstance(algorithm, Grid) else {"n": Int(1, 3), "o": SPACE["o"]}
        when = {"n": (("o", ("a", True)),)} if self.random.random() < 0.3 else {}
        if when:  # parents stand first
            space = {name: space[name] for name in reversed(space)}
        sampler = self.random.choice([RandomSampler(), Halton(), Tpe(0.1), Tpe(0.1)])
        spec = StudySpec(
            "loss", self.random.random() < 0.5, 9, space, algorithm, limits=limits,
            lease=Lease(max_attempts=2), failed_counts_as_worst=self.random.random() < 0.7,
            points_to_evaluate=({"o": "a", "n": 2},) if self.random.random() < 0.5 else (),
            sampler=RandomSampler() if isinstance(algorithm, Grid) else sampler, when=when,
            constraints=("n <= 8",) if imports and seed % 2 else (),
        )  # fmt: skip
        self.store, self.reader = Writer(path), Reader(path)
        self.now = 1_000_000
        self.study, records = Study.create(
            "s", f"uid{seed}", spec, seed, self.now, self.reader.archive(1)
        )
        self.held: list[Assignment] = []
        self.at: dict[tuple[int, int], int] = {}
        self.requests = 0
        self.commit(records, header=True)

    def commit(self, records, *, header: bool = False) -> None:
        batch, state = Batch(), self.study.state
        batch.add(1, records)
        if header:
            spec = json.dumps(to_json(state.spec))
            batch.put(StudyRow(1, "s", state.uid, state.seed, state.created, state.mode, spec))
        self.store.commit(batch)
        if self.random.random() < 0.8:  # the committer may be late to tell
            state.committed(state.seq)

    def step(self) -> str:
        self.now += self.random.randint(0, 5)
        rare = (
            "repeat complete fail infeasible release expire heartbeat enqueue cancel limits pause"
        )
        verbs = ["suggest"] * 6 + ["report"] * 12 + rare.split() + ["annotate"] * 4 * self.remarks
        verbs += ["import"] * self.imports + ["space"] * 2 * self.spaces
        verb = self.random.choice(verbs)
        try:
            getattr(self, f"do_{verb}")()
        except RefusalError:
            self.commit(self.study.state.drain())
        self.study.state.check()
        return verb

    def pick(self) -> Assignment | None:
        return self.random.choice(self.held[-8:]) if self.held else None

    def do_suggest(self) -> None:
        self.requests += 1
        worker, attributes = f"w{self.random.randint(0, 4)}", None
        if self.remarks and self.random.random() < 0.8:
            attributes = json.dumps({"host": worker, "gpu": self.random.choice("ab")})
        outcome, _, records = self.study.suggest(self.now, worker, f"r{self.requests}", attributes)
        self.commit(records)
        if isinstance(outcome, Assignment):
            self.held.append(outcome)

    def do_report(self) -> None:
        if (a := self.pick()) is None:
            return
        key = a.trial, a.attempt
        at = self.at.get(key, a.start) + self.random.choice([1, 1, 1, 2, 3, 8])
        valid = self.random.randint(0, 40) / 40
        value = self.random.choice([float("nan"), float("inf")] + [valid] * 12)
        decision, _, records = self.study.report(
            self.now,
            a.key,
            ReportContent(
                min(at, 9),
                value,
                '{"x": 1.5}' if self.random.random() < 0.2 else None,
                f"file:///c/{a.trial}/{at}" if self.random.random() < 0.4 else None,
            ),
        )
        self.at[key] = min(at, 9)
        self.commit(records)
        if decision.action != CONTINUE and a in self.held:
            self.held.remove(a)

    def do_repeat(self) -> None:
        """A repeat writes nothing and gives the stored answer."""
        reports = list(self.reader.reports(1))
        if reports:
            r = self.random.choice(reports)
            value = float(r.diverged) if r.value is None else r.value
            key = AttemptKey(r.trial, r.attempt, self.study.state.token(r.trial, r.attempt))
            content = ReportContent(r.resource, value, r.metrics, r.checkpoint)
            again = self.study.report(self.now, key, content)
            assert again == (r.decision, r.seq, [])

    def _end(self, verb: str, **more) -> None:
        if (a := self.pick()) is not None:
            records = getattr(self.study, verb)(self.now, a.key, **more)[-1]
            self.commit(records)

    def do_complete(self) -> None:
        self._end("complete")

    def do_fail(self) -> None:
        self._end("fail", infeasible=False, message="it broke")

    def do_infeasible(self) -> None:
        self._end("fail", infeasible=True, message="")

    def do_release(self) -> None:
        self._end("release")

    def do_heartbeat(self) -> None:
        self._end("heartbeat")

    def do_expire(self) -> None:
        if (a := self.pick()) is not None:
            self.commit(self.study.expire(self.now, a.trial, a.attempt))

    def do_enqueue(self) -> None:
        self.requests += 1
        self.commit(self.study.enqueue(self.now, f"r{self.requests}", {"n": 3, "o": "a"})[-1])

    def do_import(self) -> None:
        """Take in past trials; the same again is an echo."""
        self.requests += 1
        past = []
        for _ in range(self.random.randint(1, 3)):
            at = sorted(self.random.sample(range(1, 10), self.random.randint(1, 5)))
            values = [self.random.choice([float("nan"), *[n / 40 for n in range(9)]]) for _ in at]
            state = self.random.choice([COMPLETED, STOPPED])
            params = {"n": 3, "o": "a", "lr": 0.1}
            now = self.study.state.spec
            params = place(now.space, now.when, params, lambda _: 0.3)
            past.append(FinishedTrial(params, tuple(zip(at, values, strict=True)), state, "before"))
        past = self.study.check_past(f"r{self.requests}", past)
        made, records = self.study.import_trials(self.now, f"r{self.requests}", past)
        self.commit(records)
        assert self.study.import_trials(self.now, f"r{self.requests}", past) == (made, [])

    def do_space(self) -> None:
        """Widen, narrow, add: of some of it in each version. The same again is an echo."""
        self.requests += 1
        state, past = self.study.state, {}
        space = dict(state.spec.space)
        low, high = self.random.randint(1, 3), self.random.randint(3, 12)
        space["n"] = replace(space["n"], low=low, high=high)
        others = self.random.sample([True, "b", 1.5], self.random.randint(0, 3))
        space["o"] = Choice(("a", *others))
        if self.random.random() < 0.5 and (name := f"x{len(space)}") not in space:
            kinds = [Float(0.1, 1.0, log=True), Int(0, 2), Choice((0.5, 1))]
            space[name], past = self.random.choice(kinds), {name: self.random.choice([0, 0.5, 1])}
        asked = SpaceChange(replace(state.spec, space=space), past)
        change = self.study.change_space
        made, records = change(self.now, f"r{self.requests}", asked)
        self.commit(records, header=True)
        assert change(self.now, f"r{self.requests}", asked) == (made, []) or not records

    def do_cancel(self) -> None:
        number = self.random.randint(0, max(0, self.study.state.trials))
        self.commit(self.study.cancel(self.now, number)[-1])

    def do_annotate(self) -> None:
        trial = self.random.randint(OF_STUDY, max(0, self.study.state.trials - 1))
        labels = self.random.sample(["good", "x y", "ünlü"], 2)
        note = self.random.choice([None, "", "# why\n*so*"])
        remark = Remark(note, labels[:1], labels[1:])
        self.commit(self.study.annotate(self.now, trial, remark))
        assert self.study.annotate(self.now, trial, remark) == []

    def do_limits(self) -> None:
        now = self.study.state.spec.limits
        most = now.max_trials and max(1, now.max_trials + self.random.randint(-2, 4))
        self.commit(self.study.update(self.now, replace(now, max_trials=most)), header=True)

    def do_pause(self) -> None:
        if self.random.random() < 0.5:
            self.commit(self.study.pause(self.now), header=True)
        self.commit(self.study.resume(self.now), header=True)

    def close(self) -> None:
        self.reader.close()
        self.store.close()


def small(path: Path, seed: int = 3, steps: int = 60) -> Path:
    path.parent.mkdir(exist_ok=True)
    history = History(path, seed)
    for _ in range(steps):
        history.step()
    history.close()
    return path
