"""The runs: each is made once, kept with its settings, and made anew if they change.

A run is one line of JSON. Lines are appended to `.build/quality/*.jsonl`, a file for each process,
and packed into `runs.jsonl.gz` beside this file, which is committed. Time is counted in full
trainings; a curve holds the improvements of the regret and nothing else.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from ashad.core.kinds import Random
from ashad.core.spec import SECOND, Limits, StudySpec
from ashad.simulate import CurveTable, simulate
from ashad.simulate.measure import Job

from bench.quality.methods import OURS, PEERS, peer
from bench.quality.tables import Task

HERE = Path(__file__).parent
PACKED = HERE / "runs.jsonl.gz"
FRESH = HERE.parents[1] / ".build" / "quality"
BUDGETS = {1: 64, 4: 32, 16: 8, 64: 4}  # full trainings in a row, by workers
LONGER = {"random": 8}  # times as long: else nothing is known of who is far ahead of it
NEVER = float("inf")


class Key(NamedTuple):
    """What a run is of."""

    task: str
    method: str
    workers: int
    seed: int


class Run(NamedTuple):
    """What a run came to."""

    trials: int
    in_full: int
    curve: list[list[float]]  # (time, regret) of each improvement

    def at(self, time: float) -> float:
        """Return the regret at a time; before the first report it is that of the median, 1."""
        return min([1.0, *(regret for t, regret in self.curve if t <= time)])

    def reaches(self, goal: float) -> float:
        """Return when a regret is reached, `NEVER` if it is not."""
        return next((time for time, regret in self.curve if regret <= goal), NEVER)


Kept = dict[Key, Run]


def load() -> Kept:
    """Return all runs that were made with the settings of today."""
    found: Kept = {}
    lines: list[str] = []
    if PACKED.exists():
        lines += gzip.decompress(PACKED.read_bytes()).decode().splitlines()
    for path in sorted(FRESH.glob("*.jsonl")):
        # A line that a killed process left half-written is made again.
        lines += [line for line in path.read_text().splitlines() if line.endswith("]")]
    for line in lines:
        *key, settings, trials, full, curve = json.loads(line)
        if settings == _settings(key[1]):
            found[Key(*key)] = Run(trials, full, curve)
    return found


def pack(kept: Kept) -> None:
    """Write all runs to the file that is committed; the same runs are the same bytes."""
    lines = [_line(key, run) for key, run in sorted(kept.items())]
    PACKED.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))


def make(tasks: Iterable[Task], methods: Iterable[str], workers: int, seeds: range) -> None:
    """Make the runs that are missing, seed by seed, so that it can be stopped at any time."""
    kept, methods, tasks = load(), list(methods), list(tasks)
    FRESH.mkdir(parents=True, exist_ok=True)
    with (FRESH / f"{os.getpid()}.jsonl").open("a") as file:
        for seed in seeds:
            for task in tasks:
                for method in methods:
                    key = Key(task.name, method, workers, seed)
                    if key not in kept:
                        file.write(_line(key, run(task, method, workers, seed)) + "\n")
                        file.flush()


def run(task: Task, method: str, workers: int, seed: int) -> Run:
    """Make one run. Ours report at their levels only: that decides alike, in less time."""
    duration = budget(method, workers) * task.full
    limits = Limits(max_duration=max(1, int(duration * SECOND)))
    spec = StudySpec("loss", task.maximize, task.top, task.space, Random(), limits=limits)
    if method in PEERS:
        table = CurveTable(task.path, spec, seed, reports=True)
        judge = peer(method, task, duration, seed)
        result = simulate(spec, table, workers, seed, judge=judge)
    else:
        spec = OURS[method](spec)
        table = CurveTable(task.path, spec, seed, reports=True)
        result = simulate(spec, table, workers, seed, every=0)
    return Run(result.trials, result.in_full, improvements(task, table, result.jobs, duration))


def improvements(task: Task, table: CurveTable, jobs: list[Job], until: float) -> list[list[float]]:
    """Return the regret over time, of every epoch that was trained and not only of levels."""
    trained: list[tuple[float, float]] = []
    for job in jobs:
        time = job.start
        for resource in range(job.began + 1, job.reached + 1):
            time += table.seconds(job.trial, resource)
            value = table.value(job.trial, resource)
            if time <= until and isfinite(value):
                trained.append((time, task.regret(value)))
    curve: list[list[float]] = []
    for time, exact in sorted(trained):
        share, regret = float(f"{time / task.full:.4g}"), round(exact, 4)
        if not curve or regret < curve[-1][1]:
            if curve and curve[-1][0] == share:
                curve.pop()
            curve.append([share, regret])
    return curve


def budget(method: str, workers: int) -> int:
    """Return how long a method is followed, in full trainings."""
    return BUDGETS[workers] * LONGER.get(method, 1)


def _settings(method: str) -> str:
    if method in PEERS:
        return PEERS[method].settings
    if method not in OURS:
        return "gone"
    spec = OURS[method](StudySpec("loss", False, 1, {}, Random()))
    return f"{spec.algorithm} {spec.sampler} x{LONGER.get(method, 1)}"


def _line(key: Key, run: Run) -> str:
    row: list[Any] = [*key, _settings(key.method), *run]
    return json.dumps(row, separators=(",", ":"))
