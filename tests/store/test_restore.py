"""A study read from its file is the study that wrote it, at every step of random histories.

Also: the recorded requests, run again, give the recorded rows; an altered byte is refused by name.
"""

from __future__ import annotations

import itertools
import json
import random
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from ashad.core.engine.study import Study
from ashad.core.engine.suggest import Assignment
from ashad.core.errors import Refusal
from ashad.core.history.records import CONTINUE, Decision, Report
from ashad.core.recovery.restore import snapshot
from ashad.core.space import Choice, Float, Int
from ashad.core.spec import (
    AdaptiveAsha,
    Asha,
    AsyncHyperband,
    Grid,
    Halton,
    Hyperband,
    Lease,
    Limits,
    Random,
    RandomSampler,
    StudySpec,
    SuccessiveHalving,
    Tpe,
    to_json,
)
from ashad.store import Batch, Damaged, NotOurs, Reader, Store, StudyRow, audit, load, verify

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
]


class History:
    """Random calls on one study whose records go to a real file, each in a commit of its own."""

    def __init__(self, path: Path, seed: int) -> None:
        self.random = random.Random(seed)
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
        )  # fmt: skip
        self.store, self.reader = Store(path), Reader(path)
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
        verbs = ["suggest"] * 6 + ["report"] * 12 + rare.split()
        verb = self.random.choice(verbs)
        try:
            getattr(self, f"do_{verb}")()
        except Refusal:
            self.commit(self.study.state.drain())
        self.study.state.check()
        return verb

    def pick(self) -> Assignment | None:
        return self.random.choice(self.held[-8:]) if self.held else None

    def do_suggest(self) -> None:
        self.requests += 1
        outcome, _, records = self.study.suggest(
            self.now, f"w{self.random.randint(0, 4)}", f"r{self.requests}"
        )
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
            self.now, a.trial, a.attempt, a.token, min(at, 9), value,
            '{"x": 1.5}' if self.random.random() < 0.2 else None,
            f"file:///c/{a.trial}/{at}" if self.random.random() < 0.4 else None,
        )  # fmt: skip
        self.at[key] = min(at, 9)
        self.commit(records)
        if decision.action != CONTINUE and a in self.held:
            self.held.remove(a)

    def do_repeat(self) -> None:
        """A repeat writes nothing and gives the stored answer."""
        reports = self.reader.reports(1)
        if reports:
            r = self.random.choice(reports)
            value = float(r.diverged) if r.value is None else r.value
            token = self.study.state.token(r.trial, r.attempt)
            again = self.study.report(
                self.now, r.trial, r.attempt, token, r.resource, value, r.metrics, r.checkpoint
            )
            assert again == (r.decision, r.seq, [])

    def _end(self, verb: str, **more) -> None:
        if (a := self.pick()) is not None:
            records = getattr(self.study, verb)(self.now, a.trial, a.attempt, a.token, **more)[-1]
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

    def do_cancel(self) -> None:
        number = self.random.randint(0, max(0, self.study.state.trials))
        self.commit(self.study.cancel(self.now, number)[-1])

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


@pytest.mark.parametrize("seed", range(60))
def test_a_restored_study_is_the_live_one_at_every_step(tmp_path: Path, seed: int) -> None:
    history = History(tmp_path / "a.db", seed)
    for step in range(120):
        verb = history.step()
        restored = load(history.reader, history.reader.studies()[0])
        live, loaded = snapshot(history.study.state), snapshot(restored.state)
        for name in live:
            assert live[name] == loaded[name], f"seed {seed}, step {step} ({verb}): {name}"
    history.commit(history.study.stop(history.now), header=True)
    history.close()

    assert list(audit(tmp_path / "a.db")) == []


def _small(path: Path) -> None:
    history = History(path, 3)
    for _ in range(60):
        history.step()
    history.close()


@pytest.mark.parametrize("table", ["study", "event", "trial", "change", "report", "entry"])
def test_an_altered_row_is_refused_by_name(tmp_path: Path, table: str) -> None:
    path = tmp_path / "a.db"
    _small(path)
    column = {"study": "seed", "trial": "worker_time", "report": "value", "entry": "rank"}.get(
        table, "time"
    )
    key = {"study": "id", "trial": "number"}.get(table, "seq")
    connection = sqlite3.connect(path)
    altered = connection.execute(
        f"UPDATE {table} SET {column} = {column} + 1 WHERE {key} = "
        f"(SELECT {key} FROM {table} WHERE {column} IS NOT NULL LIMIT 1)"
    )
    assert altered.rowcount == 1
    connection.commit()
    connection.close()

    found = list(audit(path))

    assert any(f"table {table}" in line for line in found), found


def test_a_deleted_row_is_found_by_the_replay(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    _small(path)
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM report WHERE seq = (SELECT max(seq) FROM report)")
    connection.commit()
    connection.close()

    assert list(audit(path))


@pytest.mark.parametrize("table", ["report", "entry"])
def test_half_of_a_report_is_missed_before_it_is_served(tmp_path: Path, table: str) -> None:
    path = tmp_path / "a.db"
    _small(path)
    connection = sqlite3.connect(path)
    connection.execute(f"DELETE FROM {table} WHERE seq = (SELECT max(seq) FROM entry)")
    connection.commit()
    connection.close()
    reader = Reader(path)

    with pytest.raises(Damaged, match="its row of the other table is missing"):
        verify(reader)
    if table == "entry":
        with pytest.raises(Damaged, match="its rung entry is missing"):
            reader.reports(1)
    reader.close()


def test_a_report_is_found_by_its_key_among_many(tmp_path: Path) -> None:
    """By halves, so at both ends, in the middle, and between the attempts."""
    store, reader = Store(tmp_path / "a.db"), Reader(tmp_path / "a.db")
    decision, batch, chance = Decision("CONTINUE", "BETWEEN_RUNGS"), Batch(), random.Random(5)
    keys, seq = [], 0
    for attempt in (1, 2, 5):
        for resource in sorted(chance.sample(range(1, 200), 60)):
            for trial in (3, 4):
                seq += chance.randint(1, 9)
                keys.append((trial, attempt, resource))
                batch.add(1, [Report(seq, 0, *keys[-1], 0.5, *[None] * 5, decision)])
    store.commit(batch)
    archive = reader.archive(1)
    for key in itertools.product((2, 3, 4), range(7), range(201)):
        found = archive.report(*key)
        assert (found is not None) == (key in keys), key
        assert found is None or (found.trial, found.attempt, found.resource) == key
    reader.close()
    store.close()


def test_a_damaged_study_is_not_served(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    _small(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE event SET body = replace(body, 'loss', 'lass')")
    connection.commit()
    connection.close()
    store, reader = Store(path), Reader(path)

    with pytest.raises(Damaged, match="table event"):
        load(reader, reader.studies()[0])

    reader.close()
    store.close()


@pytest.mark.parametrize(
    ("pragma", "words"),
    [("application_id = 7", "another program"), ("user_version = 99", "newer ashad")],
)
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, pragma: str, words: str) -> None:
    path = tmp_path / "a.db"
    _small(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA {pragma}")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(NotOurs, match=words):
        Store(path)

    assert path.read_bytes() == before


def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" * 1000)
    before = path.read_bytes()

    with pytest.raises(NotOurs):
        Store(path)

    assert path.read_bytes() == before
